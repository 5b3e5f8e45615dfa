/* Trees with spans: JSON, YAML, Kubernetes objects. */
#include "formats/json.h"
#include "formats/kobject.h"
#include "formats/yaml.h"
#include "tests/sample.h"

static void expect_span(const struct document *d, const json_t *node, struct bytes text,
                        const char *want)
{
    uint64_t offset, length;
    cr_assert(document_span(d, node, &offset, &length));
    expect_bytes(bytes_sub(text, offset, length), want);
}

Test(json, spans_are_the_bytes_of_the_nodes)
{
    struct bytes text = BYTES(" {\"a\": [1, {\"b\": {}}, [ ]], \"c\":\"{\"}\n[2]");
    struct documents all = {0};
    json_read(text, &all);
    cr_assert_eq(all.n, 2);
    cr_expect_eq(all.faults.n, 0);
    const struct document *d = &all.v[0];
    expect_span(d, d->root, text, "{\"a\": [1, {\"b\": {}}, [ ]], \"c\":\"{\"}");
    expect_span(d, tree_get(d->root, "a"), text, "[1, {\"b\": {}}, [ ]]");
    expect_span(d, tree_get(d->root, "a/1"), text, "{\"b\": {}}");
    expect_span(d, tree_get(d->root, "a/1/b"), text, "{}");
    expect_span(d, tree_get(d->root, "a/2"), text, "[ ]");
    expect_span(&all.v[1], all.v[1].root, text, "[2]");
    documents_release(&all);
}

Test(json, members_that_occur_twice_are_refused)
{
    struct documents all = {0};
    json_read(BYTES("{\"a\":1,\"b\":{\"x\":1,\"x\":2}}\n{\"ok\":true}"), &all);
    cr_assert_eq(all.n, 1);
    cr_expect(tree_true(all.v[0].root, "ok"));
    cr_assert_eq(all.faults.n, 1);
    cr_expect_eq(all.faults.v[0].code, FAULT_DUPLICATE);
    documents_release(&all);
}

Test(json, what_stands_before_the_damage_is_kept)
{
    struct documents all = {0};
    struct bytes text = BYTES("{\"items\":[{\"n\":1},{\"n\":2},{\"n\":");
    json_read(text, &all);
    cr_assert_eq(all.n, 1);
    cr_expect(all.v[0].partial);
    cr_expect_eq(json_array_size(tree_get(all.v[0].root, "items")), 3);
    expect_span(&all.v[0], tree_get(all.v[0].root, "items/1"), text, "{\"n\":2}");
    cr_assert_eq(all.faults.n, 1);
    cr_expect_eq(all.faults.v[0].code, FAULT_TRUNCATED);
    cr_expect_eq(all.faults.v[0].offset, text.n);
    documents_release(&all);
}

Test(json, nothing_in_it)
{
    struct documents all = {0};
    json_read(BYTES(" \n"), &all);
    cr_expect_eq(all.n, 0);
    cr_assert_eq(all.faults.n, 1);
    cr_expect_eq(all.faults.v[0].code, FAULT_EMPTY);
    documents_release(&all);
}

/* https://yaml.org/type/ and what the Kubernetes reader makes of it. */
Test(yaml, scalars)
{
    static const struct {
        char text[24];
        char json[24];
    } cases[] = {
        {"yes", "true"},
        {"Off", "false"},
        {"y", "\"y\""},
        {"~", "null"},
        {"", "null"},
        {"0644", "420"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"0b101", "5"},
        {"1_000", "1000"},
        {"-12", "-12"},
        {"+5", "5"},
        {"1.5", "1.5"},
        {"1e3", "1000.0"},
        {"1.2.3", "\"1.2.3\""},
        {"'1'", "\"1\""},
        {"\"true\"", "\"true\""},
        {"!!str 5", "\"5\""},
        {"v1", "\"v1\""},
        {"09", "\"09\""},
        {"2026-11-23", "\"2026-11-23\""},
        {"99999999999999999999", "\"99999999999999999999\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64] = "k: ";
        struct documents all = {0};
        strcat(text, cases[i].text);
        strcat(text, "\n");
        yaml_read(bytes_str(text), &all);
        cr_assert_eq(all.n, 1, "%s", text);
        char *json = json_dumps(tree_get(all.v[0].root, "k"), JSON_ENCODE_ANY);
        cr_expect_str_eq(json, cases[i].json, "%s gave %s", text, json);
        free(json);
        documents_release(&all);
    }
}

Test(yaml, spans_count_bytes_not_characters)
{
    struct bytes text = BYTES("# \xc3\xa9\xe2\x82\xac\nname: \"\xc3\xa9\"\n"
                              "list:\n  - a: 1 # x\n    b: |\n      text\n"
                              "  - {c: \xf0\x9f\x98\x80}\n# end\n---\nsecond: 2\n");
    struct documents all = {0};
    yaml_read(text, &all);
    cr_assert_eq(all.n, 2);
    const struct document *d = &all.v[0];
    expect_span(d, tree_get(d->root, "list/0"), text, "a: 1 # x\n    b: |\n      text\n");
    expect_span(d, tree_get(d->root, "list/1"), text, "{c: \xf0\x9f\x98\x80}");
    expect_span(&all.v[1], all.v[1].root, text, "second: 2");
    documents_release(&all);
}

Test(yaml, aliases_merge_and_anchors_again)
{
    struct documents all = {0};
    yaml_read(BYTES("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nagain: *b\n"
                    "b2: &b [7]\nlast: *b\n"),
              &all);
    cr_assert_eq(all.n, 1);
    char *json = json_dumps(all.v[0].root, JSON_COMPACT);
    cr_expect_str_eq(json, "{\"base\":{\"x\":1,\"y\":2},\"use\":{\"y\":3,\"x\":1},"
                           "\"again\":{\"x\":1,\"y\":2},\"b2\":[7],\"last\":[7]}");
    free(json);
    documents_release(&all);
}

Test(yaml, alias_bombs_end_at_the_limit)
{
    struct documents all = {0};
    char text[1024] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'j'; c++) {
        char line[96];
        snprintf(line, sizeof line, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n",
                 c, c, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
                 c - 1);
        strcat(text, line);
    }
    yaml_read(bytes_str(text), &all);
    cr_expect_eq(all.n, 0);
    cr_assert_eq(all.faults.n, 1);
    cr_expect_eq(all.faults.v[0].code, FAULT_LIMIT);
    documents_release(&all);
}

Test(yaml, what_cannot_be_is_a_fault_and_reading_goes_on)
{
    static const struct {
        char text[40];
        enum fault_code code;
    } cases[] = {
        {"a: 1\na: 2\n---\nok: 1\n", FAULT_DUPLICATE},
        {"a: &x [*x]\n---\nok: 1\n", FAULT_REFERENCE},
        {"a: *gone\n---\nok: 1\n", FAULT_REFERENCE},
        {"? {a: 1}\n: 2\n---\nok: 1\n", FAULT_UNSUPPORTED},
        {"a: [1\n---\nok: 1\n", FAULT_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct documents all = {0};
        yaml_read(bytes_str(cases[i].text), &all);
        cr_assert_geq(all.faults.n, 1, "%s", cases[i].text);
        cr_expect_eq(all.faults.v[0].code, cases[i].code, "%s: %s", cases[i].text,
                     fault_name(all.faults.v[0].code));
        cr_assert_geq(all.n, 1, "%s", cases[i].text);
        int64_t ok = 0;
        cr_expect(tree_integer(all.v[all.n - 1].root, "ok", &ok), "%s", cases[i].text);
        documents_release(&all);
    }
}

Test(kobject, lists_are_unfolded)
{
    struct bytes text =
        BYTES("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n"
              "  metadata: {name: a, namespace: n, uid: u}\n- apiVersion: v1\n"
              "  kind: Secret\n  metadata:\n    name: b\n"
              "    creationTimestamp: \"2026-11-23T09:45:25Z\"\n");
    struct kobjects all = {0};
    kobjects_read(text, &all);
    cr_assert_eq(all.n, 2);
    expect_bytes(all.v[0].kind, "Pod");
    expect_bytes(all.v[0].namespace, "n");
    expect_bytes(all.v[1].name, "b");
    cr_expect_eq(all.v[1].created, INT64_C(1795427125) * NANOSECONDS);
    cr_expect_eq(all.v[0].created, INSTANT_NONE);
    expect_bytes(
        bytes_sub(text, all.v[0].offset, all.v[0].length),
        "apiVersion: v1\n  kind: Pod\n  metadata: {name: a, namespace: n, uid: u}");
    kobjects_release(&all);
}

Test(kobject, typed_lists_tell_the_kind)
{
    struct kobjects all = {0};
    kobjects_read(BYTES("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":["
                        "{\"metadata\":{\"name\":\"x\"}}]}"),
                  &all);
    cr_assert_eq(all.n, 1);
    expect_bytes(all.v[0].kind, "Pod");
    expect_bytes(all.v[0].api_version, "v1");
    kobjects_release(&all);
}

/* jq '[.items[]|.metadata.name]|length' and the text of each item by its span. */
Test(kobject, real_objects)
{
    struct bytes text = sample("corpus/packages/inventory/rbac.json");
    struct kobjects all = {0};
    kobjects_read(text, &all);
    cr_expect_eq(all.faults.n, 0);
    cr_assert_gt(all.n, 100);
    for (size_t i = 0; i < all.n; i++) {
        struct bytes own = bytes_sub(text, all.v[i].offset, all.v[i].length);
        json_t *again = json_loadb((const char *)own.p, own.n, 0, NULL);
        cr_expect(again && json_equal(again, all.v[i].object), "object %zu", i);
        json_decref(again);
    }
    kobjects_release(&all);
    sample_free(text);
}

Test(kobject, objects_before_a_cut_are_whole)
{
    struct bytes text = sample("corpus/packages/inventory/rbac.json");
    struct kobjects whole = {0}, cut = {0};
    kobjects_read(text, &whole);
    kobjects_read(bytes_sub(text, 0, 200000), &cut);
    cr_assert_gt(cut.n, 10);
    cr_assert_lt(cut.n, whole.n);
    for (size_t i = 0; i + 1 < cut.n; i++) {
        cr_expect_not(cut.v[i].partial);
        cr_expect(json_equal((json_t *)(uintptr_t)cut.v[i].object,
                             (json_t *)(uintptr_t)whole.v[i].object));
    }
    cr_expect(cut.v[cut.n - 1].partial);
    cr_expect_eq(cut.faults.v[0].code, FAULT_TRUNCATED);
    cr_expect_eq(cut.faults.v[0].offset, 200000);
    kobjects_release(&whole);
    kobjects_release(&cut);
    sample_free(text);
}
