/* Argument checks of the public functions: one line each, the argument named. */
#ifndef IV_API_CHECK_H
#define IV_API_CHECK_H

#include "base/error.h"

#define NEED(argument)                                                                             \
    do {                                                                                           \
        if (!(argument))                                                                           \
            return iv_fail_argument(err, __func__, #argument " is NULL");                          \
    } while (0)

#endif
