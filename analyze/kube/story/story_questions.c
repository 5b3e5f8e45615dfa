/* The questions that stay open, each with its places where there are any. */
#include "analyze/events/clocks.h"
#include "analyze/kube/story/saying.h"

static void ask(struct saying *s, bool open, const char *question)
{
    if (!open)
        return;
    saying_begin(s, question);
    saying_end(s);
}

/* Findings of a kind as one question, with their subjects and places. */
static void ask_of(struct saying *s, const char *kind, const char *before,
                   const char *after)
{
    const struct findings *all = s->y->in->scope->analysis->findings;
    struct intern *named = intern_new();
    uint32_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (strcmp(f->kind->id, kind) != 0 || intern_put(named, f->subject) < n)
            continue;
        if (n++ == 0)
            saying_begin(s, before);
        else if (n <= SUMMARY_ACTS)
            text_str(&s->text, ", ");
        if (n > SUMMARY_ACTS)
            continue;
        text_add(&s->text, f->subject);
        saying_cite(s, f->spans[0]);
    }
    intern_free(named);
    if (n == 0)
        return;
    if (n > SUMMARY_ACTS)
        text_printf(&s->text, " and %u more", n - SUMMARY_ACTS);
    text_str(&s->text, after);
    saying_end(s);
}

static void ask_left(struct saying *s, uint64_t left, const char *question)
{
    if (!left)
        return;
    saying_begin(s, question);
    text_printf(&s->text, " %llu found no room in this account.",
                (unsigned long long)left);
    saying_end(s);
}

static void ask_clocks(void *context, struct bytes sentence, struct span at)
{
    struct saying *s = context;
    saying_begin(s, "");
    text_add(&s->text, sentence);
    if (at.item)
        saying_cite(s, at);
    saying_end(s);
}

/* Somebody with rights of their own, as far as can be told; NULL: nobody. */
static const struct reached *person_of(const struct scope *s)
{
    for (size_t i = 0; i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        if ((r->insider || r->issuer) && is_person(r->what))
            return r;
    }
    return NULL;
}

/* The pod of another workload that the attacker came from, as its token tells. */
static bool ask_way_in(struct saying *s)
{
    const struct scope *scope = s->y->in->scope;
    for (size_t i = 0; i < scope->requests.n; i++) {
        const struct request *r = scope->requests.v[i];
        const struct reached *who = r->folded ? NULL : scope_holds(scope, r);
        struct bytes namespace, name;
        if (!who || !who->insider || !r->from_pod.n || r->time < who->since ||
            !service_account_of(r->user, &namespace, &name))
            continue;
        saying_begin(s, "How did the attacker get into pod ");
        name_object(&s->text, namespace, r->from_pod);
        text_str(&s->text, "? The way into this one came from there.");
        saying_cite(s, r->spans[0]);
        saying_end(s);
        return true;
    }
    return false;
}

static bool comes_by_gateway(const struct scope *s)
{
    for (size_t i = 0; i < s->requests.n; i++)
        if (((const struct request *)s->requests.v[i])->via.n)
            return true;
    return false;
}

static void ask_whose(struct saying *s, const struct reached *person)
{
    saying_begin(s, "Who used the account of ");
    text_add(&s->text, person->what);
    text_str(&s->text, ": its owner, by order or not, or somebody who had stolen it? No "
                       "log of the cluster can tell.");
    saying_cite(s, person->span);
    saying_end(s);
}

/* Alerts, or the events of another sensor on the node. */
static bool has_sensor(const struct scope *s)
{
    bool found = s->alerts.n > 0;
    for (size_t i = 0; i < s->marks.n && !found; i++)
        found = ((const struct mark *)s->marks.v[i])->kind == EVENT_RUNTIME_EVENT;
    return found;
}

/* -- the questions, in their order --------------------------------------------------- */

static void ask_beginning(struct saying *s)
{
    const struct incident *in = s->y->in;
    const struct reached *person = person_of(in->scope);
    ask(s, !in->scope->pod.name.n,
        "Which pod is it about? The package does not make it plain; with --pod "
        "NAMESPACE/NAME more can be answered.");
    ask(s, in->first_sign == INSTANT_NONE,
        "When did it begin? No source shows a first sign.");
    if (person)
        ask_whose(s, person);
    bool sideways = ask_way_in(s);
    ask(s, in->shown && !in->first_line && !in->entered && !person && !sideways,
        "How did the attacker come in? No log line shows an injection.");
    ask(s, in->entered != NULL,
        "Was the session in the pod work of the person whose account opened it?");
}

/* What a source would tell that is not there. */
static void ask_sources(struct saying *s)
{
    const struct incident *in = s->y->in;
    instant log_begins = in->scope->audit_first;
    ask(s, log_begins == INSTANT_NONE,
        "What was done through the API? The package has no audit log that was read.");
    ask(s,
        log_begins != INSTANT_NONE && in->first_sign != INSTANT_NONE &&
            log_begins > in->first_placed,
        "What was done through the API before the audit log begins?");
    ask(s, !has_sensor(in->scope),
        "What ran in the container? There are no runtime alerts.");
    ask(s, !in->rbac.any,
        "What could the account have read? The package has no roles and bindings.");
}

static void ask_containment(struct saying *s)
{
    const struct incident *in = s->y->in;
    if (in->contained != INSTANT_NONE)
        return;
    bool others = incident_other_policies(in);
    ask(s, others,
        "Was it contained? A policy of the network plugin's own kind may select the pod, "
        "and what it blocks is not computed.");
    ask(s, !others && (in->shown || in->first_sign == INSTANT_NONE),
        "Was it contained? No act that holds the pod back is in the evidence.");
}

static void ask_findings(struct saying *s)
{
    ask_of(s, "kube.host-pod", "What was done on the node through ",
           "? A pod with power over its node was created, and nothing of the node itself "
           "is in the package.");
    ask_of(s, "kube.pod-without-request", "Who made ",
           "? A node took it in, and the API server's log does not show the request.");
    ask_of(s, "kube.evidence-destroyed", "What ran in ",
           "? It was deleted before it was captured.");
    ask_of(s, "kube.not-reverted", "Was what the attacker changed taken back later? ",
           ": no request of the log does.");
    ask_of(s, "kube.not-rotated", "Were these rotated later? ",
           ": no rotation is in the evidence.");
}

/* What no source tells, or what there was no room for. */
static void ask_untold(struct saying *s)
{
    const struct scope *scope = s->y->in->scope;
    ask_left(s, scope->cloud_left,
             "What else was asked of the cloud? Of its changes of rights,");
    ask_left(s, scope->alerts_left,
             "What else did the sensor report? Of alerts that repeat what others said,");
    ask_left(s, scope->marks_left,
             "What else stands beside the turning points? Of statements, lines and "
             "events of the node,");
    clocks_doubts(scope->analysis->clocks, ask_clocks, s);
    ask(s, comes_by_gateway(scope),
        "From where did those come who came through a gateway? The API server sees the "
        "gateway's address; its own log has theirs.");
    ask(s, true,
        "Were commands run through the kubelet's own port? The API server does not log "
        "that.");
}

json_t *story_questions(const struct story *y)
{
    struct saying s = {.y = y, .array = json_array(), .key = "question"};
    ask_beginning(&s);
    ask_sources(&s);
    ask_containment(&s);
    ask_findings(&s);
    ask_untold(&s);
    text_release(&s.text);
    return s.array;
}
