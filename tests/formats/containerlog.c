#include "formats/container_join.h"

#include "tests/sample.h"

static struct jsonl_parser *parser;

static void open_parser(void)
{
    parser = jsonl_parser_new();
}
static void close_parser(void)
{
    jsonl_parser_free(parser);
}
TestSuite(containerlog, .init = open_parser, .fini = close_parser);

static struct fault read_line(const char *text, struct container_line *l)
{
    return container_line_read(parser, bytes_str(text), strlen(text), l);
}

Test(containerlog, four_forms)
{
    static const struct {
        char line[100];
        int64_t nanoseconds; /* of 2026-11-23T09:45:26 */
        enum container_stream stream;
        bool partial;
        char text[24], pod[8], container[8];
    } cases[] = {
        {"2026-11-23T09:45:26.065105458+00:00 stdout F hi there", 65105458, STREAM_STDOUT,
         false, "hi there", "", ""},
        {"2026-11-23T18:45:26.5+09:00 stderr P part", 500000000, STREAM_STDERR, true,
         "part", "", ""},
        {"2026-11-23T09:45:26Z stdout F:x:y ", 0, STREAM_STDOUT, false, "", "", ""},
        {"2026-11-23T09:45:26.065105458Z just text", 65105458, STREAM_UNKNOWN, false,
         "just text", "", ""},
        {"2026-11-23T09:45:26Z stdout X text", 0, STREAM_UNKNOWN, false, "stdout X text",
         "", ""},
        {"2026-11-23T09:45:26Z", 0, STREAM_UNKNOWN, false, "", "", ""},
        {"[pod/a-1/api] 2026-11-23T09:45:26Z up", 0, STREAM_UNKNOWN, false, "up", "a-1",
         "api"},
        {"{\"log\":\"a\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-23T09:45:26.1Z\"}",
         100000000, STREAM_STDERR, false, "a", "", ""},
        {"{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"2026-11-23T09:45:26Z\"}", 0,
         STREAM_STDOUT, true, "a", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct container_line l;
        cr_expect_eq(read_line(cases[i].line, &l).code, FAULT_NONE, "%s", cases[i].line);
        cr_expect_eq(l.time, INT64_C(1795427126) * NANOSECONDS + cases[i].nanoseconds,
                     "%s", cases[i].line);
        cr_expect_eq(l.stream, cases[i].stream, "%s", cases[i].line);
        cr_expect_eq(l.partial, cases[i].partial, "%s", cases[i].line);
        expect_bytes(l.text, cases[i].text);
        expect_bytes(l.pod, cases[i].pod);
        expect_bytes(l.container, cases[i].container);
    }
}

Test(containerlog, text_without_a_time_is_a_line)
{
    struct container_line l;
    cr_expect_eq(read_line("no time here", &l).code, FAULT_NONE);
    cr_expect_eq(l.time, INSTANT_NONE);
    expect_bytes(l.text, "no time here");
    cr_expect_eq(read_line("{\"level\":\"info\"}", &l).code, FAULT_NONE);
    expect_bytes(l.text, "{\"level\":\"info\"}");
}

/* One time without a zone, then nine of growing precision. */
Test(containerlog, docker_with_bad_times)
{
    struct bytes text = sample("corpus/samples/containerlog/docker.log"), rest = text;
    struct bytes line;
    size_t good = 0, bad = 0;
    while (bytes_split(&rest, '\n', &line)) {
        struct container_line l;
        struct fault f = container_line_read(parser, line, line.n, &l);
        good += f.code == FAULT_NONE;
        bad += f.code == FAULT_VALUE;
    }
    cr_expect_eq(good, 9);
    cr_expect_eq(bad, 1);
    sample_free(text);
}

static struct container_line part(enum container_stream s, bool partial, const char *text,
                                  uint64_t offset)
{
    return (struct container_line){.time = (instant)offset,
                                   .stream = s,
                                   .partial = partial,
                                   .text = bytes_str(text),
                                   .offset = offset,
                                   .length = strlen(text)};
}

Test(containerlog, parts_are_joined_in_their_own_stream)
{
    struct container_join j = {0};
    struct container_line whole;
    struct container_line lines[] = {
        part(STREAM_STDOUT, true, "one ", 10),   part(STREAM_STDERR, true, "err ", 20),
        part(STREAM_STDOUT, true, "two ", 30),   part(STREAM_STDERR, false, "or", 40),
        part(STREAM_STDOUT, false, "three", 50), part(STREAM_STDERR, true, "left", 60),
    };
    cr_expect_not(container_join_next(&j, &lines[0], &whole));
    cr_expect_not(container_join_next(&j, &lines[1], &whole));
    cr_expect_not(container_join_next(&j, &lines[2], &whole));
    cr_expect(container_join_next(&j, &lines[3], &whole));
    expect_bytes(whole.text, "err or");
    cr_expect_eq(whole.offset, 20);
    cr_expect_eq(whole.length, 22);
    cr_expect(container_join_next(&j, &lines[4], &whole));
    expect_bytes(whole.text, "one two three");
    cr_expect_eq(whole.time, 10);
    cr_expect_eq(whole.offset, 10);
    cr_expect_eq(whole.length, 45);
    cr_expect_not(container_join_next(&j, &lines[5], &whole));
    cr_expect(container_join_end(&j, &whole));
    expect_bytes(whole.text, "left");
    cr_expect(whole.partial);
    cr_expect_not(container_join_end(&j, &whole));
    container_join_release(&j);
}

Test(containerlog, containers_are_joined_apart_and_not_more_than_fit)
{
    struct container_join j = {0};
    struct container_line whole;
    for (size_t i = 0; i <= LIMIT_LINES_OPEN; i++) {
        char name[8];
        struct container_line line = part(STREAM_STDOUT, true, "a", 10 * i);
        snprintf(name, sizeof name, "p%zu", i);
        line.pod = bytes_str(name);
        cr_expect_eq(container_join_next(&j, &line, &whole), i == LIMIT_LINES_OPEN);
    }
    struct container_line last = part(STREAM_STDOUT, false, "b", 900);
    last.pod = BYTES("p7");
    cr_expect(container_join_next(&j, &last, &whole));
    expect_bytes(whole.text, "ab");
    expect_bytes(whole.pod, "p7");
    cr_expect_eq(whole.offset, 70);
    for (size_t i = 1; i < LIMIT_LINES_OPEN; i++)
        cr_expect(container_join_end(&j, &whole));
    cr_expect_not(container_join_end(&j, &whole));
    container_join_release(&j);
}

/* Of as many lines as may be open each may hold a record: together they have a ceiling.
 */
Test(containerlog, lines_that_are_open_share_their_room)
{
    struct container_join j = {.limit = LIMIT_LINE};
    struct container_line whole, line = part(STREAM_STDOUT, true, "", 0);
    const size_t fit = LIMIT_LINES_JOINED / LIMIT_LINE;
    char *much = calloc(1, LIMIT_LINE), name[8];
    line.text = bytes_of(much, LIMIT_LINE);
    for (size_t i = 0; i < fit + 2; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        line.pod = bytes_str(name);
        cr_expect_not(container_join_next(&j, &line, &whole));
    }
    cr_expect_eq(j.held, LIMIT_LINES_JOINED);
    line.partial = false; /* the last one, for which nothing was left */
    cr_expect(container_join_next(&j, &line, &whole));
    cr_expect_eq(whole.text.n, 0);
    line.pod = BYTES("p0");
    cr_expect(container_join_next(&j, &line, &whole));
    cr_expect_eq(whole.text.n, LIMIT_LINE);
    cr_expect_eq(j.held, LIMIT_LINES_JOINED - LIMIT_LINE);
    line.pod = BYTES("new");
    line.partial = true;
    cr_expect_not(container_join_next(&j, &line, &whole));
    cr_expect_eq(j.held, LIMIT_LINES_JOINED);
    container_join_release(&j);
    free(much);
}

Test(containerlog, labels_that_logcli_prints)
{
    struct container_line l;
    read_line("2026-11-23T09:45:26Z {namespace=\"n\", pod=\"p\", container=\"c\"} up",
              &l);
    expect_bytes(l.text, "up");
    expect_bytes(l.namespace, "n");
    expect_bytes(l.pod, "p");
    expect_bytes(l.container, "c");
    static const char *const others[] = {
        "{}", "{pod=\"p\"", "{pod=\"p\"}x", "{app=\"a\"} x", "{pod=", "{pod=\"p"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[64] = "2026-11-23T09:45:26Z ";
        strcat(text, others[i]);
        read_line(text, &l);
        expect_bytes(l.text, others[i]);
        expect_bytes(l.pod, "");
    }
}

#define ID "8c0e5e0a7f3b4d2c9e1f6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f70819"

Test(containerlog, paths_tell_whose_log_it_is)
{
    static const struct {
        char path[160];
        char namespace[12], pod[24], uid[16], container[8], id[72], restart[4];
    } cases[] = {
        {"var/log/pods/ns_p-1_u-1/api/3.log", "ns", "p-1", "u-1", "api", "", "3"},
        {"pods/ns_p_u/api/0.log.20261123-094526.gz//0.log.20261123-094526", "ns", "p",
         "u", "api", "", "0"},
        {"logs.tar//pods/ns_p_u/api/0.log", "ns", "p", "u", "api", "", "0"},
        {"pods/ns_p_u/api/0.log.20261123-094526", "ns", "p", "u", "api", "", "0"},
        {"containers/p-1_ns_api-" ID ".log", "ns", "p-1", "", "api", ID, ""},
        {"docker/containers/" ID "/" ID "-json.log", "", "", "", "", ID, ""},
        {"mg/namespaces/shop/pods/db-0/db/db/logs/current.log", "shop", "db-0", "", "db",
         "", ""},
        {"support.zip//10.0.0.5/kube-system/coredns-64b67fc8fd-xk2lp-coredns.log",
         "kube-system", "coredns-64b67fc8fd-xk2lp", "", "coredns", "", ""},
        {"dump/shop/web-7f6c9d8b5-hh2kq/logs.txt", "", "web-7f6c9d8b5-hh2kq", "", "logs",
         "", ""},
        {"agent-9lkj2.log", "", "agent-9lkj2", "", "", "", ""},
        {"kube-system/etcd.log", "kube-system", "", "", "", "", ""},
        {"case-24579/web-https.log", "", "", "", "", "", ""},
        {"api-0.log", "", "", "", "", "", ""},
        {"a_b_c/x/y.log", "", "", "", "", "", ""},
        {"", "", "", "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct container_log_place p = container_log_place(bytes_str(cases[i].path));
        expect_bytes(p.namespace, cases[i].namespace);
        expect_bytes(p.pod, cases[i].pod);
        expect_bytes(p.pod_uid, cases[i].uid);
        expect_bytes(p.container, cases[i].container);
        expect_bytes(p.container_id, cases[i].id);
        expect_bytes(p.restart, cases[i].restart);
    }
}
