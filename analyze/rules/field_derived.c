/* What exhibit derives from audit records (field.h lists it). */
#include "analyze/rules/field.h"
#include "formats/audit.h"
#include "formats/base/limits.h"

static const struct audit_user *effective(const struct audit_event *e)
{
    return e->has_impersonated && e->impersonated.username.n ? &e->impersonated
                                                             : &e->user;
}

static void derive_actor(const struct record *r, struct values *to)
{
    if (r->audit)
        values_text(to, effective(r->audit)->username);
}

static bool any_is(struct bytes text, const char *const *words)
{
    for (; *words; words++)
        if (bytes_is(text, *words))
            return true;
    return false;
}

static bool in_group(const struct audit_user *u, const char *group)
{
    for (size_t i = 0; i < u->groups.n; i++)
        if (bytes_is(u->groups.v[i], group))
            return true;
    return false;
}

/* The parts of the control plane say so twice: by who they are and by their agent. The
 * account alone is not enough, because tokens of controllers are stolen and used with
 * kubectl; the agent alone is not, because the client chooses it. */
static bool is_control_plane(const struct audit_event *e)
{
    static const char *const users[] = {"system:kube-controller-manager",
                                        "system:kube-scheduler", "system:apiserver",
                                        "system:kube-apiserver", NULL};
    struct bytes user = e->user.username;
    if (audit_is_operator(user))
        return true;
    bool agent = audit_is_control_plane_agent(e->user_agent);
    /* Old servers and some exports leave the agent out. */
    bool unsaid = e->user_agent.n == 0;
    if (any_is(user, users) ||
        bytes_starts(user, BYTES("system:serviceaccount:kube-system:")))
        return agent || unsaid;
    if (audit_is_distribution(user)) /* whose agents go by many names */
        return unsaid || !audit_is_tool(e->user_agent);
    return agent && in_group(&e->user, "system:masters");
}

/* Of an account of a node. */
static bool is_kubelet(const struct audit_event *e)
{
    return e->user_agent.n == 0 || audit_is_kubelet_agent(e->user_agent);
}

static void derive_gateway(const struct record *r, struct values *to)
{
    if (r->audit && audit_actor(r->audit) != &r->audit->user)
        values_text(to, BYTES("true"));
}

static struct bytes kind_behind_gateway(struct bytes user)
{
    return bytes_is(user, "system:anonymous") ? BYTES("anonymous")
           : bytes_starts(user, BYTES("system:serviceaccount:"))
               ? BYTES("service-account")
               : BYTES("user");
}

static void derive_caller(const struct record *r, struct values *to)
{
    const struct audit_event *e = r->audit;
    if (!e || e->user.username.n == 0)
        return;
    struct bytes user = e->user.username;
    struct bytes kind = BYTES("user");
    if (audit_actor(e) != &e->user)
        kind = kind_behind_gateway(audit_actor(e)->username);
    else if (bytes_is(user, "system:anonymous") ||
             in_group(&e->user, "system:unauthenticated"))
        kind = BYTES("anonymous");
    else if (is_control_plane(e))
        kind = BYTES("control-plane");
    else if (bytes_starts(user, BYTES("system:node:")))
        kind = is_kubelet(e) ? BYTES("kubelet") : BYTES("node");
    else if (bytes_starts(user, BYTES("system:serviceaccount:")))
        kind = BYTES("service-account");
    values_text(to, kind);
}

static void derive_client(const struct record *r, struct values *to)
{
    struct bytes agent = r->audit ? r->audit->user_agent : BYTES_NONE;
    if (agent.n)
        values_text(to, audit_is_tool(agent) ? BYTES("tool") : BYTES("component"));
}

/* "system:serviceaccount:NAMESPACE:NAME" */
static void derive_home(const struct record *r, struct values *to)
{
    struct bytes prefix = BYTES("system:serviceaccount:");
    struct bytes user = r->audit ? effective(r->audit)->username : BYTES_NONE;
    if (!bytes_starts(user, prefix))
        return;
    struct bytes rest = bytes_from(user, prefix.n);
    values_text(to, bytes_sub(rest, 0, bytes_find_byte(rest, ':')));
}

/* "vpa" of "vpa-webhook-config". */
static struct bytes first_word(struct bytes name)
{
    size_t dash = bytes_find_byte(name, '-'), dot = bytes_find_byte(name, '.');
    return bytes_sub(name, 0, dash < dot ? dash : dot);
}

/* What is shorter stands in front of everything. */
#define OWN_SHORTEST 3

static void derive_own(const struct record *r, struct values *to)
{
    struct bytes user = r->audit ? effective(r->audit)->username : BYTES_NONE;
    struct bytes prefix = BYTES("system:serviceaccount:");
    struct bytes home, account = bytes_from(user, prefix.n);
    struct bytes word = r->audit ? first_word(r->audit->object.name) : BYTES_NONE;
    if (!bytes_starts(user, prefix) || !bytes_split(&account, ':', &home) ||
        word.n < OWN_SHORTEST)
        return;
    if (bytes_eq(word, first_word(account)) || bytes_eq(word, first_word(home)))
        values_text(to, BYTES("true"));
}

static void derive_allowed(const struct record *r, struct values *to)
{
    const struct audit_event *e = r->audit;
    struct found f = {.value = {.type = VALUE_BOOL, .integer = 1}};
    if (!e)
        return;
    bool told = e->response.present && e->response.code;
    if (bytes_is(e->decision, "forbid") || (told && e->response.code >= 400) ||
        bytes_is(e->response.status, "Failure") || audit_is_dry_run(e))
        f.value.integer = 0;
    else if (!told && !bytes_is(e->decision, "allow"))
        return; /* nothing says it */
    values_add(to, &f);
}

static void derive_peer(const struct record *r, struct values *to)
{
    const struct audit_event *e = r->audit;
    if (e && e->source_ips.n > 0 && e->source_ips.more == 0)
        values_text(to, e->source_ips.v[e->source_ips.n - 1]);
}

/* -- request URI -------------------------------------------------------------------- */

static int hex_digit(uint8_t c)
{
    return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
}

/* RFC 3986 2.1. What is no escape stays as it is. */
static struct bytes percent_decode(struct bytes text, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '%' && text.n - i > 2 && is_hex(text.p[i + 1]) &&
            is_hex(text.p[i + 2])) {
            c = (uint8_t)(hex_digit(text.p[i + 1]) << 4 | hex_digit(text.p[i + 2]));
            i += 2;
        }
        out[n++] = c;
    }
    return bytes_of(out, n);
}

static void derive_path(const struct record *r, struct values *to)
{
    if (!r->audit)
        return;
    struct bytes uri = r->audit->request_uri;
    struct bytes path = bytes_sub(uri, 0, bytes_find_byte(uri, '?'));
    path = percent_decode(path, to->arena);
    if (path.n && path.p[0] != '/') /* of GKE: "core/v1/nodes/…", "healthz" */
        path = bytes_str(
            arena_printf(to->arena, "/%.*s", (int)path.n, (const char *)path.p));
    values_text(to, path);
}

static void derive_argv(const struct record *r, struct values *to)
{
    struct text word = {0};
    if (!r->audit)
        return;
    struct audit_command c = audit_command_of(r->audit);
    while (to->n < LIMIT_FIELD_VALUES && audit_command_next(&c, &word))
        values_text(to, arena_copy(to->arena, text_bytes(&word)));
    text_release(&word);
}

/* What a create makes may get its name from the server. */
static void derive_name(const struct record *r, struct values *to)
{
    const struct audit_event *e = r->audit;
    if (!e)
        return;
    const struct jsonl_value bodies[] = {e->response_object, e->request_object};
    values_text(to, e->object.name);
    for (size_t i = 0; to->n == 0 && i < sizeof bodies / sizeof *bodies; i++) {
        struct jsonl_value metadata = jsonl_get(bodies[i], "metadata");
        values_text(to, jsonl_string(jsonl_get(metadata, "name")));
    }
}

/* The same name in two namespaces is two objects. */
static void derive_object(const struct record *r, struct values *to)
{
    struct text t = {0};
    if (!r->audit)
        return;
    struct bytes namespace = r->audit->object.namespace, name = r->audit->object.name;
    text_add(&t, namespace);
    if (namespace.n)
        text_byte(&t, '/');
    text_add(&t, name);
    if (name.n)
        values_text(to, arena_copy(to->arena, text_bytes(&t)));
    text_release(&t);
}

/* -- config maps and secrets -------------------------------------------------------- */

static const char *const data_members[] = {"data", "stringData"};
#define DATA_MEMBERS (sizeof data_members / sizeof *data_members)

static void add_datum(struct values *to, struct bytes key, struct jsonl_value value)
{
    struct text t = {0};
    text_add(&t, key);
    text_byte(&t, '=');
    text_add(&t, jsonl_string(value));
    values_text(to, arena_copy(to->arena, text_bytes(&t)));
    text_release(&t);
}

static void add_data(struct values *to, struct jsonl_value members)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(members);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);)
        add_datum(to, key, v);
}

/* {"op":"add","path":"/data/KEY","value":"…"}, or all of /data at once. */
static void add_patched_data(struct values *to, struct jsonl_value operation)
{
    struct jsonl_value value = jsonl_get(operation, "value");
    if (bytes_is(jsonl_string(jsonl_get(operation, "op")), "test"))
        return;
    for (size_t i = 0; i < DATA_MEMBERS; i++) {
        struct bytes path = jsonl_string(jsonl_get(operation, "path")), before, member;
        if (!bytes_split(&path, '/', &before) || !bytes_split(&path, '/', &member) ||
            !bytes_is(member, data_members[i]))
            continue;
        if (path.n)
            add_datum(to, path, value);
        else
            add_data(to, value);
    }
}

static void derive_data(const struct record *r, struct values *to)
{
    struct bytes key;
    struct jsonl_value operation;
    if (!r->audit)
        return;
    struct jsonl_value body = r->audit->request_object;
    for (size_t i = 0; i < DATA_MEMBERS; i++)
        add_data(to, jsonl_get(body, data_members[i]));
    struct jsonl_walk w = jsonl_members(body);
    while (jsonl_is(body, JSONL_ARRAY) && jsonl_next(&w, &key, &operation))
        add_patched_data(to, operation);
}

/* -- JSON patches ------------------------------------------------------------------- */

/* Deeper values than a container in a template has are of no kind that rules ask for. */
#define PATCH_DEPTH 8

struct patching {
    struct values *to;
    struct bytes op;
    struct text path;
};

static void add_operation(struct patching *p, struct jsonl_value value)
{
    char room[JSONL_SCALAR];
    struct text t = {0};
    text_add(&t, p->op);
    text_byte(&t, ' ');
    text_add(&t, text_bytes(&p->path));
    text_byte(&t, ' ');
    text_add(&t, jsonl_scalar(value, room));
    values_text(p->to, arena_copy(p->to->arena, text_bytes(&t)));
    text_release(&t);
}

/* What an operation puts in, member by member: whoever adds a whole securityContext adds
 * what is in it. */
static void add_operations(struct patching *p, struct jsonl_value value, size_t depth)
{
    struct bytes key;
    struct jsonl_value member;
    size_t n = 0;
    bool nested = jsonl_is(value, JSONL_OBJECT) || jsonl_is(value, JSONL_ARRAY);
    struct jsonl_walk w = jsonl_members(value);
    for (; nested && depth && jsonl_next(&w, &key, &member); n++) {
        size_t length = p->path.n;
        text_byte(&p->path, '/');
        if (jsonl_is(value, JSONL_ARRAY))
            text_printf(&p->path, "%zu", n);
        else
            text_add(&p->path, key);
        add_operations(p, member, depth - 1);
        p->path.n = length;
    }
    if (n == 0)
        add_operation(p, value);
}

/* RFC 6902: one operation is {"op":"add","path":"/rules/-","value":…}. */
static void derive_patch(const struct record *r, struct values *to)
{
    struct jsonl_value operation;
    struct bytes key;
    struct patching p = {.to = to};
    if (!r->audit || !jsonl_is(r->audit->request_object, JSONL_ARRAY))
        return;
    struct jsonl_walk w = jsonl_members(r->audit->request_object);
    while (jsonl_next(&w, &key, &operation)) {
        p.op = jsonl_string(jsonl_get(operation, "op"));
        if (bytes_is(p.op, "test")) /* asks, and puts nothing in */
            continue;
        text_clear(&p.path);
        text_add(&p.path, jsonl_string(jsonl_get(operation, "path")));
        add_operations(&p, jsonl_get(operation, "value"), PATCH_DEPTH);
    }
    text_release(&p.path);
}

static field_fn *derived_of_sensor(struct bytes name)
{
    static const struct {
        const char *name;
        field_fn *derive;
    } known[] = {
        {"exhibit.event", field_derive_event},
        {"exhibit.program", field_derive_program},
        {"exhibit.target", field_derive_target},
        {"exhibit.container", field_derive_container},
        {"exhibit.rule", field_derive_rule},
        {"exhibit.severity", field_derive_severity},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_is(name, known[i].name))
            return known[i].derive;
    return NULL;
}

field_fn *field_derived(enum log_source source, struct bytes name, bool *of_kind)
{
    static const struct {
        const char *name;
        field_fn *derive;
        bool of_kind; /* kinds.c has all that it reads */
    } known[] = {
        {"exhibit.actor", derive_actor, true},
        {"exhibit.caller", derive_caller, true},
        {"exhibit.allowed", derive_allowed, true},
        {"exhibit.gateway", derive_gateway, true},
        {"exhibit.home", derive_home, true},
        {"exhibit.client", derive_client, true},
        {"exhibit.own", derive_own, false},
        {"exhibit.peer", derive_peer, false},
        {"exhibit.path", derive_path, false},
        {"exhibit.argv", derive_argv, false},
        {"exhibit.patch", derive_patch, false},
        {"exhibit.csr", field_derive_csr, false},
        {"exhibit.started", field_derive_started, false},
        {"exhibit.name", derive_name, false},
        {"exhibit.object", derive_object, false},
        {"exhibit.data", derive_data, false},
    };
    bool started = source == LOG_SOURCE_AUDIT || source == LOG_SOURCE_FALCO ||
                   source == LOG_SOURCE_TETRAGON || source == LOG_SOURCE_TRACEE ||
                   source == LOG_SOURCE_KUBEARMOR;
    if (started && bytes_is(name, "exhibit.command"))
        return field_derive_command;
    if (source == LOG_SOURCE_TRACEE || source == LOG_SOURCE_TETRAGON ||
        source == LOG_SOURCE_KUBEARMOR || source == LOG_SOURCE_GUARDDUTY)
        return derived_of_sensor(name);
    if (source != LOG_SOURCE_AUDIT)
        return NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!bytes_is(name, known[i].name))
            continue;
        *of_kind = known[i].of_kind;
        return known[i].derive;
    }
    return NULL;
}
