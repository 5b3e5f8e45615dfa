#include "analyze/batch/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/batch/journal.h"
#include "analyze/commands.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Ten minutes and a second for each 5 MiB: a slow disk and a slow machine, not a hang. */
#define LEAST_SECONDS  600
#define BYTES_A_SECOND (5 * MIB)

/* What belongs to one command while it runs. */
struct slot {
    struct text package, part, output, log, verdict;
    const char **argv;
};

struct batch {
    const struct batch_options *options;
    const struct plan *plan;
    struct journal *journal;
    struct batch_result *result;
    struct slot *slots; /* one for each case of the plan; filled while it runs */
    size_t next;
    uint64_t bytes_done;
    int error; /* of the journal: nothing more is started */
    bool on_line;
};

/* -- one case --------------------------------------------------------------------------
 */

static void prepare(struct batch *b, const struct planned *p, struct slot *s)
{
    const struct batch_options *o = b->options;
    size_t n = 0;
    text_printf(&s->package, "%s/%s", o->root, p->path);
    batch_path(o->out, "cases", p->path, &s->output);
    text_printf(&s->part, "%s.part", text_c(&s->output));
    batch_path(o->out, "logs", p->path, &s->log);
    text_str(&s->log, ".log");
    text_printf(&s->verdict, "%s/verdict.json", text_c(&s->part));
    make_parents(text_c(&s->log));
    make_parents(text_c(&s->part));
    remove_tree(text_c(&s->part));
    s->argv = memory_new(o->passed_count + 8, sizeof *s->argv);
    s->argv[n++] = o->verify_only ? "verify" : "analyze";
    for (size_t i = 0; i < o->passed_count; i++)
        s->argv[n++] = o->passed[i];
    if (o->jobs > 1)
        s->argv[n++] = "--threads=1"; /* the cores are busy with other cases */
    s->argv[n++] = o->verify_only ? "--json" : "--quiet";
    if (!o->verify_only) {
        s->argv[n++] = "-o";
        s->argv[n++] = text_c(&s->part);
    } else {
        mkdir(text_c(&s->part), 0777);
    }
    s->argv[n++] = text_c(&s->package);
}

static void release(struct slot *s)
{
    text_release(&s->package);
    text_release(&s->part);
    text_release(&s->output);
    text_release(&s->log);
    text_release(&s->verdict);
    free(s->argv);
    *s = (struct slot){0};
}

static struct limits limits_of(const struct batch_options *o, const struct planned *p)
{
    struct limits l = o->limits;
    if (!l.seconds && !o->no_limits)
        l.seconds = LEAST_SECONDS + (unsigned)(p->size / BYTES_A_SECOND);
    return l;
}

static bool next_case(void *context, size_t *index, struct task *task)
{
    struct batch *b = context;
    for (; b->error == 0 && b->next < b->plan->n; b->next++) {
        const struct planned *p = &b->plan->v[b->next];
        enum work_state state;
        b->error = journal_enter(b->journal, p, b->options->retry, &state);
        if (b->error < 0)
            break;
        if (state == WORK_DONE || state == WORK_FAILED) {
            b->result->skipped++;
            b->bytes_done += p->size;
            continue;
        }
        b->error = journal_begin(b->journal, p->path);
        if (b->error < 0)
            break;
        *index = b->next++;
        struct slot *s = &b->slots[*index];
        prepare(b, p, s);
        *task =
            (struct task){s->argv, b->options->verify_only ? text_c(&s->verdict) : NULL,
                          text_c(&s->log), limits_of(b->options, p)};
        return true;
    }
    return false;
}

/* The last line of a log says why a command gave up. */
static void last_line(const char *path, struct text *t)
{
    char end[512];
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    if (fseek(f, -(long)sizeof end, SEEK_END) < 0)
        rewind(f);
    struct bytes b = bytes_trim(bytes_of(end, fread(end, 1, sizeof end, f)));
    fclose(f);
    size_t newline = bytes_rfind_byte(b, '\n');
    escape_plain(t, newline < b.n ? bytes_from(b, newline + 1) : b);
}

static void say_why(const struct ended *e, const char *log, struct text *reason)
{
    switch (e->how) {
    case ENDING_TIME:
        text_str(reason, "stopped at the time limit");
        break;
    case ENDING_SIGNAL:
        text_printf(reason, "crashed with signal %d (%s)", e->value, strsignal(e->value));
        break;
    case ENDING_NOT_STARTED:
        text_str(reason, "could not be started");
        break;
    case ENDING_EXIT:
        last_line(log, reason);
        if (reason->n == 0)
            text_printf(reason, "ended with status %d", e->value);
    }
}

/* Outputs appear whole or not at all: they are written beside their place and renamed. */
static int put_in_place(const struct slot *s)
{
    int r = remove_tree(text_c(&s->output));
    if (r == 0 && rename(text_c(&s->part), text_c(&s->output)) < 0)
        r = -errno;
    return r;
}

static void case_ended(void *context, size_t index, const struct ended *e)
{
    struct batch *b = context;
    struct slot *s = &b->slots[index];
    struct work w = {
        .path = b->plan->v[index].path, .state = WORK_FAILED, .status = EXIT_OURS};
    if (e->how == ENDING_EXIT && e->value <= EXIT_SHORT && put_in_place(s) == 0) {
        w.state = WORK_DONE;
        w.status = e->value;
    } else {
        if (e->how == ENDING_EXIT)
            w.status = e->value;
        say_why(e, text_c(&s->log), &w.reason);
        remove_tree(text_c(&s->part));
        remove_tree(text_c(&s->output)); /* of an earlier state of the package */
    }
    int r = journal_end(b->journal, &w);
    b->error = b->error ? b->error : r;
    b->result->done += w.state == WORK_DONE;
    b->bytes_done += b->plan->v[index].size;
    text_release(&w.reason);
    release(s);
}

/* -- all of them -----------------------------------------------------------------------
 */

static void show_progress(void *context, size_t running)
{
    struct batch *b = context;
    if (b->options->quiet || !isatty(STDERR_FILENO))
        return;
    b->on_line = true;
    fprintf(stderr, "\r\033[K%zu of %zu cases, %zu running, %.1f of %.1f GiB  ",
            b->next - running, b->plan->n, running, (double)b->bytes_done / (double)GIB,
            (double)b->plan->size / (double)GIB);
}

static void count(void *context, const struct work *w)
{
    struct batch_result *result = context;
    int status = w->state == WORK_FAILED ? EXIT_OURS : w->status;
    result->failed += w->state == WORK_FAILED;
    result->worst = status > result->worst ? status : result->worst;
}

/* What the outcome depends on besides the package: our version and the options. */
static void identify(const struct batch_options *o, struct text *t)
{
    text_str(t, EXHIBIT_VERSION);
    text_str(t, o->verify_only ? " verify" : " analyze");
    for (size_t i = 0; i < o->passed_count; i++)
        text_printf(t, " %s", o->passed[i]);
}

static void journal_path(const struct batch_options *o, struct text *t)
{
    if (o->shards > 1)
        text_printf(t, "%s/journal-%zu-of-%zu.db", o->out, o->shard, o->shards);
    else
        text_printf(t, "%s/journal.db", o->out);
}

int batch_run(const struct batch_options *o, const struct plan *plan,
              struct batch_result *result)
{
    struct batch b = {.options = o, .plan = plan, .result = result};
    struct text path = {0}, identity = {0};
    journal_path(o, &path);
    identify(o, &identity);
    int r = journal_open(text_c(&path), text_bytes(&identity), &b.journal);
    if (r == 0) {
        b.slots = memory_new(plan->n, sizeof *b.slots);
        crew_run(&(struct crew){o->jobs, &b, next_case, case_ended, show_progress});
        if (b.on_line)
            fputs("\r\033[K", stderr);
        r = b.error;
        if (r == 0)
            r = journal_each(b.journal, count, result);
        journal_close(b.journal);
        free(b.slots);
    }
    text_release(&path);
    text_release(&identity);
    return r;
}
