#include "image/jp2_style.h"

#include "image/bytes.h"

/* What openjpeg 2.5 keeps of each, measured by what it allocated for streams of many. */
#define CODE_BLOCK_BYTES 352
#define PRECINCT_BYTES 192 /* in each band */
#define ENOUGH                                                                                     \
    ((uint64_t)1 << 36) /* precincts: more than any file can hold, and no sum overflows */

static bool read_style(iv_jp2_style *s, bool precincts, const uint8_t *p, uint32_t size)
{
    if (size < 5 || p[0] >= IV_JP2_RESOLUTIONS)
        return false;
    s->levels = p[0];
    s->block_w = (uint8_t)((p[1] & 15) + 2);
    s->block_h = (uint8_t)((p[2] & 15) + 2);
    if (size != 5u + (precincts ? s->levels + 1u : 0))
        return false;
    for (int r = 0; r <= s->levels; r++) {
        s->precinct_w[r] = precincts ? p[5 + r] & 15 : 15;
        s->precinct_h[r] = precincts ? p[5 + r] >> 4 : 15;
    }
    return true;
}

bool iv_jp2_style_read(iv_jp2_styles *s, uint32_t marker, const uint8_t *p, uint32_t size,
                       uint32_t components)
{
    if (marker == IV_JP2_COC) /* its component takes one byte, there being no more than 16 */
        return size >= 2 && p[0] < components && (s->of[p[0]].own = true) &&
               read_style(&s->of[p[0]], p[1] & 1, p + 2, size - 2);
    iv_jp2_style all = {.own = false};
    if (size < 5 || !read_style(&all, p[0] & 1, p + 5, size - 5))
        return false;
    s->layers = iv_be16(p + 2);
    for (uint32_t c = 0; c < components; c++)
        if (!s->of[c].own)
            s->of[c] = all;
    return s->layers > 0;
}

void iv_jp2_style_enter_tile(iv_jp2_styles *s)
{
    for (int c = 0; c < IV_JP2_COMPONENTS; c++)
        s->of[c].own = false;
}

static uint64_t ceil_shift(uint64_t a, uint32_t bits)
{
    return (a + ((uint64_t)1 << bits) - 1) >> bits;
}

static uint64_t ceil_div(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

/* Cells of a grid of 2^bits that from..to touches. */
static uint64_t cells(uint64_t from, uint64_t to, uint32_t bits)
{
    return to > from ? ceil_shift(to, bits) - (from >> bits) : 0;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Code blocks along one side of a band; those of a resolution but the first are half as wide as
 * the resolution, and no block reaches out of its precinct. */
static uint64_t blocks(uint64_t from, uint64_t to, uint32_t block, uint32_t precinct, bool halved)
{
    uint32_t bits = smaller(block, halved && precinct > 0 ? precinct - 1 : precinct);
    return to > from ? ceil_shift((to - from) >> halved, bits) + 1 : 0;
}

iv_jp2_cost iv_jp2_style_cost(const iv_jp2_styles *s, const iv_jp2_area *tile, uint32_t components,
                              const uint8_t *step_x, const uint8_t *step_y)
{
    iv_jp2_cost cost = {0, 0};
    uint64_t most_precincts = 0;
    uint32_t most_resolutions = 0;
    for (uint32_t c = 0; c < components; c++) {
        const iv_jp2_style *style = &s->of[c];
        uint64_t x0 = ceil_div(tile->x0, step_x[c]), x1 = ceil_div(tile->x1, step_x[c]);
        uint64_t y0 = ceil_div(tile->y0, step_y[c]), y1 = ceil_div(tile->y1, step_y[c]);
        if (most_resolutions < style->levels + 1u)
            most_resolutions = style->levels + 1u;
        for (uint32_t r = 0; r <= style->levels; r++) {
            uint32_t down = style->levels - r, pw = style->precinct_w[r], ph = style->precinct_h[r];
            uint64_t rx0 = ceil_shift(x0, down), rx1 = ceil_shift(x1, down);
            uint64_t ry0 = ceil_shift(y0, down), ry1 = ceil_shift(y1, down);
            uint64_t precincts = cells(rx0, rx1, pw) * cells(ry0, ry1, ph);
            uint64_t bands = r == 0 ? 1 : 3;
            if (precincts > ENOUGH)
                precincts = ENOUGH;
            cost.packets += precincts * s->layers;
            cost.memory += bands * PRECINCT_BYTES * precincts;
            cost.memory += bands * CODE_BLOCK_BYTES * blocks(rx0, rx1, style->block_w, pw, r > 0) *
                           blocks(ry0, ry1, style->block_h, ph, r > 0);
            if (most_precincts < precincts)
                most_precincts = precincts;
        }
    }
    /* Two bytes for each packet that could be, resolutions taken as equally large. */
    cost.memory += 2 * ((uint64_t)s->layers + 1) * most_resolutions * components * most_precincts;
    return cost;
}
