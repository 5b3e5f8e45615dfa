/* How an account came into other hands, where the log shows it: its password was tried
 * until one was accepted, and from that address the account is the attacker's. */
#include "analyze/kube/incident/incident.h"

static const struct request *request_at(const struct scope *s, const struct span *span)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->spans[0].item == span->item && r->spans[0].offset == span->offset)
            return r;
    }
    return NULL;
}

/* The account's owner guesses as well, at another place. */
static bool is_of_incident(const struct scope *s, struct bytes user,
                           const struct request *login)
{
    for (size_t i = 0; i < s->reached.n; i++) {
        const struct reached *who = s->reached.v[i];
        if (who->identity && who->from.n && bytes_eq(who->what, user) &&
            bytes_eq(who->from, login->source))
            return true;
    }
    return false;
}

void incident_login(struct incident *in)
{
    const struct findings *all = in->scope->analysis->findings;
    in->login = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (strcmp(f->kind->id, "audit_password_guessed") != 0 || f->not_decidable ||
            f->span_count == 0)
            continue;
        /* The refusals come first, then what was accepted. */
        const struct request *r = request_at(in->scope, &f->spans[f->span_count - 1]);
        if (!r || r->time == INSTANT_NONE || !is_of_incident(in->scope, f->subject, r) ||
            (in->login && in->login->time <= r->time))
            continue;
        in->login = r;
        in->guessed = f;
    }
}
