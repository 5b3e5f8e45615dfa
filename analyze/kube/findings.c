#include "analyze/kube/findings.h"

#include "analyze/kube/render.h"

static const struct finding_kind kinds[] = {
#define FINDING(name, id, severity, title, attack, why, refute)                          \
    {id, SEVERITY_##severity, title, attack, why, refute},
#include "analyze/kube/findings.def"
#undef FINDING
};

struct finding kube_finding(enum kube_finding which, struct bytes subject,
                            struct span span)
{
    struct finding f = finding_of(&kinds[which], subject, span);
    f.confidence = CONFIDENCE_HIGH;
    return f;
}

void kube_found(struct scope *s, struct finding *f)
{
    struct text masked = {0};
    if (f->span_count == 0 || !f->spans[0].item)
        return; /* a claim with no span does not appear */
    mask_text(&s->analysis->mask, f->subject, &masked);
    f->subject = text_bytes(&masked);
    findings_add(s->analysis->findings, f);
    text_release(&masked);
}

/* The views of arguments live in the scope's arena: findings are few. */
static struct bytes masked_copy(struct scope *s, struct bytes b)
{
    struct text t = {0};
    mask_text(&s->analysis->mask, b, &t);
    struct bytes copy = arena_copy(&s->arena, text_bytes(&t));
    text_release(&t);
    return copy;
}

struct finding kube_finding_of_request(struct scope *s, enum kube_finding which,
                                       const struct request *r)
{
    struct text t = {0};
    name_target(&t, r);
    struct bytes target = masked_copy(s, text_bytes(&t));
    text_clear(&t);
    name_action(&t, r);
    struct bytes action = masked_copy(s, text_bytes(&t));
    text_release(&t);
    struct finding f = kube_finding(which, target.n ? target : action, r->spans[0]);
    f.time = r->time;
    const struct reached *who = scope_holds(s, r);
    if (who && who->node) /* the kubelet's own address, and only its client tells */
        f.confidence = CONFIDENCE_MEDIUM;
    for (size_t i = 1; i < r->span_count; i++)
        finding_span(&f, r->spans[i]);
    finding_argument(&f, "user", masked_copy(s, request_as(r)));
    finding_argument(&f, "action", action);
    finding_argument(&f, "agent", masked_copy(s, r->agent));
    if (r->reason.n)
        finding_argument(&f, "allowed by", masked_copy(s, r->reason));
    return f;
}
