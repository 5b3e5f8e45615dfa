#include "analyze/batch/batch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/batch/files.h"
#include "analyze/batch/identity.h"
#include "analyze/batch/index.h"
#include "analyze/batch/meter.h"
#include "analyze/batch/outcome.h"
#include "analyze/batch/settle.h"
#include "analyze/commands.h"
#include "formats/base/memory.h"

struct batch {
    const struct batch_options *options;
    const struct plan *plan;
    struct journal *journal;
    struct search_index *search; /* filled while cases are worked on; NULL for a shard */
    struct journal *earlier; /* of a shard: what --merge or --plan gathered; or NULL */
    struct text identity;
    struct batch_result *result;
    struct settler *settler;
    struct slot *slots;             /* one for each case of the plan */
    size_t *todo, todo_count, next; /* cases that have to be worked on or compared */
    size_t *again, again_count;     /* compared, and changed: to be worked on */
    size_t *killed, killed_count; /* by somebody else: worked on once more, in the end */
    bool *was_killed;
    struct meter meter;
    int error; /* our own: nothing more is started */
};

int batch_identity(const struct batch_options *o, struct text *t)
{
    return o->verify_only ? identity_of("verify", o->verify_options, t)
                          : identity_of("analyze", o->options, t);
}

enum batch_step batch_step(const struct batch_options *o, const struct planned *p,
                           const struct work *known, struct bytes identity)
{
    bool same_look = strcmp(p->stamp, known->stamp) == 0;
    if (known->state == WORK_WAITING || !bytes_eq(text_bytes(&known->identity), identity))
        return STEP_WORK;
    if (known->state == WORK_FAILED)
        return o->retry || !same_look ? STEP_WORK : STEP_GIVE_UP;
    if (same_look && known->settled && !o->rehash)
        return STEP_KEEP;
    bool may_be_same = p->size == known->size && strcmp(p->shape, known->shape) == 0 &&
                       known->content.n > 0;
    return may_be_same ? STEP_COMPARE : STEP_WORK;
}

/* -- starting --------------------------------------------------------------------------
 */

/* What a journal knows of the case; 0 or < 0. */
static int look_up(struct batch *b, const char *path, struct work *out)
{
    *out = (struct work){.path = path};
    int r = journal_find(b->journal, path, out);
    if (r == 0 && b->earlier)
        r = journal_find(b->earlier, path, out);
    return r < 0 ? r : 0;
}

/* Outputs that somebody removed are made again. */
static bool has_outputs(const struct batch *b, const char *path)
{
    struct text t = {0};
    batch_path(b->options->out, "cases", path, &t);
    bool there = access(text_c(&t), F_OK) == 0;
    text_release(&t);
    return there;
}

static void count(struct batch *b, const struct work *w, bool before)
{
    struct batch_result *r = b->result;
    int status = w->state == WORK_FAILED ? EXIT_OURS : w->status;
    r->kept += before && w->state == WORK_DONE;
    r->done += !before && w->state == WORK_DONE;
    r->failed += w->state == WORK_FAILED;
    r->worst = status > r->worst ? status : r->worst;
    meter_count(&b->meter, w->size, before);
}

static void take_look(struct work *w, const struct planned *p)
{
    w->size = p->size;
    w->settled = p->settled;
    memcpy(w->stamp, p->stamp, sizeof w->stamp);
    memcpy(w->shape, p->shape, sizeof w->shape);
}

/* What is to be done with a case that the journal knows as `known`, which is taken. */
static void choose(struct batch *b, size_t index, struct work *known)
{
    const struct planned *p = &b->plan->v[index];
    struct slot *s = &b->slots[index];
    enum batch_step step = batch_step(b->options, p, known, text_bytes(&b->identity));
    if (known->state == WORK_DONE && !has_outputs(b, p->path))
        step = STEP_WORK;
    if (step == STEP_WORK || step == STEP_COMPARE) {
        b->todo[b->todo_count++] = index;
        s->replaces = known->state != WORK_WAITING;
        s->compares = step == STEP_COMPARE;
    } else {
        count(b, known, true);
    }
    if (s->compares)
        s->work = *known;
    else
        work_release(known);
}

/* Before anything is begun: later the journal is the settler's. */
static int choose_all(struct batch *b)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < b->plan->n; i++) {
        struct work known;
        r = look_up(b, b->plan->v[i].path, &known);
        if (r == 0)
            choose(b, i, &known);
    }
    return r;
}

static struct task begin(struct batch *b, size_t index)
{
    const struct planned *p = &b->plan->v[index];
    struct slot *s = &b->slots[index];
    if (!s->compares) {
        s->work = (struct work){.path = p->path};
        text_add(&s->work.identity, text_bytes(&b->identity));
    }
    take_look(&s->work, p);
    slot_prepare(s, b->options, p, index);
    return slot_task(s, b->options);
}

/* Takes the last of a list of cases that were begun before. */
static bool next_of(const size_t *list, size_t *count, size_t *index)
{
    if (*count == 0)
        return false;
    *index = list[--*count];
    return true;
}

static bool next_case(void *context, size_t *index, struct task *task)
{
    struct batch *b = context;
    if (b->error)
        return false;
    if (!next_of(b->again, &b->again_count, index)) {
        if (b->next < b->todo_count)
            *index = b->todo[b->next++];
        else if (!next_of(b->killed, &b->killed_count, index))
            return false;
    }
    *task = begin(b, *index);
    return true;
}

/* -- ending ----------------------------------------------------------------------------
 */

/* The case is to be begun once more, as one that may have outputs. */
static void start_over(struct slot *s)
{
    slot_release(s);
    s->replaces = true;
}

static void settled(void *context, const struct slot *s)
{
    count(context, &s->work, s->compares);
}

/* The package was hashed again: as it was, or to be worked on. */
static bool is_what_it_was(const struct slot *s, const struct ended *e)
{
    struct text content = {0};
    bool same = false;
    if (e->how == ENDING_EXIT && e->value <= EXIT_SHORT) {
        verdict_content(text_c(&s->verdict), &content);
        same = bytes_eq(text_bytes(&content), text_bytes(&s->work.content));
    }
    text_release(&content);
    return same;
}

/* Whoever sends these is not the case: the kernel when the machine has no more memory, or
 * somebody who ends everything here and has not come to us yet. */
static bool is_from_outside(int sign)
{
    return sign == SIGKILL || sign == SIGTERM || sign == SIGINT || sign == SIGHUP;
}

static bool is_killed_first(struct batch *b, size_t index, const struct ended *e)
{
    if (e->how != ENDING_SIGNAL || !is_from_outside(e->value) || b->was_killed[index])
        return false;
    b->was_killed[index] = true;
    b->killed[b->killed_count++] = index;
    return true;
}

static void case_ended(void *context, size_t index, const struct ended *e)
{
    struct batch *b = context;
    struct slot *s = &b->slots[index];
    if (e->how == ENDING_STOPPED || is_killed_first(b, index, e)) {
        start_over(s);
        return;
    }
    if (s->compares && !is_what_it_was(s, e)) {
        start_over(s);
        b->again[b->again_count++] = index;
        return;
    }
    if (!s->compares)
        slot_judge(s, e, b->options->limits.memory);
    if (s->work.state == WORK_FAILED && disk_is_full(b->options->out)) {
        b->error = b->error ? b->error : -ENOSPC; /* the case waits: it is not to blame */
        slot_release(s);
        return;
    }
    settler_add(b->settler, s);
}

static void tick(void *context, size_t running)
{
    struct batch *b = context;
    int r = settler_tick(b->settler);
    b->error = b->error ? b->error : r;
    meter_show(&b->meter, running);
}

/* -- all of them -----------------------------------------------------------------------
 */

static int open_journals(struct batch *b)
{
    const struct batch_options *o = b->options;
    struct text path = {0};
    journal_path(o->out, o->shard, o->shards, &path);
    int r = journal_open(text_c(&path), &b->journal);
    if (r == 0 && o->shards > 1) {
        text_clear(&path);
        journal_path(o->out, 1, 1, &path);
        r = journal_open_done(text_c(&path), &b->earlier);
        r = r == -ENOENT ? 0 : r;
    }
    text_release(&path);
    return r == 0 && o->shards == 1 ? index_open_search(o->out, &b->search) : r;
}

static void work_on_all(struct batch *b)
{
    size_t n = b->plan->n;
    const struct settler_use use = {b->options, b->journal, b->search, b, settled};
    b->slots = memory_new(n, sizeof *b->slots);
    b->todo = memory_new(n, sizeof *b->todo);
    b->again = memory_new(n, sizeof *b->again);
    b->killed = memory_new(n, sizeof *b->killed);
    b->was_killed = memory_new(n, sizeof *b->was_killed);
    b->settler = settler_new(&use, n);
    b->error = choose_all(b);
    b->result->signal =
        crew_run(&(struct crew){b->options->jobs, b, next_case, case_ended, tick});
    int r = settler_end(b->settler);
    b->error = b->error ? b->error : r;
    meter_end(&b->meter);
    for (size_t i = 0; i < n; i++)
        slot_release(&b->slots[i]);
    free(b->slots);
    free(b->todo);
    free(b->again);
    free(b->killed);
    free(b->was_killed);
}

int batch_run(const struct batch_options *o, const struct plan *plan,
              struct batch_result *result)
{
    struct batch b = {.options = o, .plan = plan, .result = result};
    b.meter = meter_begin(plan->n, plan->size, o->quiet);
    b.error = batch_identity(o, &b.identity);
    if (b.error == 0)
        b.error = open_journals(&b);
    if (b.error == 0)
        b.error = slots_clear(o); /* what a run that was killed left unfinished */
    if (b.error == 0 && o->shards == 1)
        b.error = journal_scanned(b.journal, plan, plan->unreadable_count == 0);
    if (b.error == 0)
        work_on_all(&b);
    if (b.journal)
        slots_clear(o);
    journal_close(b.journal);
    journal_close(b.earlier);
    search_index_close(b.search);
    text_release(&b.identity);
    return b.error;
}
