/* Archives that the cells of a table name: opened and audited once, kept open. */
#ifndef IV_TABLE_ARCHIVES_H
#define IV_TABLE_ARCHIVES_H

#include "io/zip_reader.h"

typedef struct iv_archives iv_archives;

imgvec_status iv_archives_new(imgvec_context *ctx, const iv_zip_limits *limits, iv_archives **out,
                              imgvec_error *err);
const iv_zip_limits *iv_archives_limits(const iv_archives *a);
void iv_archives_set_limits(iv_archives *a, const iv_zip_limits *limits);
/* Safe from many threads. out: BORROWED until the set is freed. */
imgvec_status iv_archives_get(iv_archives *a, const char *path, const iv_zip **out,
                              imgvec_error *err);
void iv_archives_free(iv_archives *a); /* NULL is accepted */

#endif
