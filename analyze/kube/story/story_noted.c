/* Sentences of the summary that repeat a finding. */
#include "analyze/kube/story/saying.h"

void say_contradicted(struct saying *s)
{
    const struct findings *all = s->y->in->scope->analysis->findings;
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (strcmp(f->kind->id, "kube.claim-contradicted") != 0)
            continue;
        saying_begin(s, "The written timeline says \"");
        text_add(&s->text, f->subject);
        text_str(&s->text, "\", and the evidence contradicts it.");
        saying_cite(s, f->spans[0]);
        saying_end(s);
    }
}

void say_other_clusters(struct saying *s)
{
    const struct findings *all = s->y->in->scope->analysis->findings;
    bool left_out = s->y->in->scope->left_out.n > 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (strcmp(f->kind->id, "kube.other-cluster") != 0)
            continue;
        saying_begin(s, "The log ");
        text_add(&s->text, f->subject);
        text_str(&s->text, left_out
                               ? " is of another cluster, and left out of all of this."
                               : " is not of one cluster with the others, and nothing "
                                 "tells of which one the pod is.");
        saying_cite(s, f->spans[0]);
        saying_end(s);
    }
}
