/* Finding rows of the table of published checkpoints. */
#include "net/published.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

size_t iv_weights_stem(const char *file, int *rank)
{
    static const char *const endings[] = {".safetensors", ".pth", ".pt", ".bin"};
    size_t length = strlen(file);
    for (int i = 0; i < (int)(sizeof endings / sizeof *endings); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(file + length - ending, endings[i]) == 0) {
            *rank = i;
            return length - ending;
        }
    }
    return 0;
}

static bool same(const char *name, const char *file, size_t stem)
{
    return strncmp(name, file, stem) == 0 && name[stem] == '\0';
}

const iv_published *iv_published_find(const char *file)
{
    int rank;
    size_t stem = iv_weights_stem(file, &rank);
    for (size_t i = 0; stem && i < iv_published_count(); i++) {
        const iv_published *p = iv_published_at(i);
        size_t own = iv_weights_stem(p->file, &rank);
        if (own == stem && strncmp(p->file, file, stem) == 0)
            return p;
        if (strchr(p->tag, '.') && same(p->tag, file, stem))
            return p;
    }
    return NULL;
}

static imgvec_status ambiguous(imgvec_context *ctx, const char *name, imgvec_error *err)
{
    iv_text list;
    iv_text_init(&list, ctx);
    for (size_t i = 0; i < iv_published_count(); i++)
        if (strcmp(iv_published_at(i)->tag, name) == 0)
            iv_text_addf(&list, "%s%s", list.length ? ", " : "", iv_published_at(i)->file);
    imgvec_status status =
        list.failed
            ? iv_fail_nomem(err)
            : iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                      "several checkpoints are called %.64s: say which file: %s", name, list.data);
    iv_text_free(&list);
    return status;
}

imgvec_status iv_published_need(imgvec_context *ctx, const char *name, const iv_published **out,
                                imgvec_error *err)
{
    size_t tagged = 0;
    *out = iv_published_find(name);
    for (size_t i = 0; !*out && i < iv_published_count(); i++)
        if (strcmp(iv_published_at(i)->id, name) == 0)
            *out = iv_published_at(i);
    if (*out)
        return IMGVEC_OK;
    for (size_t i = 0; i < iv_published_count(); i++)
        if (strcmp(iv_published_at(i)->tag, name) == 0) {
            *out = iv_published_at(i);
            tagged++;
        }
    if (tagged == 1)
        return IMGVEC_OK;
    *out = NULL;
    if (tagged > 1)
        return ambiguous(ctx, name, err);
    return iv_fail(
        err, IMGVEC_ERR_INVALID_ARGUMENT,
        "\"%.100s\" is neither a backbone nor the file or tag of a published checkpoint: "
        "imgvec weights list shows what there is",
        name);
}
