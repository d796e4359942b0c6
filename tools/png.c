#include "png.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
#pragma GCC diagnostic pop

bool cli_png_write(const char *path, int width, int height, const unsigned char *rgb)
{
    return stbi_write_png(path, width, height, 3, rgb, width * 3) != 0;
}
