/* What an account did all along. Controllers list all secrets, builders make privileged
 * pods: by a rule alone that is grave each time, and an analyst drowns in it. What the
 * same rule had found before the incident, again and again, of the same account with the
 * same client from the same address, is the account's work: told once, and as no more
 * than low; so is what the days of --baseline are full of. A name alone excuses nothing,
 * since an attacker can give any. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "formats/base/memory.h"

#define ROUTINE SEVERITY_LOW

/* Findings of one rule about requests that differ in no more than the object's name. */
struct habit {
    struct finding *lead; /* the first one: it is told for all */
    uint64_t findings, count;
    instant first, last;
    bool
        excluded; /* a request of it is the attacker's, or not to be called anybody's work
                   */
};

struct routine {
    const struct incident *in;
    struct intern *places; /* of records; the number is an index into requests */
    const struct request **requests;
    struct intern *keys; /* the number is an index into habits */
    struct habit *habits;
    size_t capacity;
    uint32_t *habit_of; /* of each finding, or NO_HABIT */
};
#define NO_HABIT UINT32_MAX

/* -- the requests that findings are about ---------------------------------------------
 */

/* A record's place as a key. */
struct place {
    uint64_t offset, item;
};

static struct place place_of(const struct span *span)
{
    return (struct place){span->offset, span->item ? span->item->id : 0};
}

#define PLACE(p) bytes_of(&(p), sizeof(p))

/* Of the many requests only those are of interest that a finding is about. */
static void index_requests(struct routine *r)
{
    const struct scope *s = r->in->scope;
    const struct findings *all = s->analysis->findings;
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < all->v[i]->span_count; k++) {
            struct place at = place_of(&all->v[i]->spans[k]);
            intern_put(r->places, PLACE(at));
        }
    r->requests = memory_new(intern_count(r->places) + 1, sizeof *r->requests);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *made = s->requests.v[i];
        for (size_t k = 0; k < made->span_count; k++) {
            struct place at = place_of(&made->spans[k]);
            uint32_t n;
            if (intern_find(r->places, PLACE(at), &n))
                r->requests[n] = made;
        }
    }
}

static const struct request *request_at(const struct routine *r, const struct span *span)
{
    struct place at = place_of(span);
    uint32_t n;
    return intern_find(r->places, PLACE(at), &n) ? r->requests[n] : NULL;
}

/* -- habits ---------------------------------------------------------------------------
 */

static void add_word(struct text *key, struct bytes word)
{
    text_printf(key, "%zu:", word.n);
    text_add(key, word);
}

/* Who watches is told all that a list tells, and lists now and then for it. */
static struct bytes verb_of(const struct request *r)
{
    return bytes_is(r->verb, "watch") ? BYTES("list") : r->verb;
}

static void add_request(struct text *key, const struct request *r)
{
    const struct bytes words[] = {request_as(r), verb_of(r), r->resource, r->subresource,
                                  r->namespace,  r->agent,   r->source};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add_word(key, words[i]);
}

/* Rule, and each kind of request once: "five denied" and "six denied" are one habit.
 * False when one of the records is no request that was kept: then nothing is known of it.
 */
static bool habit_key(const struct routine *r, const struct finding *f, struct text *key)
{
    struct text one = {0};
    text_clear(key);
    add_word(key, bytes_str(f->kind->id));
    bool known = f->span_count > 0;
    for (size_t i = 0; i < f->span_count && known; i++) {
        const struct request *made = request_at(r, &f->spans[i]);
        known = made != NULL;
        text_clear(&one);
        if (made)
            add_request(&one, made);
        if (!bytes_contains(text_bytes(key), text_bytes(&one)))
            text_add(key, text_bytes(&one));
    }
    text_release(&one);
    return known;
}

/* Without a first sign the whole log is looked at, and only what no person and no tool in
 * a person's hand did can be anybody's work. */
static bool is_excluded(const struct routine *r, const struct finding *f)
{
    bool unsure = r->in->first_sign == INSTANT_NONE;
    for (size_t i = 0; i < f->span_count; i++) {
        const struct request *made = request_at(r, &f->spans[i]);
        if (is_attackers(r->in, made) ||
            (unsure && (is_person(request_as(made)) || is_tool(made->agent))))
            return true;
    }
    return false;
}

/* Correlations have no actor of their own; each of them counts as one. */
static void extend(struct routine *r, struct habit *h, struct finding *f)
{
    uint64_t count = 1;
    instant last = f->time;
    if (finding_argument_of(f, "actor").n)
        bytes_to_u64(finding_argument_of(f, "count"), &count);
    instant_parse(finding_argument_of(f, "last"), &last, NULL);
    h->first = h->findings == 0 || f->time < h->first ? f->time : h->first;
    h->last = h->findings == 0 || last > h->last ? last : h->last;
    h->count += count;
    h->findings++;
    h->excluded |= f->time == INSTANT_NONE || is_excluded(r, f);
}

static void see(struct routine *r, struct finding *f, struct text *key, uint32_t *habit)
{
    *habit = NO_HABIT;
    if (f->not_decidable || !habit_key(r, f, key))
        return;
    uint32_t known = intern_count(r->keys);
    *habit = intern_put(r->keys, text_bytes(key));
    r->habits = memory_grow(r->habits, &r->capacity, *habit + 1, sizeof *r->habits);
    if (*habit == known)
        r->habits[*habit] = (struct habit){.lead = f};
    extend(r, &r->habits[*habit], f);
}

/* Done so often and so long in the days of --baseline, each kind of request of it. */
static bool is_of_baseline(const struct routine *r, const struct habit *h)
{
    for (size_t i = 0; i < h->lead->span_count; i++) {
        struct request before = *request_at(r, &h->lead->spans[i]);
        before.baseline = true;
        const struct pattern *p = journal_pattern(r->in->scope, &before);
        if (!p || p->count < ORDINARY_COUNT ||
            instant_apart(p->last, p->first) < ORDINARY_TIME)
            return false;
    }
    return h->lead->span_count > 0;
}

/* So often at its own rhythm before the first sign that it cannot be of the incident;
 * where there is none, since the log begins and for long. */
static bool is_routine(const struct routine *r, const struct habit *h)
{
    const struct incident *in = r->in;
    if (!h->excluded && is_of_baseline(r, h))
        return true;
    if (h->excluded || h->count < ORDINARY_COUNT ||
        instant_apart(h->last, h->first) < ORDINARY_TIME)
        return false;
    const struct scope *s = in->scope;
    if (in->first_sign == INSTANT_NONE) {
        int64_t quarter = instant_apart(s->audit_last, s->audit_first) / 4;
        return h->first <= instant_after(s->audit_first, quarter) &&
               instant_apart(h->last, h->first) >= quarter;
    }
    int64_t before = instant_apart(in->first_placed, h->first);
    int64_t rhythm = instant_apart(h->last, h->first) / (int64_t)(h->count - 1);
    return before >= ORDINARY_TIME && before / rhythm >= ORDINARY_COUNT - 1;
}

/* -- what becomes of the findings -----------------------------------------------------
 */

static void take_in(struct finding *lead, const struct finding *f)
{
    for (size_t i = 0; i < f->span_count; i++)
        finding_span(lead, f->spans[i]);
    lead->more_spans += f->more_spans;
}

static void set_argument(struct scope *s, struct finding *f, const char *name,
                         const char *value)
{
    struct bytes kept = arena_copy(&s->arena, bytes_str(value));
    for (size_t i = 0; i < f->argument_count; i++)
        if (strcmp(f->arguments[i].name, name) == 0) {
            f->arguments[i].value = kept;
            return;
        }
    finding_argument(f, name, kept);
}

static void tell_habit(struct scope *s, struct habit *h)
{
    char room[INSTANT_TEXT], text[160];
    struct finding *f = h->lead;
    struct bytes actor = finding_argument_of(f, "actor");
    f->severity = f->severity < ROUTINE ? f->severity : ROUTINE;
    f->time = h->first;
    if (h->findings > 1 && actor.n)
        f->subject = actor;
    snprintf(text, sizeof text, "%" PRIu64, h->count);
    set_argument(s, f, "count", text);
    set_argument(s, f, "last", instant_format(h->last, PRECISION_NANOSECOND, room));
    snprintf(text, sizeof text, "the same account, client and address did it all along");
    set_argument(s, f, "routine", text);
    if (h->findings > 1) {
        snprintf(text, sizeof text, "%" PRIu64 " like this", h->findings);
        set_argument(s, f, "object", text);
    }
}

/* One finding stays for each habit. */
static void fold(struct routine *r)
{
    struct findings *all = r->in->scope->analysis->findings;
    size_t kept = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct finding *f = all->v[i];
        struct habit *h = r->habit_of[i] == NO_HABIT ? NULL : &r->habits[r->habit_of[i]];
        if (h && is_routine(r, h) && h->lead != f)
            take_in(h->lead, f);
        else
            all->v[kept++] = f;
    }
    all->n = kept;
}

/* Rules about components take a client by its name; what the attacker did under such a
 * name is as grave as if it had been done with kubectl. */
static void unmask(const struct routine *r, struct finding *f)
{
    if (!bytes_ends(bytes_str(f->kind->id), BYTES("_by_component")) ||
        f->severity != SEVERITY_MEDIUM)
        return;
    for (size_t i = 0; i < f->span_count; i++) {
        const struct request *made = request_at(r, &f->spans[i]);
        if (made && is_attackers(r->in, made))
            f->severity = SEVERITY_HIGH;
    }
}

void incident_routine(struct incident *in)
{
    struct findings *all = in->scope->analysis->findings;
    struct routine r = {.in = in, .places = intern_new(), .keys = intern_new()};
    struct text key = {0};
    r.habit_of = memory_new(all->n + 1, sizeof *r.habit_of);
    index_requests(&r);
    for (size_t i = 0; i < all->n; i++) {
        see(&r, all->v[i], &key, &r.habit_of[i]);
        unmask(&r, all->v[i]);
    }
    fold(&r);
    for (uint32_t i = 0; r.habits && i < intern_count(r.keys); i++)
        if (is_routine(&r, &r.habits[i]))
            tell_habit(in->scope, &r.habits[i]);
    text_release(&key);
    free(r.habit_of);
    free(r.habits);
    free(r.requests);
    intern_free(r.keys);
    intern_free(r.places);
}
