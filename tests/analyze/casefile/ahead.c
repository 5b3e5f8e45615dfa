/* Excerpts that were read ahead, or taken out of what passed: they are those that one
 * reader finds when the file is closed, under one ceiling, and nothing is left running.
 */
#include "analyze/casefile/casefile.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/casefile/reader.h"
#include "formats/base/limits.h"
#include "verify/walk.h"

#define LINE  16 /* bytes of one, with its end */
#define LINES 40000
#define BLOCK UINT64_C(50001)

static char directory[] = "/tmp/exhibit-ahead-XXXXXX";
static char case_path[64];
static struct package *package;
static struct mask mask;
static const struct item *first, *second, *packed, *plain;

static void run(const char *format, const char *name)
{
    char command[256];
    snprintf(command, sizeof command, format, directory, name);
    cr_assert_eq(system(command), 0);
}

/* Line i of each log is its name and i, so where a line stands says what it is. */
static void write_log(const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "%s/package/%s.log", directory, name);
    FILE *f = fopen(path, "wb");
    for (int i = 0; i < LINES; i++)
        fprintf(f, "%s line %08d\n", name, i);
    cr_assert_eq(fclose(f), 0);
}

static void set_up(void)
{
    const char *why;
    char path[96];
    struct walk_options walk = {.threads = 1};
    cr_assert_not_null(mkdtemp(directory));
    snprintf(case_path, sizeof case_path, "%s/case.db", directory);
    run("mkdir %s/%s", "package");
    for (const char *const *name = (const char *const[]){"a", "b", "c", "d", NULL}; *name;
         name++)
        write_log(*name);
    run("gzip -1 %s/package/%s.log", "a");
    run("gzip -1 %s/package/%s.log", "b");
    run("cd %s/package && tar -cf %s.tar c.log && rm c.log", "c");
    snprintf(path, sizeof path, "%s/package", directory);
    cr_assert_eq(package_open(path, &package, &why), 0);
    cr_assert_eq(walk_package(package, &walk), 0);
    first = package_find(package, BYTES("a.log.gz//a.log"));
    second = package_find(package, BYTES("b.log.gz//b.log"));
    packed = package_find(package, BYTES("c.tar//c.log"));
    plain = package_find(package, BYTES("d.log"));
    cr_assert(first && second && packed && plain);
    mask = mask_of(BYTES("test"), false);
}

static void tear_down(void)
{
    package_close(package);
    run("rm -rf %s", "");
}

TestSuite(ahead, .init = set_up, .fini = tear_down);

static struct casefile *begin(void)
{
    struct casefile *c;
    cr_assert_eq(case_create(case_path, &mask, &c), 0);
    cr_assert_eq(case_package(c, package, ""), 0);
    return c;
}

static struct span line_of(const struct item *item, uint64_t i)
{
    return (struct span){item, i * LINE, LINE - 1};
}

static void cite_in_event(struct casefile *c, struct span span)
{
    char message[32]; /* two logs that tell the same at the same time are one event */
    snprintf(message, sizeof message, "%u %u", span.item->id, (unsigned)span.offset);
    struct event e = {.kind = EVENT_LOG_LINE,
                      .time = 1,
                      .end = 1,
                      .precision = PRECISION_SECOND,
                      .clock = CLOCK_NODE,
                      .time_desc = "Log Time",
                      .message = bytes_str(message),
                      .in_scope = true,
                      .span = span};
    cr_assert_eq(case_event(c, &e), 0);
}

static void cite_in_document(struct casefile *c, struct span span)
{
    json_t *d = json_object();
    json_object_set_new(d, "proof", case_span(c, span));
    cr_assert_eq(case_document(c, "story", d), 0);
    json_decref(d);
}

static void cite_in_finding(struct findings *all, struct span span)
{
    static const struct finding_kind kind = {"k", SEVERITY_LOW, "t", "", "", ""};
    struct finding f = finding_of(&kind, BYTES("subject"), span);
    findings_add(all, &f);
}

static void store_findings(struct casefile *c, struct findings *all)
{
    findings_sort(all);
    for (size_t i = 0; i < all->n; i++)
        cr_assert_eq(case_finding(c, all->v[i]), 0);
    findings_release(all);
}

static size_t threads(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/task");
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void wait_for_threads(size_t n)
{
    for (int i = 0; threads() > n; i++) {
        cr_assert_lt(i, 3000, "the reading does not end");
        usleep(10000);
    }
}

static bool is_shown(struct case_reader *r, struct span span, const char *want)
{
    struct case_place place = {
        .item_id = span.item->id, .offset = span.offset, .length = LINE - 1};
    struct bytes text;
    uint64_t shown;
    if (!case_excerpt(r, &place, &text, &shown))
        return false;
    cr_assert(bytes_is(text, want), "%.*s is not %s", (int)text.n, (const char *)text.p,
              want);
    cr_assert_eq(shown, span.length);
    return true;
}

static struct case_reader *close_and_open(struct casefile *c)
{
    struct case_reader *r;
    const char *why;
    cr_assert_eq(case_close_write(c), 0);
    cr_assert_eq(case_open(case_path, &r, &why), 0);
    return r;
}

/* Nothing is there to be read again, so what is shown was read ahead. */
Test(ahead, what_was_read_ahead_is_what_is_shown)
{
    size_t before = threads();
    struct casefile *c = begin();
    struct findings findings = {0};
    cite_in_document(c, line_of(first, 39999));
    cite_in_event(c, line_of(first, 7));
    cite_in_finding(&findings, line_of(second, 12345));
    cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    wait_for_threads(before);
    run("rm %s/package/%s.log.gz", "a");
    run("rm %s/package/%s.log.gz", "b");
    store_findings(c, &findings);
    struct case_reader *r = close_and_open(c);
    cr_assert(is_shown(r, line_of(first, 39999), "a line 00039999"));
    cr_assert(is_shown(r, line_of(first, 7), "a line 00000007"));
    cr_assert(is_shown(r, line_of(second, 12345), "b line 00012345"));
    case_close(r);
}

Test(ahead, what_is_cited_later_or_stands_uncompressed_is_read_at_the_end)
{
    struct casefile *c = begin();
    struct findings findings = {0};
    cite_in_event(c, line_of(first, 2));
    cite_in_event(c, line_of(plain, 3));
    cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    cite_in_event(c, line_of(first, 1));
    cite_in_event(c, line_of(first, 20000));
    cite_in_event(c, line_of(second, 4));
    struct case_reader *r = close_and_open(c);
    cr_assert(is_shown(r, line_of(first, 1), "a line 00000001"));
    cr_assert(is_shown(r, line_of(first, 2), "a line 00000002"));
    cr_assert(is_shown(r, line_of(first, 20000), "a line 00020000"));
    cr_assert(is_shown(r, line_of(second, 4), "b line 00000004"));
    cr_assert(is_shown(r, line_of(plain, 3), "d line 00000003"));
    cr_assert_eq(case_number(r, "SELECT count(*) FROM excerpt"), 5);
    case_close(r);
}

/* The log as it comes out of its archive, in blocks that do not end where lines do.
 * `each` is called behind every one. */
static void pass_log(struct casefile *c, const struct item *item, const char *name,
                     void (*each)(struct casefile *c, uint64_t end))
{
    struct text text = {0};
    for (int i = 0; i < LINES; i++)
        text_printf(&text, "%s line %08d\n", name, i);
    cr_assert_eq(text.n, LINE * LINES);
    for (uint64_t at = 0; at < LINE * LINES; at += BLOCK) {
        struct bytes block = bytes_sub(text_bytes(&text), at, BLOCK);
        case_pass(c, item, at, block);
        if (each)
            each(c, at + block.n);
    }
    text_release(&text);
}

/* Two blocks later, of a place that stands in both of those that passed before. */
static void cite_behind(struct casefile *c, uint64_t end)
{
    if (end == 4 * BLOCK)
        case_pass_cited(c, line_of(first, 2 * BLOCK / LINE));
}

Test(ahead, what_passed_is_not_read_again)
{
    size_t before = threads();
    struct casefile *c = begin();
    struct findings findings = {0};
    cite_in_document(c, line_of(first, 30000));
    cite_in_finding(&findings, line_of(second, LINES - 1));
    cr_assert_eq(case_passing(c, &findings, 200000), 0);
    pass_log(c, first, "a", cite_behind);
    pass_log(c, second, "b", NULL);
    /* Its bytes are the last ones, and those of another item passed since. */
    case_pass_cited(c, line_of(second, LINES - 2));
    cite_in_finding(&findings, line_of(first, 2 * BLOCK / LINE));
    cite_in_finding(&findings, line_of(second, LINES - 2));
    run("rm %s/package/%s.log.gz", "a");
    run("rm %s/package/%s.log.gz", "b");
    cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    cr_assert_eq(threads(), before);
    store_findings(c, &findings);
    struct case_reader *r = close_and_open(c);
    cr_assert(is_shown(r, line_of(first, 30000), "a line 00030000"));
    cr_assert(is_shown(r, line_of(first, 6250), "a line 00006250"));
    cr_assert(is_shown(r, line_of(second, 39998), "b line 00039998"));
    cr_assert(is_shown(r, line_of(second, 39999), "b line 00039999"));
    case_close(r);
}

Test(ahead, what_passed_too_long_ago_is_read_again)
{
    struct casefile *c = begin();
    struct findings findings = {0};
    cr_assert_eq(case_passing(c, &findings, 200000), 0);
    pass_log(c, first, "a", NULL);
    case_pass_cited(c, line_of(first, 0));
    case_pass_cited(c, line_of(first, 17));
    case_pass_cited(c, line_of(first, LINES - 1));
    cite_in_finding(&findings, line_of(first, 0));
    cite_in_finding(&findings, line_of(first, 17));
    cite_in_finding(&findings, line_of(first, LINES - 1));
    cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    store_findings(c, &findings);
    struct case_reader *r = close_and_open(c);
    cr_assert(is_shown(r, line_of(first, 0), "a line 00000000"));
    cr_assert(is_shown(r, line_of(first, 17), "a line 00000017"));
    cr_assert(is_shown(r, line_of(first, 39999), "a line 00039999"));
    case_close(r);
}

/* As if the file were so large: what it costs to read is held against the ceiling. */
static void pretend_size(const struct item *item, uint64_t size)
{
    while (item->parent && item->parent->container != CONTAINER_DIRECTORY)
        item = item->parent;
    ((struct item *)(uintptr_t)item)->size = size;
}

/* The first archive, which is read ahead, and the third, which is not, are as much as may
 * be read; the second is too much, though it was read ahead. Of a file it does not matter
 * how large it is. */
static void read_under_the_ceiling(bool read_ahead)
{
    struct casefile *c = begin();
    struct findings findings = {0};
    size_t before = threads();
    pretend_size(first, LIMIT_EXCERPT_READING / 2);
    pretend_size(second, LIMIT_EXCERPT_READING / 2 + 1);
    pretend_size(packed, LIMIT_EXCERPT_READING / 4);
    pretend_size(plain, LIMIT_EXCERPT_READING);
    cite_in_event(c, line_of(first, 5));
    cite_in_event(c, line_of(second, 5));
    cite_in_event(c, line_of(packed, 5));
    cite_in_event(c, line_of(plain, 5));
    if (read_ahead)
        cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    wait_for_threads(before);
    struct case_reader *r = close_and_open(c);
    cr_assert(is_shown(r, line_of(first, 5), "a line 00000005"));
    cr_assert_not(is_shown(r, line_of(second, 5), "b line 00000005"));
    cr_assert(is_shown(r, line_of(packed, 5), "c line 00000005"));
    cr_assert(is_shown(r, line_of(plain, 5), "d line 00000005"));
    case_close(r);
}

Test(ahead, one_ceiling_holds_for_what_is_read_ahead_and_for_the_rest)
{
    read_under_the_ceiling(true);
}

Test(ahead, the_same_is_shown_when_nothing_is_read_ahead)
{
    read_under_the_ceiling(false);
}

Test(ahead, nobody_reads_on_when_the_case_file_is_given_up)
{
    size_t before = threads();
    struct casefile *c = begin();
    struct findings findings = {0};
    cite_in_event(c, line_of(first, LINES - 1));
    cite_in_event(c, line_of(second, LINES - 1));
    cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    case_abandon(c);
    cr_assert_eq(threads(), before);
    cr_assert_neq(access(case_path, F_OK), 0);
}

Test(ahead, nobody_reads_on_when_the_case_file_is_closed)
{
    size_t before = threads();
    struct casefile *c = begin();
    struct findings findings = {0};
    cite_in_finding(&findings, line_of(second, LINES - 1));
    cr_assert_eq(case_read_ahead(c, &findings, true), 0);
    findings_release(&findings); /* and none is stored: nothing is asked for */
    case_close(close_and_open(c));
    cr_assert_eq(threads(), before);
}
