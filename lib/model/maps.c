#include "model/maps.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

void iv_maps_free(iv_maps *maps)
{
    for (size_t i = 0; maps->items && i < maps->count; i++)
        iv_free(maps->ctx, maps->items[i].values);
    iv_free(maps->ctx, maps->items);
    memset(maps, 0, sizeof *maps);
}

static double sample(const iv_map *m, double row, double col)
{
    row = fmin(fmax(row, 0), m->rows - 1);
    col = fmin(fmax(col, 0), m->cols - 1);
    int32_t r = (int32_t)row, c = (int32_t)col;
    int32_t r1 = r + 1 < m->rows ? r + 1 : r, c1 = c + 1 < m->cols ? c + 1 : c;
    double down = row - r, right = col - c;
    const float *a = m->values + (size_t)r * (size_t)m->cols;
    const float *b = m->values + (size_t)r1 * (size_t)m->cols;
    return (1 - down) * ((1 - right) * a[c] + right * a[c1]) +
           down * ((1 - right) * b[c] + right * b[c1]);
}

void iv_maps_render(const iv_maps *maps, int32_t width, int32_t height, float *out)
{
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++) {
            double sum = 0;
            for (size_t i = 0; i < maps->count; i++) {
                const iv_map *m = &maps->items[i];
                double across = ((x + 0.5) * maps->width / width - m->window[0]) / m->window[2];
                double down = ((y + 0.5) * maps->height / height - m->window[1]) / m->window[3];
                if (across >= 0 && across <= 1 && down >= 0 && down <= 1)
                    sum += sample(m, down * m->rows - 0.5, across * m->cols - 0.5);
            }
            *out++ = (float)sum;
        }
}

double iv_maps_mean(const iv_maps *maps)
{
    double sum = 0;
    for (size_t i = 0; i < maps->count; i++) {
        const iv_map *m = &maps->items[i];
        size_t count = (size_t)m->rows * (size_t)m->cols;
        for (size_t p = 0; p < count; p++)
            sum += m->values[p] / (double)count;
    }
    return sum;
}

void iv_maps_for(const iv_maps *maps, float *map, size_t count)
{
    double level = fmax(iv_maps_mean(maps), 0);
    for (size_t i = 0; i < count; i++)
        map[i] = (float)fmax(map[i] - level, 0);
}
