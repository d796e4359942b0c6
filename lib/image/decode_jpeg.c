/* JPEG through libjpeg-turbo, strictly: what it would only warn about is an error. */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/cmyk.h"
#include "image/walk_jpeg.h"

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf bail;
    char words[JMSG_LENGTH_MAX];
    bool no_memory;
    iv_image image;
    uint8_t *line; /* CMYK rows on their way to RGB */
} decoder;

static void on_error(j_common_ptr jpeg)
{
    decoder *d = (decoder *)jpeg->client_data;
    d->no_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    jpeg->err->format_message(jpeg, d->words);
    longjmp(d->bail, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0)
        on_error(jpeg);
}

static void on_output(j_common_ptr jpeg)
{
}

/* Needs d->bail set by its caller. */
static void read_rows(decoder *d)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    enum { ROWS = 16 };
    size_t row = (size_t)d->image.width * 3;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[ROWS];
        uint8_t *to = d->image.pixels + (size_t)jpeg->output_scanline * row;
        if (d->line) {
            rows[0] = d->line;
            jpeg_read_scanlines(jpeg, rows, 1);
            iv_cmyk_inverted_row(d->line, (size_t)d->image.width, to);
            continue;
        }
        JDIMENSION left = jpeg->output_height - jpeg->output_scanline;
        JDIMENSION n = left < ROWS ? left : ROWS;
        for (JDIMENSION i = 0; i < n; i++)
            rows[i] = to + i * row;
        jpeg_read_scanlines(jpeg, rows, n);
    }
}

static imgvec_status run(const iv_image_job *job, const iv_jpeg *walked, decoder *d,
                         imgvec_error *err)
{
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg->err = jpeg_std_error(&d->errors);
    d->errors.error_exit = on_error;
    d->errors.emit_message = on_message;
    d->errors.output_message = on_output;
    jpeg->client_data = d;
    if (setjmp(d->bail)) {
        if (d->no_memory)
            return iv_fail_nomem(err);
        return iv_image_fail_decoder(err, "JPEG", d->words);
    }
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, job->data, walked->end);
    jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->do_fancy_upsampling = TRUE;
    jpeg_start_decompress(jpeg);
    IV_TRY(iv_image_new(job->ctx, (int32_t)jpeg->output_width, (int32_t)jpeg->output_height,
                        &d->image, err));
    if (jpeg->num_components == 4) {
        d->line = iv_alloc_n(job->ctx, jpeg->output_width, 4);
        if (!d->line)
            return iv_fail_nomem(err);
    }
    read_rows(d);
    jpeg_finish_decompress(jpeg);
    return IMGVEC_OK;
}

imgvec_status iv_decode_jpeg(const iv_image_job *job, iv_image *out, int *orientation,
                             imgvec_error *err)
{
    iv_jpeg walked;
    IV_TRY(iv_jpeg_walk(job, &walked, err));
    decoder *d = iv_zalloc(job->ctx, sizeof *d);
    if (!d)
        return iv_fail_nomem(err);
    imgvec_status status = run(job, &walked, d, err);
    jpeg_destroy_decompress(&d->jpeg);
    iv_free(job->ctx, d->line);
    if (status == IMGVEC_OK) {
        *out = d->image;
        if (job->mode == IV_IMAGE_UPRIGHT)
            *orientation = walked.orientation;
    } else {
        iv_image_free(job->ctx, &d->image);
    }
    iv_free(job->ctx, d);
    return status;
}
