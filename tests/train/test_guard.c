/* Whatever torch or C++ throws inside the network module comes out as a status with one line of
 * text: nothing passes the module's border. The module here has the real one's flags, map and
 * guard. */
#include "test.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/text.h"

typedef imgvec_status thrower(int which, imgvec_error *err);
enum { THROWN = 23 };

static void test_every_type(void **state)
{
    char path[4096];
    thrower *throw_it;
    const char *build = getenv("IMGVEC_TEST_BUILD");
    (void)state;
    snprintf(path, sizeof path, "%s/tests/train/throws.so", build ? build : ".");
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        fail_msg("%s", dlerror());
    *(void **)(&throw_it) = dlsym(module, "iv_torch_executor");
    assert_non_null(throw_it);
    for (int i = 0; i < THROWN; i++) {
        imgvec_error err;
        memset(&err, 'x', sizeof err);
        imgvec_status status = throw_it(i, &err);
        imgvec_status expected = i == 7 || i == 10 || i == 11 ? IMGVEC_ERR_NO_MEMORY
                                 : i == 19                    ? IMGVEC_ERR_UNSUPPORTED
                                                              : IMGVEC_ERR_ENGINE;
        size_t length = strnlen(err.text, sizeof err.text);
        if (status != expected || err.code != status || length == sizeof err.text)
            fail_msg("thrown %d: status %d, %.200s", i, (int)status, err.text);
        assert_int_equal(err.origin, i == 19 ? IMGVEC_ORIGIN_LIBRARY : IMGVEC_ORIGIN_TORCH);
        assert_int_equal(iv_utf8_valid(err.text, length), length);
        for (size_t k = 0; k < length; k++)
            assert_true((unsigned char)err.text[k] >= 0x20);
        if (length == 0)
            fail_msg("thrown %d: no text", i);
        assert_int_equal(throw_it(i, NULL), status);
    }
    printf("FIGURE: thrown_types %d\nFIGURE: thrown_types_escaped 0\n", THROWN);
    dlclose(module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_type)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
