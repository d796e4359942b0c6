/* OpenEXR, first part, through OpenEXRCore. Colours are linear light without a bound; the tone
 * rule is that of Radiance HDR: each channel v becomes 255 * v^(1/2.2), rounded and clipped to
 * 0..255 (NaN: 0), and no exposure is applied. The picture is the data window. */
#include <limits.h>
#include <math.h>
#include <openexr.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/arena.h"
#include "image/decode.h"

#define HEADER_MEMORY ((uint64_t)64 << 20)
#define CHUNK_HEAD 16 /* fewest bytes that a chunk and its place in the table take */

/* One channel, as floats. */
typedef struct plane {
    const exr_attr_chlist_entry_t *channel;
    int32_t width, height;
    float *values;
} plane;

typedef struct exr {
    const iv_image_job *job;
    iv_arena arena;
    exr_context_t file;
    char words[256]; /* the first error in OpenEXR's words */
    exr_attr_box2i_t window;
    int32_t width, height;
    int planes;  /* 1: luminance alone; 3: R, G, B or Y, RY, BY */
    bool chroma; /* ... the latter */
    plane plane[3];
} exr;

static int64_t read_bytes(exr_const_context_t file, void *user, void *to, uint64_t count,
                          uint64_t offset, exr_stream_error_func_ptr_t error)
{
    const exr *e = user;
    uint64_t left = offset < e->job->size ? e->job->size - offset : 0;
    uint64_t n = count < left ? count : left;
    if (n)
        memcpy(to, e->job->data + offset, (size_t)n);
    return (int64_t)n;
}

static int64_t size_bytes(exr_const_context_t file, void *user)
{
    return (int64_t)((const exr *)user)->job->size;
}

static void on_error(exr_const_context_t file, exr_result_t code, const char *message)
{
    void *user = NULL;
    if (!file || exr_get_user_data(file, &user) != EXR_ERR_SUCCESS || !user)
        return;
    exr *e = user;
    if (!e->words[0])
        snprintf(e->words, sizeof e->words, "%s", message);
}

static imgvec_status fail_code(const exr *e, exr_result_t code, imgvec_error *err)
{
    if (e->arena.failed)
        return iv_fail_nomem(err);
    if (e->arena.over)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "OpenEXR: needs more memory than a picture of its size or option "
                       "max_image_memory allows");
    if (code == EXR_ERR_FEATURE_NOT_IMPLEMENTED)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "OpenEXR: %s",
                       e->words[0] ? e->words : "a feature that OpenEXR's library cannot read");
    const char *why = exr_get_default_error_message(code);
    return iv_image_fail_decoder(err, "OpenEXR", e->words[0] ? e->words : why ? why : "damaged");
}

static imgvec_status fail(imgvec_error *err, const char *what)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "OpenEXR: %s", what);
}

static imgvec_status open_file(exr *e, imgvec_error *err)
{
    exr_context_initializer_t start = EXR_DEFAULT_CONTEXT_INITIALIZER;
    start.error_handler_fn = on_error;
    start.alloc_fn = iv_arena_malloc;
    start.free_fn = iv_arena_release;
    start.user_data = e;
    start.read_fn = read_bytes;
    start.size_fn = size_bytes;
#ifdef EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION
    start.flags = EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION;
#endif
    exr_result_t code = exr_start_read(&e->file, "image", &start);
    return code == EXR_ERR_SUCCESS ? IMGVEC_OK : fail_code(e, code, err);
}

static imgvec_status check_window(exr *e, imgvec_error *err)
{
    exr_result_t code = exr_get_data_window(e->file, 0, &e->window);
    if (code != EXR_ERR_SUCCESS)
        return fail_code(e, code, err);
    int64_t width = (int64_t)e->window.max.x - e->window.min.x + 1;
    int64_t height = (int64_t)e->window.max.y - e->window.min.y + 1;
    if (width < 1 || height < 1)
        return fail(err, "the data window is empty or turned inside out");
    IV_TRY(iv_image_check_size(e->job, "OpenEXR", (uint64_t)width, (uint64_t)height, err));
    e->width = (int32_t)width;
    e->height = (int32_t)height;
    int32_t chunks = 0;
    code = exr_get_chunk_count(e->file, 0, &chunks);
    if (code != EXR_ERR_SUCCESS)
        return fail_code(e, code, err);
    if (chunks < 1 || (uint64_t)chunks * CHUNK_HEAD > e->job->size ||
        (uint64_t)width * (uint64_t)height / 100000 > e->job->size)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "OpenEXR: cut short: %d x %d pixels in %d chunks declared, but %zu bytes "
                       "cannot hold them",
                       (int)width, (int)height, (int)chunks, e->job->size);
    return IMGVEC_OK;
}

static const exr_attr_chlist_entry_t *find_channel(const exr_attr_chlist_t *list, const char *name)
{
    for (int i = 0; i < list->num_channels; i++)
        if (strcmp(list->entries[i].name.str, name) == 0)
            return &list->entries[i];
    return NULL;
}

static imgvec_status fail_channels(const exr_attr_chlist_t *list, imgvec_error *err)
{
    char names[200] = "";
    size_t at = 0;
    for (int i = 0; i < list->num_channels && at < sizeof names - 40; i++)
        at += (size_t)snprintf(names + at, 40, "%s%.30s", i ? ", " : "", list->entries[i].name.str);
    return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                   "OpenEXR: no channels R, G, B or Y in the first part; it has: %s", names);
}

static imgvec_status choose_channels(exr *e, imgvec_error *err)
{
    static const char *const sets[3][3] = {{"R", "G", "B"}, {"Y", "RY", "BY"}, {"Y"}};
    const exr_attr_chlist_t *list = NULL;
    exr_result_t code = exr_get_channels(e->file, 0, &list);
    if (code != EXR_ERR_SUCCESS)
        return fail_code(e, code, err);
    for (int set = 0; set < 3 && !e->planes; set++) {
        int found = 0, wanted = set == 2 ? 1 : 3;
        for (int i = 0; i < wanted; i++)
            found += (e->plane[i].channel = find_channel(list, sets[set][i])) != NULL;
        if (found == wanted) {
            e->planes = wanted;
            e->chroma = set == 1;
        }
    }
    return e->planes ? IMGVEC_OK : fail_channels(list, err);
}

static imgvec_status make_planes(exr *e, imgvec_error *err)
{
    for (int i = 0; i < e->planes; i++) {
        plane *p = &e->plane[i];
        int32_t sx = p->channel->x_sampling, sy = p->channel->y_sampling;
        if (sx < 1 || sy < 1 || sx > e->width || sy > e->height || e->window.min.x % sx ||
            e->window.min.y % sy)
            return fail(err, "a channel with an impossible sampling rate");
        p->width = (e->width + sx - 1) / sx;
        p->height = (e->height + sy - 1) / sy;
        p->values = iv_arena_calloc((size_t)p->width * (size_t)p->height, sizeof *p->values);
        if (!p->values)
            return fail_code(e, EXR_ERR_OUT_OF_MEMORY, err);
    }
    return IMGVEC_OK;
}

/* Where the chunk's part of each wanted channel goes; the others are left out. */
static bool aim(exr *e, int64_t left, int64_t top, exr_decode_pipeline_t *decode)
{
    for (int k = 0; k < decode->channel_count; k++) {
        exr_coding_channel_info_t *c = &decode->channels[k];
        c->decode_to_ptr = NULL;
        for (int i = 0; i < e->planes; i++) {
            plane *p = &e->plane[i];
            if (strcmp(c->channel_name, p->channel->name.str) != 0)
                continue;
            int32_t sx = p->channel->x_sampling, sy = p->channel->y_sampling;
            int64_t x = (left + sx - 1) / sx, y = (top + sy - 1) / sy;
            if (c->height == 0 || c->width == 0)
                continue;
            if (x + c->width > p->width || y + c->height > p->height)
                return false;
            c->user_bytes_per_element = sizeof *p->values;
            c->user_data_type = EXR_PIXEL_FLOAT;
            c->user_pixel_stride = sizeof *p->values;
            c->user_line_stride = (int32_t)sizeof *p->values * p->width;
            c->decode_to_ptr = (uint8_t *)(p->values + y * p->width + x);
        }
    }
    return true;
}

/* left, top: of the chunk within the picture. */
static imgvec_status read_chunk(exr *e, const exr_chunk_info_t *chunk, int64_t left, int64_t top,
                                imgvec_error *err)
{
    exr_decode_pipeline_t decode = EXR_DECODE_PIPELINE_INITIALIZER;
    exr_result_t code = exr_decoding_initialize(e->file, 0, chunk, &decode);
    bool inside = code == EXR_ERR_SUCCESS && aim(e, left, top, &decode);
    if (inside)
        code = exr_decoding_choose_default_routines(e->file, 0, &decode);
    if (inside && code == EXR_ERR_SUCCESS)
        code = exr_decoding_run(e->file, 0, &decode);
    exr_decoding_destroy(e->file, &decode);
    if (code != EXR_ERR_SUCCESS)
        return fail_code(e, code, err);
    return inside ? IMGVEC_OK : fail(err, "a chunk outside the data window");
}

static imgvec_status read_lines(exr *e, imgvec_error *err)
{
    int32_t step = 0;
    exr_result_t code = exr_get_scanlines_per_chunk(e->file, 0, &step);
    if (code == EXR_ERR_SUCCESS && step < 1)
        return fail(err, "chunks without lines");
    for (int64_t y = 0; code == EXR_ERR_SUCCESS && y < e->height; y += step) {
        exr_chunk_info_t chunk;
        code = exr_read_scanline_chunk_info(e->file, 0, (int)(e->window.min.y + y), &chunk);
        if (code == EXR_ERR_SUCCESS)
            IV_TRY(read_chunk(e, &chunk, 0, y, err));
    }
    return code == EXR_ERR_SUCCESS ? IMGVEC_OK : fail_code(e, code, err);
}

/* The tiles of the full resolution; smaller copies of the picture are left alone. */
static imgvec_status read_tiles(exr *e, imgvec_error *err)
{
    int32_t tile_w = 0, tile_h = 0;
    exr_result_t code = exr_get_tile_sizes(e->file, 0, 0, 0, &tile_w, &tile_h);
    if (code != EXR_ERR_SUCCESS)
        return fail_code(e, code, err);
    if (tile_w < 1 || tile_h < 1)
        return fail(err, "tiles without pixels");
    int32_t across = (int32_t)(((int64_t)e->width + tile_w - 1) / tile_w);
    int32_t down = (int32_t)(((int64_t)e->height + tile_h - 1) / tile_h);
    if ((uint64_t)across * (uint64_t)down * CHUNK_HEAD > e->job->size)
        return fail(err, "cut short: fewer bytes than the picture has tiles");
    for (int32_t y = 0; y < down; y++)
        for (int32_t x = 0; x < across; x++) {
            exr_chunk_info_t chunk;
            code = exr_read_tile_chunk_info(e->file, 0, x, y, 0, 0, &chunk);
            if (code != EXR_ERR_SUCCESS)
                return fail_code(e, code, err);
            IV_TRY(read_chunk(e, &chunk, (int64_t)x * tile_w, (int64_t)y * tile_h, err));
        }
    return IMGVEC_OK;
}

static imgvec_status read_pixels(exr *e, imgvec_error *err)
{
    exr_storage_t storage;
    exr_result_t code = exr_get_storage(e->file, 0, &storage);
    if (code != EXR_ERR_SUCCESS)
        return fail_code(e, code, err);
    if (storage == EXR_STORAGE_SCANLINE)
        return read_lines(e, err);
    if (storage == EXR_STORAGE_TILED)
        return read_tiles(e, err);
    return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                   "OpenEXR: deep data in the first part; flatten the image first");
}

static uint8_t tone(float v)
{
    if (!(v > 0)) /* NaN too */
        return 0;
    return v >= 1 ? 255 : (uint8_t)lrintf(255.0f * powf(v, 1 / 2.2f));
}

static float at(const plane *p, int32_t x, int32_t y)
{
    return p->values[(int64_t)(y / p->channel->y_sampling) * p->width + x / p->channel->x_sampling];
}

/* Luminance and chroma: RY = (R - Y) / Y and BY = (B - Y) / Y, by the weights of Rec. 709. */
static void from_chroma(const float in[3], float rgb[3])
{
    float y = in[0];
    rgb[0] = (in[1] + 1) * y;
    rgb[2] = (in[2] + 1) * y;
    rgb[1] = (y - 0.2126f * rgb[0] - 0.0722f * rgb[2]) / 0.7152f;
}

static imgvec_status convert(const exr *e, iv_image *out, imgvec_error *err)
{
    IV_TRY(iv_image_new(e->job->ctx, e->width, e->height, out, err));
    uint8_t *to = out->pixels;
    for (int32_t y = 0; y < e->height; y++)
        for (int32_t x = 0; x < e->width; x++, to += 3) {
            float in[3], rgb[3];
            for (int i = 0; i < 3; i++)
                in[i] = at(&e->plane[i < e->planes ? i : 0], x, y);
            if (e->chroma)
                from_chroma(in, rgb);
            else
                memcpy(rgb, in, sizeof rgb);
            for (int i = 0; i < 3; i++)
                to[i] = tone(rgb[i]);
        }
    return IMGVEC_OK;
}

imgvec_status iv_decode_exr(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    exr e = {.job = job};
    const uint64_t begin = iv_image_budget(job, HEADER_MEMORY, 0);
    iv_arena_begin(&e.arena, job->ctx, begin);
    imgvec_status status = open_file(&e, err);
    if (status == IMGVEC_OK)
        status = check_window(&e, err);
    if (status == IMGVEC_OK) {
        uint64_t pixels = (uint64_t)e.width * (uint64_t)e.height, used = begin - e.arena.budget;
        e.arena.budget =
            iv_image_budget(job, HEADER_MEMORY - used + 16 * pixels, used + 3 * pixels);
        status = choose_channels(&e, err);
    }
    if (status == IMGVEC_OK)
        status = make_planes(&e, err);
    if (status == IMGVEC_OK)
        status = read_pixels(&e, err);
    if (status == IMGVEC_OK && (e.arena.failed || e.arena.over))
        status = fail_code(&e, EXR_ERR_OUT_OF_MEMORY, err); /* OpenEXR goes on without it */
    if (status == IMGVEC_OK)
        status = convert(&e, out, err);
    if (e.file)
        exr_finish(&e.file);
    iv_arena_end(&e.arena);
    return status;
}
