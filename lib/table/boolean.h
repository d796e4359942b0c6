/* Words for true and false. */
#ifndef IV_TABLE_BOOLEAN_H
#define IV_TABLE_BOOLEAN_H

#include <stdbool.h>
#include <stddef.h>

/* Pair of the word, in any case: 1 true/false, 2 yes/no, 3 t/f, 4 y/n, 5 1/0; 0: none.
 * *value: which of the two. */
int iv_boolean_word(const char *text, size_t length, bool *value);

#endif
