/* Any text is a value or an error with a text. A value that is written is read as the same, and
 * as options it sets all of them or none. */
#include "fuzz.h"

#include "base/bag.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/options_json.h"

static char *written(imgvec_context *ctx, const iv_json_document *doc, int indent)
{
    iv_text out;
    iv_json_writer w;
    iv_text_init(&out, ctx);
    iv_json_begin(&w, &out, indent);
    iv_json_put_value(&w, NULL, iv_json_root(doc));
    return iv_text_take(&out);
}

static char *all_options(imgvec_context *ctx, const imgvec_options *o)
{
    iv_text out;
    iv_json_writer w;
    iv_text_init(&out, ctx);
    iv_json_begin(&w, &out, 0);
    iv_json_put_object(&w, NULL);
    iv_options_write_json(o, IMGVEC_JOB_TRAIN, &w, "options");
    iv_json_put_end(&w, '}');
    return iv_text_take(&out);
}

static void as_options(imgvec_context *ctx, const uint8_t *data, size_t size)
{
    imgvec_options *o = NULL;
    imgvec_error err = {0};
    char *text = iv_strndup(ctx, (const char *)data, size);
    fuzz_need(text && iv_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err) == IMGVEC_OK);
    char *before = all_options(ctx, o);
    imgvec_status status = iv_options_read_json(o, text, &err);
    char *after = all_options(ctx, o);
    fuzz_check_error(status, &err);
    fuzz_need(before && after && (status == IMGVEC_OK || strcmp(before, after) == 0));
    iv_free(ctx, before);
    iv_free(ctx, after);
    iv_free(ctx, text);
    iv_options_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    iv_json_document *doc = NULL, *again = NULL;
    imgvec_status status = iv_json_parse(ctx, (const char *)data, size, 0, 1 << 20, &doc, &err);
    fuzz_check_error(status, &err);
    if (status == IMGVEC_OK) {
        char *text = written(ctx, doc, size & 1);
        fuzz_need(text && iv_json_parse(ctx, text, strlen(text), 0, 0, &again, &err) == IMGVEC_OK);
        char *text2 = written(ctx, again, size & 1);
        fuzz_need(text2 && strcmp(text, text2) == 0);
        iv_free(ctx, text);
        iv_free(ctx, text2);
        as_options(ctx, data, size);
    }
    iv_json_free(doc);
    iv_json_free(again);
    fuzz_end(ctx);
    return 0;
}
