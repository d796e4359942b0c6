/* cmocka with its required includes, and the checks that most tests want. */
#ifndef TEST_TEST_H
#define TEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <imgvec/error.h>

#include "contexts.h"

/* The call succeeds; its error text is shown when it does not. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        imgvec_status status_ = (call);                                                            \
        if (status_ != IMGVEC_OK)                                                                  \
            fail_msg("%s: %s", #call, err.text);                                                   \
    } while (0)

/* The call fails with that status and a text that holds `part`. */
#define assert_fails(call, code_, part)                                                            \
    do {                                                                                           \
        imgvec_status status_ = (call);                                                            \
        if (status_ != (code_) || err.code != (code_) || !strstr(err.text, (part)))                \
            fail_msg("%s: status %d, text \"%s\"", #call, (int)status_, err.text);                 \
    } while (0)

#endif
