/* How many, and whether nothing else: "created three pods", "only web-0 was deleted". */
#include "analyze/kube/claims/claim_evidence.h"
#include "analyze/kube/claims/claim_mood.h"

/* Higher numbers are not written as words, and nobody counts by hand. */
#define NUMBER_MOST 999
/* "three of the malicious pods" */
#define WORDS_BETWEEN 3

static const struct {
    const char *word;
    size_t number;
} numbers[] = {{"one", 1},     {"two", 2},    {"both", 2},   {"three", 3}, {"four", 4},
               {"five", 5},    {"six", 6},    {"seven", 7},  {"eight", 8}, {"nine", 9},
               {"ten", 10},    {"zwei", 2},   {"drei", 3},   {"vier", 4},  {"fünf", 5},
               {"sechs", 6},   {"sieben", 7}, {"acht", 8},   {"neun", 9},  {"zehn", 10},
               {"deux", 2},    {"trois", 3},  {"quatre", 4}, {"cinq", 5},  {"dos", 2},
               {"tres", 3},    {"cuatro", 4}, {"cinco", 5},  {"seis", 6},  {"dois", 2},
               {"duas", 2},    {"três", 3},   {"quatro", 4}, {"due", 2},   {"tre", 3},
               {"quattro", 4}, {"cinque", 5}, {"twee", 2},   {"drie", 3},  {"vijf", 5}};

static size_t number_of(struct bytes word)
{
    uint64_t value;
    if (word.n && is_digit(word.p[0]) && bytes_to_u64(word, &value))
        return value <= NUMBER_MOST ? value : 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (bytes_eq_nocase(word, bytes_str(numbers[i].word)))
            return numbers[i].number;
    return 0;
}

/* Before the noun of what it was done to; 0 where none is told. */
static size_t claimed_number(const struct claim_state *c)
{
    struct bytes rest = c->claim->message, word;
    size_t number = 0, since = 0;
    static const char *const some_of[] = {"of", "von", "der", "des", "los", NULL};
    while (bytes_word(&rest, &word)) {
        const char *noun = claim_resource(word);
        if (noun && number && c->resource && strcmp(noun, c->resource) == 0)
            return number;
        if (number && word_is_one_of(word, some_of))
            number = 0;
        size_t told = number_of(word);
        since = told ? 0 : since + 1;
        number = told ? told : since > WORDS_BETWEEN ? 0 : number;
    }
    return 0;
}

struct count {
    struct intern *names;
    const struct request *another; /* of an object that the claim does not name */
    bool open;                     /* one request for several: nobody can count them */
};

/* What does the same to anything of that kind, `around` the moment. */
static struct count count_done(const struct claim_state *claim, int64_t around)
{
    const struct request *r;
    struct claim_state c = *claim;
    struct count n = {.names = intern_new()};
    c.names_object = false; /* of any name */
    c.name = BYTES_NONE;
    instant from = instant_after(claim_placed(&c), -around),
            until = instant_after(claim_ends(&c), around);
    for (size_t at = 0; (r = claim_next_doing(&c, &at));) {
        if (!claim_is_resource(&c, r) || !claim_request_fits(&c, r) ||
            !claim_is_by_actor(&c, r) || r->time < from || r->time > until)
            continue;
        n.open |= r->name.n == 0;
        intern_put(n.names, r->name);
        if (r->name.n && !claim_has_word(c.claim->message, r->name))
            n.another = n.another ? n.another : r;
    }
    return n;
}

static void tell_number(struct claim_state *c, size_t seen)
{
    struct text t = {0};
    text_printf(&t, "it tells of another number: the evidence of that moment shows %zu",
                seen);
    claim_because(c, text_c(&t));
    text_release(&t);
}

/* More than were there, or fewer than at that very moment. */
static bool number_is_other(struct claim_state *c, size_t claimed, bool *fewer)
{
    struct count near = count_done(c, CLAIM_NEAR), then = count_done(c, 0);
    size_t most = intern_count(near.names), least = intern_count(then.names);
    *fewer = claimed < least;
    bool other = !near.open && most && (claimed > most || *fewer);
    if (other)
        tell_number(c, *fewer ? least : most);
    intern_free(near.names);
    intern_free(then.names);
    return other;
}

/* Something else of the kind was done by the same at that moment as well. */
static bool was_not_alone(struct claim_state *c)
{
    struct count near = count_done(c, CLAIM_NEAR);
    const struct request *another = near.another;
    struct text t = {0};
    intern_free(near.names);
    if (!another || !(c->names_object || claim_has_name(c->claim->message)))
        return false;
    text_str(&t, "it says that there was nothing else, and it was done to ");
    text_add(&t, another->name);
    text_str(&t, " as well");
    claim_because(c, text_c(&t));
    text_release(&t);
    claim_show(c->contradicts, render_request(c->in->scope, another));
    return true;
}

/* "miner-1" without its noun: of the kind that the log has under that name. */
static const char *resource_of_name(const struct claim_state *c)
{
    const struct request *r;
    for (size_t at = 0; (r = claim_next_doing(c, &at));)
        if (claim_is_name(r->name) && claim_has_word(c->claim->message, r->name) &&
            claim_request_fits(c, r))
            return claim_resource(r->resource);
    return NULL;
}

enum claim_verdict claim_judge_count(struct claim_state *c)
{
    const char *told = c->resource;
    bool only = claim_says_only(c->claim->message), fewer = false;
    enum claim_verdict v = CLAIM_SUPPORTED;
    if (!told && only)
        c->resource = resource_of_name(c);
    bool counted = c->resource && !c->any_time && !(c->acts & CLAIMED_OUTCOME);
    size_t claimed = counted ? claimed_number(c) : 0;
    if (only && c->resource && !c->any_time && was_not_alone(c))
        v = CLAIM_CONTRADICTED;
    else if ((claimed > 1 || (claimed && only)) && number_is_other(c, claimed, &fewer))
        v = only && fewer ? CLAIM_CONTRADICTED : CLAIM_PARTLY;
    c->resource = told;
    return v;
}
