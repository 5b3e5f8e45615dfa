#include "analyze/report/folds.h"

#include "analyze/report/words.h"
#include "formats/base/intern.h"
#include "formats/base/memory.h"

/* Subjects that the line of a fold names. */
#define FOLD_NAMES 3

struct folds {
    struct case_walk *walk;
    struct case_act_row row; /* the next one */
    bool more;
};

instant folds_first_sign(struct case_reader *r)
{
    instant time = INSTANT_NONE;
    json_t *story = case_document_json(r, "story");
    if (case_number(r, "SELECT count(*) FROM event WHERE placed IS NOT NULL") == 0)
        instant_parse(bytes_str(word_of(story, "first_sign")), &time, NULL);
    json_decref(story);
    return time;
}

struct folds *folds_new(struct case_reader *r)
{
    struct folds *folds = memory_new(1, sizeof *folds);
    folds->walk = case_acts(r, folds_first_sign(r));
    folds->more = case_next_act(folds->walk, &folds->row);
    return folds;
}

static void add_member(struct fold *f, struct intern *seen,
                       const struct case_act_row *row)
{
    if (f->count++ < FOLD_MEMBERS)
        f->members[f->member_count++] = row->id;
    if (intern_put(seen, row->subject) < f->subjects)
        return;
    if (f->subjects++ < FOLD_NAMES) {
        text_str(&f->names, f->subjects > 1 ? ", " : "");
        text_add(&f->names, row->subject);
    }
}

bool folds_next(struct folds *folds, struct fold *f)
{
    struct text names = f->names;
    text_clear(&names);
    *f = (struct fold){.names = names};
    if (!folds->more)
        return false;
    struct intern *seen = intern_new();
    int64_t fold = folds->row.fold;
    f->before = folds->row.before;
    f->not_decidable = folds->row.not_decidable;
    f->minor =
        bytes_is(folds->row.severity, "low") || bytes_is(folds->row.severity, "info");
    do {
        add_member(f, seen, &folds->row);
        folds->more = case_next_act(folds->walk, &folds->row);
    } while (folds->more && folds->row.fold == fold);
    if (f->subjects > FOLD_NAMES)
        text_printf(&f->names, " and %zu more", f->subjects - FOLD_NAMES);
    intern_free(seen);
    return true;
}

void folds_free(struct folds *folds, struct fold *f)
{
    text_release(&f->names);
    case_end(folds->walk);
    free(folds);
}
