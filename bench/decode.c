/* Photos from an archive to the input of a network, without the network.
 *   decode DATA THREADS
 *     answers lines of seconds with images and seconds (support.h): whatever iv_embed does for an
 *     image, with an executor that computes nothing
 *   decode jpeg DATA
 *     the same with libjpeg-turbo alone, which decodes the same photos in memory at full size
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/watch.h"
#include "features/embed.h"
#include "io/zip_reader.h"
#include "support.h"
#include "table/dataset.h"

static imgvec_context *ctx;

static imgvec_status idle_new(const iv_graph *graph, const iv_tensors *weights, const char *device,
                              const char *precision, void **out, imgvec_error *err)
{
    (void)weights, (void)device, (void)precision, (void)err;
    int32_t *width = malloc(sizeof *width);
    *width = graph->nodes[graph->feature].channels;
    *out = width;
    return IMGVEC_OK;
}

static imgvec_status idle_run(void *network, const float *images, int32_t count, int32_t height,
                              int32_t width, int32_t threads, float *features, imgvec_error *err)
{
    (void)images, (void)height, (void)width, (void)threads, (void)err;
    memset(features, 0, (size_t)count * (size_t) * (int32_t *)network * sizeof *features);
    return IMGVEC_OK;
}

static const iv_executor idle = {.abi = IV_EXECUTOR_ABI,
                                 .name = "idle",
                                 .version = "1",
                                 .network_new = idle_new,
                                 .network_run = idle_run,
                                 .network_free = free};

typedef struct photos {
    imgvec_dataset *ds;
    iv_networks nets;
    iv_watch watch;
    int32_t column, threads;
    size_t rows, next;
} photos;

static void open_photos(photos *p, const char *path)
{
    imgvec_options *opts;
    bench_need(iv_watch_init(&p->watch, NULL, &bench_error));
    bench_need(imgvec_options_new(ctx, IMGVEC_JOB_EMBED, &opts, &bench_error));
    bench_need(imgvec_options_set_named(opts, "backbone", "mobilenetv2_035", &bench_error));
    bench_need(imgvec_options_set_named(opts, "weights", "random", &bench_error));
    bench_need(imgvec_options_set_named(opts, "device", "cpu", &bench_error));
    bench_need(iv_networks_load(ctx, &idle, opts, &p->nets, &bench_error));
    bench_need(imgvec_dataset_open(ctx, path, NULL, NULL, &p->ds, &bench_error));
    p->rows = (size_t)iv_dataset_rows(p->ds);
    for (int32_t c = 0; c < iv_dataset_columns(p->ds); c++)
        if (iv_dataset_effective_type(p->ds, NULL, c) == IMGVEC_COLUMN_IMAGE)
            p->column = c;
}

static double embed(void *user, double seconds)
{
    photos *p = user;
    enum { CHUNK = 16 };
    float *values = malloc(CHUNK * (size_t)p->nets.width * sizeof *values);
    int32_t status[CHUNK];
    double until = iv_now() + seconds, done = 0;
    do {
        iv_embed_settings settings = {.threads = p->threads, .batch_size = -1, .max_bad = 0};
        size_t left = p->rows - p->next, count = left < CHUNK ? left : CHUNK;
        bench_need(iv_embed(ctx, &p->nets, p->ds, p->column, (int64_t)p->next, count, &settings,
                            &p->watch, NULL, values, status, &bench_error));
        p->next = (p->next + count) % p->rows;
        done += (double)count;
    } while (iv_now() < until);
    free(values);
    return done;
}

typedef struct jpegs {
    void **data;
    size_t *size, count, next;
    uint8_t *pixels;
    size_t room;
} jpegs;

static void open_jpegs(jpegs *j, const char *path)
{
    enum { MOST = 64 };
    iv_zip *zip;
    bench_need(iv_zip_open(ctx, path, NULL, &zip, &bench_error));
    j->data = calloc(MOST, sizeof *j->data);
    j->size = calloc(MOST, sizeof *j->size);
    for (size_t i = 0; i < iv_zip_count(zip) && j->count < MOST; i++) {
        const char *ending = iv_path_ending(iv_zip_entry_at(zip, i)->name);
        if (strcmp(ending, "jpg") == 0 || strcmp(ending, "jpeg") == 0) {
            bench_need(
                iv_zip_read(zip, i, 0, &j->data[j->count], &j->size[j->count], &bench_error));
            j->count++;
        }
    }
    iv_zip_close(zip);
    if (j->count == 0) {
        fprintf(stderr, "decode: no JPEG in %s\n", path);
        exit(2);
    }
}

/* As quickly as the library does it without losing a bit: rows into memory that is kept. */
static void decode_one(jpegs *j, size_t index)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, j->data[index], (unsigned long)j->size[index]);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.out_color_space = JCS_RGB;
    jpeg_start_decompress(&jpeg);
    size_t row = (size_t)jpeg.output_width * 3, bytes = row * jpeg.output_height;
    if (j->room < bytes) {
        free(j->pixels);
        j->pixels = malloc(bytes);
        j->room = bytes;
    }
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW line = j->pixels + jpeg.output_scanline * row;
        jpeg_read_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
}

static double decode_alone(void *user, double seconds)
{
    jpegs *j = user;
    double until = iv_now() + seconds, done = 0;
    do {
        decode_one(j, j->next);
        j->next = (j->next + 1) % j->count;
        done++;
    } while (iv_now() < until);
    return done;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: decode DATA THREADS\n       decode jpeg DATA\n");
        return 2;
    }
    bench_keep_freed_memory();
    bench_need(imgvec_context_new(&ctx, &bench_error));
    if (strcmp(argv[1], "jpeg") == 0) {
        jpegs j = {0};
        open_jpegs(&j, argv[2]);
        bench_serve(decode_alone, &j);
    } else {
        photos p = {.threads = atoi(argv[2])};
        open_photos(&p, argv[1]);
        bench_serve(embed, &p);
    }
    return 0;
}
