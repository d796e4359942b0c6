#include "table/date.h"

#include <string.h>

/* A place in the text that moves over what was understood. */
typedef struct scan {
    const char *at, *end;
} scan;

static char peek(const scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_blanks(scan *s)
{
    while (peek(s) == ' ' || peek(s) == '\t')
        s->at++;
}

static bool take(scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->at++;
    return true;
}

/* A run of digits; its length, at most nine of them counted. */
static int take_digits(scan *s, int32_t *value)
{
    int n = 0;
    *value = 0;
    while (is_digit(peek(s)) && n < 9) {
        *value = *value * 10 + (*s->at++ - '0');
        n++;
    }
    return is_digit(peek(s)) ? 0 : n;
}

/* A number of least..most digits. */
static bool take_number(scan *s, int least, int most, int32_t *value)
{
    int n = take_digits(s, value);
    return n >= least && n <= most;
}

/* A run of letters in lower case; false when there is none or it is too long for any name. */
static bool take_word(scan *s, char word[12])
{
    size_t n = 0;
    while (is_letter(peek(s))) {
        if (n == 11)
            return false;
        word[n++] = (char)(*s->at++ | 0x20);
    }
    word[n] = '\0';
    return n > 0;
}

/* Place of the name, whole or by its first three letters; 0: none. */
static int32_t named(const char *word, const char *const *names, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0 || (strlen(word) == 3 && memcmp(word, names[i], 3) == 0))
            return i + 1;
    return 0;
}

static int32_t month_named(const char *word)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    return strcmp(word, "sept") == 0 ? 9 : named(word, names, 12);
}

static int32_t weekday_named(const char *word)
{
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    return named(word, names, 7);
}

static bool leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool valid_day(const iv_date *d)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (d->year < 1 || d->month < 1 || d->month > 12 || d->day < 1)
        return false;
    return d->day <= days[d->month - 1] + (d->month == 2 && leap(d->year));
}

static bool separator(char c)
{
    return c == '-' || c == '/' || c == '.';
}

/* "2020-03-04" after the year, or "2020-03". */
static bool after_year(scan *s, iv_date *d)
{
    char mark = peek(s);
    if (!separator(mark))
        return false;
    s->at++;
    if (!take_number(s, 1, 2, &d->month))
        return false;
    if (take(s, mark))
        return take_number(s, 1, 2, &d->day);
    d->day = 1;
    return mark == '-' && s->at == s->end;
}

/* "4 Mar 2020" after the day. */
static bool after_day(scan *s, iv_date *d)
{
    char word[12], mark = peek(s);
    if (separator(mark))
        s->at++;
    skip_blanks(s);
    if (!take_word(s, word) || (d->month = month_named(word)) == 0)
        return false;
    take(s, '.');
    take(s, ',');
    if (separator(mark))
        take(s, mark);
    skip_blanks(s);
    return take_number(s, 4, 4, &d->year);
}

/* "Mar 4, 2020" after the month. */
static bool after_month(scan *s, iv_date *d)
{
    take(s, '.');
    skip_blanks(s);
    if (!take_number(s, 1, 2, &d->day))
        return false;
    take(s, ',');
    skip_blanks(s);
    return take_number(s, 4, 4, &d->year);
}

static bool take_day(scan *s, iv_date_order order, iv_date *d)
{
    char word[12];
    int32_t first, second;
    if (is_letter(peek(s))) {
        if (!take_word(s, word))
            return false;
        d->month = month_named(word);
        if (d->month)
            return after_month(s, d);
        if (!weekday_named(word))
            return false;
        take(s, ',');
        skip_blanks(s);
        if (is_letter(peek(s)))
            return take_word(s, word) && (d->month = month_named(word)) != 0 && after_month(s, d);
    }
    int digits = take_digits(s, &first);
    if (digits == 8) {
        d->year = first / 10000;
        d->month = first / 100 % 100;
        d->day = first % 100;
        return true;
    }
    if (digits == 4) {
        d->year = first;
        return after_year(s, d);
    }
    if (digits < 1 || digits > 2)
        return false;
    char mark = peek(s);
    if (!separator(mark) || s->at + 1 >= s->end || !is_digit(s->at[1])) {
        d->day = first;
        return after_day(s, d);
    }
    s->at++;
    if (!take_number(s, 1, 2, &second) || !take(s, mark) || !take_number(s, 4, 4, &d->year))
        return false;
    d->day = order == IV_DATE_MDY ? second : first;
    d->month = order == IV_DATE_MDY ? first : second;
    d->needs_order = true;
    return true;
}

static bool take_zone(scan *s, iv_date *d)
{
    int32_t hours, minutes = 0;
    char word[12], sign = peek(s);
    if (is_letter(sign))
        return take_word(s, word) &&
               (strcmp(word, "z") == 0 || strcmp(word, "utc") == 0 || strcmp(word, "gmt") == 0);
    if (sign != '+' && sign != '-')
        return false;
    s->at++;
    int digits = take_digits(s, &hours);
    if (digits == 4) {
        minutes = hours % 100;
        hours /= 100;
    } else if (digits != 2 || (take(s, ':') && !take_number(s, 2, 2, &minutes))) {
        return false;
    }
    d->offset = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
    return hours <= 14 && minutes < 60;
}

static void take_fraction(scan *s, iv_date *d)
{
    double unit = 0.1;
    s->at++;
    for (; is_digit(peek(s)); s->at++, unit /= 10)
        d->fraction += (*s->at - '0') * unit;
}

/* "AM" or "PM" where the text goes on with one. */
static bool take_half(scan *s, iv_date *d)
{
    scan ahead = *s;
    char word[12];
    skip_blanks(&ahead);
    if (!is_letter(peek(&ahead)) || !take_word(&ahead, word))
        return true;
    bool pm = strcmp(word, "pm") == 0;
    if (!pm && strcmp(word, "am") != 0)
        return true;
    *s = ahead;
    if (d->hour < 1 || d->hour > 12)
        return false;
    d->hour = d->hour % 12 + (pm ? 12 : 0);
    return true;
}

static bool take_time(scan *s, bool compact, iv_date *d)
{
    int32_t first;
    int digits = take_digits(s, &first);
    if (compact && (digits == 4 || digits == 6)) {
        d->hour = digits == 6 ? first / 10000 : first / 100;
        d->minute = digits == 6 ? first / 100 % 100 : first % 100;
        d->second = digits == 6 ? first % 100 : 0;
    } else {
        d->hour = first;
        if (digits < 1 || digits > 2 || !take(s, ':') || !take_number(s, 2, 2, &d->minute))
            return false;
        if (take(s, ':') && !take_number(s, 2, 2, &d->second))
            return false;
    }
    if (peek(s) == '.' || (peek(s) == ',' && s->at + 1 < s->end && is_digit(s->at[1])))
        take_fraction(s, d);
    if (!take_half(s, d))
        return false;
    skip_blanks(s);
    d->has_time = true;
    /* 60: a leap second. */
    return (s->at == s->end || take_zone(s, d)) && d->hour < 24 && d->minute < 60 &&
           d->second <= 60;
}

bool iv_date_parse(const char *text, size_t length, iv_date_order order, iv_date *out)
{
    scan s = {text, text + length};
    memset(out, 0, sizeof *out);
    while (s.end > s.at && (s.end[-1] == ' ' || s.end[-1] == '\t'))
        s.end--;
    skip_blanks(&s);
    if (!take_day(&s, order, out) || !valid_day(out))
        return false;
    if (s.at == s.end)
        return true;
    bool marked = take(&s, 'T') || take(&s, 't');
    if (!marked) {
        take(&s, ',');
        if (peek(&s) != ' ' && peek(&s) != '\t')
            return false;
        skip_blanks(&s);
    }
    return take_time(&s, marked, out) && s.at == s.end;
}

/* Counts from March, so that the leap day ends a year. */
int64_t iv_date_days(const iv_date *d)
{
    int64_t y = d->month <= 2 ? d->year - 1 : d->year;
    int64_t m = d->month <= 2 ? d->month + 9 : d->month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d->day - 1 - 719468;
}

double iv_date_moment(const iv_date *d)
{
    double seconds = (d->hour * 60.0 + d->minute - d->offset) * 60 + d->second + d->fraction;
    return (double)iv_date_days(d) + seconds / 86400;
}

int iv_date_weekday(const iv_date *d)
{
    int64_t days = (iv_date_days(d) + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(days < 0 ? days + 7 : days);
}

int iv_date_yearday(const iv_date *d)
{
    const iv_date first = {.year = d->year, .month = 1, .day = 1};
    return (int)(iv_date_days(d) - iv_date_days(&first)) + 1;
}

const char *iv_date_order_name(iv_date_order order)
{
    return order == IV_DATE_DMY ? "dmy" : order == IV_DATE_MDY ? "mdy" : "unknown";
}

iv_date_order iv_date_order_from(const char *name)
{
    return strcmp(name, "dmy") == 0   ? IV_DATE_DMY
           : strcmp(name, "mdy") == 0 ? IV_DATE_MDY
                                      : IV_DATE_UNKNOWN;
}
