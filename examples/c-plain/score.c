/* Scores data with a saved model: score MODEL DATA. A line for each row: its number, then each
 * output with the bits of the float, or the row's status where it cannot be scored. */
#include <imgvec/imgvec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const imgvec_model *model, const float *p, const int32_t *status, int64_t rows)
{
    int32_t outputs = imgvec_model_outputs(model);
    for (int64_t row = 0; row < rows; row++) {
        printf("%ld", (long)row);
        if (status[row])
            printf(" %s", imgvec_status_name(status[row]));
        for (int32_t i = 0; i < outputs && !status[row]; i++) {
            uint32_t bits;
            memcpy(&bits, &p[row * outputs + i], sizeof bits);
            printf(" %s=%.6f/%08x", imgvec_model_output_name(model, i),
                   (double)p[row * outputs + i], (unsigned)bits);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    imgvec_error err = {0, 0, 0, "usage: score MODEL DATA"};
    imgvec_context *ctx = NULL;
    imgvec_dataset *data = NULL;
    imgvec_model *model = NULL;
    float *p = NULL;
    int32_t *status = NULL;
    int ok = argc == 3 && !imgvec_context_new(&ctx, &err) &&
             !imgvec_model_open(ctx, argv[1], NULL, &model, &err) &&
             !imgvec_dataset_open(ctx, argv[2], NULL, NULL, &data, &err);
    if (ok) {
        size_t rows = (size_t)imgvec_dataset_rows(data);
        size_t values = rows * (size_t)imgvec_model_outputs(model);
        p = malloc(values * sizeof *p + 1);
        status = malloc(rows * sizeof *status + 1);
        ok = p && status && !imgvec_model_predict(model, data, NULL, p, values, NULL, status, &err);
    }
    if (ok)
        print(model, p, status, imgvec_dataset_rows(data));
    else
        fprintf(stderr, "score: %s\n", err.text);
    free(status);
    free(p);
    imgvec_dataset_free(data);
    imgvec_model_free(model);
    imgvec_context_free(ctx);
    return !ok;
}
