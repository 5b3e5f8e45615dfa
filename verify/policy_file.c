/* The policy file: README, "Policy file". A member that is not known is an error, because
 * a demand with a typing mistake in it would be no demand. */
#include <jansson.h>

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
    size_t n = json_array_size(value), i;
    const char **v = arena_array(&p->arena, const char *, n + 1);
    json_t *word;
    if (!json_is_array(value))
        refuse(r, name, "expected a list of strings");
    json_array_foreach(value, i, word)
    {
        if (!json_is_string(word))
            refuse(r, name, "expected a list of strings");
        v[i] = arena_string(&p->arena, string_of(word));
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

static void read_retention(struct reading *r, const char *name, json_t *value)
{
    const char *member;
    json_t *v;
    struct policy *p = r->policy;
    if (!json_is_object(value))
        refuse(r, name, "expected an object");
    json_object_foreach(value, member, v)
    {
        bool good = true;
        if (strcmp(member, "until") == 0)
            good = instant_parse_date(string_of(v), &p->retain_until, NULL);
        else if (strcmp(member, "days") == 0) {
            good = json_is_integer(v) && json_integer_value(v) > 0 &&
                   json_integer_value(v) <= 36500;
            p->retain_days = good ? json_integer_value(v) : 0;
        } else if (strcmp(member, "governance") == 0) {
            good = json_is_boolean(v);
            p->governance_allowed = json_is_true(v);
        } else if (strcmp(member, "legal_hold") == 0) {
            good = json_is_boolean(v);
            p->legal_hold_required = json_is_true(v);
        } else {
            refuse(r, member, "not known in \"retention\"");
        }
        if (!good)
            refuse(r, member,
                   "expected a date, a number of days up to 36500, or a boolean");
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

int policy_load(const char *path, struct policy **out, const char **why)
{
    static char reason[256];
    json_error_t error;
    json_t *text = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    *why = reason;
    if (!json_is_object(text)) {
        snprintf(reason, sizeof reason, "line %d: %s", error.line,
                 text ? "expected an object" : error.text);
        json_decref(text);
        return 1;
    }
    struct reading r = {.policy = policy_default()};
    const char *name;
    json_t *value;
    json_object_foreach(text, name, value) read_member(&r, name, value);
    json_decref(text);
    if (r.why) {
        snprintf(reason, sizeof reason, "%s", r.why);
        policy_free(r.policy);
        return 1;
    }
    *out = r.policy;
    return 0;
}
