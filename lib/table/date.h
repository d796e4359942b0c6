/* Dates and times as people write them. */
#ifndef IV_TABLE_DATE_H
#define IV_TABLE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How 3/4/2020 is meant. */
typedef enum iv_date_order { IV_DATE_UNKNOWN, IV_DATE_DMY, IV_DATE_MDY } iv_date_order;

typedef struct iv_date {
    int32_t year, month, day; /* as written, in the Gregorian calendar */
    int32_t hour, minute, second;
    double fraction;  /* of the second */
    int32_t offset;   /* minutes east of UTC that the text names; 0 where it names none */
    bool has_time;    /* the text has hours */
    bool needs_order; /* the text can only be read by a day-month order */
} iv_date;

/* Whole text as a date, blanks around it allowed:
 *   2020-03-04  2020/3/4  2020.03.04  2020-03  20200304  4.3.2020  4/3/2020  4-3-2020
 *   4 Mar 2020  4-Mar-2020  4 March 2020  March 4, 2020  Wed, 4 Mar 2020
 * each of them with a time if need be: T or a blank, then 15:04, 15:04:05, 15:04:05.678, 3:04 PM
 * or, after T, 150405; then Z, UTC, GMT, +01:00, +0100 or +01. Years have four digits, names of
 * months are English. order UNKNOWN is DMY. false: not a date, or one that no calendar has. */
bool iv_date_parse(const char *text, size_t length, iv_date_order order, iv_date *out);

/* Days since 1970-01-01, of the date as written. */
int64_t iv_date_days(const iv_date *d);
/* The same with the time of day, in UTC where the text names an offset. */
double iv_date_moment(const iv_date *d);
int iv_date_weekday(const iv_date *d); /* 0 Monday .. 6 Sunday */
int iv_date_yearday(const iv_date *d); /* 1 .. 366 */

const char *iv_date_order_name(iv_date_order order); /* "dmy", "mdy", "unknown" */
iv_date_order iv_date_order_from(const char *name);  /* UNKNOWN for any other name */

#endif
