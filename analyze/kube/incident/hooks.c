/* Webhooks of the attacker: which objects of others they changed. The API server notes in
 * each record which webhook changed the object (k8s.io/apiserver
 * pkg/admission/plugin/webhook/mutating). */
#include <stdio.h>

#include "analyze/kube/incident/incident.h"

static bool was_changed_by(const struct request *r, struct bytes hook)
{
    struct bytes rest = r->hooks, name;
    while (bytes_split(&rest, '\n', &name))
        if (bytes_eq(name, hook))
            return true;
    return false;
}

static void tell_hook(struct incident *in, const struct request *hook)
{
    struct scope *s = in->scope;
    struct finding f = {0};
    char count[24];
    size_t n = 0;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || r->time < hook->time || !was_changed_by(r, hook->name))
            continue;
        if (n++ == 0)
            f = kube_finding_of_request(s, KUBE_CHANGED_BY_HOOK, r);
        else
            finding_span(&f, r->spans[0]);
    }
    if (!n)
        return;
    snprintf(count, sizeof count, "%zu", n);
    finding_argument(&f, "webhook", hook->name);
    finding_argument(&f, "objects", bytes_str(count));
    finding_span(&f, hook->spans[0]);
    kube_found(s, &f);
}

void incident_hooks(struct incident *in)
{
    struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && request_is(r, "mutatingwebhookconfigurations", "") &&
            request_writes(r) && request_succeeded(r) &&
            !bytes_starts(r->verb, BYTES("delete")) && is_attackers(in, r))
            tell_hook(in, r);
    }
}
