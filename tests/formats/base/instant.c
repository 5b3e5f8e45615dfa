#include "formats/base/instant.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Seconds from `date -u -d TIME +%s`. */
static const struct {
    const char *text;
    int64_t seconds, nanoseconds;
    enum precision precision;
} good[] = {
    {"1970-01-01T00:00:00Z", 0, 0, PRECISION_SECOND},
    {"2026-11-23T09:45:32.043382926Z", 1795427132, 43382926, PRECISION_NANOSECOND},
    {"2026-11-23T09:45:32.043382Z", 1795427132, 43382000, PRECISION_MICROSECOND},
    {"2026-11-23T09:45:32.5Z", 1795427132, 500000000, PRECISION_MILLISECOND},
    {"2026-11-23T09:45:32,043Z", 1795427132, 43000000, PRECISION_MILLISECOND},
    {"2026-11-23t09:45:32z", 1795427132, 0, PRECISION_SECOND},
    {"2026-11-23 09:45:32+00:00", 1795427132, 0, PRECISION_SECOND},
    {"2026-11-23T11:45:32+0200", 1795427132, 0, PRECISION_SECOND},
    {"2026-11-23T01:15:32-08:30", 1795427132, 0, PRECISION_SECOND},
    {"2026-11-23T09:45:32-00:00", 1795427132, 0, PRECISION_SECOND},
    {"2026-11-23T09:45:32.0433829261234Z", 1795427132, 43382926, PRECISION_NANOSECOND},
    {"2016-12-31T23:59:60Z", 1483228800, 0, PRECISION_SECOND},
    {"2000-02-29T00:00:00Z", 951782400, 0, PRECISION_SECOND},
    {"1969-12-31T23:59:59.5Z", -1, 500000000, PRECISION_MILLISECOND},
    {"1700-03-01T00:00:00Z", -8515238400, 0, PRECISION_SECOND},
};

static const char *const bad[] = {
    "",
    "2026-11-23",
    "2026-11-23T09:45Z",
    "2026-11-23T09:45:32",
    "2026-11-23T09:45:32.Z",
    "2026-11-23T09:45:32Zx",
    " 2026-11-23T09:45:32Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T09:60:00Z",
    "2026-11-23T09:45:61Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-11-31T00:00:00Z",
    "2026-11-00T00:00:00Z",
    "2026-11-23T09:45:32+24:00",
    "2026-11-23T09:45:32+02:60",
    "2026-11-23T09:45:32+2:00",
    "2026-11-23T09:45:32+",
    "+026-11-23T09:45:32Z",
    "2026-11-23T-9:45:32Z",
    "2262-04-11T23:47:16.854775808Z",
    "1677-09-21T00:12:43.145224192Z",
    "9999-12-31T23:59:59Z",
};

Test(instant, parses)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        instant t = 7;
        enum precision p = PRECISION_UNKNOWN;
        cr_expect(instant_parse(bytes_str(good[i].text), &t, &p), "%s", good[i].text);
        cr_expect_eq(t, good[i].seconds * NANOSECONDS + good[i].nanoseconds, "%s",
                     good[i].text);
        cr_expect_eq(p, good[i].precision, "%s", good[i].text);
    }
}

Test(instant, refuses_and_leaves_the_result_alone)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        instant t = 7;
        enum precision p = PRECISION_DAY;
        cr_expect_not(instant_parse(bytes_str(bad[i]), &t, &p), "%s", bad[i]);
        cr_expect(t == 7 && p == PRECISION_DAY, "%s", bad[i]);
    }
}

Test(instant, the_whole_range_of_int64)
{
    instant t;
    char out[INSTANT_TEXT];
    cr_expect(instant_parse(BYTES("2262-04-11T23:47:16.854775807Z"), &t, NULL));
    cr_expect_eq(t, INT64_MAX);
    cr_expect_str_eq(instant_format(t, PRECISION_NANOSECOND, out),
                     "2262-04-11T23:47:16.854775807Z");
    cr_expect(instant_parse(BYTES("1677-09-21T00:12:43.145224193Z"), &t, NULL));
    cr_expect_eq(t, INT64_MIN + 1);
    cr_expect_str_eq(instant_format(t, PRECISION_NANOSECOND, out),
                     "1677-09-21T00:12:43.145224193Z");
}

Test(instant, beyond_either_end_is_at_it)
{
    const instant first = INSTANT_NONE + 1;
    cr_expect_eq(instant_after(7, -9), -2);
    cr_expect_eq(instant_after(INSTANT_MAX - 1, 2), INSTANT_MAX);
    cr_expect_eq(instant_after(first + 1, -2), first);
    cr_expect_eq(instant_after(first + 1, -3), first);
    cr_expect_eq(instant_after(INSTANT_NONE, -1), INSTANT_NONE);
    cr_expect_eq(instant_after(INSTANT_NONE, 0), INSTANT_NONE);
    cr_expect_eq(instant_apart(9, 7), 2);
    cr_expect_eq(instant_apart(7, 9), -2);
    cr_expect_eq(instant_apart(INSTANT_MAX, first), INT64_MAX);
    cr_expect_eq(instant_apart(first, INSTANT_MAX), -INT64_MAX);
    cr_expect_eq(instant_apart(7, INSTANT_NONE), INT64_MAX);
}

Test(instant, prefix)
{
    size_t used = 0;
    instant t;
    cr_expect(instant_parse_prefix(BYTES("2026-11-23T09:45:32.04Z stdout F x"), &used, &t,
                                   NULL));
    cr_expect_eq(used, strlen("2026-11-23T09:45:32.04Z"));
    cr_expect_not(instant_parse_prefix(BYTES("x"), &used, &t, NULL));
    cr_expect_eq(used, strlen("2026-11-23T09:45:32.04Z"));
}

Test(instant, date)
{
    instant t;
    enum precision p;
    cr_expect(instant_parse_date(BYTES("2026-11-23"), &t, &p));
    cr_expect_eq(t, INT64_C(1795392000) * NANOSECONDS);
    cr_expect_eq(p, PRECISION_DAY);
    cr_expect(instant_parse_date(BYTES("2026-11-23T00:00:01Z"), &t, &p));
    cr_expect_eq(t, INT64_C(1795392001) * NANOSECONDS);
    cr_expect_eq(p, PRECISION_SECOND);
    cr_expect_not(instant_parse_date(BYTES("2026-11-2"), &t, &p));
    cr_expect_not(instant_parse_date(BYTES("9999-01-01"), &t, &p));
}

Test(instant, http)
{
    instant t;
    cr_expect(instant_parse_http(BYTES("Thu, 16 Apr 2015 18:19:14 GMT"), &t));
    cr_expect_eq(t, INT64_C(1429208354) * NANOSECONDS);
    static const char *const wrong[] = {
        "",
        "Thu, 16 Apr 2015 18:19:14",
        "Thu, 16 Apr 2015 18:19:14 CET",
        "Thu, 16 apr 2015 18:19:14 GMT",
        "Foo, 16 Apr 2015 18:19:14 GMT",
        "Thu, 31 Apr 2015 18:19:14 GMT",
        "Thu, 6 Apr 2015 18:19:14 GMT",
        "Thu, 16 Apr 2015 18:19:14 GMT ",
        "Thursday, 16-Apr-15 18:19:14 GMT",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(instant_parse_http(bytes_str(wrong[i]), &t), "%s", wrong[i]);
}

Test(instant, epoch_units_follow_from_the_magnitude)
{
    static const struct {
        const char *text;
        int64_t nanoseconds;
        enum precision precision;
    } cases[] = {
        {"0", 0, PRECISION_SECOND},
        {"1415926535", 1415926535 * NANOSECONDS, PRECISION_SECOND},
        {"1415926535123", INT64_C(1415926535123000000), PRECISION_MILLISECOND},
        {"1415926535123456", INT64_C(1415926535123456000), PRECISION_MICROSECOND},
        {"1415926535123456789", INT64_C(1415926535123456789), PRECISION_NANOSECOND},
        {"1415926535.5", INT64_C(1415926535500000000), PRECISION_MILLISECOND},
        {"1415926535.123456", INT64_C(1415926535123456000), PRECISION_MICROSECOND},
        {"1415926535.1234567890", INT64_C(1415926535123456789), PRECISION_NANOSECOND},
        {"1415926535123.5", INT64_C(1415926535123500000), PRECISION_MICROSECOND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        instant t = 7;
        enum precision p = PRECISION_UNKNOWN;
        cr_expect(instant_parse_epoch(bytes_str(cases[i].text), &t, &p), "%s",
                  cases[i].text);
        cr_expect_eq(t, cases[i].nanoseconds, "%s", cases[i].text);
        cr_expect_eq(p, cases[i].precision, "%s", cases[i].text);
    }
    static const char *const wrong[] = {
        "",    "-1", "1.", ".5", "1.x", "x", "1e9", "99999999999", "9223372036854775808",
        "1..2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        instant t = 7;
        cr_expect_not(instant_parse_epoch(bytes_str(wrong[i]), &t, NULL), "%s", wrong[i]);
        cr_expect_eq(t, 7);
    }
}

Test(instant, from_epoch_does_not_overflow)
{
    instant t = 7;
    cr_expect(instant_from_epoch(9223372036, PRECISION_SECOND, &t));
    cr_expect_not(instant_from_epoch(9223372037, PRECISION_SECOND, &t));
    cr_expect_not(instant_from_epoch(INT64_MIN, PRECISION_NANOSECOND, &t));
    cr_expect_not(instant_from_epoch(1, PRECISION_UNKNOWN, &t));
    cr_expect(instant_from_epoch(-1, PRECISION_SECOND, &t));
    cr_expect_eq(t, -NANOSECONDS);
}

/* Every day of the range, counted by its own rule: the next day of the month, or the
 * first of the next month. */
Test(instant, every_day_of_the_calendar)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = 0;
    for (int year = 1970; year < 2262; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
            int length = lengths[month - 1] + (month == 2 && leap);
            instant t;
            for (int day = 1; day <= length; day++, days++) {
                cr_assert(instant_from_civil(year, month, day, &t));
                cr_assert_eq(t, days * 86400 * NANOSECONDS);
                char out[INSTANT_TEXT], want[64];
                snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                cr_assert_str_eq(instant_format(t, PRECISION_SECOND, out), want);
            }
            cr_assert_not(instant_from_civil(year, month, length + 1, &t));
        }
}

Test(instant, formats_by_precision)
{
    char out[INSTANT_TEXT];
    instant t = INT64_C(-1);
    cr_expect_str_eq(instant_format(t, PRECISION_UNKNOWN, out),
                     "1969-12-31T23:59:59.999999999Z");
    cr_expect_str_eq(instant_format(t, PRECISION_MICROSECOND, out),
                     "1969-12-31T23:59:59.999999Z");
    cr_expect_str_eq(instant_format(t, PRECISION_MILLISECOND, out),
                     "1969-12-31T23:59:59.999Z");
    cr_expect_str_eq(instant_format(t, PRECISION_SECOND, out), "1969-12-31T23:59:59Z");
    cr_expect_str_eq(instant_format(t, PRECISION_DAY, out), "1969-12-31T23:59:59Z");
    cr_expect_str_eq(instant_format(INSTANT_NONE, PRECISION_SECOND, out), "");
}

Test(instant, precision_widths_and_names)
{
    cr_expect_eq(precision_width(PRECISION_SECOND), 1000000000);
    cr_expect_eq(precision_width(PRECISION_DAY), INT64_C(86400000000000));
    cr_expect_str_eq(precision_name(PRECISION_UNKNOWN), "unknown");
    cr_expect_str_eq(precision_name(PRECISION_DAY), "day");
}
