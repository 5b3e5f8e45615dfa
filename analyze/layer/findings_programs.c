/* Findings about programs and libraries that a layer has and its base has not: each by
 * itself where they are few; where many came with one folder, they came in one act (an
 * archive that was unpacked, a tree that was copied), and are told once. */
#include "analyze/layer/findings_private.h"

#include <stdlib.h>

#include "formats/base/memory.h"

/* From here on they are told together. */
#define TOGETHER 8
/* Names that such a finding lists; the diff has all of them. */
#define NAMED 20

/* -- one program --------------------------------------------------------------------- */

static enum layer_finding kind_of_new(const struct view *v)
{
    const struct finding_kind *place = layer_place(v->path, v->x->type, v->x->kinds);
    if (path_is_temporary(v->path))
        return LAYER_TEMP_EXECUTABLE;
    if (path_begins(v->path, "/var/") && !path_is_served(v->path))
        return LAYER_VAR_EXECUTABLE;
    return place == layer_finding_kind(LAYER_LIBRARY) ? LAYER_LIBRARY
                                                      : LAYER_NEW_EXECUTABLE;
}

/* The uppermost folder above that the base has not, else the one that it lies in. */
static uint32_t folder_of(const struct tree *t, uint32_t node)
{
    uint32_t folder = tree_node(t, node)->parent;
    for (uint32_t i = folder; i != TREE_NONE; i = tree_node(t, i)->parent) {
        if (!tree_before(t, i).present)
            folder = i;
    }
    return folder;
}

void program_added(struct work *w, const struct view *v, enum layer_finding which)
{
    w->programs = memory_grow(w->programs, &w->program_capacity, w->program_count + 1,
                              sizeof *w->programs);
    w->programs[w->program_count++] =
        (struct program){v->x, which, folder_of(&w->c->tree, v->x->node)};
}

static void copied(struct work *w, const struct view *v)
{
    struct text from = {0};
    uint32_t source = v->relations.copied_from != TREE_NONE ? v->relations.copied_from
                                                            : v->relations.renamed_from;
    if (source == TREE_NONE)
        return;
    tree_path(&w->c->tree, source, &from);
    view_add(w, LAYER_COPIED_EXECUTABLE, v, argument_of("copy_of", text_bytes(&from)));
    text_release(&from);
}

static void tell(struct work *w, const struct view *v, enum layer_finding which)
{
    struct making m;
    view_begin(w, which, v, &m);
    if (v->is && v->is->type)
        finding_argument(&m.f, "type", bytes_str(v->is->type));
    view_finish(w, &m);
}

void find_programs(struct work *w, const struct view *v)
{
    const struct change *x = v->x;
    /* Where nothing is installed, a program needs no right to run to be one. */
    bool dropped = path_is_temporary(v->path) && v->is && v->is->elf;
    if ((!state_is_executable(&v->after) && !dropped) || layer_is_stub(v->path))
        return;
    /* The right to run alone makes no program of a file that was there before. */
    bool is_new = x->type == CHANGE_ADDED ||
                  (change_has_content(x) && !state_is_executable(&v->before));
    bool is_changed = x->type == CHANGE_MODIFIED && change_has_content(x) && !is_new;
    copied(w, v);
    if (is_changed)
        tell(w, v, LAYER_CHANGED_EXECUTABLE);
    else if (is_new &&
             (v->relations.copied_from == TREE_NONE || path_is_temporary(v->path)))
        /* What its place tells as a library is not told again as a program. */
        if (kind_of_new(v) != LAYER_LIBRARY)
            program_added(w, v, kind_of_new(v));
}

/* -- many ---------------------------------------------------------------------------- */

static int by_folder(const void *pa, const void *pb)
{
    const struct program *a = pa, *b = pb;
    if (a->folder != b->folder)
        return a->folder < b->folder ? -1 : 1;
    if (a->which != b->which)
        return a->which < b->which ? -1 : 1;
    return a->x < b->x ? -1 : a->x > b->x;
}

/* "bin/java, bin/javac and 12 more" */
static void list_names(const struct tree *t, const struct program *v, size_t n,
                       struct text *out)
{
    struct text path = {0};
    tree_path(t, v->folder, &path);
    size_t folder_length = path.n + (path.n > 1);
    for (size_t i = 0; i < n && i < NAMED; i++) {
        text_str(out, i ? ", " : "");
        text_clear(&path);
        tree_path(t, v[i].x->node, &path);
        text_add(out, bytes_from(text_bytes(&path), folder_length));
    }
    if (n > NAMED)
        text_printf(out, " and %zu more", n - NAMED);
    text_release(&path);
}

static void tell_together(struct work *w, const struct program *v, size_t n)
{
    struct text folder = {0}, count = {0}, names = {0};
    const struct view first = view_of(w, v->x);
    struct making m;
    tree_path(&w->c->tree, v->folder, &folder);
    text_printf(&count, "%zu", n);
    list_names(&w->c->tree, v, n, &names);
    view_begin(w, v->which, &first, &m);
    m.f.subject = text_bytes(&folder);
    for (size_t i = 1; i < n && i < FINDING_SPANS; i++) {
        const struct view one = view_of(w, v[i].x);
        finding_span(&m.f, view_span(&one, 0, one.after.data ? one.after.data->size : 0));
    }
    finding_argument(&m.f, "files", text_bytes(&count));
    finding_argument(&m.f, "names", text_bytes(&names));
    view_finish(w, &m);
    text_release(&folder);
    text_release(&count);
    text_release(&names);
}

void programs_end(struct work *w)
{
    size_t end;
    if (w->program_count)
        qsort(w->programs, w->program_count, sizeof *w->programs, by_folder);
    for (size_t i = 0; i < w->program_count; i = end) {
        const struct program *first = &w->programs[i];
        for (end = i + 1; end < w->program_count; end++) {
            const struct program *p = &w->programs[end];
            if (p->folder != first->folder || p->which != first->which)
                break;
        }
        if (end - i >= TOGETHER) {
            tell_together(w, first, end - i);
            continue;
        }
        for (size_t k = i; k < end; k++) {
            const struct view v = view_of(w, w->programs[k].x);
            tell(w, &v, w->programs[k].which);
        }
        arena_reset(&w->paths);
    }
    free(w->programs);
    w->programs = NULL;
    w->program_count = w->program_capacity = 0;
}
