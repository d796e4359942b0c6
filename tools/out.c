#include "out.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* path with six X for mkstemp, beside the file that it will replace. */
static char *temporary_name(const char *path)
{
    size_t length = strlen(path);
    char *name = malloc(length + 16);
    if (name)
        snprintf(name, length + 16, "%s.tmp-XXXXXX", path);
    return name;
}

/* An empty file in path's folder, open; -1 and errno when there can be none. */
static int make_temporary(const char *path, char **name)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        *name = NULL;
        return -1;
    }
    *name = temporary_name(path);
    int fd = *name ? mkstemp(*name) : -1;
    if (fd < 0) {
        free(*name);
        *name = NULL;
    }
    return fd;
}

static void cannot_write(const cli_run *run, const char *path)
{
    cli_complain(run, "cannot write %s: %s%s", path, strerror(errno),
                 errno == ENOENT                     ? " (make the folder first)"
                 : errno == EISDIR                   ? " (name a file in it)"
                 : errno == EACCES || errno == EROFS ? " (choose a folder that you may write to)"
                                                     : "");
}

bool cli_can_write(const cli_run *run, const char *path)
{
    char *name;
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return true; /* opened when there is something to write */
    int fd = make_temporary(path, &name);
    if (fd < 0) {
        cannot_write(run, path);
        return false;
    }
    close(fd);
    unlink(name);
    free(name);
    return true;
}

bool cli_file_open(const cli_run *run, const char *path, cli_file *file)
{
    struct stat st;
    *file = (cli_file){.path = path};
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
        return true;
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        file->stream = fopen(path, "wb"); /* a pipe or device is written to, not replaced */
        if (!file->stream)
            cannot_write(run, path);
        return file->stream != NULL;
    }
    /* Where a link leads is what is replaced, not the link. */
    file->real_path = realpath(path, NULL);
    if (file->real_path)
        path = file->path = file->real_path;
    int fd = make_temporary(path, &file->temporary);
    if (fd >= 0) {
        mode_t mask = umask(0);
        umask(mask);
        /* mkstemp's files are private; this one is to be as any other. */
        if (fchmod(fd, 0666 & ~mask) == 0)
            file->stream = fdopen(fd, "wb");
    }
    if (file->stream)
        return true;
    cannot_write(run, path);
    if (fd >= 0) {
        close(fd);
        unlink(file->temporary);
    }
    free(file->temporary);
    free(file->real_path);
    return false;
}

bool cli_file_close(const cli_run *run, cli_file *file, bool keep)
{
    if (!file->temporary) { /* main flushes standard output */
        if (file->stream == stdout || fclose(file->stream) == 0)
            return true;
        cannot_write(run, file->path);
        return false;
    }
    bool ok = keep && fflush(file->stream) == 0 && !ferror(file->stream) &&
              fsync(fileno(file->stream)) == 0;
    int problem = errno;
    if (fclose(file->stream) != 0 && ok) {
        ok = false;
        problem = errno;
    }
    if (ok && rename(file->temporary, file->path) != 0) {
        ok = false;
        problem = errno;
    }
    if (!ok) {
        unlink(file->temporary);
        errno = problem;
        if (keep)
            cannot_write(run, file->path);
    }
    free(file->temporary);
    free(file->real_path);
    return ok;
}

void cli_csv_text(FILE *to, const char *text)
{
    if (!text[strcspn(text, ",;\t\"\r\n")] && text[0] != ' ') {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

void cli_csv_number(FILE *to, float value)
{
    if (!isnan(value))
        fprintf(to, "%.9g", (double)value);
}

void cli_json_text(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

void cli_json_number(FILE *to, double value)
{
    if (isfinite(value))
        fprintf(to, "%.9g", value);
    else
        fputs("null", to);
}

void cli_json_print(const char *json)
{
    size_t length = strlen(json);
    fputs(json, stdout);
    if (length == 0 || json[length - 1] != '\n')
        putchar('\n');
}

void cli_npy_header(FILE *to, int64_t rows, int64_t columns)
{
    /* The header is padded so that the data starts at a multiple of 64 bytes. */
    char text[118];
    const uint16_t one = 1;
    char order = *(const unsigned char *)&one ? '<' : '>';
    int n = snprintf(text, sizeof text,
                     "{'descr': '%cf4', 'fortran_order': False, 'shape': (%lld, %lld), }", order,
                     (long long)rows, (long long)columns);
    memset(text + n, ' ', sizeof text - (size_t)n);
    text[sizeof text - 1] = '\n';
    fwrite("\x93NUMPY\x01\x00", 1, 8, to);
    fputc((int)(sizeof text & 0xff), to);
    fputc((int)(sizeof text >> 8), to);
    fwrite(text, 1, sizeof text, to);
}

const char *cli_status_text(int32_t status)
{
    return status == 0 ? "ok" : imgvec_status_name(status);
}
