/* The study as JSON and as lines of text. */
#include <math.h>

#include "analyze/layer/study_private.h"

static json_t *string_of(struct bytes b)
{
    struct text t = {0};
    escape_plain(&t, b);
    json_t *s = json_stringn(text_c(&t), t.n);
    text_release(&t);
    return s;
}

/* -- ELF
 * ---------------------------------------------------------------------------------
 */

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
        json_array_append_new(all, string_of(v[i]));
    return all;
}

static void section_json(void *context, const struct section_digest *before,
                         const struct section_digest *after, enum section_change change)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", string_of((after ? after : before)->name));
    json_object_set_new(o, "change", json_string(section_words[change]));
    if (before)
        json_object_set_new(o, "size_before", json_integer((json_int_t)before->size));
    if (after)
        json_object_set_new(o, "size_after", json_integer((json_int_t)after->size));
    json_array_append_new(context, o);
}

static void set_elf(json_t *state, const struct content_elf *e)
{
    json_t *o = json_object();
    json_object_set_new(o, "sections", json_integer((json_int_t)e->section_count));
    json_object_set_new(o, "stripped", json_boolean(!e->has_symbols));
    json_object_set_new(o, "static", json_boolean(e->is_static));
    json_object_set_new(o, "needed", names_json(e->needed, e->needed_count));
    if (e->run_path.n)
        json_object_set_new(o, "run_path", string_of(e->run_path));
    if (e->packer)
        json_object_set_new(o, "packer", json_string(e->packer));
    json_object_set_new(state, "elf", o);
}

/* -- one change
 * ---------------------------------------------------------------------------
 */

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

void study_describe(const struct study *s, const struct change *x, json_t *change)
{
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
    if (s->untyped)
        json_array_append_new(sentences,
                              json_string("types of files are not told: the database of "
                                          "libmagic cannot be read"));
}

void study_summarize(const struct study *s, json_t *document)
{
    json_t *limits = json_object_get(document, "limits");
    if (limits)
        study_limits(s, limits);
}

/* -- lines of text
 * ------------------------------------------------------------------------
 */

static void section_text(void *context, const struct section_digest *before,
                         const struct section_digest *after, enum section_change change)
{
    struct text *t = context;
    text_str(t, "      section ");
    escape_terminal(t, (after ? after : before)->name);
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
    text_printf(t, "; %.2f bits per byte\n", now->entropy);
    if (a && a->type && b && strcmp(a->type, b->type) != 0)
        text_printf(t, "      was %s; %.2f bits per byte\n", a->type, a->entropy);
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
    type_text(a, b, out);
    if (a && b && a->elf && b->elf)
        each_section(a->elf, b->elf, section_text, out);
    if (patch)
        patch_text(s, x, out);
}
