/* JPEG through libjpeg-turbo, into memory of the context. */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/encode.h"

enum { PIECE = 4096 };

typedef struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf bail;
    char words[JMSG_LENGTH_MAX];
    bool no_memory;
    iv_encoded *out;
    uint8_t piece[PIECE];
} encoder;

static void on_error(j_common_ptr jpeg)
{
    encoder *e = jpeg->client_data;
    e->no_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    jpeg->err->format_message(jpeg, e->words);
    longjmp(e->bail, 1);
}

static void on_message(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void begin_piece(j_compress_ptr jpeg)
{
    encoder *e = jpeg->client_data;
    e->destination.next_output_byte = e->piece;
    e->destination.free_in_buffer = PIECE;
}

static boolean full_piece(j_compress_ptr jpeg)
{
    encoder *e = jpeg->client_data;
    iv_encoded_add(e->out, e->piece, PIECE);
    begin_piece(jpeg);
    return TRUE;
}

static void last_piece(j_compress_ptr jpeg)
{
    encoder *e = jpeg->client_data;
    iv_encoded_add(e->out, e->piece, PIECE - e->destination.free_in_buffer);
}

static imgvec_status run(encoder *e, const iv_image *image, int quality, imgvec_error *err)
{
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg->err = jpeg_std_error(&e->errors);
    e->errors.error_exit = on_error;
    e->errors.output_message = on_message;
    jpeg->client_data = e;
    if (setjmp(e->bail)) {
        if (e->no_memory)
            return iv_fail_nomem(err);
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "JPEG: %s", e->words);
    }
    jpeg_create_compress(jpeg);
    e->destination.init_destination = begin_piece;
    e->destination.empty_output_buffer = full_piece;
    e->destination.term_destination = last_piece;
    jpeg->dest = &e->destination;
    jpeg->image_width = (JDIMENSION)image->width;
    jpeg->image_height = (JDIMENSION)image->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg_start_compress(jpeg, TRUE);
    size_t row = (size_t)image->width * 3;
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW rows[1] = {image->pixels + jpeg->next_scanline * row};
        jpeg_write_scanlines(jpeg, rows, 1);
    }
    jpeg_finish_compress(jpeg);
    return e->out->failed ? iv_fail_nomem(err) : IMGVEC_OK;
}

imgvec_status iv_encode_jpeg(imgvec_context *ctx, const iv_image *image, int quality,
                             iv_encoded *out, imgvec_error *err)
{
    encoder *e = iv_zalloc(ctx, sizeof *e);
    if (!e)
        return iv_fail_nomem(err);
    *out = (iv_encoded){.ctx = ctx};
    e->out = out;
    imgvec_status status = run(e, image, quality, err);
    jpeg_destroy_compress(&e->jpeg);
    iv_free(ctx, e);
    if (status != IMGVEC_OK)
        iv_free(ctx, out->data);
    return status;
}
