/* The pictures of imgvec explain: an overlay for each image, and a page that shows them. */
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "out.h"

enum { OVERLAY_SIDE = 512, NAME_PART = 40 };

/* Letters that every file system takes. */
static void plain_name(const char *text, char out[NAME_PART + 1])
{
    size_t n = 0;
    for (; text[n] && n < NAME_PART; n++) {
        unsigned char c = (unsigned char)text[n];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '.';
        out[n] = plain ? (char)c : '_';
    }
    out[n] = '\0';
}

static void put_html(FILE *to, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            fputc(*text, to);
        }
}

static void begin_page(const explanation *e)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>Where the model looks</title>\n<style>\n"
          ":root{color-scheme:light dark}body{font:1rem/1.4 system-ui,sans-serif;margin:1.5rem}\n"
          "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:1rem}\n"
          "figure{margin:0}img{width:100%;height:auto}figcaption{font-size:.85rem}\n"
          "</style></head><body><h1>Where the model looks</h1>\n<p>",
          e->page);
    fputs(e->outputs > 1
              ? "Coloured, the lighter the more: what speaks for the class."
              : "Orange: what raises the prediction. Blue: what lowers it. The lighter, the more.",
          e->page);
    fputs(" What each column adds is in <a href=\"contributions.csv\">contributions.csv</a>.</p>\n"
          "<main>\n",
          e->page);
}

static void put_figure(const explanation *e, int64_t row, const char *column, const char *name)
{
    int32_t output = explain_output(e, row);
    fprintf(e->page, "<figure><img loading=\"lazy\" src=\"%s\" alt=\"Row %lld, column ", name,
            (long long)row);
    put_html(e->page, column);
    fprintf(e->page, ", with its heat map\"><figcaption>row %lld, ", (long long)row);
    put_html(e->page, column);
    fputs(": ", e->page);
    put_html(e->page, imgvec_model_output_name(e->model, output));
    fprintf(e->page, " %.3g</figcaption></figure>\n", (double)e->scores[row * e->outputs + output]);
}

static bool write_bytes(const explanation *e, const char *name, const void *bytes, size_t size)
{
    cli_file file;
    char *path = explain_path(e->folder, name);
    bool ok = path && cli_file_open(e->run, path, &file);
    if (ok) {
        fwrite(bytes, 1, size, file.stream);
        ok = cli_file_close(e->run, &file, true);
    }
    free(path);
    return ok;
}

/* The overlays of one cell, one for each image. False: the job failed. */
static bool explain_cell(explanation *e, int64_t row, int32_t at)
{
    imgvec_column_info info = {.size = sizeof info};
    char column[NAME_PART + 1], output[NAME_PART + 1], name[160], number[32] = "", place[16] = "";
    if (imgvec_dataset_column(e->ds, e->images[at], &info, &e->run->err) != IMGVEC_OK)
        return false;
    plain_name(info.name, column);
    plain_name(imgvec_model_output_name(e->model, explain_output(e, row)), output);
    if (e->image_count > 1) /* different names may look the same */
        snprintf(place, sizeof place, "%d-", (int)at);
    char before[sizeof e->run->err.text] = "", *cell = cli_cell(e->ds, e->images[at], row);
    int32_t most = cell ? (int32_t)strlen(cell) : 0; /* images that the cell can name */
    free(cell);
    for (int32_t image = 0;; image++) {
        void *bytes;
        size_t size;
        imgvec_error err;
        imgvec_status status =
            imgvec_model_overlay(e->model, e->ds, row, info.name, image, explain_output(e, row),
                                 OVERLAY_SIDE, IMGVEC_PICTURE_PNG, &bytes, &size, &err);
        if (status == IMGVEC_ERR_NOT_FOUND && image > 0)
            return true;
        if (status == IMGVEC_ERR_NO_MEMORY || status == IMGVEC_ERR_ENGINE ||
            status == IMGVEC_ERR_INVALID_ARGUMENT) {
            e->run->err = err; /* not the image's own matter: the next would fare no better */
            return false;
        }
        if (status != IMGVEC_OK) {
            if (!e->told)
                cli_complain(e->run, "no overlay of row %lld, image %d: %s", (long long)row,
                             (int)image, err.text);
            e->told = true;
            e->without++;
            /* The cell is empty, or it is the cell's or row's own matter and the next image of it
             * would fare no better. */
            if (status == IMGVEC_ERR_NOT_FOUND || strcmp(err.text, before) == 0 || image >= most)
                return true;
            snprintf(before, sizeof before, "%s", err.text);
            continue;
        }
        if (image > 0)
            snprintf(number, sizeof number, "_%d", (int)image);
        snprintf(name, sizeof name, "overlays/%lld_%s%s%s_%s.png", (long long)row, place, column,
                 number, output);
        bool ok = write_bytes(e, name, bytes, size);
        imgvec_bytes_free(bytes);
        if (!ok)
            return false;
        put_figure(e, row, info.name, name);
        e->overlays++;
    }
}

bool explain_overlays(explanation *e)
{
    cli_file file;
    char *path = explain_path(e->folder, "index.html");
    bool ok = path && cli_file_open(e->run, path, &file);
    if (!ok) {
        free(path);
        return false;
    }
    e->page = file.stream;
    begin_page(e);
    for (int64_t row = 0; ok && row < e->shown; row++)
        for (int32_t i = 0; ok && i < e->image_count; i++) {
            ok = !imgvec_cancel_requested(e->run->cancel);
            if (!ok)
                e->run->err = (imgvec_error){.code = IMGVEC_ERR_CANCELLED};
            else if (e->status[row] == 0)
                ok = explain_cell(e, row, i);
            else
                e->without++;
        }
    fputs("</main></body></html>\n", e->page);
    ok = cli_file_close(e->run, &file, ok) && ok;
    free(path);
    return ok;
}
