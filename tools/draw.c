#include "draw.h"

#include <math.h>

typedef struct colour {
    double r, g, b;
} colour;

/* White, silver, black, red, blue, green. */
static const colour paints[DRAW_COLOURS] = {
    {236, 236, 232}, {160, 164, 170}, {38, 38, 42}, {190, 28, 34}, {32, 72, 168}, {34, 120, 62},
};

double draw_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

static double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * draw_random(state);
}

static unsigned char clamp(double value)
{
    return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
}

static void blend(unsigned char *rgb, int x, int y, double share, colour c)
{
    unsigned char *p = rgb + 3 * (y * DRAW_SIDE + x);
    if (share <= 0)
        return;
    if (share > 1)
        share = 1;
    p[0] = clamp(p[0] + share * (c.r - p[0]));
    p[1] = clamp(p[1] + share * (c.g - p[1]));
    p[2] = clamp(p[2] + share * (c.b - p[2]));
}

/* A box with rounded corners and soft edges; slant moves its top inwards on both sides. */
static void box(unsigned char *rgb, double x0, double y0, double x1, double y1, double round,
                double slant, colour c)
{
    for (int y = 0; y < DRAW_SIDE; y++) {
        double py = y + 0.5, down = (py - y0) / (y1 - y0);
        double inset = slant * (1 - (down < 0 ? 0 : down > 1 ? 1 : down));
        double cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
        double hx = (x1 - x0) / 2 - inset - round, hy = (y1 - y0) / 2 - round;
        for (int x = 0; x < DRAW_SIDE; x++) {
            double dx = fabs(x + 0.5 - cx) - hx, dy = fabs(py - cy) - hy;
            double ox = dx > 0 ? dx : 0, oy = dy > 0 ? dy : 0;
            double inside = dx > dy ? dx : dy;
            double distance = sqrt(ox * ox + oy * oy) + (inside < 0 ? inside : 0) - round;
            blend(rgb, x, y, 0.5 - distance, c);
        }
    }
}

static void disc(unsigned char *rgb, double cx, double cy, double radius, colour c)
{
    for (int y = 0; y < DRAW_SIDE; y++)
        for (int x = 0; x < DRAW_SIDE; x++) {
            double dx = x + 0.5 - cx, dy = y + 0.5 - cy;
            blend(rgb, x, y, 0.5 - (sqrt(dx * dx + dy * dy) - radius), c);
        }
}

static void background(unsigned char *rgb, double horizon, uint64_t *state)
{
    double sky = between(state, 0.75, 1.05), warm = between(state, -14, 14);
    double ground = between(state, 95, 150), green = between(state, -8, 26);
    for (int y = 0; y < DRAW_SIDE; y++)
        for (int x = 0; x < DRAW_SIDE; x++) {
            double t = y / horizon;
            colour above = {sky * (150 + 60 * t) + warm, sky * (185 + 35 * t), sky * 235 - warm};
            colour below = {ground, ground + green, ground - 8};
            blend(rgb, x, y, 1, y < horizon ? above : below);
        }
    int trees = (int)between(state, 0, 5);
    for (int i = 0; i < trees; i++) {
        double x = between(state, 0, DRAW_SIDE), size = between(state, 7, 17);
        colour leaves = {between(state, 40, 90), between(state, 90, 140), between(state, 40, 70)};
        box(rgb, x - 2, horizon - size, x + 2, horizon + 2, 1, 0, (colour){96, 70, 46});
        disc(rgb, x, horizon - size - 2, size * 0.7, leaves);
    }
}

static void noise(unsigned char *rgb, uint64_t *state)
{
    double light = between(state, 0.86, 1.1);
    for (int i = 0; i < DRAW_SIDE * DRAW_SIDE * 3; i++)
        rgb[i] = clamp(rgb[i] * light + between(state, -7, 7));
}

void draw_car_picture(const draw_car *car, unsigned char rgb[DRAW_SIDE * DRAW_SIDE * 3])
{
    uint64_t state = car->scatter;
    const double side = DRAW_SIDE;
    double length = car->length * side, height = length * 0.2, wheel = length * 0.1;
    double left = (side - length) / 2 + between(&state, -1, 1) * (side - length) * 0.35;
    double floor = side * between(&state, 0.74, 0.84); /* where the wheels stand */
    double sill = floor - wheel * 0.9, belt = sill - height;
    colour paint = paints[car->colour];
    double tone = between(&state, -14, 14);
    paint = (colour){paint.r + tone, paint.g + tone, paint.b + tone};

    background(rgb, floor - side * between(&state, 0.08, 0.2), &state);
    box(rgb, left + 2, floor - 2, left + length - 2, floor + 3, 2, 0, (colour){52, 52, 54});

    int nose = draw_random(&state) < 0.5 ? -1 : 1; /* which way it faces */
    double cabin = left + length * (nose < 0 ? 0.3 : 0.12);
    double roof = belt - height * 0.95;
    box(rgb, cabin, roof, cabin + length * 0.58, belt + 3, 3, length * 0.09, paint);
    box(rgb, cabin + length * 0.06, roof + height * 0.2, cabin + length * 0.27, belt, 2,
        length * 0.05, (colour){120, 148, 166});
    box(rgb, cabin + length * 0.31, roof + height * 0.2, cabin + length * 0.52, belt, 2,
        length * 0.05, (colour){120, 148, 166});
    box(rgb, left, belt, left + length, sill, height * 0.3, length * 0.02, paint);

    for (int i = 0; i < car->rust; i++) {
        colour brown = {between(&state, 112, 150), between(&state, 58, 80), 28};
        disc(rgb, left + length * between(&state, 0.06, 0.94),
             belt + height * between(&state, 0.2, 0.9), between(&state, 2.0, 3.4), brown);
    }
    double lamp = nose < 0 ? left + 2.5 : left + length - 2.5;
    disc(rgb, lamp, belt + height * 0.4, 2.5, (colour){250, 240, 180});
    for (int i = 0; i < 2; i++) {
        double x = left + length * (i ? 0.79 : 0.21);
        disc(rgb, x, floor - wheel, wheel, (colour){28, 28, 30});
        disc(rgb, x, floor - wheel, wheel * 0.5, (colour){150, 152, 156});
    }
    noise(rgb, &state);
}
