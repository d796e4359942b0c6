#include "net/recognise.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/context.h"
#include "base/error.h"
#include "base/text.h"
#include "net/input.h"
#include "net/verify.h"

/* Whether reading a file of this size can find a row at all. */
static bool may_be_published(const char *id, const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && iv_published_of_size(id, (int64_t)st.st_size);
}

imgvec_status iv_weights_recognise(imgvec_context *ctx, const iv_backbone *backbone,
                                   const char *path, const char *name, const iv_tensors *set,
                                   const iv_published **out, imgvec_error *err)
{
    iv_watch silent;
    iv_verified is;
    *out = iv_published_find(name);
    if (*out && strcmp((*out)->id, backbone->id) == 0)
        return IMGVEC_OK;
    *out = NULL;
    if (!path || iv_input_said(set) || !may_be_published(backbone->id, path))
        return IMGVEC_OK;
    IV_TRY(iv_watch_init(&silent, NULL, err));
    IV_TRY(iv_weights_verify(ctx, path, &silent, &is, err));
    *out = iv_published_by_hash(backbone->id, is.sha256, is.bytes);
    if (*out)
        iv_log(ctx, IMGVEC_LOG_DEBUG, "%s is %s by its SHA-256", name, (*out)->file);
    return IMGVEC_OK;
}

static bool same(const iv_input_spec *a, const iv_input_spec *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* numbers of 4 bytes without gaps */
}

static void add_three(iv_text *text, const char *name, const float values[3])
{
    char number[3][IV_NUMBER_MAX];
    for (int i = 0; i < 3; i++)
        iv_format_f32(values[i], number[i]);
    if (values[0] == values[1] && values[1] == values[2])
        iv_text_addf(text, ", %s %s", name, number[0]);
    else
        iv_text_addf(text, ", %s %s/%s/%s", name, number[0], number[1], number[2]);
}

/* "232 > 224, bilinear"; statistics where they are not `usual`'s. */
static void add_input(iv_text *text, const iv_input_spec *in, const iv_input_spec *usual)
{
    iv_text_addf(text, "%d > %d, %s", (int)in->resize, (int)in->crop,
                 in->bicubic ? "bicubic" : "bilinear");
    if (usual && memcmp(in->mean, usual->mean, sizeof in->mean) == 0 &&
        memcmp(in->std, usual->std, sizeof in->std) == 0)
        return;
    add_three(text, "mean", in->mean);
    add_three(text, "std", in->std);
}

/* Whether the row is the first of its backbone that wants these images. */
static bool first_of_its_kind(size_t row)
{
    const iv_published *p = iv_published_at(row);
    for (size_t i = 0; i < row; i++)
        if (strcmp(iv_published_at(i)->id, p->id) == 0 &&
            same(&iv_published_at(i)->input, &p->input))
            return false;
    return true;
}

static void add_others(iv_text *text, const char *id, const iv_input_spec *used)
{
    bool any = false;
    for (size_t i = 0; i < iv_published_count(); i++) {
        const iv_published *p = iv_published_at(i);
        if (strcmp(p->id, id) != 0 || same(&p->input, used) || !first_of_its_kind(i))
            continue;
        iv_text_add(text, any ? "; " : "; published weights of ");
        if (!any)
            iv_text_addf(text, "%s also want: ", id);
        add_input(text, &p->input, used);
        iv_text_addf(text, " (%s)", p->file);
        any = true;
    }
    iv_text_add(text, any ? "; if it is one of them, give it that name" : "");
}

imgvec_status iv_weights_tell_unknown(imgvec_context *ctx, const iv_backbone *backbone,
                                      const char *name, const iv_input_spec *used,
                                      imgvec_error *err)
{
    iv_text text;
    iv_text_init(&text, ctx);
    iv_text_addf(
        &text,
        "%.255s is no published checkpoint by its name or SHA-256 and does not say how its "
        "images are prepared: taken as usual for %s, ",
        name, backbone->id);
    add_input(&text, used, NULL);
    add_others(&text, backbone->id, used);
    if (!text.failed)
        iv_log(ctx, IMGVEC_LOG_NOTICE, "%s", text.data);
    imgvec_status status = text.failed ? iv_fail_nomem(err) : IMGVEC_OK;
    iv_text_free(&text);
    return status;
}
