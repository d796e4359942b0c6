/* PNG files, written by stb_image_write. */
#ifndef CLI_PNG_H
#define CLI_PNG_H

#include <stdbool.h>

/* false when the file cannot be written. */
bool cli_png_write(const char *path, int width, int height, const unsigned char *rgb);

#endif
