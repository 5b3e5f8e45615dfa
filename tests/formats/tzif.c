#include "formats/tzif.h"

#include "formats/base/instant.h"

#include "tests/sample.h"

/* What zdump and Python's zoneinfo tell of the same rules. */
static struct tzif rules(const char *tz, char *room)
{
    static const char header[] = "TZif3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4";
    static const char type[] = "\0\0\0\0\0\0UTC";
    size_t n = 0;
    for (int i = 0; i < 2; i++) {
        memcpy(room + n, header, 44);
        memcpy(room + n + 44, type, 10);
        n += 54;
    }
    int more = sprintf(room + n, "\n%s\n", tz);
    struct tzif z;
    struct fault fault;
    cr_assert(tzif_read(bytes_of(room, n + (size_t)more), &z, &fault), "%s", tz);
    return z;
}

static int64_t at(const char *time)
{
    instant t;
    cr_assert(instant_parse(bytes_str(time), &t, NULL));
    return t / NANOSECONDS;
}

Test(tzif, rules_of_both_hemispheres)
{
    char room[200];
    struct tzif z = rules("CET-1CEST,M3.5.0,M10.5.0/3", room);
    cr_expect_eq(tzif_offset(&z, at("2026-03-29T00:59:59Z")), 3600);
    cr_expect_eq(tzif_offset(&z, at("2026-03-29T01:00:00Z")), 7200);
    cr_expect_eq(tzif_offset(&z, at("2026-10-25T00:59:59Z")), 7200);
    cr_expect_eq(tzif_offset(&z, at("2026-10-25T01:00:00Z")), 3600);
    z = rules("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", room); /* half an hour of summer */
    cr_expect_eq(tzif_offset(&z, at("2026-01-15T00:00:00Z")), 39600);
    cr_expect_eq(tzif_offset(&z, at("2026-07-15T00:00:00Z")), 37800);
    z = rules("IST-5:30", room);
    cr_expect_eq(tzif_offset(&z, at("2026-07-15T00:00:00Z")), 19800);
}

Test(tzif, days_of_the_year_and_times_beyond_the_day)
{
    char room[200];
    struct tzif z = rules("STD0DST-1:30,J60/1:15:30,300/25", room);
    /* J60 is March 1 in leap years too; day 300 counted from 0 is October 28, or 27. */
    cr_expect_eq(tzif_offset(&z, at("2028-03-01T01:15:29Z")), 0);
    cr_expect_eq(tzif_offset(&z, at("2028-03-01T01:15:30Z")), 5400);
    cr_expect_eq(tzif_offset(&z, at("2027-10-28T23:29:59Z")), 5400);
    cr_expect_eq(tzif_offset(&z, at("2027-10-28T23:30:00Z")), 0);
    cr_expect_eq(tzif_offset(&z, at("2028-10-27T23:30:00Z")), 0);
    z = rules("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", room); /* Nuuk: the day before, at 23 */
    cr_expect_eq(tzif_offset(&z, at("2026-03-29T00:59:59Z")), -7200);
    cr_expect_eq(tzif_offset(&z, at("2026-03-29T01:00:00Z")), -3600);
}

Test(tzif, local_times_that_are_there_twice_or_never)
{
    char room[200];
    struct tzif z = rules("EST5EDT,M3.2.0,M11.1.0", room);
    int64_t t;
    cr_expect_eq(tzif_moment(&z, at("2026-11-01T01:30:00Z"), &t), TZIF_TWICE);
    cr_expect_eq(t, at("2026-11-01T05:30:00Z"));
    cr_expect_eq(tzif_moment(&z, at("2026-03-08T02:30:00Z"), &t), TZIF_SKIPPED);
    cr_expect_eq(t, at("2026-03-08T07:30:00Z"));
    cr_expect_eq(tzif_moment(&z, at("2026-11-01T02:00:00Z"), &t), TZIF_ONCE);
    cr_expect_eq(t, at("2026-11-01T07:00:00Z"));
}

Test(tzif, abbreviations_of_the_zone)
{
    char room[200];
    struct tzif z = rules("CST6CDT,M3.2.0,M11.1.0", room);
    int64_t offset;
    cr_expect(tzif_abbreviation(&z, BYTES("CST"), &offset));
    cr_expect_eq(offset, -21600);
    cr_expect(tzif_abbreviation(&z, BYTES("UTC"), &offset) == false);
    cr_expect(tzif_abbreviation(&z, BYTES("CDT"), &offset));
    cr_expect_eq(offset, -18000);
}

Test(tzif, what_is_wrong_is_told)
{
    static const char *const bad[] = {"CET",
                                      "CET-1CEST",
                                      "CE-1",
                                      "CET-25",
                                      "<CET-1",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.5.0,M10.5.0/168",
                                      "CET-1 "};
    char room[200];
    struct tzif z = rules("UTC0", room);
    struct fault fault = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int n = sprintf(room + 108, "\n%s\n", bad[i]);
        cr_expect_not(tzif_read(bytes_of(room, 108 + (size_t)n), &z, &fault), "%s",
                      bad[i]);
        cr_expect_eq(fault.code, FAULT_SYNTAX);
    }
    rules("UTC0", room);
    for (size_t n = 0; n < 114; n++)
        cr_expect_not(tzif_read(bytes_of(room, n), &z, &fault), "%zu", n);
    room[54 + 31] = 1; /* counts leap seconds */
    cr_expect_not(tzif_read(bytes_of(room, 114), &z, &fault));
}
