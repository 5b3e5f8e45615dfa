/* The study as JSON and as lines of text. */
#include <math.h>

#include "analyze/evidence_json.h"
#include "analyze/layer/findings.h"
#include "analyze/layer/study_private.h"

/* -- ELF ----------------------------------------------------------------------------- */

enum section_change { SECTION_SAME, SECTION_ADDED, SECTION_REMOVED, SECTION_CHANGED };

static const char *const section_words[] = {"same", "added", "removed", "changed"};

/* The n-th section of that name: object files have several of one. */
static const struct section_digest *nth_section(const struct content_elf *e,
                                                struct bytes name, size_t n)
{
    for (size_t i = 0; i < e->section_count; i++) {
        if (bytes_eq(e->sections[i].name, name) && n-- == 0)
            return &e->sections[i];
    }
    return NULL;
}

static size_t rank_of(const struct content_elf *e, const struct section_digest *s)
{
    size_t n = 0;
    for (const struct section_digest *i = e->sections; i < s; i++)
        n += bytes_eq(i->name, s->name);
    return n;
}

typedef void section_fn(void *context, const struct section_digest *before,
                        const struct section_digest *after, enum section_change change);

/* Sections that differ, in the order of the new file, then those that are gone. */
static void each_section(const struct content_elf *a, const struct content_elf *b,
                         section_fn *each, void *context)
{
    for (size_t i = 0; i < b->section_count; i++) {
        const struct section_digest *s = &b->sections[i];
        const struct section_digest *was = nth_section(a, s->name, rank_of(b, s));
        bool same = was && was->size == s->size &&
                    memcmp(was->sha256, s->sha256, sizeof s->sha256) == 0;
        if (!same)
            each(context, was, s, was ? SECTION_CHANGED : SECTION_ADDED);
    }
    for (size_t i = 0; i < a->section_count; i++) {
        const struct section_digest *s = &a->sections[i];
        if (!nth_section(b, s->name, rank_of(a, s)))
            each(context, s, NULL, SECTION_REMOVED);
    }
}

static json_t *names_json(const struct bytes *v, size_t n)
{
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, json_evidence(v[i]));
    return all;
}

/* One of both there is. */
static struct bytes section_name(const struct section_digest *before,
                                 const struct section_digest *after)
{
    return before ? before->name : after ? after->name : BYTES_NONE;
}

static void section_json(void *context, const struct section_digest *before,
                         const struct section_digest *after, enum section_change change)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_evidence(section_name(before, after)));
    json_object_set_new(o, "change", json_string(section_words[change]));
    if (before)
        json_object_set_new(o, "size_before", json_integer((json_int_t)before->size));
    if (after)
        json_object_set_new(o, "size_after", json_integer((json_int_t)after->size));
    json_array_append_new(context, o);
}

static json_t *go_json(const struct go_build *g)
{
    json_t *o = json_object();
    json_object_set_new(o, "go", json_evidence(g->version));
    json_object_set_new(o, "path", json_evidence(g->path));
    json_object_set_new(o, "module", json_evidence(g->module));
    json_object_set_new(o, "version", json_evidence(g->release));
    if (g->revision.n)
        json_object_set_new(o, "revision", json_evidence(g->revision));
    json_object_set_new(o, "dependencies", json_integer((json_int_t)g->dependencies));
    return o;
}

static void set_elf(json_t *state, const struct content_elf *e)
{
    json_t *o = json_object();
    json_object_set_new(o, "sections", json_integer((json_int_t)e->section_count));
    json_object_set_new(o, "stripped", json_boolean(!e->has_symbols));
    json_object_set_new(o, "static", json_boolean(e->is_static));
    json_object_set_new(o, "needed", names_json(e->needed, e->needed_count));
    if (e->run_path.n)
        json_object_set_new(o, "run_path", json_evidence(e->run_path));
    if (e->go)
        json_object_set_new(o, "go_build", go_json(e->go));
    if (e->packer)
        json_object_set_new(o, "packer", json_string(e->packer));
    json_object_set_new(state, "elf", o);
}

/* -- packages ------------------------------------------------------------------------ */

static json_t *package_json(const struct installed *p)
{
    json_t *o = json_object();
    json_object_set_new(o, "system", json_string(package_system_name(p->system)));
    json_object_set_new(o, "name", json_evidence(p->name));
    json_object_set_new(o, "version", json_evidence(p->version));
    if (p->architecture.n)
        json_object_set_new(o, "architecture", json_evidence(p->architecture));
    return o;
}

static json_t *change_of_package(const struct package_change *c)
{
    json_t *o = package_json(c->after ? c->after : c->before);
    if (c->before && c->after)
        json_object_set_new(o, "version_before", json_evidence(c->before->version));
    return o;
}

static json_t *systems_json(const struct packages *p)
{
    json_t *o = json_object();
    for (int system = 0; system < PACKAGE_SYSTEMS; system++) {
        size_t packages = 0;
        for (size_t i = 0; i < p->n; i++)
            packages += p->v[i].system == (enum package_system)system;
        if (packages)
            json_object_set_new(o, package_system_name((enum package_system)system),
                                json_integer((json_int_t)packages));
    }
    return o;
}

static json_t *node_path(const struct study *s, uint32_t node)
{
    struct text path = {0};
    tree_path(&s->c->tree, node, &path);
    json_t *string = json_evidence(text_bytes(&path));
    text_release(&path);
    return string;
}

static json_t *difference_json(const struct study *s, const struct base_difference *d)
{
    json_t *o = package_json(&s->packages[BEFORE].v[d->owner->package]);
    json_object_set_new(o, "path", node_path(s, d->node));
    return o;
}

static json_t *base_check_json(const struct study *s)
{
    const struct base_check *c = &s->check;
    json_t *o = json_object(), *differs = json_array();
    size_t matching = c->checked - c->differing - c->configured;
    json_object_set_new(o, "checked", json_integer((json_int_t)c->checked));
    json_object_set_new(o, "matching", json_integer((json_int_t)matching));
    json_object_set_new(o, "configured", json_integer((json_int_t)c->configured));
    json_object_set_new(o, "absent",
                        json_integer((json_int_t)s->packages[BEFORE].nowhere));
    for (size_t i = 0; i < c->n; i++)
        json_array_append_new(differs, difference_json(s, &c->v[i]));
    json_object_set_new(o, "differing", differs);
    json_object_set_new(o, "complete", json_boolean(c->done));
    return o;
}

static json_t *packages_json(const struct study *s)
{
    static const char *const names[] = {"installed", "removed", "changed"};
    json_t *o = json_object(), *lists[3] = {json_array(), json_array(), json_array()};
    size_t explained = 0;
    for (size_t i = 0; i < s->package_change_count; i++) {
        const struct package_change *c = &s->package_changes[i];
        int which = !c->after ? 1 : !c->before ? 0 : 2;
        json_array_append_new(lists[which], change_of_package(c));
    }
    for (size_t i = 0; i < s->c->diff.n; i++)
        explained += s->explained[i] == EXPLAINED_BY_PACKAGES;
    json_object_set_new(o, "base", systems_json(&s->packages[BEFORE]));
    json_object_set_new(o, "after", systems_json(&s->packages[AFTER]));
    for (size_t k = 0; k < 3; k++)
        json_object_set_new(o, names[k], lists[k]);
    json_object_set_new(o, "changes_explained", json_integer((json_int_t)explained));
    json_object_set_new(o, "base_check", base_check_json(s));
    return o;
}

/* -- one change ---------------------------------------------------------------------- */

/* Sixty-fourths are short in decimal and exact in binary, whoever prints them. */
static double rounded(double entropy)
{
    return round(entropy * 64) / 64;
}

static void set_content(json_t *state, const struct content *c)
{
    if (!state || !c)
        return;
    if (c->type)
        json_object_set_new(state, "file_type", json_string(c->type));
    json_object_set_new(state, "entropy", json_real(rounded(c->entropy)));
    if (c->elf)
        set_elf(state, c->elf);
}

static const char *holding_name(uint8_t h)
{
    static const char *const names[] = {"not-stated", "matches", "differs"};
    return names[h];
}

static json_t *owner_json(const struct study *s, const struct change *x, int side)
{
    const struct owned *o = study_owner(s, x, side);
    if (!o)
        return NULL;
    json_t *p = package_json(&s->packages[side].v[o->package]);
    uint8_t holding = s->holding[side][x - s->c->diff.v];
    if (o->config)
        json_object_set_new(p, "configuration", json_true());
    json_object_set_new(p, "digest", json_string(holding_name(holding)));
    return p;
}

/* Who owned it is said apart only where it is another package than now. */
static void set_package(const struct study *s, const struct change *x, json_t *change)
{
    json_t *now = x->type == CHANGE_DELETED ? NULL : owner_json(s, x, AFTER);
    json_t *then = x->type == CHANGE_ADDED ? NULL : owner_json(s, x, BEFORE);
    const char *own[] = {"system", "name", "version", "architecture"};
    bool same = now && then;
    for (size_t i = 0; same && i < sizeof own / sizeof *own; i++)
        same = json_equal(json_object_get(now, own[i]), json_object_get(then, own[i]));
    if (same)
        json_object_set(now, "digest_before", json_object_get(then, "digest"));
    json_object_set_new(change, "package", now ? now : json_incref(then));
    if (now && !same)
        json_object_set(change, "package_before", then);
    json_decref(then);
    uint8_t explained = s->explained[x - s->c->diff.v];
    if (explained == EXPLAINED_BY_PACKAGES)
        json_object_set_new(change, "explained_by_packages", json_true());
    if (explained == EXPLAINED_BY_SOURCE)
        json_object_set_new(change, "compiled_from", node_path(s, study_source(s, x)));
}

void study_describe(const struct study *s, const struct change *x, json_t *change)
{
    struct text path = {0};
    tree_path(&s->c->tree, x->node, &path);
    const struct finding_kind *place = layer_place(text_bytes(&path), x->type, x->kinds);
    text_release(&path);
    if (place)
        json_object_set_new(change, "class", json_string(place->id));
    set_package(s, x, change);
    const struct content *a = study_content(s, x, false), *b = study_content(s, x, true);
    struct text patch = {0};
    set_content(json_object_get(change, "before"), a);
    set_content(json_object_get(change, "after"), b);
    if (a && b && a->elf && b->elf) {
        json_t *sections = json_array();
        each_section(a->elf, b->elf, section_json, sections);
        json_object_set_new(change, "elf_sections", sections);
    }
    if (study_patch(s, x, &patch))
        json_object_set_new(change, "diff", json_stringn(text_c(&patch), patch.n));
    text_release(&patch);
}

static void limits_of_packages(const struct packages *p, const char *where,
                               json_t *sentences)
{
    if (p->unasked)
        json_array_append_new(
            sentences, json_sprintf("%zu files of package databases of the %s were "
                                    "not read again: --contents does",
                                    p->unasked, where));
    if (p->unread_count)
        json_array_append_new(
            sentences,
            json_sprintf("a package database of the %s is of a form that is not "
                         "read (Berkeley DB, ndb) or damaged: whose files are "
                         "whose is not known there",
                         where));
}

void study_limits(const struct study *s, json_t *sentences)
{
    if (s->left_out)
        json_array_append_new(
            sentences,
            json_sprintf(
                s->unasked ? "%zu changed files were not looked into, because it would "
                             "take long: --contents does"
                           : "%zu changed files were not looked into: there are too many",
                s->left_out));
    if (!s->check.done)
        json_array_append_new(
            sentences,
            json_string("files of the base were not compared with the digests of "
                        "its package database: --contents does"));
    limits_of_packages(&s->packages[BEFORE], "base", sentences);
    limits_of_packages(&s->packages[AFTER], "state after", sentences);
    if (s->untyped)
        json_array_append_new(sentences,
                              json_string("types of files are not told: the database of "
                                          "libmagic cannot be read"));
}

void study_summarize(const struct study *s, json_t *document)
{
    json_t *limits = json_object_get(document, "limits");
    json_object_set_new(document, "packages", packages_json(s));
    if (limits)
        study_limits(s, limits);
}

/* -- lines of text ------------------------------------------------------------------- */

static void section_text(void *context, const struct section_digest *before,
                         const struct section_digest *after, enum section_change change)
{
    struct text *t = context;
    text_str(t, "      section ");
    escape_terminal(t, section_name(before, after));
    text_printf(t, " %s", section_words[change]);
    if (before && after && before->size != after->size)
        text_printf(t, ", %llu to %llu bytes", (unsigned long long)before->size,
                    (unsigned long long)after->size);
    text_byte(t, '\n');
}

static void type_text(const struct content *a, const struct content *b, struct text *t)
{
    const struct content *now = b ? b : a;
    if (!now || !now->type || now->is_text)
        return;
    text_printf(t, "      %s", now->type);
    if (now->elf)
        text_printf(
            t, ", %s linked, %s%s%s", now->elf->is_static ? "statically" : "dynamically",
            now->elf->has_symbols ? "not stripped" : "stripped",
            now->elf->packer ? ", " : "", now->elf->packer ? now->elf->packer : "");
    if (now->elf && now->elf->go) {
        text_str(t, ", built by ");
        escape_terminal(t, now->elf->go->version);
        text_str(t, " from ");
        escape_terminal(t, now->elf->go->path);
    }
    text_printf(t, "; %.2f bits per byte\n", now->entropy);
    if (a && a->type && b && strcmp(a->type, b->type) != 0)
        text_printf(t, "      was %s; %.2f bits per byte\n", a->type, a->entropy);
}

static void package_text(const struct study *s, const struct change *x, struct text *t)
{
    const struct installed *p = study_package(s, x);
    size_t i = (size_t)(x - s->c->diff.v);
    if (!p)
        return;
    text_printf(t, "      %s package ", package_system_name(p->system));
    escape_terminal(t, p->name);
    text_byte(t, ' ');
    escape_terminal(t, p->version);
    if (s->explained[i] == EXPLAINED_BY_PACKAGES)
        text_str(t, ", as its database says");
    else if (s->holding[AFTER][i] == HOLDING_NO)
        text_str(t, ", but NOT what its database says");
    text_byte(t, '\n');
}

/* The lines of a diff, each escaped for the terminal. */
static void patch_text(const struct study *s, const struct change *x, struct text *t)
{
    struct text patch = {0};
    study_patch(s, x, &patch);
    struct bytes rest = text_bytes(&patch), line;
    while (bytes_split(&rest, '\n', &line)) {
        text_str(t, "    ");
        text_add(t, line);
        text_byte(t, '\n');
    }
    text_release(&patch);
}

void study_text(const struct study *s, const struct change *x, bool patch,
                struct text *out)
{
    const struct content *a = study_content(s, x, false), *b = study_content(s, x, true);
    package_text(s, x, out);
    type_text(a, b, out);
    if (a && b && a->elf && b->elf)
        each_section(a->elf, b->elf, section_text, out);
    if (patch)
        patch_text(s, x, out);
}

static void difference_text(const struct study *s, const struct base_difference *d,
                            struct text *out)
{
    struct text path = {0};
    tree_path(&s->c->tree, d->node, &path);
    text_str(out, "!  in the base: ");
    escape_terminal(out, text_bytes(&path));
    text_str(out, " is not what the database says of package ");
    escape_terminal(out, s->packages[BEFORE].v[d->owner->package].name);
    text_byte(out, '\n');
    text_release(&path);
}

static void package_change_text(const struct package_change *c, struct text *out)
{
    const struct installed *p = c->after ? c->after : c->before;
    char sign = !c->after ? '-' : !c->before ? '+' : '~';
    text_printf(out, "%c  %s package ", sign, package_system_name(p->system));
    escape_terminal(out, p->name);
    text_byte(out, ' ');
    if (c->before && c->after) {
        escape_terminal(out, c->before->version);
        text_str(out, " -> ");
    }
    escape_terminal(out, p->version);
    text_byte(out, '\n');
}

void study_packages_text(const struct study *s, struct text *out)
{
    const struct base_check *check = &s->check;
    for (size_t i = 0; i < s->package_change_count; i++)
        package_change_text(&s->package_changes[i], out);
    if (check->checked)
        text_printf(out,
                    "packages of the base: %zu files compared with their databases, %zu "
                    "differ, %zu configured, %zu absent\n",
                    check->checked, check->differing, check->configured,
                    s->packages[BEFORE].nowhere);
    for (size_t i = 0; i < check->n; i++)
        difference_text(s, &check->v[i], out);
}
