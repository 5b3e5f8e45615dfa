/* Expected values are the examples of RFC 7386 appendix A and RFC 6902 appendix A, and of
 * the strategic merge patch in Kubernetes' documentation. */
#include "analyze/kube/objects/object_patch.h"

#include <criterion/criterion.h>

static void check(const char *before, const char *patch, const char *after)
{
    json_t *b = json_loads(before, JSON_DECODE_ANY, NULL);
    json_t *p = json_loads(patch, JSON_DECODE_ANY, NULL);
    json_t *wanted = json_loads(after, JSON_DECODE_ANY, NULL);
    json_t *got = object_patched(b, p);
    char *text = json_dumps(got, JSON_ENCODE_ANY);
    cr_assert(wanted && json_equal(got, wanted), "%s with %s gave %s", before, patch,
              text);
    free(text);
    json_decref(got);
    json_decref(wanted);
    json_decref(p);
    json_decref(b);
}

Test(object_patch, merges_as_rfc_7386_says)
{
    check("{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
    check("{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}");
    check("{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}");
    check("{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
    check("{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
          "{\"a\":{\"b\":\"d\"}}");
    check("{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}");
    check("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}");
}

Test(object_patch, directives_of_the_strategic_merge)
{
    check("{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"$patch\":\"replace\",\"d\":3}}",
          "{\"a\":{\"d\":3}}");
    check("{\"a\":{\"b\":1},\"e\":2}", "{\"a\":{\"$patch\":\"delete\"}}", "{\"e\":2}");
    check("{\"a\":[1]}", "{\"$setElementOrder/a\":[2],\"a\":[2]}", "{\"a\":[2]}");
}

Test(object_patch, operations_of_rfc_6902)
{
    check("{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
          "{\"baz\":\"qux\",\"foo\":\"bar\"}");
    check("{\"foo\":[\"bar\",\"baz\"]}",
          "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
          "{\"foo\":[\"bar\",\"qux\",\"baz\"]}");
    check("{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":1}]",
          "{\"foo\":[\"bar\",1]}");
    check("{\"foo\":[\"bar\",\"qux\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
          "{\"foo\":[\"bar\"]}");
    check("{\"a\":{\"x/y\":1}}",
          "[{\"op\":\"replace\",\"path\":\"/a/x~1y\",\"value\":\"z\"}]",
          "{\"a\":{\"x/y\":\"z\"}}");
    check("{\"a\":{\"~\":1}}", "[{\"op\":\"remove\",\"path\":\"/a/~0\"}]", "{\"a\":{}}");
}

Test(object_patch, hostile_operations_change_nothing)
{
    check(
        "{\"a\":1}",
        "[7,{\"op\":\"add\"},{\"op\":\"add\",\"path\":\"/b/c\",\"value\":1},"
        "{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1},{\"op\":\"test\",\"path\":"
        "\"/a\"},{\"op\":\"remove\",\"path\":\"\"},{\"op\":\"replace\",\"path\":\"/a\"}]",
        "{\"a\":1}");
    check("{\"a\":[1]}", "[{\"op\":\"remove\",\"path\":\"/a/9\"}]", "{\"a\":[1]}");
    check("{\"a\":[1]}", "[{\"op\":\"replace\",\"path\":\"/a/x\",\"value\":2}]",
          "{\"a\":[1]}");
}
