/* The case file: order, links, masking, excerpts, bounded memory. */
#include "analyze/casefile/casefile.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analyze/casefile/reader.h"
#include "verify/walk.h"

static char directory[] = "/tmp/exhibit-casefile-XXXXXX";
static char evidence[64], case_path[64];
static struct package *package;
static const struct item *log_item;
static struct mask mask;

static const char log_text[] = "first line of the log\n"
                               "second: password=Hunter2Hunter2 and \x1b[31m\xff\n"
                               "third line\n";

static void set_up(void)
{
    const char *why;
    char path[96];
    struct walk_options walk = {.threads = 1};
    cr_assert_not_null(mkdtemp(directory));
    snprintf(evidence, sizeof evidence, "%s/package", directory);
    snprintf(case_path, sizeof case_path, "%s/case.db", directory);
    snprintf(path, sizeof path, "mkdir %s", evidence);
    cr_assert_eq(system(path), 0);
    snprintf(path, sizeof path, "%s/a.log", evidence);
    FILE *f = fopen(path, "wb");
    fwrite(log_text, 1, sizeof log_text - 1, f);
    fclose(f);
    cr_assert_eq(package_open(evidence, &package, &why), 0);
    cr_assert_eq(walk_package(package, &walk), 0);
    log_item = package_find(package, BYTES("a.log"));
    mask = mask_of(BYTES("test"), false);
}

static void tear_down(void)
{
    char command[96];
    package_close(package);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(casefile, .init = set_up, .fini = tear_down);

static struct casefile *begin(void)
{
    struct casefile *c;
    cr_assert_eq(case_create(case_path, &mask, &c), 0);
    cr_assert_eq(case_package(c, package, ""), 0);
    return c;
}

static struct event event_at(instant time, uint64_t offset, uint64_t length)
{
    return (struct event){.kind = EVENT_LOG_LINE,
                          .time = time,
                          .end = time,
                          .precision = PRECISION_SECOND,
                          .clock = CLOCK_NODE,
                          .time_desc = "Log Time",
                          .in_scope = true,
                          .span = {log_item, offset, length}};
}

static struct case_reader *reopen(void)
{
    struct case_reader *r;
    const char *why = NULL;
    cr_assert_eq(case_open(case_path, &r, &why), 0, "%s", why);
    return r;
}

Test(casefile, events_come_out_in_order_of_time_item_and_offset)
{
    static const struct {
        instant time;
        uint64_t offset;
    } given[] = {{50, 3}, {INSTANT_NONE, 1}, {50, 2}, {-7, 9}, {50, 2}, {10, 70}};
    static const uint64_t expected[] = {9, 70, 2, 2, 3, 1};
    struct casefile *c = begin();
    for (size_t i = 0; i < 6; i++) {
        struct event e = event_at(given[i].time, given[i].offset, 1);
        e.message = i == 2 ? BYTES("earlier") : BYTES("later");
        cr_assert_eq(case_event(c, &e), 0);
    }
    cr_assert_eq(case_close_write(c), 0);
    struct case_reader *r = reopen();
    struct case_walk *w = case_events(r);
    struct case_event_row row;
    for (size_t i = 0; i < 6; i++) {
        cr_assert(case_next_event(w, &row));
        cr_assert_eq(row.place.offset, expected[i]);
        cr_assert_eq(row.id, (int64_t)i + 1);
        if (i == 2)
            cr_assert(bytes_is(row.message, "earlier"));
    }
    cr_assert_eq(row.time, INSTANT_NONE);
    cr_assert_not(case_next_event(w, &row));
    case_end(w);
    case_close(r);
}

Test(casefile, evidence_is_masked_and_escaped_everywhere)
{
    struct casefile *c = begin();
    struct event e = event_at(1, 22, 43);
    e.actor = e.action = e.object = e.message =
        BYTES("\x1b[31m\xff password=Hunter2Hunter2");
    event_field(&e, "command", e.message);
    event_field(&e, "password", BYTES("Hunter2Hunter2"));
    cr_assert_eq(case_event(c, &e), 0);
    static const struct finding_kind kind = {"test.kind", SEVERITY_HIGH, "title",
                                             "T1000",     "why",         "refute"};
    struct finding f = finding_of(&kind, e.message, e.span);
    finding_argument(&f, "line", e.message);
    cr_assert_eq(case_finding(c, &f), 0);
    cr_assert_eq(case_close_write(c), 0);
    struct case_reader *r = reopen();
    struct case_walk *w = case_events(r);
    struct case_event_row row;
    cr_assert(case_next_event(w, &row));
    cr_assert(bytes_contains(row.message, BYTES("\\x1B")), "%.*s", (int)row.message.n,
              (const char *)row.message.p);
    cr_assert(bytes_contains(row.message, BYTES("\\xFF")));
    cr_assert(bytes_is(row.findings, "test.kind"));
    cr_assert(bytes_is(row.worst, "high"));
    case_end(w);
    struct bytes text;
    uint64_t shown;
    struct case_place place = {.item_id = log_item->id, .offset = 22, .length = 43};
    cr_assert(case_excerpt(r, &place, &text, &shown));
    cr_assert(bytes_starts(text, BYTES("second: password=")));
    cr_assert_eq(shown, 43);
    case_close(r);
    /* The secret is nowhere in the file, in any table. */
    char command[96];
    snprintf(command, sizeof command, "! grep -q Hunter2 %s", case_path);
    cr_assert_eq(system(command), 0);
}

Test(casefile, findings_are_tied_to_the_events_whose_bytes_prove_them)
{
    static const struct finding_kind kind = {"k", SEVERITY_LOW, "t", "", "", ""};
    struct casefile *c = begin();
    struct event first = event_at(1, 0, 21), second = event_at(2, 22, 43);
    cr_assert_eq(case_event(c, &first), 0);
    cr_assert_eq(case_event(c, &second), 0);
    struct finding inside =
        finding_of(&kind, BYTES("inside"), (struct span){log_item, 30, 5});
    struct finding whole = finding_of(&kind, BYTES("whole"),
                                      (struct span){log_item, 0, sizeof log_text - 1});
    cr_assert_eq(case_finding(c, &inside), 0);
    cr_assert_eq(case_finding(c, &whole), 0);
    cr_assert_eq(case_close_write(c), 0);
    struct case_reader *r = reopen();
    cr_assert_eq(case_number(r, "SELECT count(*) FROM event_finding"), 1);
    cr_assert_eq(case_number(r, "SELECT event FROM event_finding WHERE finding = 1"), 2);
    case_close(r);
}

Test(casefile, documents_and_their_citations_are_kept)
{
    struct casefile *c = begin();
    json_t *d = json_object();
    json_object_set_new(d, "proof", case_span(c, (struct span){log_item, 0, 21}));
    cr_assert_str_eq(
        json_string_value(json_object_get(json_object_get(d, "proof"), "item")), "a.log");
    cr_assert_eq(case_document(c, "story", d), 0);
    json_decref(d);
    cr_assert_eq(case_close_write(c), 0);
    struct case_reader *r = reopen();
    json_t *again = case_document_json(r, "story");
    cr_assert_not_null(json_object_get(again, "proof"));
    json_decref(again);
    struct case_place place = {.item_id = log_item->id, .offset = 0, .length = 21};
    struct bytes text;
    uint64_t shown;
    cr_assert(case_excerpt(r, &place, &text, &shown));
    cr_assert(bytes_is(text, "first line of the log"));
    case_close(r);
}

Test(casefile, items_of_no_package_are_refused)
{
    struct casefile *c = begin();
    struct item stranger = {.id = 0};
    struct event e = event_at(1, 0, 1);
    e.span.item = &stranger;
    cr_assert_lt(case_event(c, &e), 0);
    cr_assert_null(case_span(c, e.span));
    case_abandon(c);
    cr_assert_neq(access(case_path, F_OK), 0);
}

Test(casefile, long_texts_are_cut_and_say_so)
{
    struct casefile *c = begin();
    struct event e = event_at(1, 0, 1);
    size_t n = 10 << 20;
    char *text = malloc(n);
    memset(text, 'x', n);
    e.message = bytes_of(text, n);
    cr_assert_eq(case_event(c, &e), 0);
    free(text);
    cr_assert_eq(case_close_write(c), 0);
    struct case_reader *r = reopen();
    cr_assert_lt(case_number(r, "SELECT length(message) FROM event"), 20000);
    cr_assert_eq(case_number(r, "SELECT message LIKE '%10485760 bytes in all]'"
                                " FROM event"),
                 1);
    case_close(r);
}

Test(casefile, memory_does_not_grow_with_the_events)
{
    struct rusage before, after;
    struct casefile *c = begin();
    char message[256];
    memset(message, 'm', sizeof message);
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 200000; i++) {
        /* Out of order, as sources are. */
        struct event e = event_at((instant)(i * 7919 % 200000), (uint64_t)i, 1);
        e.message = bytes_of(message, sizeof message);
        cr_assert_eq(case_event(c, &e), 0);
    }
    cr_assert_eq(case_close_write(c), 0);
    getrusage(RUSAGE_SELF, &after);
    /* Two page caches of 16 MiB, and what SQLite sorts with. The address sanitizer keeps
     * freed memory back, and its shadow besides. */
#ifdef __SANITIZE_ADDRESS__
    const long most = 1024 * 1024;
#else
    const long most = 100 * 1024;
#endif
    cr_assert_lt(after.ru_maxrss - before.ru_maxrss, most, "%ld KiB",
                 after.ru_maxrss - before.ru_maxrss);
}
