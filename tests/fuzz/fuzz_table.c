/* A whole data set, a CSV file or an archive by its first bytes: opened and described, or an error
 * with a text. What names a URL is passed over: nothing is fetched. */
#include "fuzz.h"

#include <imgvec/imgvec.h>

#include "io/zip_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (memmem(data, size, "//", 2))
        return -1;
    const char *path = fuzz_path(iv_zip_looks(data, size) ? "zip" : "csv");
    imgvec_context *ctx = fuzz_context();
    imgvec_options *o = NULL;
    imgvec_dataset *ds = NULL;
    imgvec_error err = {0};
    char *text = NULL;
    fuzz_put(path, data, size);
    fuzz_need(imgvec_context_set_threads(ctx, 1, &err) == IMGVEC_OK);
    fuzz_need(imgvec_options_new(ctx, IMGVEC_JOB_OPEN, &o, &err) == IMGVEC_OK);
    fuzz_need(imgvec_options_set_json(o,
                                      "{\"max_csv_columns\": 100, \"max_image_pixels\": 65536, "
                                      "\"max_member_bytes\": 1048576, \"on_bad_row\": \"skip\"}",
                                      &err) == IMGVEC_OK);
    imgvec_status status = imgvec_dataset_open(ctx, path, o, NULL, &ds, &err);
    fuzz_check_error(status, &err);
    if (status == IMGVEC_OK) {
        status = imgvec_dataset_describe(ds, o, NULL, &text, &err);
        fuzz_check_error(status, &err);
        fuzz_need((status == IMGVEC_OK) == (text != NULL));
        imgvec_text_free(text);
    }
    imgvec_dataset_free(ds);
    imgvec_options_free(o);
    unlink(path);
    fuzz_end(ctx);
    return 0;
}
