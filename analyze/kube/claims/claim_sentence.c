/* Sentences of several acts: each is judged by itself, then whether they came in the
 * order that is told ("after the shell was opened, the secret was read"). */
#include "analyze/kube/claims/claim_sentence.h"

#include "analyze/kube/claims/claim_mood.h"
#include "analyze/kube/claims/claim_parts.h"

/* Two sources whose clocks nobody compared tell no order of what lies closer together:
 * clocks that are kept agree within it, and some records have whole seconds. */
#define ORDER_CLOCKS (2 * NANOSECONDS)

struct told {
    struct claim_part part;
    struct mark mark; /* the claim's, with the words of the part */
    struct claim_state state;
    enum claim_verdict verdict;
};

/* -- what the acts leave to each other ----------------------------------------------- */

/* What a part leaves to the one before: who did it, what was done, to what. */
static void go_on(struct claim_state *c, const struct claim_part *part,
                  const struct claim_state *before)
{
    if (part->goes_on && !c->actor.attacker && !c->actor.count)
        c->actor = before->actor;
    if (part->goes_on && before->acts & CLAIMED_TRIED)
        c->acts |= CLAIMED_TRIED;
    if (part->same_act)
        c->acts |= before->acts;
    bool of_pods = part->other_time && c->acts & CLAIMED_ISOLATE; /* "before isolation" */
    if (!c->resource && !before->resource && !claim_has_name(part->text))
        c->about = before->about.n ? before->about : before->claim->message;
    if (!c->resource)
        c->resource = of_pods ? "pods" : before->resource;
    if (!c->name.n && part->same_act)
        c->name = claim_bare_name(part->text);
    c->names_object = claim_names_object(c);
}

static json_t *render_part(const struct claim_state *c, enum claim_verdict v)
{
    json_t *o = json_object();
    json_object_set_new(o, "claim", render_text(c->in->scope, c->claim->message));
    put_word(o, "verdict", claim_verdict_name(v));
    json_object_set(o, "why", c->why);
    return o;
}

/* The sentence's evidence is that of its parts, each shown once. */
static void gather(json_t *all, const json_t *some)
{
    size_t i, k;
    json_t *one;
    json_array_foreach(some, i, one)
    {
        bool known = false;
        for (k = 0; k < json_array_size(all) && !known; k++)
            known = json_equal(json_array_get(all, k), one);
        if (!known)
            claim_show(all, json_incref(one));
    }
}

static enum claim_verdict both(enum claim_verdict a, enum claim_verdict b)
{
    if (a == b)
        return a;
    return a == CLAIM_CONTRADICTED || b == CLAIM_CONTRADICTED ? CLAIM_CONTRADICTED
                                                              : CLAIM_PARTLY;
}

/* -- the order ----------------------------------------------------------------------- */

static bool have_one_clock(const struct claim_state *a, const struct claim_state *b)
{
    return a->sources == b->sources && (a->sources & (a->sources - 1)) == 0;
}

static void put_why(json_t *o, const char *format, instant first, instant then)
{
    char a[INSTANT_TEXT], b[INSTANT_TEXT];
    instant_format(first, PRECISION_MILLISECOND, a);
    instant_format(then, PRECISION_MILLISECOND, b);
    struct text t = {0};
    text_printf(&t, "%s: what is said to have come first was at %s, the other at %s",
                format, a, b);
    json_object_set_new(o, "why", json_pack("[s]", text_c(&t)));
    text_release(&t);
}

/* Contradicted where all of what is said to have come first came last. */
static enum claim_verdict judge_order(const struct told *before, const struct told *t,
                                      json_t *o)
{
    bool later = t->part.order == ORDER_LATER;
    const struct claim_state *first = later ? &before->state : &t->state;
    const struct claim_state *then = later ? &t->state : &before->state;
    int64_t apart = have_one_clock(first, then) ? 0 : ORDER_CLOCKS;
    enum claim_verdict v =
        first->first > instant_after(then->last, apart)     ? CLAIM_CONTRADICTED
        : first->first >= instant_after(then->last, -apart) ? CLAIM_NEITHER
                                                            : CLAIM_SUPPORTED;
    static const char *const words[] = {"the sources do not tell which was first",
                                        "the order is that of the evidence",
                                        "the order was the other one"};
    put_word(o, "verdict", claim_verdict_name(v));
    put_why(o, words[v], first->first, then->last);
    return v;
}

/* "No secret was read before isolation" says nothing of what was read since. */
static void bound_denial(struct claim_state *denied, const struct claim_state *by,
                         enum claim_order order)
{
    bool known = by->sources != 0;
    if (order == ORDER_LATER)
        denied->since = known ? by->last : INT64_MAX;
    if (order == ORDER_EARLIER)
        denied->until = known ? by->first : INT64_MIN;
}

static bool denies(const struct told *t)
{
    return claim_denies(t->part.text);
}

static void bound_by_others(struct told *told, size_t n, size_t i)
{
    static const enum claim_order other_way[] = {ORDER_UNTOLD, ORDER_EARLIER,
                                                 ORDER_LATER};
    if (i && !denies(&told[i - 1]))
        bound_denial(&told[i].state, &told[i - 1].state, told[i].part.order);
    if (i + 1 < n && !denies(&told[i + 1]))
        bound_denial(&told[i].state, &told[i + 1].state,
                     other_way[told[i + 1].part.order]);
}

/* -- the sentence -------------------------------------------------------------------- */

static bool intends(const struct told *t)
{
    return t->state.intended || claim_intends(t->part.text);
}

static void begin(const struct claim_sentence *s, struct told *told, size_t n)
{
    bool meant = claim_intends_all(s->all->claim->message);
    for (size_t i = 0; i < n; i++) {
        struct told *t = &told[i];
        t->mark = *s->all->claim;
        t->mark.message = t->part.text;
        t->state = claim_state_of(s->all->in, s->known, &t->mark);
        t->state.any_time |= t->part.other_time;
        t->state.goes_on = t->part.goes_on || t->part.same_act || t->part.other_time;
        t->state.intended = meant || (i && t->part.goes_on && intends(&told[i - 1]));
        if (i && told[i - 1].state.any_time && t->part.goes_on)
            t->state.any_time = true;
        if (i)
            go_on(&t->state, &t->part, &told[i - 1].state);
        /* "created and bound x", but not "cordoned worker-2 and labelled the pod" */
        if (i && !told[i - 1].state.resource && !claim_has_name(told[i - 1].part.text))
            told[i - 1].state.resource = t->state.resource;
    }
    /* "After reading the secret, the attacker …" */
    if (n > 1 && told[0].part.other_time && told[0].part.goes_on)
        go_on(&told[0].state, &told[0].part, &told[1].state);
}

/* What is denied last: where its time is told, the other acts tell it. */
static void judge_acts(struct told *told, size_t n)
{
    for (int denied = 0; denied < 2; denied++)
        for (size_t i = 0; i < n; i++) {
            if (denies(&told[i]) != (denied == 1))
                continue;
            if (denied)
                bound_by_others(told, n, i);
            told[i].verdict = claim_judge_act(&told[i].state);
        }
}

static enum claim_verdict judge_parts(struct claim_sentence *s, struct told *told,
                                      size_t n)
{
    enum claim_verdict whole = told[0].verdict;
    for (size_t i = 0; i < n; i++) {
        const struct told *t = &told[i];
        json_t *o = render_part(&t->state, t->verdict);
        whole = both(whole, t->verdict);
        if (i && t->part.order && t->verdict == CLAIM_SUPPORTED &&
            told[i - 1].verdict == CLAIM_SUPPORTED) {
            json_t *order = json_object();
            whole = both(whole, judge_order(&told[i - 1], t, order));
            gather(s->all->why, json_object_get(order, "why"));
            json_object_set_new(o, "order", order);
        }
        json_array_append_new(s->parts, o);
        gather(s->all->supports, t->state.supports);
        gather(s->all->contradicts, t->state.contradicts);
        gather(s->all->why, t->state.why);
    }
    return whole;
}

enum claim_verdict claim_judge_sentence(struct claim_sentence *s)
{
    struct claim_part parts[CLAIM_PARTS];
    struct told told[CLAIM_PARTS] = {0};
    size_t n = claim_parts(s->all->claim->message, parts);
    if (n == 1)
        return claim_judge_act(s->all);
    for (size_t i = 0; i < n; i++)
        told[i].part = parts[i];
    begin(s, told, n);
    judge_acts(told, n);
    enum claim_verdict whole = judge_parts(s, told, n);
    for (size_t i = 0; i < n; i++)
        claim_release(&told[i].state);
    return whole;
}

bool claim_is_of_other_times(struct bytes text)
{
    struct claim_part parts[CLAIM_PARTS];
    size_t n = claim_parts(text, parts);
    bool other = false;
    for (size_t i = 0; n > 1 && i < n; i++)
        other |= parts[i].other_time;
    return other;
}
