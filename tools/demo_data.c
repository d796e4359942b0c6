#include "demo_data.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "draw.h"
#include "out.h"
#include "png.h"

#define BRANDS 4

typedef struct demo_row {
    draw_car car;
    int brand, year;
    double mileage; /* NaN: not known */
    double price;
} demo_row;

static const char *const brand_names[BRANDS] = {"Ardent", "Borealis", "Corvin", "Dorado"};

/* Two uniform numbers make one normal one (Box and Muller). */
static double normal(uint64_t *state)
{
    double u = 1 - draw_random(state), v = draw_random(state);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Brand, year and mileage stand in the table; length, colour and rust only in the picture. */
static demo_row make_row(uint64_t *state)
{
    static const double base[BRANDS] = {9000, 13000, 18000, 26000};
    static const double liked[DRAW_COLOURS] = {1.0, 0.96, 1.12, 1.15, 1.0, 0.88};
    demo_row row;
    row.brand = (int)(draw_random(state) * BRANDS);
    row.year = 2005 + (int)(draw_random(state) * 20);
    double age = 2025 - row.year;
    row.mileage = floor((age * 13000 + 4000) * (0.5 + draw_random(state)) / 100) * 100;
    row.car.length = 0.45 + 0.4 * draw_random(state);
    row.car.colour = (int32_t)(draw_random(state) * DRAW_COLOURS);
    row.car.rust = (int32_t)(draw_random(state) * (1 + age * 0.45));
    row.car.scatter = (uint64_t)(draw_random(state) * 0x1p53);
    double price = base[row.brand] * pow(row.car.length / 0.65, 2) * exp(-0.06 * age) *
                   exp(-row.mileage / 500000) * pow(0.95, row.car.rust) * liked[row.car.colour] *
                   exp(0.05 * normal(state));
    row.price = floor(price / 10) * 10;
    if (draw_random(state) < 0.04)
        row.mileage = NAN;
    return row;
}

static bool make_folder(const cli_run *run, const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        cli_complain(run, "the name of the folder is too long: %s", path);
        return false;
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char keep = part[i];
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            cli_complain(run, "cannot make the folder %s: %s (name another with -o)", part,
                         strerror(errno));
            return false;
        }
        part[i] = keep;
    }
    return true;
}

static bool write_picture(const cli_run *run, const char *path, const draw_car *car)
{
    unsigned char rgb[DRAW_SIDE * DRAW_SIDE * 3];
    draw_car_picture(car, rgb);
    if (cli_png_write(path, DRAW_SIDE, DRAW_SIDE, rgb))
        return true;
    cli_complain(run, "cannot write %s", path);
    return false;
}

bool demo_data_write(cli_run *run, const char *folder)
{
    char path[PATH_MAX + 32];
    cli_file csv;
    uint64_t state = 20250101;
    snprintf(path, sizeof path, "%s/images", folder);
    if (!make_folder(run, path))
        return false;
    snprintf(path, sizeof path, "%s/demo.csv", folder);
    if (!cli_file_open(run, path, &csv))
        return false;
    fputs("photo,brand,year,mileage,price\n", csv.stream);
    bool ok = true;
    for (int i = 1; i <= DEMO_ROWS && ok && !imgvec_cancel_requested(run->cancel); i++) {
        char picture[PATH_MAX + 32];
        demo_row row = make_row(&state);
        snprintf(picture, sizeof picture, "%s/images/%04d.png", folder, i);
        ok = write_picture(run, picture, &row.car);
        fprintf(csv.stream, "images/%04d.png,%s,%d,", i, brand_names[row.brand], row.year);
        if (!isnan(row.mileage))
            fprintf(csv.stream, "%.0f", row.mileage);
        fprintf(csv.stream, ",%.0f\n", row.price);
    }
    return cli_file_close(run, &csv, ok) && ok;
}
