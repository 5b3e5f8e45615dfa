#include "formats/falco.h"

#include "tests/sample.h"

static struct falco_reader *reader;

static void open_reader(void)
{
    reader = falco_reader_new();
}
static void close_reader(void)
{
    falco_reader_free(reader);
}
TestSuite(falco, .init = open_reader, .fini = close_reader);

static struct falco_alert alert;

static struct fault read_text(const char *text)
{
    return falco_read(reader, bytes_str(text), strlen(text), &alert);
}

static void expect_time(const char *text)
{
    char got[INSTANT_TEXT];
    cr_expect_str_eq(instant_format(alert.time, PRECISION_NANOSECOND, got), text);
}

/* Lines from issues of the project: <NA>, null, two clocks that differ, a drop notice. */
Test(falco, odd_alerts_of_the_wild)
{
    struct bytes text = sample("corpus/samples/falco/issue-variants.jsonl");
    struct bytes rest = text, line;
    cr_assert(bytes_split(&rest, '\n', &line));
    cr_expect_eq(falco_read(reader, line, line.n, &alert).code, FAULT_NONE);
    expect_bytes(alert.rule, "Create HostNetwork Pod");
    expect_bytes(falco_field(&alert, "ka.resp.name"), "");
    expect_bytes(falco_place(&alert).namespace, "falco-event-generator");
    cr_assert(bytes_split(&rest, '\n', &line));
    cr_expect_eq(falco_read(reader, line, line.n, &alert).code, FAULT_NONE);
    expect_bytes(falco_field(&alert, "proc.tty"), "34816");
    expect_bytes(falco_field(&alert, "proc.pname"), "");
    expect_bytes(falco_place(&alert).container_id, "1231e98ac26a");
    expect_bytes(falco_place(&alert).pod, "falco-b7fr6");
    expect_bytes(falco_place(&alert).namespace, "security");
    expect_bytes(falco_place(&alert).container_name, "falco");
    expect_time("2019-05-29T12:20:10.995144237Z");
    cr_assert(bytes_split(&rest, '\n', &line));
    cr_expect_eq(falco_read(reader, line, line.n, &alert).code, FAULT_NONE);
    cr_expect(alert.drop_notice);
    cr_expect_eq(alert.dropped, 815508);
    cr_assert(bytes_split(&rest, '\n', &line));
    cr_expect_eq(falco_read(reader, line, line.n, &alert).code, FAULT_NONE);
    expect_time("2019-05-17T15:31:56.746609046Z");
    cr_expect_eq(alert.time_of_day,
                 ((INT64_C(16) * 60 + 31) * 60 + 56) * NANOSECONDS + 746609046);
    cr_expect_not(alert.drop_notice);
    sample_free(text);
}

Test(falco, alerts_of_its_own_tests)
{
    struct bytes text = sample("corpus/samples/falco/single_rule_with_cat_write.json");
    struct bytes rest = text, line;
    size_t n = 0;
    while (bytes_split(&rest, '\n', &line)) {
        cr_expect_eq(falco_read(reader, line, line.n, &alert).code, FAULT_NONE);
        cr_expect_eq(alert.priority, FALCO_WARNING);
        expect_bytes(alert.rule, "open_from_cat");
        expect_bytes(alert.hostname, "test-falco-hostname");
        cr_expect_eq(jsonl_count(alert.tags), 3);
        n++;
    }
    cr_expect_eq(n, 8);
    sample_free(text);
}

Test(falco, parts_can_be_switched_off)
{
    cr_expect_eq(
        read_text("{\"priority\":\"info\",\"rule\":\"r\",\"output_fields\":null,"
                  "\"output\":\"09:45:32.5: Informational x (user=root "
                  "command=sh -c id k8s_pod=p)\",\"time\":\"2026-11-23T09:45:32Z\"}")
            .code,
        FAULT_NONE);
    cr_expect_eq(alert.priority, FALCO_INFORMATIONAL);
    expect_bytes(falco_field(&alert, "proc.cmdline"), "sh -c id");
    expect_bytes(falco_place(&alert).pod, "p");
    cr_expect_eq(read_text("{\"priority\":\"Error\",\"rule\":\"r\",\"output_fields\":{"
                           "\"evt.time\":1470327477881781397,\"a\":[1],\"b\":true}}")
                     .code,
                 FAULT_NONE);
    cr_expect_eq(alert.time_from, FALCO_TIME_FIELD);
    expect_time("2016-08-04T16:17:57.881781397Z");
    expect_bytes(falco_field(&alert, "b"), "true");
    cr_expect_eq(alert.field_count, 3);
}

Test(falco, text_output)
{
    cr_expect_eq(read_text("16:31:56.746609046: Error File below (user=root "
                           "command=touch /bin/hack (x) file=/bin/hack)")
                     .code,
                 FAULT_NONE);
    cr_expect(alert.text);
    cr_expect_eq(alert.time, INSTANT_NONE);
    cr_expect_eq(alert.priority, FALCO_ERROR);
    expect_bytes(falco_field(&alert, "proc.cmdline"), "touch /bin/hack (x)");
    expect_bytes(falco_field(&alert, "fd.name"), "/bin/hack");
    cr_expect_eq(read_text("Nov 23 09:45:32 n1 falco[7]: 2026-11-23T10:45:32.04+0100: "
                           "Notice Shell | user=root | container_id=820eca1b75db")
                     .code,
                 FAULT_NONE);
    expect_time("2026-11-23T09:45:32.040000000Z");
    expect_bytes(falco_place(&alert).container_id, "820eca1b75db");
    cr_expect_eq(read_text("2026-11-23T09:45:33.1Z stdout F 09:45:33.0: Notice y").code,
                 FAULT_NONE);
    expect_time("2026-11-23T09:45:33.100000000Z");
}

Test(falco, prefixes_before_json)
{
    cr_expect_eq(read_text("2026-11-23T09:45:33.1Z stdout F {\"rule\":\"r\",\"priority\":"
                           "\"Debug\",\"time\":\"2026-11-23T09:45:33Z\"}")
                     .code,
                 FAULT_NONE);
    expect_bytes(alert.rule, "r");
}

Test(falco, other_things)
{
    static const struct {
        char text[64];
        enum fault_code code;
    } cases[] = {
        {"", FAULT_EMPTY},
        {"Wed Nov 23: Falco version: 0.37", FAULT_UNKNOWN_TYPE},
        {"{\"rule\":1}", FAULT_UNKNOWN_TYPE},
        {"{\"rule\":\"r\",\"priority\":", FAULT_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(read_text(cases[i].text).code, cases[i].code, "%s", cases[i].text);
}

Test(falco, host_is_no_container)
{
    read_text("{\"rule\":\"r\",\"priority\":\"Debug\",\"hostname\":\"n1\","
              "\"output_fields\":{\"container.id\":\"host\"}}");
    struct falco_place p = falco_place(&alert);
    cr_expect(p.host);
    expect_bytes(p.container_id, "");
    expect_bytes(p.node, "n1");
}
