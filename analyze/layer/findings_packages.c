/* Findings about packages: what came and went, and what the base itself hides. */
#include "analyze/layer/findings_private.h"
#include "analyze/layer/study_private.h"

/* Findings of one kind about the base that are told one by one. */
#define DIFFERENCES 200

static struct span span_of_source(const struct installed *p)
{
    return (struct span){p->source, 0, p->source->size};
}

/* "curl 7.88.1, vim 9.0 (was 8.2) and 12 more" */
static void list_packages(const struct study *s, enum package_system system, int which,
                          struct text *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->package_change_count; i++) {
        const struct package_change *c = &s->package_changes[i];
        const struct installed *p = c->after ? c->after : c->before;
        int kind = !c->after ? 1 : !c->before ? 0 : 2;
        if (p->system != system || kind != which || n++ >= 20)
            continue;
        text_str(out, out->n ? ", " : "");
        text_add(out, p->name);
        text_byte(out, ' ');
        text_add(out, p->version);
        if (kind == 2) {
            text_str(out, " (was ");
            text_add(out, c->before->version);
            text_byte(out, ')');
        }
    }
    if (n > 20)
        text_printf(out, " and %zu more", n - 20);
}

static const struct installed *first_of(const struct study *s, enum package_system system)
{
    for (size_t i = 0; i < s->package_change_count; i++) {
        const struct package_change *c = &s->package_changes[i];
        const struct installed *p = c->after ? c->after : c->before;
        if (p->system == system)
            return p;
    }
    return NULL;
}

static void changed_packages(struct work *w, const struct study *s,
                             enum package_system system)
{
    static const char *const names[] = {"installed", "removed", "upgraded"};
    const struct installed *p = first_of(s, system);
    struct text lists[3] = {{0}, {0}, {0}}, explained = {0};
    if (!p)
        return;
    struct finding f =
        finding_of(layer_finding_kind(LAYER_PACKAGES),
                   bytes_str(package_system_name(system)), span_of_source(p));
    f.confidence = CONFIDENCE_HIGH;
    for (int k = 0; k < 3; k++) {
        list_packages(s, system, k, &lists[k]);
        if (lists[k].n)
            finding_argument(&f, names[k], text_bytes(&lists[k]));
    }
    size_t n = 0;
    for (size_t i = 0; i < s->c->diff.n; i++)
        n += s->explained[i] == EXPLAINED_BY_PACKAGES;
    text_printf(&explained, "%zu", n);
    finding_argument(&f, "explained_in_all", text_bytes(&explained));
    findings_add(w->all, &f);
    for (int k = 0; k < 3; k++)
        text_release(&lists[k]);
    text_release(&explained);
}

static void different_base(struct work *w, const struct study *s)
{
    for (size_t i = 0; i < s->check.n && i < DIFFERENCES; i++) {
        const struct base_difference *d = &s->check.v[i];
        const struct installed *p = &s->packages[BEFORE].v[d->owner->package];
        const struct item *item = tree_before(&w->c->tree, d->node).item;
        struct text path = {0}, package = {0}, all = {0};
        tree_path(&w->c->tree, d->node, &path);
        text_printf(&package, "%s ", package_system_name(p->system));
        text_add(&package, p->name);
        text_byte(&package, ' ');
        text_add(&package, p->version);
        struct finding f =
            finding_of(layer_finding_kind(LAYER_BASE_DIFFERS), text_bytes(&path),
                       (struct span){item, 0, item->size});
        f.confidence = CONFIDENCE_HIGH;
        finding_argument(&f, "package", text_bytes(&package));
        if (i + 1 == DIFFERENCES && s->check.n > DIFFERENCES) {
            text_printf(&all, "%zu", s->check.n);
            finding_argument(&f, "in_all", text_bytes(&all));
        }
        findings_add(w->all, &f);
        text_release(&path);
        text_release(&package);
        text_release(&all);
    }
}

/* Python writes what it compiles beside the sources: told once, however many. */
static void compiled(struct work *w, const struct study *s)
{
    const struct change *first = NULL;
    struct text count = {0};
    size_t n = 0;
    for (size_t i = 0; i < s->c->diff.n; i++) {
        bool is_one = s->explained[i] == EXPLAINED_BY_SOURCE;
        first = is_one && !first ? &s->c->diff.v[i] : first;
        n += is_one;
    }
    if (!first)
        return;
    const struct item *item = tree_after(&w->c->tree, first->node).item;
    struct text path = {0};
    tree_path(&w->c->tree, first->node, &path);
    struct finding f = finding_of(layer_finding_kind(LAYER_COMPILED), text_bytes(&path),
                                  (struct span){item, 0, item->size});
    f.confidence = CONFIDENCE_MEDIUM;
    text_printf(&count, "%zu", n);
    finding_argument(&f, "files", text_bytes(&count));
    findings_add(w->all, &f);
    text_release(&count);
    text_release(&path);
}

void find_packages(struct work *w)
{
    const struct study *s = w->c->study;
    if (!s)
        return;
    compiled(w, s);
    for (int system = 0; system < PACKAGE_SYSTEMS; system++)
        changed_packages(w, s, (enum package_system)system);
    different_base(w, s);
}
