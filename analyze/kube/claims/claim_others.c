/* Alerts, log lines, checkpoints and the cloud: what of them fits a sentence of the
 * written timeline. */
#include "analyze/kube/claims/claim_evidence.h"
#include "analyze/kube/places.h"

/* Of "AccessEntry" each word, of "DeleteAccessKey" not "Key"; "Creat" is also in
 * "created". */
#define CLOUD_WORD   4
#define CLOUD_STEM   5
#define CLOUD_ENOUGH 5

/* "sh", "su" and "ps" stand in other words' company. */
#define PROGRAM_NAME 4

static int shared_words(struct bytes text, struct bytes evidence)
{
    int shared = 0;
    size_t from = 0;
    while (from < text.n) {
        size_t end = from;
        while (end < text.n && !is_blank(text.p[end]))
            end++;
        struct bytes word = bytes_sub(text, from, end - from);
        while (word.n && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == ','))
            word.n--;
        /* Long words, addresses and paths tell; short ones stand everywhere. */
        bool address = word.n > 6 && (bytes_find_byte(word, ':') < word.n ||
                                      (word.n > 8 && word.p[0] == '/'));
        if (word.n >= 5 && bytes_contains(evidence, word))
            shared += address ? 4 : 1;
        from = end + 1;
    }
    return shared;
}

/* "read the service account token" */
static bool reads_token(const struct claim_state *c, struct bytes evidence)
{
    return c->acts & CLAIMED_READ && claim_has_word(c->claim->message, BYTES("token")) &&
           bytes_contains(evidence, BYTES("/serviceaccount/token"));
}

/* ATT&CK's escape to host, by what a rule found there. */
static bool is_way_out(const struct claim_state *c, const struct span *at)
{
    return places_have(c->known->ways_out, at);
}

/* The sensor saw the program that the sentence says was run. */
static bool runs_program(const struct claim_state *c, struct bytes command)
{
    return c->program.n && claim_has_word(command, c->program);
}

bool claim_alert_does(const struct claim_state *c, const struct alert *a)
{
    if (c->acts & CLAIMED_ESCAPE &&
        (bytes_contains(a->tags, BYTES("T1611")) || is_way_out(c, &a->span)))
        return true;
    if (reads_token(c, a->file) || reads_token(c, a->command))
        return true;
    if (c->acts & CLAIMED_DOWNLOAD)
        return bytes_contains(a->rule, BYTES("Remote File Copy"));
    return c->acts & CLAIMED_SHELL &&
           (bytes_contains(a->rule, BYTES("shell")) ||
            bytes_contains(a->rule, BYTES("Redirect STDOUT/STDIN")));
}

static bool alert_fits(const struct claim_state *c, const struct alert *a)
{
    struct bytes text = c->claim->message;
    int named = a->process.n >= PROGRAM_NAME && claim_has_word(text, a->process) ? 2 : 0;
    if (named + shared_words(text, a->output) + shared_words(text, a->command) +
            shared_words(text, a->rule) + shared_words(text, a->file) >=
        4)
        return true;
    if (runs_program(c, a->command))
        return true;
    if (c->acts & CLAIMED_INJECTION && a == c->in->first_alert)
        return true;
    return claim_alert_does(c, a);
}

bool claim_process_does(const struct claim_state *c, const struct mark *m)
{
    static const char *const shells[] = {"/sh ", "/bash ", "/dash ", "/ash ", "/zsh "},
                             *const clients[] = {"curl ", "wget "};
    if (m->kind != EVENT_RUNTIME_EVENT || !m->in_scope)
        return false;
    if (reads_token(c, m->actor))
        return true;
    if (c->acts & CLAIMED_ESCAPE && is_way_out(c, &m->span))
        return true;
    for (size_t i = 0; c->acts & CLAIMED_SHELL && i < sizeof shells / sizeof *shells; i++)
        if (bytes_contains(m->actor, bytes_str(shells[i])))
            return true;
    for (size_t i = 0; c->acts & CLAIMED_DOWNLOAD && i < 2; i++)
        if (bytes_contains(m->actor, bytes_str(clients[i])))
            return true;
    return false;
}

/* It does what is claimed, or has the words of the claim. */
static bool process_fits(const struct claim_state *c, const struct mark *m)
{
    return claim_process_does(c, m) ||
           (m->kind == EVENT_RUNTIME_EVENT && m->in_scope &&
            (runs_program(c, m->actor) ||
             shared_words(c->claim->message, m->message) >= 4));
}

/* "CreateAccessEntry": how many of its words the claim has, its verb twice; and the last
 * part of what it was done to. */
static int cloud_score(struct bytes text, const struct mark *m)
{
    int score = 0;
    struct bytes target = bytes_from(m->object, bytes_rfind_byte(m->object, '/') + 1);
    for (size_t from = 0, to; from < m->action.n; from = to) {
        for (to = from + 1;
             to < m->action.n && !(m->action.p[to] >= 'A' && m->action.p[to] <= 'Z');)
            to++;
        struct bytes word = bytes_sub(m->action, from, to - from);
        if (word.n >= CLOUD_WORD &&
            claim_find(text, bytes_sub(word, 0, CLOUD_STEM), 0) <= text.n)
            score += from ? 1 : 2;
    }
    return score + (target.n && claim_has_word(text, target));
}

static bool cloud_fits(const struct claim_state *c, const struct mark *m)
{
    bool others = c->actor.attacker && !(m->suspicious && m->in_scope);
    return m->kind == EVENT_CLOUD_REQUEST && !m->failed && !others &&
           cloud_score(c->claim->message, m) >= CLOUD_ENOUGH;
}

/* The pod's document tells when its containers started and ended. */
static bool restart_fits(const struct claim_state *c, const struct mark *m)
{
    const struct bytes pod = c->in->scope->pod.name;
    bool another = c->names_object && !claim_has_word(c->claim->message, pod);
    return m->kind == EVENT_OBJECT_TIME && m->in_scope && !another &&
           c->acts & CLAIMED_RESTART &&
           (bytes_is(m->action, "container started") ||
            bytes_is(m->action, "container ended"));
}

/* A line of a log that stands in several files is one line. */
static bool same_line(const struct mark *a, const struct mark *b)
{
    return a->kind == EVENT_LOG_LINE && b->kind == EVENT_LOG_LINE && a->time == b->time &&
           bytes_eq(a->message, b->message) && bytes_eq(a->object, b->object);
}

/* Marks are in order of time. */
static bool is_copy(const struct scope *s, size_t number)
{
    const struct mark *line = s->marks.v[number];
    for (size_t i = number; i-- > 0;) {
        const struct mark *before = s->marks.v[i];
        if (before->time != line->time)
            return false;
        if (same_line(before, line))
            return true;
    }
    return false;
}

/* The record, with the places of its copies. */
static json_t *render_line(const struct scope *s, size_t number)
{
    const struct mark *line = s->marks.v[number];
    json_t *o = render_mark(s, line);
    json_t *spans = json_object_get(o, "spans");
    for (size_t i = number + 1; i < s->marks.n; i++) {
        const struct mark *copy = s->marks.v[i];
        if (copy->time != line->time)
            break;
        if (same_line(line, copy))
            json_array_append_new(spans, render_span(s, copy->span));
    }
    return o;
}

void claim_try_others(struct claim_state *c)
{
    const struct scope *s = c->in->scope;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        if (!a->in_scope || !alert_fits(c, a))
            continue;
        const struct clock_moment at = {EVENT_RUNTIME_ALERT, a->time, a->precision,
                                        a->span};
        claim_add_fit(c, at);
        if (claim_is_near(c, a->time))
            claim_support(c, at, render_alert(s, a));
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        bool fits = (m->kind == EVENT_LOG_LINE &&
                     c->acts & (CLAIMED_INJECTION | CLAIMED_SHELL)) ||
                    (m->kind == EVENT_CHECKPOINT && c->acts & CLAIMED_CHECKPOINT) ||
                    process_fits(c, m) || cloud_fits(c, m) || restart_fits(c, m);
        if (fits && m->time != INSTANT_NONE && claim_is_near(c, m->time) &&
            !is_copy(s, i))
            claim_support(c,
                          (struct clock_moment){m->kind, m->time, m->precision, m->span},
                          render_line(s, i));
    }
}
