#include "analyze/kube/crowd.h"

#include <stdlib.h>

#include "formats/base/intern.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* How often what was seen: some 50 bytes for each key. */
struct tally {
    struct intern *keys;
    uint32_t *counts; /* by number of the key */
};

enum { TALLY_KINDS, TALLY_MINUTES, TALLY_FORMS, TALLIES };

static const uint32_t most_keys[TALLIES] = {LIMIT_KUBE_KINDS, LIMIT_KUBE_FORMS,
                                            LIMIT_KUBE_FORMS};

struct crowd {
    struct tally of[TALLIES];
};

/* So many of each are new. What other pods do tells what is ordinary, for which few are
 * enough (patient.c). */
#define FIRST_THAT_MATTER 100
#define FIRST_OF_OTHERS   10
#define FIRST_IN_MINUTES  4
#define FIRST_OF_FORM     3
#define MINUTES           (10 * 60 * NANOSECONDS)

static struct crowd *crowd_new(void)
{
    struct crowd *c = memory_new(1, sizeof *c);
    for (size_t i = 0; i < TALLIES; i++)
        c->of[i] =
            (struct tally){intern_new(), memory_new(most_keys[i], sizeof(uint32_t))};
    return c;
}

void crowd_free(struct crowd *c)
{
    for (size_t i = 0; c && i < TALLIES; i++) {
        intern_free(c->of[i].keys);
        free(c->of[i].counts);
    }
    free(c);
}

void crowd_kind(struct text *out, const struct bytes *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        text_add(out, parts[i]);
        text_byte(out, '\n');
    }
}

/* From 1; 0: there are too many others. */
static uint32_t count(struct crowd *c, size_t which, struct bytes key, uint32_t *number)
{
    struct tally *t = &c->of[which];
    if (intern_count(t->keys) >= most_keys[which] && !intern_find(t->keys, key, number))
        return 0;
    *number = intern_put(t->keys, key);
    if (t->counts[*number] < UINT32_MAX)
        t->counts[*number]++;
    return t->counts[*number];
}

/* Is it one of the first of its kind with that value? */
static bool is_first(struct crowd *c, size_t which, const uint64_t key[2], uint32_t most)
{
    uint32_t number, n = count(c, which, bytes_of(key, 2 * sizeof *key), &number);
    return n && n <= most;
}

enum novelty crowd_count(struct crowd **crowd, const struct likeness *of)
{
    struct crowd *c = *crowd ? *crowd : (*crowd = crowd_new());
    uint32_t kind = UINT32_MAX, n = count(c, TALLY_KINDS, of->kind, &kind);
    const uint64_t minutes[2] = {kind, (uint64_t)(of->time / MINUTES)},
                   form[2] = {kind, of->form};
    bool in_minutes = is_first(c, TALLY_MINUTES, minutes, FIRST_IN_MINUTES),
         in_form = is_first(c, TALLY_FORMS, form, FIRST_OF_FORM);
    if (of->matters && n <= FIRST_THAT_MATTER)
        return NOVELTY_KIND;
    if (n <= FIRST_OF_OTHERS)
        return NOVELTY_OTHERS;
    return in_minutes ? NOVELTY_MINUTES : in_form ? NOVELTY_FORM : NOVELTY_NONE;
}

bool crowd_has_room(enum novelty n, size_t kept, size_t ceiling)
{
    /* How much of the ceiling each may fill, in tenths. */
    static const size_t shares[] = {[NOVELTY_NONE] = 5,
                                    [NOVELTY_FORM] = 7,
                                    [NOVELTY_MINUTES] = 8,
                                    [NOVELTY_OTHERS] = 9,
                                    [NOVELTY_KIND] = 10};
    return kept < ceiling / 10 * shares[n];
}
