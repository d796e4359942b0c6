/* The option table itself: the one source for the C setters, the command line, JSON, the
 * bindings and docs/options.md. */
#ifndef IV_BASE_OPTION_TABLE_H
#define IV_BASE_OPTION_TABLE_H

#include <imgvec/options.h>

typedef struct iv_option {
    int32_t id, type, jobs;
    const char *name;
    const char *fallback; /* default value as text */
    double min, max;      /* numbers only */
    const char *choices;  /* texts only; "" for any */
    const char *help;
    const char *since;
} iv_option;

extern const iv_option iv_options_table[];
extern const int32_t iv_options_count;

const iv_option *iv_option_find(int32_t id); /* NULL when there is none */
/* By its name, or as it is typed, with "-" for "_"; NULL when there is none. */
const iv_option *iv_option_find_named(const char *name);

#endif
