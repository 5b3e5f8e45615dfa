#include "formats/kevent.h"

#include "tests/sample.h"

static instant at(const char *text)
{
    instant t;
    cr_assert(instant_parse(bytes_str(text), &t, NULL));
    return t;
}

Test(kevent, both_interfaces)
{
    struct kobjects all = {0};
    kobjects_read(
        BYTES(
            "{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"e\"},"
            "\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"n\",\"name\":\"p\","
            "\"uid\":\"u\",\"fieldPath\":\"spec.containers{api}\"},\"reason\":"
            "\"BackOff\","
            "\"message\":\"m\",\"type\":\"Warning\",\"count\":5,\"firstTimestamp\":"
            "\"2026-11-23T09:00:00Z\",\"lastTimestamp\":\"2026-11-23T09:10:00Z\","
            "\"eventTime\":null,\"source\":{\"component\":\"kubelet\",\"host\":\"w\"}}\n"
            "{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/v1\",\"regarding\":{"
            "\"kind\":\"Node\",\"name\":\"w\"},\"reason\":\"Scheduled\",\"note\":\"x\","
            "\"type\":\"Normal\",\"eventTime\":\"2026-11-23T09:00:01.5Z\",\"series\":{"
            "\"count\":3,\"lastObservedTime\":\"2026-11-23T09:05:00Z\"},"
            "\"reportingController\":\"sched\",\"action\":\"Binding\"}\n"
            "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"verb\":\"get\"}"),
        &all);
    cr_assert_eq(all.n, 3);
    struct kevent k;
    cr_assert(kevent_read(&all.v[0], &k));
    expect_bytes(k.reason, "BackOff");
    expect_bytes(k.message, "m");
    expect_bytes(k.type, "Warning");
    expect_bytes(k.about.name, "p");
    expect_bytes(k.about.field_path, "spec.containers{api}");
    expect_bytes(k.component, "kubelet");
    expect_bytes(k.host, "w");
    cr_expect_eq(k.count, 5);
    cr_expect_eq(k.first, at("2026-11-23T09:00:00Z"));
    cr_expect_eq(k.last, at("2026-11-23T09:10:00Z"));
    cr_assert(kevent_read(&all.v[1], &k));
    expect_bytes(k.message, "x");
    expect_bytes(k.component, "sched");
    expect_bytes(k.about.kind, "Node");
    cr_expect_eq(k.count, 3);
    cr_expect_eq(k.first, at("2026-11-23T09:00:01.5Z"));
    cr_expect_eq(k.last, at("2026-11-23T09:05:00Z"));
    cr_expect_not(kevent_read(&all.v[2], &k));
    kobjects_release(&all);
}

Test(kevent, real_events)
{
    struct bytes text = sample("corpus/packages/inventory/events.json");
    struct kobjects all = {0};
    struct kevent k;
    kobjects_read(text, &all);
    cr_assert_eq(all.n, 4);
    cr_assert(kevent_read(&all.v[0], &k));
    expect_bytes(k.reason, "Scheduled");
    cr_expect_eq(k.first, at("2026-11-23T09:45:28Z"));
    cr_expect_eq(k.last, k.first);
    cr_expect_eq(k.count, 1);
    kobjects_release(&all);
    sample_free(text);
}
