/* What in the evidence does what a sentence of the written timeline claims. */
#include "analyze/kube/claims/claim_evidence.h"

#define CLAIM_SHOWN 8
/* Evidence must share the act and the thing, or the thing and its name. */
#define CLAIM_ENOUGH 4
#define ZONES_MOST   (14 * 3600 * NANOSECONDS)
#define ZONES_STEP   (15 * 60 * NANOSECONDS)
/* "1.1.1.1" */
#define ADDRESS_LEAST 7

/* -- requests ----------------------------------------------------------------------- */

/* "/bin/bash", "C:\\Windows\\System32\\cmd.exe": the program's own name. */
static struct bytes program_name(struct bytes word)
{
    for (const char *c = "/\\"; *c; c++) {
        size_t slash = bytes_rfind_byte(word, (uint8_t)*c);
        word = slash < word.n ? bytes_from(word, slash + 1) : word;
    }
    if (bytes_ends(word, BYTES(".exe")))
        word.n -= 4;
    return word;
}

/* Was a shell asked for, or the terminal of what runs there? */
static bool opens_shell(const struct request *r)
{
    static const char *const shells[] = {"sh",  "bash", "ash",        "dash", "zsh",
                                         "ksh", "cmd",  "powershell", "pwsh", NULL};
    static const char *const starters[] = {"chroot",  "nsenter", "env",    "sudo",
                                           "busybox", "unshare", "script", NULL};
    struct bytes command = r->command, word;
    bool shell = false, more = bytes_is(r->subresource, "exec");
    for (bool first = true; more && !shell && bytes_word(&command, &word);
         first = false) {
        word = program_name(word);
        shell = word_is_one_of(word, shells);
        more = !first || word_is_one_of(word, starters); /* "chroot /host bash" */
    }
    return shell || bytes_is(r->subresource, "attach");
}

unsigned claim_acts_of(const struct request *r)
{
    unsigned acts = 0;
    bool change = bytes_is(r->verb, "patch") || bytes_is(r->verb, "update");
    if (bytes_starts(r->verb, BYTES("delete")) || bytes_is(r->subresource, "eviction"))
        acts |= CLAIMED_DELETE | (bytes_is(r->resource, "pods") ? CLAIMED_RESTART : 0u);
    if (bytes_is(r->verb, "create"))
        acts |= CLAIMED_CREATE;
    if (bytes_is(r->verb, "list") || bytes_is(r->verb, "watch"))
        acts |= CLAIMED_LIST | CLAIMED_READ;
    if (bytes_is(r->verb, "get"))
        acts |= CLAIMED_READ;
    /* The kubelet's own are for the pods that it starts. */
    if (request_is(r, "serviceaccounts", "token") && is_tool(r->agent))
        acts |= CLAIMED_READ;
    if (request_enters(r))
        acts |= CLAIMED_ENTER | CLAIMED_INSIDE | (opens_shell(r) ? CLAIMED_SHELL : 0u);
    if (request_of_policy(r) && request_writes(r))
        acts |= CLAIMED_ISOLATE;
    bool gives = bytes_ends(r->resource, BYTES("rolebindings")) ||
                 bytes_is(r->resource, "securitycontextconstraints");
    if (gives && request_writes(r) && !(acts & CLAIMED_DELETE))
        acts |= CLAIMED_BIND;
    if (bytes_is(r->resource, "secrets") &&
        (change || (acts & CLAIMED_CREATE && r->name.n)) && r->written != VALUES_LEFT)
        acts |= CLAIMED_ROTATE;
    /* The level may leave out what was changed of the pod. */
    if (change && bytes_is(r->resource, "pods") &&
        (tree_get(r->request, "metadata/labels") || !json_is_object(r->request)))
        acts |= CLAIMED_LABEL;
    if (change && bytes_is(r->resource, "nodes"))
        acts |= CLAIMED_CORDON;
    if (change) /* what changes of a pod's own, restarts nothing in it */
        acts |= CLAIMED_CHANGE |
                (bytes_is(r->resource, "pods") ? 0u : (unsigned)CLAIMED_RESTART);
    if (r->login.n)
        acts = CLAIMED_LOGIN;
    return bytes_is(r->subresource, "scale") ? acts | CLAIMED_SCALE : acts;
}

/* People say what was bound to whom; the binding's own name is seldom worth a word. */
static bool names_bound(struct bytes text, const struct request *r)
{
    const json_t *subjects = tree_get(r->request, "subjects");
    if (!bytes_ends(r->resource, BYTES("rolebindings")))
        return false;
    struct bytes role = tree_string(r->request, "roleRef/name");
    bool named = role.n && claim_has_word(text, role);
    for (size_t i = 0; !named && i < json_array_size(subjects); i++) {
        struct bytes subject = tree_string(json_array_get(subjects, i), "name");
        named = subject.n && claim_has_word(text, subject);
    }
    return named;
}

/* "web-0 isolated": the one that all is about. */
static bool names_pod(const struct claim_state *c)
{
    return claim_has_word(c->claim->message, c->in->scope->pod.name);
}

/* What is isolated is a pod, and what isolates it a policy. */
static bool isolates(const struct claim_state *c, const struct request *r)
{
    bool of_pods = c->resource ? strcmp(c->resource, "pods") == 0 ||
                                     strcmp(c->resource, "namespaces") == 0
                               : names_pod(c);
    return of_pods && r->acts & c->acts & CLAIMED_ISOLATE && !(r->acts & CLAIMED_DELETE);
}

/* "A network policy" is one of any kind: Kubernetes', Cilium's, Calico's. */
static bool has_kinds(const char *resource)
{
    return strcmp(resource, "webhookconfigurations") == 0 ||
           strcmp(resource, "networkpolicies") == 0;
}

/* `oc adm policy add-scc-to-user` binds the role that lets use the constraints: the
 * binding has the role's name, which ends in that of the constraints. */
#define USES_CONSTRAINTS "system:openshift:scc:"

static bool gives_constraints(const struct request *r)
{
    struct bytes role = BYTES(USES_CONSTRAINTS);
    return bytes_ends(r->resource, BYTES("rolebindings")) &&
           (bytes_starts(r->name, role) ||
            bytes_starts(tree_string(r->request, "roleRef/name"), role));
}

/* What people call the object. */
static struct bytes name_of(const struct request *r)
{
    struct bytes role = BYTES(USES_CONSTRAINTS);
    return bytes_starts(r->name, role) ? bytes_from(r->name, role.n) : r->name;
}

/* `oc debug node/N` makes the pod N-debug-…, `kubectl debug node/N` node-debugger-N-… */
static struct bytes debugged_node(const struct request *r)
{
    struct bytes name = r->name, kubectls = BYTES("node-debugger-");
    if (!bytes_is(r->resource, "pods"))
        return BYTES_NONE;
    if (bytes_starts(name, kubectls)) {
        name = bytes_from(name, kubectls.n);
        return bytes_sub(name, 0, bytes_rfind_byte(name, '-'));
    }
    size_t mark = bytes_find(name, BYTES("-debug"));
    return mark < name.n ? bytes_sub(name, 0, mark) : BYTES_NONE;
}

static bool debugs_node(const struct claim_state *c, const struct request *r)
{
    if (strcmp(c->resource, "nodes") != 0 || !(c->acts & CLAIMED_ENTER))
        return false;
    struct bytes node = debugged_node(r);
    return node.n && claim_has_word(c->claim->message, node);
}

bool claim_is_resource(const struct claim_state *c, const struct request *r)
{
    if (!c->resource)
        return false;
    if (debugs_node(c, r))
        return true;
    if (strcmp(c->resource, "namespaces") == 0)
        return request_of_namespace(r);
    return bytes_is(r->resource, c->resource) ||
           (has_kinds(c->resource) && bytes_ends(r->resource, bytes_str(c->resource))) ||
           (strcmp(c->resource, "securitycontextconstraints") == 0 &&
            gives_constraints(r));
}

/* Of a claim that tells of a refusal alone, whatever was refused. */
static int score_request(const struct claim_state *c, const struct request *r)
{
    struct bytes text = c->claim->message;
    unsigned claimed = c->acts & ~(unsigned)CLAIMED_OUTCOME;
    if (claimed ? !(r->acts & claimed) : !request_denied(r))
        return 0;
    int score = 2;
    bool bound = names_bound(text, r); /* "bound x to service account y" */
    struct bytes name = name_of(r);
    bool named =
        r->name.n && (claim_has_word(text, name) || claim_has_word(c->about, name));
    if (claim_is_resource(c, r) || isolates(c, r) ||
        (bound && r->acts & c->acts & CLAIMED_BIND))
        score += 2;
    else if (c->resource)
        score -= 2;
    if (named || bound)
        score += 2;
    else if (r->acts & c->acts & CLAIMED_LOGIN)
        score += 2; /* there is one thing that somebody logs in to */
    else if (r->acts & c->acts & (CLAIMED_LABEL | CLAIMED_CORDON | CLAIMED_ISOLATE))
        score += 1;
    if (claim_names_user(text, r))
        score += 1;
    return score;
}

bool claim_is_timed(const struct claim_state *c)
{
    return c->claim->time != INSTANT_NONE && !c->claim->loose;
}

instant claim_placed(const struct claim_state *c)
{
    return instant_after(c->claim->time, c->shift);
}

instant claim_ends(const struct claim_state *c)
{
    const struct mark *m = c->claim;
    instant end = m->end > m->time ? m->end : m->time;
    return instant_after(end, c->shift + precision_width(m->precision));
}

bool claim_is_near(const struct claim_state *c, instant t)
{
    const struct mark *m = c->claim;
    if (c->any_time)
        return true;
    int64_t near = m->loose ? CLAIM_LOOSE : CLAIM_NEAR;
    int64_t past = m->said ? CLAIM_LOOSE : near;
    return (m->before || t >= instant_after(claim_placed(c), -past)) &&
           (m->after || t <= instant_after(claim_ends(c), near));
}

void claim_show(json_t *array, json_t *o)
{
    if (json_array_size(array) < CLAIM_SHOWN)
        json_array_append_new(array, o);
    else
        json_decref(o);
}

void claim_support(struct claim_state *c, struct clock_moment m, json_t *o)
{
    instant placed = incident_place(c->in, m.kind, &m.span, m.time);
    c->first = c->sources && c->first < placed ? c->first : placed;
    c->last = c->sources && c->last > placed ? c->last : placed;
    c->sources |= 1u << m.kind;
    claim_show(c->supports, o);
}

void claim_add_fit(struct claim_state *c, struct clock_moment m)
{
    if (c->fit_count < CLAIM_FITS)
        c->fits[c->fit_count] = m;
    c->fit_count++;
}

/* Only the same thing, done at another time, contradicts. */
static bool is_same_object(const struct claim_state *c, const struct request *r)
{
    return r->name.n == 0 || (c->resource && debugs_node(c, r)) ||
           claim_has_word(c->claim->message, name_of(r));
}

bool claim_is_object(const struct claim_state *c, const struct request *r)
{
    return c->resource && claim_is_resource(c, r) && r->name.n &&
           claim_has_word(c->claim->message, r->name);
}

/* One request for all of another namespace's. */
static bool is_of_another_home(const struct claim_state *c, const struct request *r)
{
    return c->names_object && c->home.n && !r->name.n && r->namespace.n &&
           claim_is_resource(c, r) && !bytes_eq(c->home, r->namespace);
}

/* All that the claim names in one request: then its end is what is told of it. */
static bool does_all(const struct claim_state *c, const struct request *r)
{
    unsigned claimed = c->acts & ~(unsigned)(CLAIMED_OUTCOME | CLAIMED_EFFECT);
    return claimed && !(claimed & ~r->acts);
}

/* What was refused or failed did not happen, unless the claim says so. One that tells of
 * several acts, of which one was refused, tells of the others as well. */
static bool ends_as_claimed(const struct claim_state *c, const struct request *r)
{
    if (c->acts & CLAIMED_DENIED)
        return !request_succeeded(r) || !does_all(c, r);
    return c->acts & CLAIMED_TRIED || request_succeeded(r);
}

/* The claim says in which namespace, and that is another one. */
static bool is_elsewhere(const struct claim_state *c, const struct request *r)
{
    return c->place.n && r->namespace.n && !bytes_eq(c->place, r->namespace) &&
           !claim_says_in(c->claim->message, r->namespace);
}

/* What a session ran stands in its record. */
static bool runs_another(const struct claim_state *c, const struct request *r)
{
    return c->program.n && r->command.n && !claim_has_word(r->command, c->program);
}

static bool does(const struct claim_state *c, const struct request *r)
{
    bool other = c->name.n && r->name.n && !bytes_eq(c->name, r->name) && c->resource &&
                 claim_is_resource(c, r) && !debugs_node(c, r) &&
                 !claim_has_word(c->claim->message, name_of(r));
    if (r->folded || r->time == INSTANT_NONE || other || is_elsewhere(c, r) ||
        is_of_another_home(c, r) || score_request(c, r) < CLAIM_ENOUGH)
        return false;
    return !c->names_object || !r->name.n || (c->resource && !claim_is_resource(c, r)) ||
           is_same_object(c, r) || names_bound(c->claim->message, r);
}

bool claim_request_fits(const struct claim_state *c, const struct request *r)
{
    return does(c, r) && ends_as_claimed(c, r);
}

/* -- who ---------------------------------------------------------------------------- */

/* A kubelet takes a pod away that somebody else had deleted. */
static bool is_end_of_deletion(const struct request *r)
{
    return bytes_starts(r->user, BYTES("system:node:")) &&
           bytes_is(r->resource, "pods") && bytes_is(r->verb, "delete");
}

/* Let in with the name of an account that the attacker held there. */
static bool is_attackers_login(const struct incident *in, const struct request *r)
{
    struct request as = *r;
    as.user = r->login;
    return r->login.n && is_attackers(in, &as);
}

/* Whose object the controller's is made for, where that was made just before; or NULL.
 * What it makes of it weeks later nobody tells of as theirs. */
static const struct request *maker_behind(const struct request *r)
{
    const struct request *cause = r->ordered ? r->caused : request_cause(r);
    bool soon = cause != r && instant_apart(r->time, cause->time) <= CLAIM_LOOSE;
    return soon || r->ordered ? cause : NULL;
}

bool claim_is_by_actor(const struct claim_state *c, const struct request *r)
{
    const struct request *behind = maker_behind(r);
    const struct claim_actor *a = &c->actor;
    bool known_attacker = a->attacker && c->in->first_sign != INSTANT_NONE;
    if (!known_attacker && a->count == 0 && !a->cluster)
        return true;
    if (a->cluster && is_control_plane(r->user) && !is_end_of_deletion(r))
        return true;
    if (known_attacker && (is_attackers(c->in, r) || is_attackers_login(c->in, r) ||
                           (behind && is_attackers(c->in, behind))))
        return true;
    /* A person whose name somebody else used did not do it. */
    for (size_t i = 0; i < a->count; i++)
        if (bytes_eq(a->users[i], r->login.n ? r->login : r->user) ||
            (behind && bytes_eq(a->users[i], behind->user)) ||
            (bytes_eq(a->users[i], request_as(r)) && !is_person(request_as(r))))
            return true;
    return false;
}

/* Does the claim name who did what fits at that time? Then nobody else's act supports it.
 */
static bool names_actor(const struct claim_state *c)
{
    const struct request *r;
    for (size_t at = 0; (r = claim_next_doing(c, &at));)
        if (claim_is_near(c, r->time) && claim_names_user(c->claim->message, r) &&
            claim_request_fits(c, r))
            return true;
    return false;
}

/* It was asked for, and ended otherwise: kept where nothing better is. */
static void note_otherwise(struct claim_state *c, const struct request *r)
{
    bool of_claim = claim_is_near(c, r->time) || claim_is_object(c, r);
    if (!c->otherwise && of_claim && is_same_object(c, r) && claim_is_by_actor(c, r))
        c->otherwise = r;
}

/* Zones are quarters of hours apart. */
static bool may_be_zone(const struct claim_state *c, instant t)
{
    int64_t apart = instant_apart(t, claim_placed(c)), past;
    bool within = apart < ZONES_MOST && apart > -ZONES_MOST;
    past = apart % ZONES_STEP;
    past += past < 0 ? ZONES_STEP : 0;
    return c->claim->zone_assumed && within &&
           (past <= CLAIM_NEAR + precision_width(c->claim->precision) ||
            past >= ZONES_STEP - CLAIM_NEAR);
}

/* Others log in as well. */
static bool is_claimed_login(const struct claim_state *c, const struct request *r)
{
    return claim_names_user(c->claim->message, r) ||
           (c->actor.attacker && is_attackers_login(c->in, r));
}

static void try_request(struct claim_state *c, const struct request *r)
{
    bool near = claim_is_near(c, r->time);
    if (r->login.n && !is_claimed_login(c, r))
        return;
    const struct clock_moment m = incident_moment(r);
    if (!near && !c->zoned && claim_is_by_actor(c, r) && is_same_object(c, r) &&
        may_be_zone(c, r->time))
        c->zoned = r;
    claim_add_fit(c, m);
    if (near && claim_is_by_actor(c, r)) {
        claim_support(c, m, render_request(c->in->scope, r));
    } else if (near && !c->by_another) {
        c->by_another = r;
    } else if (!near && is_same_object(c, r) &&
               !(c->actor.attacker && is_control_plane(r->user)) &&
               (!c->elsewhen ||
                (!claim_is_by_actor(c, c->elsewhen) && claim_is_by_actor(c, r)))) {
        c->elsewhen = r;
    }
}

/* Google's log has no query of the request, and so no command of a session. */
static void note_untold(struct claim_state *c, const struct request *r)
{
    bool session = bytes_is(r->subresource, "exec") && !r->command.n && !r->folded;
    if (session && c->acts & CLAIMED_SHELL && request_succeeded(r) &&
        claim_is_near(c, r->time) && claim_is_object(c, r) && claim_is_by_actor(c, r))
        c->untold_program = r;
}

/* "The token was used from 198.51.100.7": no act is named, but where it came from. */
static void try_address(struct claim_state *c, const struct request *r)
{
    if (!r->folded && r->time != INSTANT_NONE && claim_is_near(c, r->time) &&
        r->source.n >= ADDRESS_LEAST && claim_has_word(c->claim->message, r->source))
        claim_show(c->supports, render_request(c->in->scope, r));
}

void claim_try_requests(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    bool named = c->acts && names_actor(c);
    for (size_t i = 0; !c->acts && i < s->requests.n; i++)
        try_address(c, s->requests.v[i]);
    const struct request *r;
    for (size_t at = 0; c->acts && (r = claim_next_doing(c, &at));) {
        note_untold(c, r);
        if (!does(c, r) || (named && !claim_names_user(c->claim->message, r)))
            continue;
        if (runs_another(c, r))
            c->other_program = claim_is_near(c, r->time) ? r : c->other_program;
        else if (ends_as_claimed(c, r))
            try_request(c, r);
        else
            note_otherwise(c, r);
    }
}
