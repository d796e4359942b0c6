/* Manners around XGBoost's C API: silence, error texts, array descriptions. */
#ifndef IV_LEARN_XGB_H
#define IV_LEARN_XGB_H

#include <stddef.h>

#include <xgboost/c_api.h>

#include <imgvec/error.h>

/* XGBoost's verbosity belongs to the thread, not to a booster: it is set to silent and the
 * former value, which begin returns, is put back, so that a host that uses XGBoost itself
 * sees no change. */
int iv_xgb_quiet_begin(void);
void iv_xgb_quiet_end(int former);

/* Failure with XGBoost's last message, without its time, source line and stack trace.
 * Running out of memory inside XGBoost becomes NO_MEMORY. */
imgvec_status iv_xgb_fail(imgvec_error *err, imgvec_status code, const char *what);

/* __array_interface__ of float32 values: rows x cols, or one dimension when cols is 0. */
#define IV_XGB_ARRAY_MAX 160
void iv_xgb_array(char out[IV_XGB_ARRAY_MAX], const float *data, size_t rows, size_t cols);

#endif
