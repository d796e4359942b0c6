/* Draws class folders for the tests of the command line: pictures FOLDER makes
 * FOLDER/small and FOLDER/large with twelve cars each, and FOLDER.csv, which names them. */
#include <stdio.h>
#include <sys/stat.h>

#include "draw.h"
#include "png.h"

#define EACH 12

int main(int argc, char **argv)
{
    static const char *const classes[] = {"small", "large"};
    unsigned char rgb[DRAW_SIDE * DRAW_SIDE * 3];
    char path[4096];
    uint64_t state = 5;
    if (argc != 2)
        return 2;
    mkdir(argv[1], 0777);
    snprintf(path, sizeof path, "%s.csv", argv[1]);
    FILE *csv = fopen(path, "w");
    if (!csv)
        return 1;
    fputs("photo,class,doors,length\n", csv);
    for (int i = 0; i < 2 * EACH; i++) {
        const char *class = classes[i / EACH];
        draw_car car = {.length = (i < EACH ? 0.45 : 0.75) + 0.1 * draw_random(&state),
                        .colour = i % DRAW_COLOURS,
                        .rust = 0,
                        .scatter = (uint64_t)i * 977};
        snprintf(path, sizeof path, "%s/%s", argv[1], class);
        mkdir(path, 0777);
        snprintf(path, sizeof path, "%s/%s/%02d.png", argv[1], class, i);
        draw_car_picture(&car, rgb);
        if (!cli_png_write(path, DRAW_SIDE, DRAW_SIDE, rgb))
            return 1;
        fprintf(csv, "%s,%s,%d,%.3f\n", path, class, 3 + i % 3, car.length);
    }
    return fclose(csv) != 0;
}
