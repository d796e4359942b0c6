/* Dates as people write them. Days, weekdays and days of the year were taken from Python's
 * datetime. */
#include "table/date.h"

#include "test.h"

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int year, month, day, hour, minute, second, offset;
        bool time, order;
    } good[] = {
        {"2020-03-04", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {" 2020-3-4 ", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"2020/03/04", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"2020.03.04", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"2020-03", 2020, 3, 1, 0, 0, 0, 0, false, false},
        {"20200304", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"20141013T000000", 2014, 10, 13, 0, 0, 0, 0, true, false},
        {"20141013T2359", 2014, 10, 13, 23, 59, 0, 0, true, false},
        {"2020-03-04T15:16:17", 2020, 3, 4, 15, 16, 17, 0, true, false},
        {"2020-03-04 15:16", 2020, 3, 4, 15, 16, 0, 0, true, false},
        {"2020-03-04T15:16:17Z", 2020, 3, 4, 15, 16, 17, 0, true, false},
        {"2020-03-04T15:16:17.250+01:30", 2020, 3, 4, 15, 16, 17, 90, true, false},
        {"2020-03-04T15:16:17-0500", 2020, 3, 4, 15, 16, 17, -300, true, false},
        {"2020-03-04 15:16:17 UTC", 2020, 3, 4, 15, 16, 17, 0, true, false},
        {"2020-03-04 12:05 AM", 2020, 3, 4, 0, 5, 0, 0, true, false},
        {"3/4/2020, 3:04 pm", 2020, 4, 3, 15, 4, 0, 0, true, true},
        {"4/3/2020", 2020, 3, 4, 0, 0, 0, 0, false, true},
        {"04.03.2020", 2020, 3, 4, 0, 0, 0, 0, false, true},
        {"4-3-2020 7:08", 2020, 3, 4, 7, 8, 0, 0, true, true},
        {"4 Mar 2020", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"04-MAR-2020", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"4 march 2020", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"March 4, 2020", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"Sept 4 2020", 2020, 9, 4, 0, 0, 0, 0, false, false},
        {"Wed, 4 Mar 2020 15:16:17 GMT", 2020, 3, 4, 15, 16, 17, 0, true, false},
        {"Wednesday, March 4, 2020", 2020, 3, 4, 0, 0, 0, 0, false, false},
        {"2024-02-29", 2024, 2, 29, 0, 0, 0, 0, false, false},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        iv_date d;
        if (!iv_date_parse(good[i].text, strlen(good[i].text), IV_DATE_UNKNOWN, &d))
            fail_msg("\"%s\" is not taken", good[i].text);
        if (d.year != good[i].year || d.month != good[i].month || d.day != good[i].day ||
            d.hour != good[i].hour || d.minute != good[i].minute || d.second != good[i].second ||
            d.offset != good[i].offset || d.has_time != good[i].time ||
            d.needs_order != good[i].order)
            fail_msg("\"%s\": %d-%d-%d %d:%d:%d %d", good[i].text, d.year, d.month, d.day, d.hour,
                     d.minute, d.second, d.offset);
    }
    iv_date d;
    assert_true(iv_date_parse("2020-01-01T00:00:01.25", 22, IV_DATE_DMY, &d));
    assert_true(d.fraction == 0.25);
    assert_true(iv_date_parse("4/3/2020", 8, IV_DATE_MDY, &d));
    assert_true(d.month == 4 && d.day == 3);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "2020",
                                      "2020-13-01",
                                      "2020-00-01",
                                      "2020-02-30",
                                      "2023-02-29",
                                      "1900-02-29",
                                      "0000-01-01",
                                      "2020-1-1-1",
                                      "2020-01/02",
                                      "2020/03",
                                      "31/31/2020",
                                      "1/2/20",
                                      "1/2/20200",
                                      "2020-01-01T24:00",
                                      "2020-01-01T10:60",
                                      "2020-01-01T10",
                                      "2020-01-01 10:00 XX",
                                      "2020-01-01 13:00 PM",
                                      "2020-01-01 0:00 PM",
                                      "2020-01-01T10:00+99:00",
                                      "2020-01-01x",
                                      "2020-01-01T10:00:00Z trailing",
                                      "Foo 4, 2020",
                                      "4 Foo 2020",
                                      "Mar",
                                      "4 Mar",
                                      "10:00",
                                      "99999999999999999999",
                                      "2020-01-01T999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        iv_date d;
        if (iv_date_parse(bad[i], strlen(bad[i]), IV_DATE_DMY, &d))
            fail_msg("\"%s\" is taken for a date", bad[i]);
    }
    iv_date d;
    assert_false(iv_date_parse("13/1/2020", 9, IV_DATE_MDY, &d));
    /* No byte behind the text is read: it is not closed by NUL. */
    assert_true(iv_date_parse("2020-03-04999", 10, IV_DATE_DMY, &d) && d.day == 4);
}

static void test_calendar(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t days;
        int weekday, yearday;
    } known[] = {{"1970-01-01", 0, 3, 1},       {"2000-01-01", 10957, 5, 1},
                 {"2024-02-29", 19782, 3, 60},  {"1899-12-31", -25568, 6, 365},
                 {"0001-01-01", -719162, 0, 1}, {"9999-12-31", 2932896, 4, 365}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        iv_date d;
        assert_true(iv_date_parse(known[i].text, 10, IV_DATE_DMY, &d));
        assert_int_equal(iv_date_days(&d), known[i].days);
        assert_int_equal(iv_date_weekday(&d), known[i].weekday);
        assert_int_equal(iv_date_yearday(&d), known[i].yearday);
    }
}

static void test_order_names(void **state)
{
    (void)state;
    assert_int_equal(iv_date_order_from("dmy"), IV_DATE_DMY);
    assert_int_equal(iv_date_order_from("mdy"), IV_DATE_MDY);
    assert_int_equal(iv_date_order_from("auto"), IV_DATE_UNKNOWN);
    assert_string_equal(iv_date_order_name(IV_DATE_MDY), "mdy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_order_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
