#include "formats/writtentimeline.h"

#include "tests/sample.h"

static const struct timeline_given given = {.near = INSTANT_NONE};

struct claim {
    char time[24], end[24];
    char text[32];
    bool zone_assumed, date_assumed;
};

static void expect_claims(const char *text, const struct claim *want, size_t n)
{
    struct timeline t = {0};
    timeline_read(bytes_str(text), &given, &t);
    cr_assert_eq(t.n, n, "%zu statements in %s", t.n, text);
    for (size_t i = 0; i < n; i++) {
        char buffer[INSTANT_TEXT];
        cr_expect_str_eq(instant_format(t.v[i].time, PRECISION_SECOND, buffer),
                         want[i].time);
        cr_expect_str_eq(instant_format(t.v[i].end, PRECISION_SECOND, buffer),
                         want[i].end[0] ? want[i].end : want[i].time);
        expect_bytes(t.v[i].text, want[i].text);
        cr_expect_eq(t.v[i].zone_assumed, want[i].zone_assumed);
        cr_expect_eq(t.v[i].date_assumed, want[i].date_assumed);
        cr_expect(bytes_eq(bytes_sub(bytes_str(text), t.v[i].offset, t.v[i].length),
                           t.v[i].place));
    }
    timeline_release(&t);
}
#define EXPECT(text, ...)                                                                \
    expect_claims(text, (const struct claim[]){__VA_ARGS__},                             \
                  sizeof((const struct claim[]){__VA_ARGS__}) / sizeof(struct claim))

Test(writtentimeline, tables)
{
    EXPECT("Times are UTC.\n\n| Time | What |\n|---|---|\n"
           "| 2026-11-23T09:45:32Z | Injection |\n| 2026-11-23 09:46 | a **b** | c |\n",
           {"2026-11-23T09:45:32Z", "", "Injection", false, false},
           {"2026-11-23T09:46:00Z", "", "a **b** | c", false, false});
    EXPECT("| 2026-11-23 | 09:45:32 | Eve | x |\n| Eve | 2026-11-23 09:46:00+01:00 | y |",
           {"2026-11-23T09:45:32Z", "", "Eve | x", true, false},
           {"2026-11-23T08:46:00Z", "", "y", false, false});
}

Test(writtentimeline, lists_under_headings)
{
    EXPECT("# Timeline (all times CET)\n## Monday, 23 Nov 2026\n- **09:45** \xe2\x80\x93 "
           "in\n"
           "1. 9:50 pm: late\n* at 10:00-10:05 range\n> 10:10 UTC zone\n",
           {"2026-11-23T08:45:00Z", "", "in", false, true},
           {"2026-11-23T20:50:00Z", "", "late", false, true},
           {"2026-11-23T09:00:00Z", "2026-11-23T09:05:00Z", "range", false, true},
           {"2026-11-23T10:10:00Z", "", "zone", false, true});
}

Test(writtentimeline, csv_and_plain_text)
{
    EXPECT("time,who,what\n2026-11-23T09:45:32+01:00,eve,\"in, out\"\n",
           {"2026-11-23T08:45:32Z", "", "eve | in, out", false, false});
    EXPECT("Nov 23, 2026 at 09:45 UTC+2 - hello\n23.11.2026 10:00 Z bye\nno time\n",
           {"2026-11-23T07:45:00Z", "", "hello", false, false},
           {"2026-11-23T10:00:00Z", "", "bye", false, false});
}

Test(writtentimeline, other_languages)
{
    EXPECT("# Zeitleiste, 3. M\xc3\xa4rz 2026 (alle Zeiten MEZ)\n- 15:10 Uhr: rein\n"
           "15.12 Uhr raus\n",
           {"2026-03-03T14:10:00Z", "", "rein", false, true},
           {"2026-03-03T14:12:00Z", "", "raus", false, true});
    EXPECT("le 14 juillet 2026 \xc3\xa0 9h45 UTC entr\xc3\xa9"
           "e\n"
           "el 15 de agosto de 2026 a las 10:00 UTC fin\n",
           {"2026-07-14T09:45:00Z", "",
            "entr\xc3\xa9"
            "e",
            false, false},
           {"2026-08-15T10:00:00Z", "", "fin", false, false});
    EXPECT("2026\xe5\xb9\xb4"
           "9\xe6\x9c\x88"
           "10\xe6\x97\xa5 22\xe6\x99\x82"
           "05\xe5\x88\x86 x\n",
           {"2026-09-10T22:05:00Z", "", "x", true, false});
}

Test(writtentimeline, a_date_line_is_no_header)
{
    EXPECT("**Date:** Monday, October 5th, 2026 (times in UTC)\n| 9:10 AM | Mia | in |\n",
           {"2026-10-05T09:10:00Z", "", "Mia | in", false, true});
}

Test(writtentimeline, a_sentence_about_times_with_its_day_is_no_header)
{
    EXPECT("Times are UTC, 2026-11-23\n\n- 09:45:32 in, then out\n",
           {"2026-11-23T09:45:32Z", "", "in, then out", false, true});
}

/* Day or month first: by the dates that can be read only one way. */
Test(writtentimeline, dates_with_slashes)
{
    EXPECT("date,what\n04/05/2026 10:00,a\n14/05/2026 10:00,b\n",
           {"2026-05-04T10:00:00Z", "", "a", true, false},
           {"2026-05-14T10:00:00Z", "", "b", true, false});
    EXPECT("date,what\n04/05/2026 10:00,a\n04/15/2026 10:00,b\n",
           {"2026-04-05T10:00:00Z", "", "a", true, false},
           {"2026-04-15T10:00:00Z", "", "b", true, false});
    struct timeline t = {0};
    timeline_read(BYTES("date,what\n04/05/2026 10:00,either\n"), &given, &t);
    cr_expect_eq(t.n, 0);
    cr_expect_geq(t.faults.n, 1);
    timeline_release(&t);
}

Test(writtentimeline, over_midnight)
{
    EXPECT("# 31 Dec 2026\n- 23:50 a\n- 00:10 b\n- 00:05 c\n",
           {"2026-12-31T23:50:00Z", "", "a", true, true},
           {"2027-01-01T00:10:00Z", "", "b", true, true},
           {"2027-01-01T00:05:00Z", "", "c", true, true});
}

/* A clock time without any day is told, not guessed. */
Test(writtentimeline, times_without_a_day)
{
    struct timeline t = {0};
    timeline_read(BYTES("- 09:45 something\n- 2026-02-30 09:45 no such day\n"), &given,
                  &t);
    cr_assert_eq(t.n, 1); /* a sentence that tells no time that ever was */
    cr_expect_eq(t.v[0].time, INSTANT_NONE);
    cr_expect_geq(t.faults.n, 1);
    cr_expect_eq(t.faults.v[0].code, FAULT_VALUE);
    cr_expect_eq(t.faults.v[0].offset, 0);
    timeline_release(&t);
}

Test(writtentimeline, counted_from_a_moment)
{
    EXPECT("T0 = 2026-11-23 09:45 UTC (first alert)\n\n| When | What |\n|---|---|\n"
           "| T+5m | contained |\n| T + 1h30m | deleted |\n| T-90s | probe |\n"
           "| T+00:05:30 | copied |\n",
           {"2026-11-23T09:45:00Z", "", "first alert", false, false} /* the definition */,
           {"2026-11-23T09:50:00Z", "", "contained", true, true},
           {"2026-11-23T11:15:00Z", "", "deleted", true, true},
           {"2026-11-23T09:43:30Z", "", "probe", true, true},
           {"2026-11-23T09:50:30Z", "", "copied", true, true});
    /* Defined behind its use; with its own time beside it. */
    EXPECT("- T+2 min: isolated\n- T+0 (2026-11-23T09:45:00Z): in\n",
           {"2026-11-23T09:47:00Z", "", "isolated", true, true},
           {"2026-11-23T09:45:00Z", "", "in", false, false});
}

/* -- zones by name ------------------------------------------------------------------- */

/* Rules as tests/formats/tzif.c proves them. */
static const struct tzif *find_zone(void *context, struct bytes name)
{
    static const struct tzif berlin = {.has_rule = true,
                                       .rule = {.standard = {(const uint8_t *)"CET", 3},
                                                .summer = {(const uint8_t *)"CEST", 4},
                                                .standard_offset = 3600,
                                                .summer_offset = 7200,
                                                .begins = {TZIF_MONTH, .month = 3,
                                                           .week = 5, .second = 7200},
                                                .ends = {TZIF_MONTH, .month = 10,
                                                         .week = 5, .second = 10800}}},
                             india = {.has_rule = true,
                                      .rule = {.standard = {(const uint8_t *)"IST", 3},
                                               .standard_offset = 19800}};
    (void)context;
    return bytes_is(name, "Europe/Berlin")    ? &berlin
           : bytes_is(name, "Asia/Sri_Nagar") ? &india
                                              : NULL;
}

static const struct timeline_given knowing = {.near = INSTANT_NONE,
                                              .zones = {find_zone, NULL}};

static void expect_times(const char *text, const char *const *times)
{
    struct timeline t = {0};
    char buffer[INSTANT_TEXT];
    timeline_read(bytes_str(text), &knowing, &t);
    size_t n = 0;
    for (; times[n]; n++) {
        cr_assert_lt(n, t.n, "%s", text);
        cr_expect_str_eq(instant_format(t.v[n].time, PRECISION_SECOND, buffer), times[n],
                         "%s: %s", text, buffer);
        cr_expect_not(t.v[n].zone_assumed);
        expect_bytes(t.v[n].text, "x");
    }
    cr_expect_eq(t.n, n, "%s", text);
    timeline_release(&t);
}
#define TIMES(text, ...) expect_times(text, (const char *const[]){__VA_ARGS__, NULL})

Test(writtentimeline, zones_by_name)
{
    TIMES("2026-05-03 14:02 Europe/Berlin x\n2026-12-03 14:02 (Europe/Berlin): x\n"
          "2026-05-03T14:02:00+02:00[Europe/Berlin] x\n2026-05-03 14:02 - 14:05 "
          "Europe/Berlin x\n",
          "2026-05-03T12:02:00Z", "2026-12-03T13:02:00Z", "2026-05-03T12:02:00Z",
          "2026-05-03T12:02:00Z");
    TIMES("Timezone: Asia/Sri Nagar\n## 2026-05-03\n- 14:02 x\n- 14:02 IST x\n- 14:02 "
          "CEST x\n",
          "2026-05-03T08:32:00Z", "2026-05-03T08:32:00Z", "2026-05-03T12:02:00Z");
    TIMES("Time (Europe/Berlin);What\n03.05.2026 14:02;x\n03.12.2026 14:02;x\n",
          "2026-05-03T12:02:00Z", "2026-12-03T13:02:00Z");
    TIMES("When\tZone\tWhat\n2026-05-03 14:02\tEurope/Berlin\tx\n"
          "2026-05-03 14:02\tJST\tx\n",
          "2026-05-03T12:02:00Z", "2026-05-03T05:02:00Z");
}

Test(writtentimeline, hours_that_are_there_twice_or_never)
{
    struct timeline t = {0};
    timeline_read(BYTES("2026-10-25 02:30 Europe/Berlin a\n2026-03-29 02:30 "
                        "Europe/Berlin b\n2026-03-29 03:30 Europe/Berlin c\n"),
                  &knowing, &t);
    cr_assert_eq(t.n, 3);
    cr_expect_eq(t.v[0].clock, TZIF_TWICE);
    cr_expect_eq(t.v[1].clock, TZIF_SKIPPED);
    cr_expect_eq(t.v[2].clock, TZIF_ONCE);
    timeline_release(&t);
}

static void expect_fault(const char *text, const struct written_zone *zone,
                         enum fault_code code)
{
    struct timeline t = {0};
    struct timeline_given g = knowing;
    g.zone = *zone;
    timeline_read(bytes_str(text), &g, &t);
    cr_expect_eq(t.faults.n, code != FAULT_NONE, "%s", text);
    cr_expect_eq(t.n, code == FAULT_NONE, "%s", text);
    if (t.faults.n)
        cr_expect_eq(t.faults.v[0].code, code, "%s", text);
    timeline_release(&t);
}

/* What is not known is told, and who reads it may say what is meant. */
Test(writtentimeline, zones_that_are_not_plain)
{
    static const struct written_zone none,
        given_zone = {.kind = ZONE_OFFSET, .offset = 3600 * NANOSECONDS};
    static const struct {
        const char *text;
        enum fault_code code;
    } texts[] = {{"2026-05-03 14:02 CST x\n", FAULT_ZONE_AMBIGUOUS},
                 {"All times IST\n2026-05-03 14:02 x\n", FAULT_ZONE_AMBIGUOUS},
                 {"2026-05-03 14:02 Europe/Atlantis x\n", FAULT_ZONE_UNKNOWN},
                 {"Times in Asia/Nowhere\n2026-05-03 14:02 x\n", FAULT_ZONE_UNKNOWN}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        expect_fault(texts[i].text, &none, texts[i].code);
        expect_fault(texts[i].text, &given_zone, FAULT_NONE);
    }
    expect_fault("2026-05-03 14:02 cst x\n", &none, FAULT_NONE);
}

Test(writtentimeline, dates_without_a_year)
{
    EXPECT("# Case of 2025-12-30\n- Dec 31 23:59 UTC in\n- 1 January 00:02 UTC out\n",
           {"2025-12-31T23:59:00Z", "", "in", false, true},
           {"2026-01-01T00:02:00Z", "", "out", false, true});
    EXPECT("Times are PDT, 2026-07-01\n## Thursday, 2 July\n- 9:45 pm in\n",
           {"2026-07-03T04:45:00Z", "", "in", false, true});
    EXPECT("Date,Time,What\n23 Nov,9:45:10 AM EST,in\nIncident of 2026-11-20,,\n",
           {"2026-11-23T14:45:10Z", "", "in", false, true});
}

/* The year is told by nothing in the text, but by who reads it; or by nobody. */
Test(writtentimeline, the_year_of_the_evidence)
{
    struct timeline t = {0}, none = {0};
    instant near;
    cr_assert(instant_parse(BYTES("2026-01-02T00:00:00Z"), &near, NULL));
    timeline_read(BYTES("- Dec 31 23:59 UTC in\n"),
                  &(struct timeline_given){.near = near}, &t);
    char buffer[INSTANT_TEXT];
    cr_assert_eq(t.n, 1);
    cr_expect_str_eq(instant_format(t.v[0].time, PRECISION_SECOND, buffer),
                     "2025-12-31T23:59:00Z");
    timeline_read(BYTES("- Dec 31 23:59 UTC in\n- T+5m out\n"), &given, &none);
    cr_expect_eq(none.n, 0);
    cr_expect_eq(none.faults.n, 2);
    timeline_release(&t);
    timeline_release(&none);
}
