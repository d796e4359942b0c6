/* Numbers for people, whatever the locale. */
#ifndef IV_REPORT_SHOW_NUMBER_H
#define IV_REPORT_SHOW_NUMBER_H

#include "base/text.h"

/* With so many digits behind the point, 0 to 9; "n/a" for NaN. */
void iv_show_fixed(double value, int digits, char out[IV_NUMBER_MAX]);
/* With about four significant digits: "0.9431", "12.8", "25,300", "1.2e+09". */
void iv_show_number(double value, char out[IV_NUMBER_MAX]);
/* A whole number with commas: "25,300". */
void iv_show_count(int64_t value, char out[IV_NUMBER_MAX]);
/* "94.3 %" */
void iv_show_percent(double share, char out[IV_NUMBER_MAX]);
/* "850 ms", "12.4 s", "3 min 20 s", "2 h 5 min" */
void iv_show_seconds(double seconds, char out[IV_NUMBER_MAX]);

/* A step of 1, 2 or 5 times a power of ten that cuts the range into about `wanted` parts. */
double iv_tick_step(double low, double high, int wanted);
/* The label of a tick at value, for that step: "0.25", "1.5k". */
void iv_show_tick(double value, double step, char out[IV_NUMBER_MAX]);

#endif
