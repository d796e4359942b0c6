/* Columns in memory as an Arrow stream of record batches. */
#ifndef IV_MODEL_ARROW_STREAM_H
#define IV_MODEL_ARROW_STREAM_H

#include <imgvec/arrow.h>

typedef enum iv_arrow_format { IV_ARROW_I32, IV_ARROW_I64, IV_ARROW_F32 } iv_arrow_format;

typedef struct iv_arrow_column {
    char *name;
    iv_arrow_format type;
    int32_t list; /* values of a row, as a fixed-size list; 0: one plain value */
    void *values; /* of all rows */
} iv_arrow_column;

/* count + 2 columns (NEW): "row" with the numbers of the rows, "status" (all 0), and `count`
 * empty ones behind them. NULL when out of memory. */
iv_arrow_column *iv_arrow_columns_new(imgvec_context *ctx, size_t count, int64_t rows);
void iv_arrow_columns_free(imgvec_context *ctx, iv_arrow_column *columns, size_t count);

/* A stream of these columns, all of which are there. It takes the array and what its columns
 * hold over in any case. out keeps the context; it and what is taken from it may outlive each
 * other. */
imgvec_status iv_arrow_stream_new(imgvec_context *ctx, iv_arrow_column *columns, size_t count,
                                  int64_t rows, struct ArrowArrayStream *out, imgvec_error *err);

#endif
