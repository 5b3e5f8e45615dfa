#include "analyze/batch/settle.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/batch/files.h"
#include "analyze/batch/index.h"
#include "analyze/batch/meter.h"
#include "formats/base/memory.h"

/* A group is begun when so many wait, or the first has waited so long. A sync takes
 * milliseconds, and a small case not many more. */
#define GROUP         16
#define GROUP_SECONDS 0.25

struct group {
    struct slot **v;
    size_t n;
};

struct settler {
    struct settler_use use;
    struct group waiting, at_work;
    double first_waited; /* when the first of `waiting` came */
    pthread_t thread;
    bool has_thread;
    atomic_bool finished; /* the thread has nothing more to do */
    int error;            /* the thread's while it is at work */
};

struct settler *settler_new(const struct settler_use *use, size_t n)
{
    struct settler *s = memory_new(1, sizeof *s);
    s->use = *use;
    s->waiting.v = memory_new(n, sizeof(struct slot *));
    s->at_work.v = memory_new(n, sizeof(struct slot *));
    return s;
}

void settler_add(struct settler *s, struct slot *slot)
{
    if (s->waiting.n == 0)
        s->first_waited = meter_now();
    s->waiting.v[s->waiting.n++] = slot;
}

/* -- on the thread ---------------------------------------------------------------------
 */

static void keep_error(struct settler *s, int r)
{
    s->error = s->error ? s->error : r;
}

/* Outputs to their place. A path that cannot be made is the case's failure, a disk that
 * takes nothing more is ours. */
static int put_in_place(struct slot *slot, const struct batch_options *o)
{
    int r = slot->compares ? 0 : slot_put_in_place(slot, o);
    if (r != -ENAMETOOLONG && r != -ENOTDIR)
        return r;
    slot->work.state = WORK_FAILED;
    text_clear(&slot->work.reason);
    text_printf(&slot->work.reason, "its outputs cannot be put in place: %s",
                strerror(-r));
    return 0;
}

/* Before outputs are replaced the journal forgets them: killed in between, a run with the
 * old options would take the new ones for its own. */
static int forget_replaced(struct settler *s)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->at_work.n; i++) {
        const struct slot *slot = s->at_work.v[i];
        const struct work waits = {.path = slot->work.path, .size = slot->work.size};
        if (slot->replaces && !slot->compares)
            r = journal_put(s->use.journal, &waits);
    }
    return r;
}

static int write_results(struct settler *s)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->at_work.n; i++)
        r = journal_put(s->use.journal, &s->at_work.v[i]->work);
    return r;
}

/* As one step of the journal, on the disk when it returns. */
static void commit(struct settler *s, int (*write)(struct settler *s))
{
    int r = s->error ? s->error : journal_begin(s->use.journal);
    r = r == 0 ? write(s) : r;
    keep_error(s, r == 0 ? journal_commit(s->use.journal) : r);
}

static int add_to_search(const struct settler *s)
{
    struct search_index *x = s->use.search;
    int r = x ? search_index_begin(x) : 0;
    for (size_t i = 0; x && r == 0 && i < s->at_work.n; i++)
        r = index_search(x, s->use.options->out, &s->at_work.v[i]->work);
    return x && r == 0 ? search_index_commit(x) : r;
}

/* First the outputs, then their places, then the journal: each on the disk before the
 * next. */
static void *settle(void *settler)
{
    struct settler *s = settler;
    const char *out = s->use.options->out;
    keep_error(s, sync_files(out));
    commit(s, forget_replaced);
    for (size_t i = 0; s->error == 0 && i < s->at_work.n; i++)
        keep_error(s, put_in_place(s->at_work.v[i], s->use.options));
    keep_error(s, sync_files(out));
    commit(s, write_results);
    if (s->error == 0)
        keep_error(s, add_to_search(s));
    atomic_store(&s->finished, true);
    return NULL;
}

/* -- on the caller's -------------------------------------------------------------------
 */

static void begin_group(struct settler *s)
{
    if (s->waiting.n == 0)
        return;
    struct group free_one = s->at_work;
    s->at_work = s->waiting;
    s->waiting = free_one;
    atomic_store(&s->finished, false);
    s->has_thread = pthread_create(&s->thread, NULL, settle, s) == 0;
    if (!s->has_thread)
        settle(s);
}

/* Waits for the group that is at work, and hands its cases back. */
static void end_group(struct settler *s)
{
    if (s->has_thread)
        pthread_join(s->thread, NULL);
    s->has_thread = false;
    for (size_t i = 0; i < s->at_work.n; i++) {
        if (s->error == 0)
            s->use.settled(s->use.context, s->at_work.v[i]);
        slot_release(s->at_work.v[i]);
    }
    s->at_work.n = 0;
}

int settler_tick(struct settler *s)
{
    if (s->at_work.n > 0) {
        if (!atomic_load(&s->finished))
            return 0;
        end_group(s);
    }
    bool due = s->waiting.n >= GROUP ||
               (s->waiting.n > 0 && meter_now() - s->first_waited > GROUP_SECONDS);
    if (due && s->error == 0)
        begin_group(s);
    return s->error;
}

int settler_end(struct settler *s)
{
    end_group(s);
    begin_group(s); /* writes nothing after an error, but the slots are released */
    end_group(s);
    int r = s->error;
    free(s->waiting.v);
    free(s->at_work.v);
    free(s);
    return r;
}
