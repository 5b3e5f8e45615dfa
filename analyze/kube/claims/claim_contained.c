/* "The incident was contained": no act, but a state, of which the acts of the responders,
 * what the attacker did since and what outlives the pod tell. */
#include "analyze/kube/claims/claim_contained.h"

#define RUNNING_SHOWN 4

/* What is contained, where it is an incident: a file "contained" something else. */
static bool ends_there(struct bytes text, size_t end)
{
    static const char *const next[] = {"at",    "by", "since", "after", "and", "now",
                                       "fully", "um", "seit",  "when",  "on",  NULL};
    struct bytes rest = bytes_trim(bytes_from(text, end)), word;
    if (!rest.n || bytes_find_byte(BYTES(".,;:!)"), rest.p[0]) < 6)
        return true;
    bytes_split(&rest, ' ', &word);
    return word_is_one_of(word, next);
}

/* Said of the attacker: others lose their passwords. */
static bool is_locked_out(struct bytes text)
{
    static const char *const words[] = {"locked out", "lost access", "lost all access",
                                        "ausgesperrt"};
    bool out = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        out |= claim_find(text, bytes_str(words[i]), 0) <= text.n;
    return out && claim_blames_attacker(text);
}

bool claim_is_of_containment(struct bytes text)
{
    static const char *const words[] = {"contained",
                                        "containment complete",
                                        "containment achieved",
                                        "containment confirmed",
                                        "eingedämmt",
                                        "endigué",
                                        "maîtrisé"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t end = claim_find(text, bytes_str(words[i]), 0);
        if (end <= text.n && ends_there(text, end))
            return true;
    }
    return is_locked_out(text);
}

/* "The pod was contained" is no word about the incident. */
static bool is_of_pod(const struct claim_state *c)
{
    static const char *const incidents[] = {"incident", "attack", "intrusion",
                                            "breach",   "threat", "vorfall",
                                            "angriff",  "attaque"};
    bool named = false;
    for (size_t i = 0; i < sizeof incidents / sizeof *incidents; i++)
        named |= claim_find(c->claim->message, bytes_str(incidents[i]), 0) <=
                 c->claim->message.n;
    return !named && c->resource && strcmp(c->resource, "pods") == 0;
}

/* What the attacker still did, and no program of the pod had always done. */
static bool went_on(struct claim_state *c, instant since)
{
    const struct incident *in = c->in;
    bool any = false;
    for (size_t i = 0; i < in->scope->requests.n; i++) {
        const struct request *r = in->scope->requests.v[i];
        if (r->folded || r->time <= since || !request_succeeded(r) ||
            !is_attackers(in, r) || journal_is_habit(in->scope, r, in->first_placed))
            continue;
        claim_show(c->contradicts, render_request(in->scope, r));
        any = true;
    }
    if (any)
        claim_because(c, "the attacker's requests went on, and were let through");
    return any;
}

static void tell_running(struct claim_state *c)
{
    const struct list *all = &c->in->left_running;
    for (size_t i = 0; i < all->n && i < RUNNING_SHOWN; i++) {
        const struct request *r = all->v[i];
        struct text t = {0};
        text_str(&t, "what the attacker made was not deleted as far as the log shows: ");
        text_add(&t, r->resource);
        text_byte(&t, ' ');
        name_object(&t, r->namespace, r->name);
        claim_because(c, text_c(&t));
        claim_show(c->contradicts, render_request(c->in->scope, r));
        text_release(&t);
    }
}

static void tell_outlives(struct claim_state *c)
{
    const json_t *all = c->in->outlives;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct text t = {0};
        text_str(&t, "the pod was held back or ended, and it leaves ");
        text_add(&t, tree_string(one, "what"));
        text_str(&t, ": ");
        text_add(&t, tree_string(one, "why"));
        claim_because(c, text_c(&t));
        text_release(&t);
    }
}

void claim_show_holding(struct claim_state *c, instant until)
{
    const struct incident *in = c->in;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool holds = a->kind == ACT_POLICY || (a->ends && a->own);
        if (a->effective && a->request && holds && a->time <= until)
            claim_show(c->supports, render_request(in->scope, a->request));
    }
}

enum claim_verdict claim_judge_contained(struct claim_state *c)
{
    const struct incident *in = c->in;
    instant said = instant_after(claim_placed(c), precision_width(c->claim->precision)),
            heard = instant_after(said, CLAIM_NEAR);
    bool of_pod = is_of_pod(c);
    char when[INSTANT_TEXT];
    struct text t = {0};
    bool within = in->contained == INSTANT_NONE && in->opened != INSTANT_NONE;
    if (within && in->was_isolated <= heard) {
        text_str(&t, "the pod was open again from ");
        text_str(&t, instant_format(in->opened, PRECISION_MILLISECOND, when));
        text_str(&t, " on");
        claim_because(c, text_c(&t));
        text_release(&t);
        return said < in->opened ? CLAIM_PARTLY : CLAIM_CONTRADICTED;
    }
    if (in->first_sign == INSTANT_NONE || in->contained == INSTANT_NONE) {
        claim_because(c, "no act that holds the pod back is in the evidence");
        return CLAIM_NEITHER;
    }
    if (in->contained > heard) {
        text_str(&t, "the pod was not held back before ");
        text_str(&t, instant_format(in->contained, PRECISION_MILLISECOND, when));
        claim_because(c, text_c(&t));
        text_release(&t);
        return CLAIM_CONTRADICTED;
    }
    if (!of_pod && went_on(c, heard))
        return CLAIM_CONTRADICTED;
    claim_show_holding(c, heard);
    if (of_pod || !(json_array_size(in->outlives) + in->left_running.n))
        return CLAIM_SUPPORTED;
    tell_outlives(c);
    tell_running(c);
    return CLAIM_PARTLY;
}
