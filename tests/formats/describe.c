#include "formats/describe.h"

#include "tests/sample.h"

static const char text[] = "Name:         p-1\n"
                           "Namespace:    ns\n"
                           "Start Time:   Mon, 23 Nov 2026 09:45:25 +0000\n"
                           "Init Containers:\n"
                           "  migrate:\n"
                           "    Image:          x:9\n"
                           "    State:          Terminated\n"
                           "      Reason:       Completed\n"
                           "      Started:      Mon, 23 Nov 2026 04:45:26 -0500\n"
                           "      Finished:     Mon, 23 Nov 2026 09:45:27 +0000\n"
                           "Containers:\n"
                           "  api:\n"
                           "    Last State:     Terminated\n"
                           "      Started:      Mon, 23 Nov 2026 18:45:28 +0900\n"
                           "Events:\n"
                           "  Normal  Started  5m  kubelet  Started container api\n";

struct seen {
    size_t n;
    char line[8][80];
};

static void on_time(void *context, const struct describe_time *t)
{
    struct seen *s = context;
    char when[INSTANT_TEXT];
    cr_assert_lt(s->n, 8);
    cr_expect(bytes_contains(bytes_sub(bytes_str(text), t->offset, t->length), t->key));
    cr_expect_eq(text[t->offset + t->length], '\n');
    snprintf(s->line[s->n++], 80, "%.*s/%.*s %.*s|%.*s|%.*s|%s", (int)t->namespace.n,
             (const char *)t->namespace.p, (int)t->name.n, (const char *)t->name.p,
             (int)t->container.n, (const char *)t->container.p, (int)t->state.n,
             (const char *)t->state.p, (int)t->key.n, (const char *)t->key.p,
             instant_format(t->time, PRECISION_SECOND, when));
}

Test(describe, times_with_what_they_belong_to)
{
    struct seen seen = {0};
    describe_read(bytes_str(text), on_time, &seen);
    cr_assert_eq(seen.n, 4);
    cr_expect_str_eq(seen.line[0], "ns/p-1 ||Start Time|2026-11-23T09:45:25Z");
    cr_expect_str_eq(seen.line[1], "ns/p-1 migrate|State|Started|2026-11-23T09:45:26Z");
    cr_expect_str_eq(seen.line[2], "ns/p-1 migrate|State|Finished|2026-11-23T09:45:27Z");
    cr_expect_str_eq(seen.line[3], "ns/p-1 api|Last State|Started|2026-11-23T09:45:28Z");
}
