/* The policy file: README, "Policy file". A member that is not known is an error, because
 * a demand with a typing mistake in it would be no demand. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "formats/base/text.h"
#include "verify/policy.h"

struct reading {
    struct policy *policy;
    const char *why; /* in the policy's arena, or NULL */
};

static void refuse(struct reading *r, const char *name, const char *expected)
{
    if (!r->why)
        r->why = arena_printf(&r->policy->arena, "\"%s\": %s", name, expected);
}

static struct bytes string_of(const json_t *value)
{
    if (!json_is_string(value))
        return BYTES_NONE;
    return bytes_of(json_string_value(value), json_string_length(value));
}

static void read_artefacts(struct reading *r, const char *name, json_t *value)
{
    static const char *const words[] = {"optional", "recommended", "required"};
    const char *artefact;
    json_t *demand;
    if (!json_is_object(value))
        refuse(r, name, "expected an object of roles");
    r->policy->artefacts_always = true;
    json_object_foreach(value, artefact, demand)
    {
        enum role role;
        size_t i = 0;
        while (i < 3 && !bytes_is(string_of(demand), words[i]))
            i++;
        if (!role_by_name(bytes_str(artefact), &role))
            refuse(r, artefact, "not a role (exhibit list shows them)");
        else if (i == 3)
            refuse(r, artefact, "expected \"required\", \"recommended\" or \"optional\"");
        else
            r->policy->artefacts[role] = (enum requirement)i;
    }
}

static void read_algorithms(struct reading *r, const char *name, json_t *value)
{
    size_t i;
    json_t *word;
    if (!json_is_array(value))
        refuse(r, name, "expected a list of algorithms");
    r->policy->algorithms = 0;
    json_array_foreach(value, i, word)
    {
        enum digest_algorithm algorithm;
        if (!digest_by_name(string_of(word), &algorithm))
            refuse(r, name, "an algorithm that exhibit does not compute");
        else if (digest_info(algorithm)->weak)
            refuse(r, name, "MD5 and SHA-1 cannot carry a verdict");
        else
            r->policy->algorithms |= DIGEST_BIT(algorithm);
    }
}

/* Numbers with single dots between them, two at least (X.660). */
static bool is_oid(struct bytes text)
{
    size_t dots = 0;
    bool digit = false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.' ? !digit : !(text.p[i] >= '0' && text.p[i] <= '9'))
            return false;
        digit = text.p[i] != '.';
        dots += !digit;
    }
    return digit && dots > 0;
}

static void read_list(struct reading *r, const char *name, json_t *value)
{
    struct policy *p = r->policy;
    const struct {
        const char *name;
        const char *const **to;
    } lists[] = {{"signers", &p->signers},
                 {"authorities", &p->authorities},
                 {"timestamp_policies", &p->timestamp_policies},
                 {"signer_usages", &p->usages}};
    bool are_oids =
        strcmp(name, "timestamp_policies") == 0 || strcmp(name, "signer_usages") == 0;
    size_t n = json_array_size(value), i;
    const char **v = arena_array(&p->arena, const char *, n + 1);
    json_t *word;
    if (!json_is_array(value))
        refuse(r, name, "expected a list of strings");
    json_array_foreach(value, i, word)
    {
        struct bytes text = string_of(word);
        if (text.n == 0)
            refuse(r, name, "expected a list of strings that are not empty");
        else if (are_oids && !is_oid(text))
            refuse(r, name, "expected object identifiers as dotted numbers: 1.2.3");
        v[i] = arena_string(&p->arena, text);
    }
    for (i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(lists[i].name, name) == 0)
            *lists[i].to = v;
    }
}

static void read_require(struct reading *r, const char *name, json_t *value)
{
    size_t i;
    json_t *word;
    if (!json_is_array(value))
        refuse(r, name, "expected a list");
    json_array_foreach(value, i, word)
    {
        struct bytes text = string_of(word);
        if (bytes_is(text, "signature"))
            r->policy->signature_required = true;
        else if (bytes_is(text, "timestamp"))
            r->policy->timestamp_required = true;
        else if (bytes_is(text, "retention"))
            r->policy->retention_required = true;
        else
            refuse(r, name, "expected \"signature\", \"timestamp\" or \"retention\"");
    }
}

/* NULL when it is good, else what was expected. */
static const char *read_demand(struct policy *p, const char *member, json_t *v)
{
    if (strcmp(member, "until") == 0)
        return instant_parse_date(string_of(v), &p->retain_until, NULL)
                   ? NULL
                   : "expected a date or time: 2033-11-23 or 2033-11-23T00:00:00Z";
    if (strcmp(member, "days") == 0) {
        p->retain_days = json_integer_value(v);
        return p->retain_days > 0 && p->retain_days <= 36500
                   ? NULL
                   : "expected a number of days, 1 to 36500";
    }
    bool *wish = strcmp(member, "governance") == 0   ? &p->governance_allowed
                 : strcmp(member, "legal_hold") == 0 ? &p->legal_hold_required
                                                     : NULL;
    if (!wish)
        return "not known in \"retention\"";
    *wish = json_is_true(v);
    return json_is_boolean(v) ? NULL : "expected true or false";
}

static void read_retention(struct reading *r, const char *name, json_t *value)
{
    const char *member;
    json_t *v;
    if (!json_is_object(value))
        refuse(r, name, "expected an object");
    json_object_foreach(value, member, v)
    {
        const char *expected = read_demand(r->policy, member, v);
        if (expected)
            refuse(r, member, expected);
    }
}

static void read_schema(struct reading *r, const char *name, json_t *value)
{
    if (!bytes_is(string_of(value), "exhibit.policy/1"))
        refuse(r, name, "expected \"exhibit.policy/1\"");
}

static void read_content_time(struct reading *r, const char *name, json_t *value)
{
    if (!json_is_boolean(value))
        refuse(r, name, "expected true or false");
    r->policy->content_timestamp_dates_signature = json_is_true(value);
}

static const struct {
    const char *name;
    void (*read)(struct reading *r, const char *name, json_t *value);
} members[] = {
    {"schema", read_schema},
    {"artefacts", read_artefacts},
    {"algorithms", read_algorithms},
    {"signers", read_list},
    {"authorities", read_list},
    {"timestamp_policies", read_list},
    {"signer_usages", read_list},
    {"require", read_require},
    {"retention", read_retention},
    {"content_timestamp_dates_signature", read_content_time},
};

static void read_member(struct reading *r, const char *name, json_t *value)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (strcmp(members[i].name, name) == 0) {
            members[i].read(r, name, value);
            return;
        }
    }
    refuse(r, name, "not a member of a policy");
}

/* Whatever can be read, a pipe too. */
static bool read_file(const char *path, struct text *out)
{
    uint8_t block[16 * KIB];
    FILE *f = fopen(path, "rbe");
    size_t n;
    while (f && out->n <= LIMIT_DOCUMENT && (n = fread(block, 1, sizeof block, f)) > 0)
        text_add(out, bytes_of(block, n));
    bool good = f && !ferror(f) && out->n <= LIMIT_DOCUMENT;
    if (f)
        fclose(f);
    return good;
}

/* As PowerShell writes it too: in UTF-16, or with a byte order mark. */
static json_t *parse(struct bytes content, struct arena *arena, json_error_t *error)
{
    struct marked_text m = marked_text_of(content, arena);
    if (!m.fault.code)
        return json_loadb((const char *)m.text.p, m.text.n, JSON_REJECT_DUPLICATES,
                          error);
    *error = (json_error_t){.line = 1};
    snprintf(error->text, sizeof error->text, "%s", fault_text(m.fault.code));
    return NULL;
}

/* NULL, or what is wrong; it lives as long as the policy. */
static const char *read_policy(struct policy *p, struct bytes content)
{
    struct reading r = {.policy = p};
    json_error_t error = {0};
    json_t *text = parse(content, &p->arena, &error), *value;
    const char *name;
    if (!json_is_object(text))
        r.why = arena_printf(&p->arena, "line %d: %s", error.line,
                             text ? "expected an object" : error.text);
    else
        json_object_foreach(text, name, value) read_member(&r, name, value);
    json_decref(text);
    return r.why;
}

int policy_load(const char *path, struct policy **out, const char **why)
{
    static char reason[256];
    struct text content = {0};
    *why = reason;
    if (!read_file(path, &content)) {
        snprintf(reason, sizeof reason, "%s",
                 content.n > LIMIT_DOCUMENT ? "too large for a policy" : strerror(errno));
        text_release(&content);
        return 1;
    }
    struct policy *p = policy_default();
    const char *wrong = read_policy(p, text_bytes(&content));
    text_release(&content);
    if (!wrong) {
        *out = p;
        return 0;
    }
    snprintf(reason, sizeof reason, "%s", wrong);
    policy_free(p);
    return 1;
}
