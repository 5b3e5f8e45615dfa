/* Evidence that is younger than what is said to have sealed it. */
#include "analyze/events/coverage_sources.h"
#include "verify/verification.h"

/* Logs tell local times as well, and clocks are wrong by minutes: what is later by more
 * than every zone was not there when the time-stamp was made. */
#define LATER (24 * 3600 * NANOSECONDS)

static const struct finding_kind after_seal = {
    "coverage.after-seal",
    SEVERITY_HIGH,
    "Records later than the time-stamp that covers them",
    "T1565.001",
    "What did not exist yet cannot have been time-stamped: the token, the manifest or "
    "the records are not what they are said to be.",
    "A clock at the source that was ahead by more than a day.",
};

/* A token over a signature covers what that signs. */
static const struct item *stamped(const struct verification *v,
                                  const struct timestamp_record *t)
{
    for (const struct signature_record *s = v->signatures; s; s = s->next)
        if (s->item == t->over && s->over)
            return s->over;
    return t->over;
}

/* The item itself, what it stands in, or what a time-stamped manifest lists of these. */
static bool covers(const struct item *stamped, const struct item *item)
{
    for (; item; item = item->parent) {
        if (item == stamped)
            return true;
        for (const struct claim *c = item_more(item)->claims; c; c = c->next)
            if (c->manifest == stamped && c->verdict == VERDICT_VERIFIED)
                return true;
    }
    return false;
}

/* The first and the last time that 64 bits hold are further apart than 64 bits hold. */
static bool is_later(instant t, const struct timestamp_record *than)
{
    return (double)t - (double)than->time > (double)LATER + (double)than->accuracy;
}

static void tell(struct analysis *a, const struct coverage_source *s,
                 const struct timestamp_record *t)
{
    char last[INSTANT_TEXT], sealed[INSTANT_TEXT];
    struct text path = {0};
    item_path(s->item, &path);
    struct finding f =
        finding_of(&after_seal, text_bytes(&path),
                   (struct span){s->item, s->part.last_offset, s->part.last_length});
    f.time = s->part.last;
    finding_span(&f, (struct span){t->item, 0, t->item->size});
    instant_format(s->part.last, PRECISION_SECOND, last);
    instant_format(t->time, PRECISION_SECOND, sealed);
    finding_argument(&f, "last record", bytes_str(last));
    finding_argument(&f, "time-stamp", bytes_str(sealed));
    finding_argument(&f, "the time-stamp is", bytes_str(outcome_name(t->verdict)));
    findings_add(a->findings, &f);
    text_release(&path);
}

void coverage_after_seal(const struct coverage *c, const struct verification *v,
                         struct analysis *a)
{
    for (const struct timestamp_record *t = v->timestamps; t; t = t->next) {
        const struct item *over = stamped(v, t);
        if (!over || t->time == INSTANT_NONE || t->verdict == OUTCOME_FAILED)
            continue;
        for (size_t i = 0; c && i < c->n; i++) {
            const struct coverage_source *s = c->v[i];
            if (s->part.last != INSTANT_NONE && is_later(s->part.last, t) &&
                covers(over, s->item))
                tell(a, s, t);
        }
    }
}
