#include "report/show_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WHOLE 9e15 /* up to here doubles hold each whole number */

void iv_show_fixed(double value, int digits, char out[IV_NUMBER_MAX])
{
    double scale = 1;
    for (int i = 0; i < digits; i++)
        scale *= 10;
    double scaled = round(fabs(value) * scale);
    if (isnan(value)) {
        strcpy(out, "n/a");
    } else if (!(scaled < WHOLE)) {
        iv_format_f64(value, out);
    } else {
        uint64_t n = (uint64_t)scaled, unit = (uint64_t)scale;
        const char *sign = value < 0 && n ? "-" : "";
        if (digits)
            snprintf(out, IV_NUMBER_MAX, "%s%llu.%0*llu", sign, (unsigned long long)(n / unit),
                     digits, (unsigned long long)(n % unit));
        else
            snprintf(out, IV_NUMBER_MAX, "%s%llu", sign, (unsigned long long)n);
    }
}

void iv_show_count(int64_t value, char out[IV_NUMBER_MAX])
{
    char plain[IV_NUMBER_MAX];
    snprintf(plain, sizeof plain, "%lld", (long long)value);
    size_t length = strlen(plain), at = 0;
    for (size_t i = 0; i < length && at + 2 < IV_NUMBER_MAX; i++) {
        size_t left = length - i;
        if (i > 0 && plain[i - 1] != '-' && left % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    out[at] = '\0';
}

void iv_show_number(double value, char out[IV_NUMBER_MAX])
{
    double size = fabs(value);
    if (!isfinite(value)) {
        strcpy(out, "n/a");
    } else if (size >= 1000 && size < 1e9) {
        iv_show_count((int64_t)round(value), out);
    } else if (size >= 1e9 || (size < 1e-4 && size > 0)) {
        int power = (int)floor(log10(size));
        char front[IV_NUMBER_MAX];
        iv_show_fixed(value / pow(10, power), 2, front);
        snprintf(out, IV_NUMBER_MAX, "%.12se%d", front, power);
    } else {
        int digits = size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6;
        iv_show_fixed(value, digits, out);
        for (size_t n = strlen(out); digits == 6 && n > 0 && out[n - 1] == '0'; n--)
            out[n - 1] = '\0';
        if (value == floor(value))
            iv_show_fixed(value, 0, out);
    }
}

void iv_show_percent(double share, char out[IV_NUMBER_MAX])
{
    iv_show_fixed(100 * share, 1, out);
    size_t length = strlen(out);
    if (isfinite(share) && length + 4 < IV_NUMBER_MAX)
        strcpy(out + length, "\xc2\xa0%"); /* no line ends before the sign */
}

void iv_show_seconds(double seconds, char out[IV_NUMBER_MAX])
{
    char number[IV_NUMBER_MAX];
    if (seconds < 1) {
        iv_show_fixed(1000 * seconds, seconds < 0.01 ? 1 : 0, number);
        snprintf(out, IV_NUMBER_MAX, "%.20s ms", number);
    } else if (seconds < 100) {
        iv_show_fixed(seconds, 1, number);
        snprintf(out, IV_NUMBER_MAX, "%.20s s", number);
    } else if (seconds < 3600) {
        snprintf(out, IV_NUMBER_MAX, "%d min %d s", (int)(seconds / 60), (int)fmod(seconds, 60));
    } else {
        snprintf(out, IV_NUMBER_MAX, "%lld h %d min", (long long)fmin(seconds / 3600, WHOLE),
                 (int)(fmod(seconds, 3600) / 60));
    }
}

double iv_tick_step(double low, double high, int wanted)
{
    double rough = (high - low) / wanted;
    if (!(rough > 0) || !isfinite(rough))
        return 1;
    double unit = pow(10, floor(log10(rough)));
    double part = rough / unit;
    return unit * (part <= 1.05 ? 1 : part <= 2.1 ? 2 : part <= 5.25 ? 5 : 10);
}

void iv_show_tick(double value, double step, char out[IV_NUMBER_MAX])
{
    static const char suffixes[] = " kMGT";
    int suffix = 0;
    while (suffix < 4 && step >= 500 && fabs(value) >= 1000) {
        value /= 1000;
        step /= 1000;
        suffix++;
    }
    if (step < 1e-6 || step >= 1e6) {
        iv_show_number(value, out);
        return;
    }
    int digits = 0;
    for (double s = step; digits < 7 && fabs(s - round(s)) > 1e-6 * s; s *= 10)
        digits++;
    iv_show_fixed(value, digits, out);
    size_t length = strlen(out);
    if (suffix && length + 2 < IV_NUMBER_MAX) {
        out[length] = suffixes[suffix];
        out[length + 1] = '\0';
    }
}
