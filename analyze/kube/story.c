/* The story: facts in order of time, in phases by ATT&CK tactic, each with its proof, and
 * the questions that stay open. */
#include <stdlib.h>

#include "analyze/kube/incident.h"

#define STORY_FACTS 400

struct fact {
    instant time, placed; /* as stated; by the reference clock, for the order */
    enum event_kind kind;
    enum precision precision;
    const char *phase;
    struct bytes sentence;
    struct span span;
};

struct story {
    struct incident *in;
    struct list facts; /* struct fact * */
};

/* One line of a container is often collected several times. */
static bool is_told(const struct story *y, const struct fact *f)
{
    for (size_t i = 0; i < y->facts.n; i++) {
        const struct fact *other = y->facts.v[i];
        if (other->time == f->time && bytes_eq(other->sentence, f->sentence))
            return true;
    }
    return false;
}

static void add_fact(struct story *y, struct fact f)
{
    struct fact *kept = arena_new(&y->in->scope->arena, struct fact);
    if (y->facts.n >= STORY_FACTS || f.time == INSTANT_NONE || is_told(y, &f))
        return;
    *kept = f;
    kept->placed = incident_place(y->in, f.kind, &f.span, f.time);
    list_add(&y->facts, kept);
}

static bool is_before(const struct incident *in, enum event_kind kind,
                      const struct span *span, instant time)
{
    return incident_place(in, kind, span, time) < in->first_placed;
}

/* -- requests ----------------------------------------------------------------------- */

static const char *phase_of(const struct request *r)
{
    if (bytes_contains(r->resource, BYTES("reviews")))
        return "discovery";
    if (bytes_is(r->resource, "secrets"))
        return "credential access";
    if (bytes_is(r->resource, "serviceaccounts"))
        return r->subresource.n ? "credential access" : "persistence";
    if (bytes_contains(r->resource, BYTES("role")))
        return request_writes(r) ? "privilege escalation" : "discovery";
    if (request_enters(r))
        return "lateral movement";
    if (bytes_is(r->resource, "events"))
        return "defense evasion";
    return request_writes(r) ? "execution" : "discovery";
}

static struct bytes sentence_of(struct scope *s, const struct request *r,
                                const char *what)
{
    struct text t = {0};
    struct bytes user = request_as(r);
    text_printf(&t, "%.*s %s", (int)user.n, (const char *)user.p, what);
    text_str(&t, " (");
    name_action(&t, r);
    text_byte(&t, ' ');
    name_target(&t, r);
    text_str(&t, ")");
    if (request_denied(r))
        text_str(&t, ": denied");
    else if (r->code >= 400)
        text_printf(&t, ": failed with status %lld", (long long)r->code);
    struct bytes kept = arena_copy(&s->arena, text_bytes(&t));
    text_release(&t);
    return kept;
}

static void add_requests(struct story *y)
{
    struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        const char *what = telling(r);
        if (!r->folded && what && is_attackers(y->in, r))
            add_fact(y, (struct fact){.time = r->time,
                                      .kind = EVENT_API_REQUEST,
                                      .precision = r->precision,
                                      .phase = phase_of(r),
                                      .sentence = sentence_of(s, r, what),
                                      .span = r->spans[0]});
    }
}

/* -- alerts and log lines ----------------------------------------------------------- */

/* Falco's rules carry "mitre_credential_access" among their tags. */
static const char *phase_of_tags(struct bytes tags)
{
    static const char *const tactics[][2] = {
        {"mitre_initial_access", "initial access"},
        {"mitre_execution", "execution"},
        {"mitre_persistence", "persistence"},
        {"mitre_privilege_escalation", "privilege escalation"},
        {"mitre_defense_evasion", "defense evasion"},
        {"mitre_credential_access", "credential access"},
        {"mitre_discovery", "discovery"},
        {"mitre_lateral_movement", "lateral movement"},
        {"mitre_command_and_control", "command and control"},
        {"mitre_exfiltration", "exfiltration"},
        {"mitre_impact", "impact"}};
    for (size_t i = 0; i < sizeof tactics / sizeof *tactics; i++)
        if (bytes_contains(tags, bytes_str(tactics[i][0])))
            return tactics[i][1];
    return "execution";
}

static void add_alerts(struct story *y)
{
    struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        if (!a->in_scope || a->drop_notice ||
            is_before(y->in, EVENT_RUNTIME_ALERT, &a->span, a->time))
            continue;
        struct bytes detail = a->command.n ? a->command : a->file;
        const char *sentence =
            arena_printf(&s->arena, "In the container: %.*s%s%.*s", (int)a->rule.n,
                         (const char *)a->rule.p, detail.n ? ": " : "", (int)detail.n,
                         (const char *)detail.p);
        add_fact(y, (struct fact){.time = a->time,
                                  .kind = EVENT_RUNTIME_ALERT,
                                  .precision = a->precision,
                                  .phase = phase_of_tags(a->tags),
                                  .sentence = bytes_str(sentence),
                                  .span = a->span});
    }
}

static void add_lines(struct story *y)
{
    struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind != EVENT_LOG_LINE || is_before(y->in, m->kind, &m->span, m->time))
            continue;
        const char *sentence =
            arena_printf(&s->arena,
                         "The container logged a request with a command in it: "
                         "%.*s",
                         (int)m->message.n, (const char *)m->message.p);
        add_fact(y, (struct fact){.time = m->time,
                                  .kind = EVENT_LOG_LINE,
                                  .precision = m->precision,
                                  .phase = "initial access",
                                  .sentence = bytes_str(sentence),
                                  .span = m->span});
    }
}

static void add_response(struct story *y)
{
    struct scope *s = y->in->scope;
    for (size_t i = 0; i < y->in->acts.n; i++) {
        const struct act *a = y->in->acts.v[i];
        struct text t = {0};
        if (a->kind == ACT_OTHER || (a->request && !request_writes(a->request)))
            continue;
        text_printf(&t, "%.*s: %s ", (int)a->by.n, (const char *)a->by.p,
                    act_name(a->kind));
        if (a->request)
            name_target(&t, a->request);
        else
            text_add(&t, a->mark->object);
        add_fact(y, (struct fact){.time = a->time,
                                  .kind = a->request ? EVENT_API_REQUEST : a->mark->kind,
                                  .precision = a->precision,
                                  .phase = "response",
                                  .sentence = arena_copy(&s->arena, text_bytes(&t)),
                                  .span = a->span});
        text_release(&t);
    }
}

/* -- the document ------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct fact *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->placed, &x->span, y->placed, &y->span);
}

static json_t *render_fact(const struct scope *s, const struct fact *f)
{
    json_t *o = json_object();
    json_object_set_new(o, "time", render_time(f->time, f->precision));
    put_text(o, "sentence", s, f->sentence);
    put_span(o, s, f->span);
    return o;
}

/* Phases in the order in which each began. */
static json_t *phases(const struct story *y)
{
    json_t *array = json_array();
    for (size_t i = 0; i < y->facts.n; i++) {
        const struct fact *f = y->facts.v[i];
        json_t *phase = NULL;
        for (size_t p = 0; p < json_array_size(array) && !phase; p++) {
            json_t *other = json_array_get(array, p);
            if (bytes_is(tree_string(other, "phase"), f->phase))
                phase = other;
        }
        if (!phase) {
            phase = json_object();
            put_word(phase, "phase", f->phase);
            json_object_set_new(phase, "facts", json_array());
            json_array_append_new(array, phase);
        }
        json_array_append_new(json_object_get(phase, "facts"),
                              render_fact(y->in->scope, f));
    }
    return array;
}

static void ask(json_t *array, bool open, const char *question)
{
    if (open)
        json_array_append_new(array, json_string(question));
}

static json_t *questions(const struct incident *in)
{
    const struct scope *s = in->scope;
    json_t *array = json_array();
    ask(array, in->first_sign == INSTANT_NONE,
        "When did it begin? No source shows a first sign.");
    ask(array, in->first_sign != INSTANT_NONE && !in->first_line,
        "How did the attacker come in? No log line shows an injection.");
    ask(array, s->audit_first == INSTANT_NONE,
        "What was done through the API? The package has no audit log that was read.");
    ask(array, s->audit_first != INSTANT_NONE && s->audit_first > in->first_sign,
        "What was done through the API before the audit log begins?");
    ask(array, s->alerts.n == 0,
        "What ran in the container? There are no runtime alerts.");
    ask(array, !in->rbac.any,
        "What could the account have read? The package has no roles and bindings.");
    ask(array, in->contained == INSTANT_NONE,
        "Was it contained? No act that holds the pod back is in the evidence.");
    ask(array, true,
        "Were commands run through the kubelet's own port? The API server does not log "
        "that.");
    return array;
}

json_t *story_document(struct incident *in)
{
    struct story y = {.in = in};
    json_t *o = json_object();
    if (in->first_sign != INSTANT_NONE) {
        add_lines(&y);
        add_alerts(&y);
        add_requests(&y);
        add_response(&y);
    }
    if (y.facts.n > 1)
        qsort(y.facts.v, y.facts.n, sizeof *y.facts.v, by_place);
    put_word(o, "schema", "exhibit/story/1");
    put_time(o, "first_sign", in->first_sign, PRECISION_NANOSECOND);
    put_time(o, "contained", in->contained, PRECISION_MICROSECOND);
    json_object_set_new(o, "phases", phases(&y));
    json_object_set_new(o, "open_questions", questions(in));
    free(y.facts.v);
    return o;
}
