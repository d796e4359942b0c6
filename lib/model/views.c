#include "model/views.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/tuned.h"
#include "table/dataset.h"

static bool is_tuned(const iv_block *b)
{
    return b->kind == &iv_tuned_image_kind;
}

static iv_view *view_of(iv_views *views, int32_t column)
{
    for (size_t v = 0; v < views->count; v++)
        if (views->items[v].column == column)
            return &views->items[v];
    return NULL;
}

static imgvec_status add_view(iv_views *views, int32_t column, size_t networks, size_t parts,
                              iv_view **out, imgvec_error *err)
{
    iv_view *v = &views->items[views->count++];
    v->column = column;
    v->nets.items = iv_calloc(views->ctx, networks + 1, sizeof *v->nets.items);
    v->parts = iv_calloc(views->ctx, parts + 1, sizeof *v->parts);
    v->status = iv_calloc(views->ctx, views->room, sizeof *v->status);
    *out = v;
    return v->nets.items && v->parts && v->status ? IMGVEC_OK : iv_fail_nomem(err);
}

static void add_part(iv_view *v, iv_network *const *nets, size_t count)
{
    iv_view_part *part = &v->parts[v->part_count++];
    part->offset = (size_t)v->nets.width;
    for (size_t i = 0; i < count; i++) {
        v->nets.items[v->nets.count++] = nets[i];
        v->nets.width += iv_network_width(nets[i]);
    }
    part->width = (size_t)v->nets.width - part->offset;
}

/* The part that a block gets: the column's first one for the features of the backbones, where
 * some block wants them, and one for each fine-tuned network. */
typedef struct place {
    size_t view, part;
} place;

static imgvec_status lay_out(iv_views *views, const iv_recipe *r, const iv_networks *nets,
                             const iv_networks *tuned, iv_input *items, place *places,
                             imgvec_error *err)
{
    for (int pass = 0; pass < 2; pass++) { /* backbones, then fine-tuned networks */
        size_t at = 0;
        for (size_t i = 0; i < r->count; i++) {
            const iv_block *b = &r->blocks[i];
            if (b->kind->type != IMGVEC_COLUMN_IMAGE || is_tuned(b) != (pass == 1))
                continue;
            iv_view *v = view_of(views, items[i].column);
            bool shared = v && pass == 0;
            if (!v)
                IV_TRY(add_view(views, items[i].column, nets->count + r->count, r->count + 1, &v,
                                err));
            if (pass == 1)
                add_part(v, &tuned->items[at++], 1);
            else if (!shared)
                add_part(v, nets->items, nets->count);
            places[i] = (place){(size_t)(v - views->items), v->part_count - 1};
        }
    }
    return IMGVEC_OK;
}

static imgvec_status make_room(iv_views *views, iv_view *v, imgvec_error *err)
{
    v->values = iv_alloc_n(views->ctx, views->room, (size_t)v->nets.width * sizeof *v->values);
    if (!v->values)
        return iv_fail_nomem(err);
    for (size_t p = 0; p < v->part_count; p++) {
        v->parts[p].raw = v->part_count == 1 ? v->values
                                             : iv_alloc_n(views->ctx, views->room,
                                                          v->parts[p].width * sizeof(float));
        if (!v->parts[p].raw)
            return iv_fail_nomem(err);
    }
    return IMGVEC_OK;
}

imgvec_status iv_views_make(imgvec_context *ctx, const iv_recipe *recipe, const iv_networks *nets,
                            const iv_networks *tuned, iv_input *items, size_t room, iv_views *out,
                            imgvec_error *err)
{
    *out = (iv_views){.ctx = ctx, .room = room};
    imgvec_status status = IMGVEC_OK;
    place *places = iv_calloc(ctx, recipe->count + 1, sizeof *places);
    out->items = iv_calloc(ctx, recipe->count + 1, sizeof *out->items);
    if (!places || !out->items) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(lay_out(out, recipe, nets, tuned, items, places, err));
    for (size_t v = 0; v < out->count; v++)
        IV_DO(make_room(out, &out->items[v], err));
    for (size_t i = 0; i < recipe->count; i++) {
        const iv_block *b = &recipe->blocks[i];
        items[i].type = b->kind->type;
        items[i].kind = b->kind;
        if (b->kind->type != IMGVEC_COLUMN_IMAGE)
            continue;
        const iv_view *v = &out->items[places[i].view];
        items[i].raw = v->parts[places[i].part].raw;
        items[i].status = v->status;
        items[i].tuned = is_tuned(b) ? (int32_t)v->parts[places[i].part].width : 0;
    }
done:
    iv_free(ctx, places);
    return status;
}

static void part_values(const iv_view *v, size_t count)
{
    size_t width = (size_t)v->nets.width;
    for (size_t p = 0; v->part_count > 1 && p < v->part_count; p++) {
        const iv_view_part *part = &v->parts[p];
        for (size_t i = 0; i < count; i++)
            memcpy(part->raw + i * part->width, v->values + i * width + part->offset,
                   part->width * sizeof(float));
    }
}

imgvec_status iv_views_embed(const iv_views *views, const imgvec_dataset *ds, int64_t first,
                             size_t count, iv_embed_settings *settings, iv_watch *watch,
                             imgvec_error *err)
{
    settings->total = (uint64_t)iv_dataset_rows(ds) * views->count;
    settings->done_before = (uint64_t)first * views->count;
    for (size_t i = 0; i < views->count; i++) {
        const iv_view *v = &views->items[i];
        IV_TRY(iv_embed(views->ctx, &v->nets, ds, v->column, first, count, settings, watch, NULL,
                        v->values, v->status, err));
        part_values(v, count);
        settings->done_before += count;
    }
    return IMGVEC_OK;
}

void iv_views_free(iv_views *views)
{
    for (size_t i = 0; views->items && i < views->count; i++) {
        iv_view *v = &views->items[i];
        for (size_t p = 0; v->part_count > 1 && p < v->part_count; p++)
            iv_free(views->ctx, v->parts[p].raw);
        iv_free(views->ctx, v->values);
        iv_free(views->ctx, v->status);
        iv_free(views->ctx, v->parts);
        iv_free(views->ctx, v->nets.items);
    }
    iv_free(views->ctx, views->items);
    memset(views, 0, sizeof *views);
}
