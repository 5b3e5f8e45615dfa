/* What is remembered of a kind of records must not change what any record gets: each is
 * asked about with the memory of all before it, and without one. */
#include "analyze/rules/rules.h"
#include "formats/audit.h"
#include "tests/sample.h"

struct said {
    size_t n;
    struct {
        const struct rule *rule;
        enum outcome outcome;
    } v[64];
};

static void note(void *context, const struct match *m)
{
    struct said *s = context;
    cr_assert_lt(s->n, sizeof s->v / sizeof *s->v);
    s->v[s->n].rule = m->rule;
    s->v[s->n++].outcome = m->outcome;
}

struct asking {
    struct rules *rules;
    struct rules_memory *memory;
    struct audit_reader *reader;
    size_t records, matches;
};

static struct asking begin(void)
{
    struct asking a = {.reader = audit_reader_new()};
    const char *why;
    cr_assert_eq(rules_load(NULL, true, &a.rules, &why), 0);
    a.memory = rules_memory_new(a.rules);
    return a;
}

static void end(struct asking *a)
{
    audit_reader_free(a->reader);
    rules_memory_free(a->memory);
    rules_free(a->rules);
}

/* How many rules match or are not decidable. */
static size_t ask(struct asking *a, struct bytes line)
{
    struct audit_event e;
    struct said without = {0}, with = {0};
    audit_read(a->reader, line, line.n, &e);
    struct record record = record_of_audit(&e);
    rules_match(a->rules, &record, note, &without);
    record.memory = a->memory;
    rules_match(a->rules, &record, note, &with);
    cr_assert_eq(with.n, without.n, "%.200s", (const char *)line.p);
    for (size_t i = 0; i < with.n; i++) {
        cr_expect_eq(with.v[i].rule, without.v[i].rule);
        cr_expect_eq(with.v[i].outcome, without.v[i].outcome);
    }
    a->records++;
    a->matches += with.n;
    return with.n;
}

Test(kinds, a_real_log_gets_the_same_twice)
{
    struct asking a = begin();
    struct bytes log = sample("corpus/packages/inventory/audit.log");
    for (int round = 0; round < 2; round++) {
        struct bytes rest = log, line;
        while (bytes_split(&rest, '\n', &line))
            if (line.n)
                ask(&a, line);
    }
    cr_expect_gt(a.records, 200);
    cr_expect_gt(a.matches, 20);
    sample_free(log);
    end(&a);
}

/* One record, and the same with one thing else: each decides for some rule. */
#define RECORD(level, verb, resource, sub, user, groups, agent, decision, code, body)    \
    "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"" level          \
    "\",\"auditID\":\"1\",\"stage\":\"ResponseComplete\",\"requestURI\":\"/x\","         \
    "\"verb\":\"" verb "\",\"user\":{\"username\":\"" user "\",\"groups\":[" groups      \
    "]},\"sourceIPs\":[\"10.0.0.1\"],\"userAgent\":\"" agent                             \
    "\",\"objectRef\":{\"resource\":\"" resource "\",\"subresource\":\"" sub             \
    "\",\"namespace\":\"shop\",\"name\":\"n\"},\"responseStatus\":{\"code\":" code       \
    "}," body "\"annotations\":{\"authorization.k8s.io/decision\":\"" decision "\"}}"
#define PRIVILEGED                                                                       \
    "\"requestObject\":{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"c\","     \
    "\"securityContext\":{\"privileged\":true}}]}},"
#define AUTHENTICATED "\"system:authenticated\""

#define BINDING(uri)                                                                     \
    "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\","     \
    "\"auditID\":\"1\",\"stage\":\"ResponseComplete\",\"requestURI\":\"" uri             \
    "\",\"verb\":\"create\",\"user\":{\"username\":\"bob\",\"groups\":[" AUTHENTICATED   \
    "]},\"sourceIPs\":[\"10.0.0.1\"],\"userAgent\":\"kubectl/v1\",\"objectRef\":"        \
    "{\"resource\":\"clusterrolebindings\",\"name\":\"n\"},\"responseStatus\":"          \
    "{\"code\":201}}"

static const char *const variants[] = {
    RECORD("Request", "get", "secrets", "", "bob", AUTHENTICATED, "kubectl/v1", "allow",
           "200", ""),
    RECORD("Request", "list", "secrets", "", "bob", AUTHENTICATED, "kubectl/v1", "allow",
           "200", ""),
    RECORD("Request", "get", "secrets", "", "system:anonymous",
           "\"system:unauthenticated\"", "kubectl/v1", "allow", "200", ""),
    RECORD("Request", "get", "secrets", "", "bob", "\"system:unauthenticated\"",
           "kubectl/v1", "allow", "200", ""),
    RECORD("Request", "get", "secrets", "", "bob", AUTHENTICATED, "curl/8", "allow",
           "200", ""),
    RECORD("Request", "get", "secrets", "", "bob", AUTHENTICATED, "kube-hunter", "allow",
           "200", ""),
    RECORD("Request", "get", "secrets", "", "bob", AUTHENTICATED, "kubectl/v1", "forbid",
           "403", ""),
    RECORD("Request", "create", "pods", "exec", "bob", AUTHENTICATED, "kubectl/v1",
           "allow", "101", ""),
    RECORD("Request", "create", "pods", "", "bob", AUTHENTICATED, "kubectl/v1", "allow",
           "201", PRIVILEGED),
    RECORD("Request", "create", "pods", "", "bob", AUTHENTICATED, "kubectl/v1", "allow",
           "201", ""),
    RECORD("Metadata", "create", "pods", "", "bob", AUTHENTICATED, "kubectl/v1", "allow",
           "201", ""),
    RECORD("Request", "create", "pods", "", "system:node:a", "\"system:nodes\"",
           "kubelet/v1", "allow", "201", PRIVILEGED),
    /* Only tried: the query tells. */
    BINDING("/x?dryRun=All"),
    BINDING("/x"),
};
#define VARIANTS (sizeof variants / sizeof *variants)

Test(kinds, each_difference_is_another_kind)
{
    struct asking a = begin();
    size_t answers[VARIANTS], differ = 0;
    for (size_t i = 0; i < VARIANTS; i++)
        for (size_t k = 0; k < VARIANTS; k++) {
            answers[k] = ask(&a, bytes_str(variants[i]));
            answers[k] = ask(&a, bytes_str(variants[k]));
            differ += answers[k] != answers[0];
        }
    cr_expect_gt(differ, VARIANTS);
    end(&a);
}

/* A name that no kind can hold is looked at by itself, each time. */
Test(kinds, long_names_belong_to_no_kind)
{
    struct asking a = begin();
    char line[3000], agent[1200];
    memset(agent, 'a', sizeof agent - 1);
    agent[sizeof agent - 1] = '\0';
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line,
                 "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":"
                 "\"Metadata\",\"auditID\":\"%d\",\"stage\":\"ResponseComplete\","
                 "\"requestURI\":\"/x\",\"verb\":\"%s\",\"user\":{\"username\":"
                 "\"system:anonymous\"},\"userAgent\":\"%s\",\"objectRef\":"
                 "{\"resource\":\"secrets\"},\"responseStatus\":{\"code\":200}}",
                 i, i == 1 ? "list" : "get", agent);
        cr_expect_gt(ask(&a, bytes_str(line)), 0);
    }
    end(&a);
}
