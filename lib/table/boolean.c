#include "table/boolean.h"

#include <string.h>

int iv_boolean_word(const char *text, size_t length, bool *value)
{
    static const char *const words[][2] = {
        {"false", "true"}, {"no", "yes"}, {"f", "t"}, {"n", "y"}, {"0", "1"}};
    char lower[8];
    if (length == 0 || length > 5)
        return 0;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
    lower[length] = '\0';
    for (int pair = 0; pair < 5; pair++)
        for (int side = 0; side < 2; side++)
            if (strcmp(lower, words[pair][side]) == 0) {
                *value = side == 1;
                return pair + 1;
            }
    return 0;
}
