#include "formats/base/text.h"
#include "formats/writtentimeline.h"

#include "tests/sample.h"

static const struct timeline_given given = {.near = INSTANT_NONE};

/* Each statement as "HH:MM[-HH:MM][<|>][~] text": its end, that it was before or after,
 * that the time is about this one; "?" where no time is told. */
static void expect(const char *text, const char *const *want)
{
    struct timeline t = {0};
    timeline_read(bytes_str(text), &given, &t);
    size_t n = 0;
    for (; n < t.n && want[n]; n++) {
        const struct timeline_statement *s = &t.v[n];
        char time[INSTANT_TEXT], end[INSTANT_TEXT], told[256];
        instant_format(s->time, PRECISION_SECOND, time);
        instant_format(s->end, PRECISION_SECOND, end);
        bool range = s->end != s->time, day = s->precision == PRECISION_DAY;
        static const char *const bounds[] = {"", "<", ">"};
        snprintf(told, sizeof told, "%.5s%s%.5s%s%s %.*s",
                 s->time == INSTANT_NONE ? "?"
                 : day                   ? "day"
                                         : time + 11,
                 range ? "-" : "", range ? end + 11 : "", bounds[s->bound],
                 s->loose && !day ? "~" : "", (int)s->text.n, (const char *)s->text.p);
        cr_expect_str_eq(told, want[n]);
        cr_expect_eq(s->offset + s->length <= strlen(text), true);
        cr_expect(!s->length || s->place.p == (const uint8_t *)text + s->offset);
    }
    cr_expect(n == t.n && !want[n], "%zu statements in %s", t.n, text);
    timeline_release(&t);
}
#define EXPECT(text, ...) expect(text, (const char *const[]){__VA_ARGS__, NULL})

Test(written_lines, under_a_time_that_stands_alone)
{
    EXPECT(
        "# 2026-06-10 UTC\n\n**10:22:00 UTC**\nAttacker came\nin by the web.\n\n"
        "## 11:10\nBo cordoned n1.\n\nAna left.\n\n## Follow-up\nRotate the keys now\n",
        "10:22 Attacker came in by the web.", "11:10 Bo cordoned n1.", "11:10 Ana left.",
        "? Rotate the keys now");
    EXPECT(
        "# 2026-06-10 (UTC)\n* 10:22\n  * a came\n  * b went\n* 11:10: end\n  * c was\n",
        "10:22 a came", "10:22 b went", "11:10 end", "11:10~ c was");
}

Test(written_lines, what_goes_on)
{
    EXPECT("# 2026-06-10 UTC\n- 10:22 Attacker listed\n  secrets in shop\n- 10:30 b\n",
           "10:22 Attacker listed secrets in shop", "10:30 b");
    /* Of which time the second line is nobody says. */
    EXPECT("2026-06-10 (UTC)\n10:22 a came\nThe attacker did more\n11:10 c\n",
           "10:22 a came", "? The attacker did more", "11:10 c");
}

Test(written_lines, points_under_a_day)
{
    EXPECT("## 10 June 2026, UTC\n- 10:20 a\n- The attacker went on\n- 11:10 c\n## Todo\n"
           "- Rotate all of it\n",
           "10:20 a", "day The attacker went on", "11:10 c", "? Rotate all of it");
}

Test(written_lines, from_the_line_before)
{
    EXPECT(
        "# 2026-06-10 UTC\n- 10:20 a\n- 2 minutes later b\n- Shortly after, c\n"
        "- at the same time d\n- 3 Minuten sp\xc3\xa4ter: e\n- 11:00 f\n"
        "- 10 minutes plus tard, g\n- unos minutos despu\xc3\xa9s h\n- 1 hour later i\n",
        "10:20 a", "10:22~ b", "10:22>~ c", "10:22~ d", "10:25~ e", "11:00 f", "11:10~ g",
        "11:10>~ h", "12:10~ i");
}

Test(written_lines, before_after_and_about)
{
    EXPECT("# 2026-06-10 UTC\n- before 11:30 a\n- until 11:30 b\n- after 11:15 c\n- vor "
           "11:30 d\n"
           "- nach 11 Uhr e\n- ~10:22 f\n- approx. 11:10 g\n- 5 Minuten nach 11:00 late\n"
           "- since 10:40 i\n- avant 11h30 j\n- antes de las 11:30 k\n",
           "11:30< a", "11:30< b", "11:15> c", "11:30< d", "11:00> e", "10:22~ f",
           "11:10~ g", "11:05 late", "10:40> i", "11:30< j", "11:30< k");
    EXPECT("# 2026-06-10 UTC\n- between 10:20 and 10:25 a\n- from 10:20 to 10:40 b\n"
           "- zwischen 10:20 und 10:40 c\n- entre las 10:20 y las 10:40 d\n"
           "- 10:20 \xe2\x86\x92 10:30 e\n",
           "10:20-10:25 a", "10:20-10:40 b", "10:20-10:40 c", "10:20-10:40 d",
           "10:20-10:30 e");
}

Test(written_lines, a_time_within)
{
    EXPECT("# 2026-06-10 UTC\n- Bo deleted it at 11:20 UTC\n- first at 10:00 and again "
           "at 11:00\n",
           "11:20~ Bo deleted it at 11:20 UTC", "day first at 10:00 and again at 11:00");
}

Test(written_lines, messages_and_comments)
{
    EXPECT("#inc export, 2026-06-10, times UTC\n\nAna Sousa  10:50 AM\nweb-0 is bad\nBo "
           "Lang  "
           "11:10 AM\ncordoned n1\n",
           "10:50 Ana Sousa | web-0 is bad", "11:10 Bo Lang | cordoned n1");
    EXPECT("Times: UTC\n\nBo added a comment - 10/Jun/26 11:10 AM\nNode n1 cordoned\n",
           "11:10 Bo | Node n1 cordoned");
    EXPECT(
        "Times: UTC\n\n[6/10/2026 11:10 AM] Bo Lang\ncordoned n1\n[6/13/2026 9:00 AM] Bo "
        "Lang\ndone\n",
        "11:10 Bo Lang | cordoned n1", "09:00 Bo Lang | done");
}

Test(written_lines, exports)
{
    EXPECT("message,datetime,timestamp_desc,tag\n\"a, "
           "b\",2026-06-10T10:22:00+00:00,Logged,[]\n",
           "10:22 a, b");
    EXPECT("timestamp,message\n1781086920000000,a\n1781089800000000,b\n", "10:22 a",
           "11:10 b");
    EXPECT("date,time,timezone,MACB,source,desc\n06/10/2026,10:22:00,UTC,....,NOTE,a\n",
           "10:22 a");
    EXPECT("event_id,event_date,event_tz,event_title,event_content\n"
           "1,2026-06-10T10:22:00.000000,+00:00,t,a\n",
           "10:22 a");
    EXPECT("title;startDate;description\nt;1781086920000;a\nu;1781089800000;\n",
           "10:22 a", "11:10 u");
    EXPECT("What;Who;Time\na came;Bo;2026-06-10 10:22Z\n", "10:22 a came");
    EXPECT("1781086920 a\n12345678901 no time at all\n", "10:22 a",
           "? 12345678901 no time at all");
}

Test(written_lines, html)
{
    EXPECT("<h2>Timeline (UTC)</h2><table><tr><th>Time</th><th>Event</th></tr>\n<tr>"
           "<td>2026-06-10 10:22</td><td>a <b>b</b> &amp; c</td></tr></table>",
           "10:22 a b & c");
    EXPECT("<h3>10 June 2026 (UTC)</h3><ul><li>10:22 &ndash; a</li><li>11:10 &mdash; "
           "b</li></ul>",
           "10:22 a", "11:10 b");
}

/* A line of one thing over and over, with something before and behind it. */
static void read_many(const char *before, const char *one, const char *behind)
{
    struct text text = {0};
    struct timeline t = {0};
    text_str(&text, before);
    while (text.n < 200000)
        text_str(&text, one);
    text_str(&text, behind);
    timeline_read(text_bytes(&text), &given, &t);
    timeline_release(&t);
    text_release(&text);
}

/* Where the parts of a line were each asked about from their own place on, a line of this
 * length took hours. */
Test(written_lines, long_lines_cost_no_square, .timeout = 60)
{
    read_many("# Times 2026-11-23\na", " ", "b\n");
    read_many("# Times 2026-11-23\na ", "- ", "b\n");
    read_many("# 2026-11-23\n", "|", "x\n");
    read_many("time,event\n", ",\"\",", "x\n");
    read_many("# 2026-11-23\n10:00 x", " ~ |", "\n");
    read_many("# 2026-11-23\n10:00 x", "])", "\n");
    read_many("# 2026-11-23\n", "T+0 ", "\n");
    read_many("# 2026-11-23\n", "T+0 a ", "\n");
    read_many("# 2026-11-23\n|", "T+5|x|", "z 2026-11-23 10:00|\n");
    read_many("# 2026-11-23\nthe pod was", " ", "deleted at 11:20\n");
    read_many("Times ", "are ", "Europe/Berlin\n");
}

/* A sentence of names alone, and many lines behind it. */
Test(written_lines, a_long_sentence_costs_no_square, .timeout = 60)
{
    struct text lines = {0};
    while (lines.n < 200000)
        text_str(&lines, "B\n");
    text_byte(&lines, '\n');
    read_many("# 2026-11-23\n10:00 ", "Ab ", text_c(&lines));
    text_release(&lines);
}

/* Three times 274 years are more nanoseconds than 64 bits hold. */
Test(written_lines, counted_further_than_time_goes)
{
    struct bytes text = BYTES("T+0 = 2026-11-23 09:45 UTC\n"
                              "- T+99999d99999d99999d the pod was deleted\n");
    struct timeline t = {0};
    timeline_read(text, &given, &t);
    cr_expect_eq(t.n, 0);
    cr_expect_eq(t.faults.n, 1);
    cr_expect_eq(t.faults.v[0].offset, 27);
    timeline_release(&t);
}

/* 64 bits of nanoseconds end on 2262-04-11 at 23:47. */
Test(written_lines, over_the_last_midnight)
{
    EXPECT("2262-04-11 20:00 the pod was made\n03:00 the pod was deleted\n"
           "23:10 it was there\n2 hours later it was not\n",
           "20:00 the pod was made", "03:00 the pod was deleted", "23:10 it was there",
           "? 2 hours later it was not");
    EXPECT("1677-09-21 00:20 the pod was made\n", "? 1677-09-21 00:20 the pod was made");
}
