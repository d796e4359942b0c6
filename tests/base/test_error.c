#include "test.h"

#include <errno.h>
#include <math.h>

#include "base/error.h"
#include "base/text.h"

static void test_fill(void **state)
{
    (void)state;
    imgvec_error err;
    assert_int_equal(iv_fail(&err, IMGVEC_ERR_DATA, "row %d", 7), IMGVEC_ERR_DATA);
    assert_int_equal(err.code, IMGVEC_ERR_DATA);
    assert_int_equal(err.origin, IMGVEC_ORIGIN_LIBRARY);
    assert_string_equal(err.text, "row 7");
    assert_int_equal(iv_prefix(&err, IMGVEC_ERR_DATA, "file %s", "a.csv"), IMGVEC_ERR_DATA);
    assert_string_equal(err.text, "file a.csv: row 7");
    assert_int_equal(iv_prefix(&err, IMGVEC_OK, "no"), IMGVEC_OK);
    assert_string_equal(err.text, "file a.csv: row 7");
    assert_int_equal(iv_fail(NULL, IMGVEC_ERR_IO, "nobody listens"), IMGVEC_ERR_IO);
}

static void test_errno(void **state)
{
    (void)state;
    imgvec_error err;
    assert_int_equal(iv_fail_errno(&err, ENOENT, "a.zip"), IMGVEC_ERR_NOT_FOUND);
    assert_string_equal(err.text, "a.zip: No such file or directory");
    assert_int_equal(err.detail, ENOENT);
    assert_int_equal(err.origin, IMGVEC_ORIGIN_SYSTEM);
    assert_int_equal(iv_fail_errno(&err, ENOMEM, "x"), IMGVEC_ERR_NO_MEMORY);
    assert_int_equal(iv_fail_errno(&err, ENOSPC, "x"), IMGVEC_ERR_IO);
}

/* Whatever goes in, one line of sound UTF-8 of bounded length comes out. */
static void test_text_is_safe(void **state)
{
    (void)state;
    imgvec_error err;
    iv_fail(&err, IMGVEC_ERR_FORMAT, "a\nb\x1B[0m\xFFz gr\xC3\xBC");
    assert_string_equal(err.text, "a\\x0ab\\x1b[0m\\xffz gr\xC3\xBC");
    char longer[5000];
    for (size_t i = 0; i + 2 < sizeof longer; i += 2)
        memcpy(longer + i, "\xC3\xBC", 3);
    iv_fail(&err, IMGVEC_ERR_FORMAT, "x%s", longer);
    size_t n = strlen(err.text);
    assert_true(n <= 1007 && n >= 1004);
    assert_int_equal(iv_utf8_valid(err.text, n), n);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(imgvec_status_name(IMGVEC_OK), "OK");
    assert_string_equal(imgvec_status_name(IMGVEC_ERR_NO_MEMORY), "NO_MEMORY");
    assert_string_equal(imgvec_status_name(IMGVEC_ERR_INTERNAL), "INTERNAL");
    assert_string_equal(imgvec_status_name(1), "UNKNOWN");
    assert_string_equal(imgvec_status_name(-1000), "UNKNOWN");
    assert_int_equal(sizeof(imgvec_error), 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_text_is_safe),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
