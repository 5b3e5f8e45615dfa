#include "verify/seal_times.h"

/* Clocks of signers and of time-stamp authorities differ by less, when they are set. */
#define CLOCKS_DIFFER (5 * 60 * NANOSECONDS)

/* Is `later` so much later that no clock is an excuse? */
static bool is_after(instant later, instant earlier, int64_t accuracy)
{
    int64_t gap;
    return later != INSTANT_NONE && earlier != INSTANT_NONE &&
           !__builtin_sub_overflow(later, earlier, &gap) &&
           gap - CLOCKS_DIFFER > accuracy;
}

static void tell(struct check *c, const struct signature_record *s, const char *what,
                 instant when)
{
    char said[INSTANT_TEXT], other[INSTANT_TEXT];
    instant_format(s->claimed, PRECISION_SECOND, said);
    instant_format(when, PRECISION_SECOND, other);
    check_finding(c, INTEGRITY_TIME_ORDER, s->item,
                  check_printf(c, "the signer says that it was made at %s, %s %s", said,
                               what, other));
}

/* The first verified time-stamp over the signature that is before what is claimed. */
static const struct timestamp_record *stamped_before(const struct check *c,
                                                     const struct signature_record *s)
{
    const struct timestamp_record *t = c->v->timestamps;
    while (t && !(t->over == s->item && t->verdict == OUTCOME_VERIFIED &&
                  is_after(s->claimed, t->time, t->accuracy)))
        t = t->next;
    return t;
}

void seal_times_tell(struct check *c, const struct signature_record *s)
{
    if (s->claimed == INSTANT_NONE || s->verdict == OUTCOME_FAILED)
        return;
    const struct timestamp_record *t = stamped_before(c, s);
    if (t)
        tell(c, s, "and a time-stamp over it proves that it was there at", t->time);
    if (is_after(s->certificate_from, s->claimed, 0))
        tell(c, s, "and its certificate began at", s->certificate_from);
}
