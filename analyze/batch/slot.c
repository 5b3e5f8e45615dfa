#include "analyze/batch/slot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/batch/files.h"
#include "analyze/batch/outcome.h"
#include "analyze/commands.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Ten minutes and a second for each 5 MiB: a slow disk and a slow machine, not a hang. */
#define LEAST_SECONDS  600
#define BYTES_A_SECOND (5 * MIB)

/* "OUT/work/I-of-N": where the slots of a run are. Appends. */
static void slot_directory(const struct batch_options *o, struct text *t)
{
    text_printf(t, "%s/work/%zu-of-%zu", o->out, o->shard, o->shards);
}

/* "exhibit analyze OPTIONS --threads=N --quiet -o OUTPUT PACKAGE" or "exhibit verify
 * OPTIONS --json PACKAGE". */
static void make_command(struct slot *s, const struct batch_options *o)
{
    bool verifies = o->verify_only || s->compares;
    const char *const *options = verifies ? o->verify_options : o->options;
    size_t n = 0, count = 0;
    while (options[count])
        count++;
    s->argv = memory_new(count + 8, sizeof *s->argv);
    s->argv[n++] = "exhibit";
    s->argv[n++] = verifies ? "verify" : "analyze";
    for (size_t i = 0; i < count; i++)
        s->argv[n++] = options[i];
    text_printf(&s->threads, "--threads=%zu", o->threads);
    if (o->threads && !verifies)
        s->argv[n++] = text_c(&s->threads);
    s->argv[n++] = verifies ? "--json" : "--quiet";
    if (!verifies) {
        s->argv[n++] = "-o";
        s->argv[n++] = text_c(&s->output);
    }
    s->argv[n++] = text_c(&s->package);
}

void slot_prepare(struct slot *s, const struct batch_options *o, const struct planned *p,
                  size_t index)
{
    text_printf(&s->package, "%s/%s", o->root, p->path);
    slot_directory(o, &s->output);
    text_printf(&s->output, "/%zu", index);
    text_printf(&s->log, "%s.log", text_c(&s->output));
    text_printf(&s->verdict, "%s/verdict.json", text_c(&s->output));
    make_parents(text_c(&s->output));
    mkdir(text_c(&s->output), 0777);
    make_command(s, o);
}

struct limits limits_for(const struct batch_options *o, uint64_t size)
{
    struct limits l = o->limits;
    if (!l.seconds)
        l.seconds = LEAST_SECONDS + (unsigned)(size / BYTES_A_SECOND);
    return l;
}

struct task slot_task(const struct slot *s, const struct batch_options *o)
{
    bool verifies = o->verify_only || s->compares;
    return (struct task){s->argv, verifies ? text_c(&s->verdict) : NULL, text_c(&s->log),
                         limits_for(o, s->work.size)};
}

/* -- after it ended --------------------------------------------------------------------
 */

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

static void say_why(struct slot *s, const struct ended *e, uint64_t memory)
{
    struct text *reason = &s->work.reason;
    /* Where memory ends is chance: a library may see it first, or the kernel. */
    if (memory && e->peak > memory / 10 * 9)
        text_str(reason, "at its memory limit: ");
    size_t said = reason->n;
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
    default:
        last_line(text_c(&s->log), reason);
        if (reason->n == said)
            text_printf(reason, "ended with status %d", e->value);
    }
}

void slot_judge(struct slot *s, const struct ended *e, uint64_t memory)
{
    struct work *w = &s->work;
    bool good = e->how == ENDING_EXIT && e->value <= EXIT_SHORT;
    w->state = good ? WORK_DONE : WORK_FAILED;
    w->status = e->how == ENDING_EXIT ? e->value : EXIT_OURS;
    if (good)
        verdict_content(text_c(&s->verdict), &w->content);
    else
        say_why(s, e, memory);
}

/* What it said lies beside its outputs, or alone when there are none. */
static bool put_log(const struct slot *s)
{
    struct text to = {0};
    struct stat st;
    bool said = stat(text_c(&s->log), &st) == 0 && st.st_size > 0;
    text_printf(&to, "%s/log.txt", text_c(&s->output));
    if (said)
        rename(text_c(&s->log), text_c(&to));
    text_release(&to);
    return said;
}

int slot_put_in_place(const struct slot *s, const struct batch_options *o)
{
    struct text to = {0};
    bool failed = s->work.state == WORK_FAILED;
    if (failed) {
        remove_tree(text_c(&s->output));
        mkdir(text_c(&s->output), 0777);
    }
    bool said = put_log(s);
    batch_path(o->out, "cases", s->work.path, &to);
    int r = remove_tree(text_c(&to));
    if (r == 0 && (said || !failed)) {
        r = make_parents(text_c(&to));
        if (r == 0 && rename(text_c(&s->output), text_c(&to)) < 0)
            r = -errno;
    }
    text_release(&to);
    return r;
}

void slot_release(struct slot *s)
{
    if (s->output.n)
        remove_tree(text_c(&s->output));
    if (s->log.n)
        unlink(text_c(&s->log));
    text_release(&s->package);
    text_release(&s->output);
    text_release(&s->log);
    text_release(&s->verdict);
    text_release(&s->threads);
    work_release(&s->work);
    free(s->argv);
    *s = (struct slot){0};
}

int slots_clear(const struct batch_options *o)
{
    struct text path = {0};
    slot_directory(o, &path);
    int r = remove_work(text_c(&path));
    text_release(&path);
    return r;
}
