/* What the library knows of published weights and finds on this machine. */
#include <string.h>

#include "api/check.h"
#include "api/text.h"
#include "base/context.h"
#include "base/file.h"
#include "base/options.h"
#include "base/watch.h"
#include "io/checkpoint.h"
#include "io/json.h"
#include "net/fetch.h"
#include "net/verify.h"
#include "net/weights.h"

#include <imgvec/backbone.h>

static const char *interpolation(const iv_published *row)
{
    return row->input.bicubic ? "bicubic" : "bilinear";
}

int32_t imgvec_weights_count(void)
{
    return (int32_t)iv_published_count();
}

imgvec_status imgvec_weights_info(int32_t index, imgvec_weights_row *out, imgvec_error *err)
{
    NEED(out);
    if (out->size < sizeof out->size)
        return iv_fail_argument(err, __func__, "out->size is not set");
    if (index < 0 || index >= imgvec_weights_count())
        return iv_fail_argument(err, __func__, "index is not below imgvec_weights_count()");
    const iv_published *p = iv_published_at((size_t)index);
    imgvec_weights_row row = {.size = out->size,
                              .id = p->id,
                              .variant = iv_variant_name(p->variant),
                              .tag = p->tag,
                              .file = p->file,
                              .url = p->url,
                              .licence = p->licence,
                              .sha256 = p->sha256,
                              .bytes = p->bytes,
                              .top1 = p->top1,
                              .resize = p->input.resize,
                              .crop = p->input.crop,
                              .interpolation = interpolation(p)};
    memcpy(row.mean, p->input.mean, sizeof row.mean);
    memcpy(row.std, p->input.std, sizeof row.std);
    memcpy(out, &row, out->size < sizeof row ? out->size : sizeof row);
    return IMGVEC_OK;
}

static void put_text(iv_json_writer *w, const char *name, const char *value)
{
    if (*value)
        iv_json_put_text(w, name, value);
    else
        iv_json_put_null(w, name);
}

static void put_three(iv_json_writer *w, const char *name, const float values[3])
{
    char number[IV_NUMBER_MAX];
    iv_json_put_array(w, name);
    for (int i = 0; i < 3; i++) {
        iv_format_f32(values[i], number);
        iv_json_put_raw(w, NULL, number);
    }
    iv_json_put_end(w, ']');
}

static void put_published(iv_json_writer *w, const iv_published *row, const char *path)
{
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "id", row->id);
    iv_json_put_text(w, "variant", iv_variant_name(row->variant));
    iv_json_put_text(w, "tag", row->tag);
    iv_json_put_text(w, "file", row->file);
    iv_json_put_text(w, "url", row->url);
    put_text(w, "licence", row->licence);
    put_text(w, "sha256", row->sha256);
    if (row->bytes)
        iv_json_put_i64(w, "bytes", row->bytes);
    else
        iv_json_put_null(w, "bytes");
    if (row->top1 > 0)
        iv_json_put_f64(w, "top1", row->top1);
    else
        iv_json_put_null(w, "top1");
    iv_json_put_i64(w, "resize", row->input.resize);
    iv_json_put_i64(w, "crop", row->input.crop);
    iv_json_put_text(w, "interpolation", interpolation(row));
    put_three(w, "mean", row->input.mean);
    put_three(w, "std", row->input.std);
    put_text(w, "path", path);
    iv_json_put_end(w, '}');
}

/* Where the first file of a row is; "" when it is not there. */
static const char *path_of(const iv_weights_files *files, const iv_published *row)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->items[i].published == row)
            return files->items[i].path;
    return "";
}

static char *list(imgvec_context *ctx, const iv_weights_files *files)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "weights");
    iv_json_put_array(&w, "folders");
    for (int i = 0; i < files->folders.count; i++) {
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "path", files->folders.path[i]);
        iv_json_put_bool(&w, "exists", iv_is_folder(files->folders.path[i]));
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_json_put_array(&w, "present");
    for (size_t i = 0; i < files->count; i++) {
        const iv_weights_file *f = &files->items[i];
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "id", f->backbone->id);
        iv_json_put_text(&w, "path", f->path);
        put_text(&w, "file", f->published ? f->published->file : "");
        put_text(&w, "tag", f->published ? f->published->tag : "");
        iv_json_put_bool(&w, "chosen", i == 0 || files->items[i - 1].backbone != f->backbone);
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_json_put_array(&w, "published");
    for (size_t i = 0; i < iv_published_count(); i++)
        put_published(&w, iv_published_at(i), path_of(files, iv_published_at(i)));
    iv_json_put_end(&w, ']');
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    return iv_text_take(&text);
}

imgvec_status imgvec_weights_list(imgvec_context *ctx, const char *weights_dir, char **out,
                                  imgvec_error *err)
{
    NEED(ctx);
    NEED(out);
    iv_weights_files files;
    char *text = NULL;
    *out = NULL;
    imgvec_status status = iv_weights_scan(ctx, weights_dir ? weights_dir : "", &files, err);
    if (status == IMGVEC_OK)
        text = list(ctx, &files);
    iv_weights_files_free(&files);
    return status == IMGVEC_OK ? iv_text_export(ctx, text, out, err) : status;
}

typedef struct verification {
    iv_json_writer w;
    iv_watch watch;
    int64_t counts[IV_VERDICT_COUNT];
} verification;

static imgvec_status verify(imgvec_context *ctx, verification *v, const char *path,
                            imgvec_error *err)
{
    iv_verified is;
    IV_TRY(iv_weights_verify(ctx, path, &v->watch, &is, err));
    v->counts[is.verdict]++;
    iv_json_put_object(&v->w, NULL);
    iv_json_put_text(&v->w, "path", path);
    iv_json_put_text(&v->w, "status", iv_verdict_name(is.verdict));
    iv_json_put_text(&v->w, "reason", is.reason);
    put_text(&v->w, "id", is.published ? is.published->id : "");
    put_text(&v->w, "tag", is.published ? is.published->tag : "");
    put_text(&v->w, "file", is.published ? is.published->file : "");
    iv_json_put_i64(&v->w, "bytes", is.bytes);
    iv_json_put_text(&v->w, "sha256", is.sha256);
    iv_json_put_end(&v->w, '}');
    return IMGVEC_OK;
}

static imgvec_status verify_present(imgvec_context *ctx, verification *v, const char *weights_dir,
                                    imgvec_error *err)
{
    iv_weights_files files;
    imgvec_status status = iv_weights_scan(ctx, weights_dir ? weights_dir : "", &files, err);
    for (size_t i = 0; status == IMGVEC_OK && i < files.count; i++)
        status = verify(ctx, v, files.items[i].path, err);
    iv_weights_files_free(&files);
    return status;
}

imgvec_status imgvec_weights_verify(imgvec_context *ctx, const char *path, const char *weights_dir,
                                    const imgvec_watch *watch, char **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(out);
    verification v = {.counts = {0}};
    iv_text text;
    *out = NULL;
    IV_TRY(iv_watch_init(&v.watch, watch, err));
    iv_text_init(&text, ctx);
    iv_json_begin(&v.w, &text, true);
    iv_json_put_object(&v.w, NULL);
    iv_json_put_text(&v.w, "kind", "verification");
    iv_json_put_array(&v.w, "files");
    imgvec_status status =
        path ? verify(ctx, &v, path, err) : verify_present(ctx, &v, weights_dir, err);
    iv_json_put_end(&v.w, ']');
    for (int i = 0; i < IV_VERDICT_COUNT; i++)
        iv_json_put_i64(&v.w, iv_verdict_name((iv_verdict)i), v.counts[i]);
    iv_json_put_end(&v.w, '}');
    iv_text_add(&text, "\n");
    if (status != IMGVEC_OK) {
        iv_text_free(&text);
        return status;
    }
    return iv_text_export(ctx, iv_text_take(&text), out, err);
}

imgvec_status imgvec_weights_fetch(imgvec_context *ctx, const char *name,
                                   const imgvec_options *opts, const imgvec_watch *watch,
                                   char **path, imgvec_error *err)
{
    NEED(ctx);
    NEED(name);
    NEED(path);
    const iv_fetch_request request = {.name = name,
                                      .weights_dir = iv_option_text(opts, IMGVEC_OPT_WEIGHTS_DIR),
                                      .mirror = iv_option_text(opts, IMGVEC_OPT_WEIGHTS_URL),
                                      .ca_file = iv_option_text(opts, IMGVEC_OPT_CA_FILE)};
    char *where = NULL;
    iv_watch w;
    *path = NULL;
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(iv_weights_fetch(ctx, &request, &w, &where, err));
    return iv_text_export(ctx, where, path, err);
}
