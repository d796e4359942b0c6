/* Products of tall float32 matrices with a few vectors: all the arithmetic of linear models that
 * costs anything. One thread; the same bits on the same machine. */
#ifndef IV_FEATURES_DENSE_H
#define IV_FEATURES_DENSE_H

#include <stddef.h>

/* out[n * k] = x (n x d) times the transpose of w (k x d). */
void iv_dense_scores(const float *x, size_t n, size_t d, const float *w, size_t k, float *out);

/* out[k * d] = the transpose of r (n x k) times x (n x d); summed in double over short blocks of
 * rows. scratch: k * d. */
void iv_dense_outer(const float *x, size_t n, size_t d, const float *r, size_t k, float *scratch,
                    double *out);

#endif
