/* exhibit batch: many packages, resumable, on one machine or on a cluster. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "analyze/batch/files.h"
#include "analyze/batch/index.h"
#include "analyze/batch/options.h"
#include "analyze/batch/reverify.h"
#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/usage.h"

static int our_failure(int error)
{
    if (error == -EBUSY)
        return usage_error("batch", "another batch is at work on this output", NULL);
    if (error == -ENOENT)
        return usage_error("batch", "nothing was done in this output yet", NULL);
    if (error == -ENOSPC)
        fputs("exhibit batch: the disk of the output is full. What is done is kept; make "
              "room, and the same command goes on\n",
              stderr);
    else if (error == -EUCLEAN)
        fputs("exhibit batch: search.db is damaged; remove it, and --merge makes it "
              "again\n",
              stderr);
    else
        fprintf(stderr, "exhibit batch: %s\n", strerror(-error));
    return EXIT_OURS;
}

static int write_index(const struct batch_command *c)
{
    json_t *document = NULL;
    struct text t = {0};
    int status = EXIT_HELD, r = index_write(c->options.out, &document, &status);
    if (r < 0)
        return our_failure(r);
    index_text(document, &t);
    if (!c->options.quiet)
        printf("%s%s/index.html\n", text_c(&t), c->options.out);
    text_release(&t);
    json_decref(document);
    return status;
}

/* What one run would do with each package; all new when there is no journal. */
static void print_list(const struct batch_options *o, const struct plan *p)
{
    static const char *const steps[] = {"work", "compare", "keep", "failed"};
    struct text t = {0}, path = {0}, identity = {0};
    struct journal *j = NULL;
    journal_path(o->out, 1, 1, &path);
    if (o->out && batch_identity(o, &identity) == 0)
        journal_open_done(text_c(&path), &j);
    for (size_t i = 0; i < p->n; i++) {
        struct work known = {0};
        if (j)
            journal_find(j, p->v[i].path, &known);
        text_printf(&t, "%14llu  %s  %-7s  ", (unsigned long long)p->v[i].size,
                    p->v[i].directory ? "directory" : "archive  ",
                    steps[batch_step(o, &p->v[i], &known, text_bytes(&identity))]);
        escape_terminal(&t, bytes_str(p->v[i].path));
        text_byte(&t, '\n');
        work_release(&known);
    }
    printf("%s%zu packages, %llu bytes; %llu other entries passed over\n", text_c(&t),
           p->n, (unsigned long long)p->size, (unsigned long long)p->passed);
    journal_close(j);
    text_release(&t);
    text_release(&path);
    text_release(&identity);
}

/* New packages are known, as waiting, from now on. */
static int note_plan(const struct batch_options *o, const struct plan *plan)
{
    struct text path = {0};
    struct journal *j = NULL;
    journal_path(o->out, 1, 1, &path);
    int r = journal_open(text_c(&path), &j);
    if (r == 0)
        r = journal_scanned(j, plan, plan->unreadable_count == 0);
    journal_close(j);
    text_release(&path);
    return r;
}

static int write_plan(const struct batch_command *c, const struct plan *plan,
                      const char *file)
{
    int r = note_plan(&c->options, plan);
    r = r == 0 ? plan_write(plan, file) : r;
    if (r < 0)
        return our_failure(r);
    printf("%zu packages, %llu bytes: %s\n", plan->n, (unsigned long long)plan->size,
           file);
    return EXIT_HELD;
}

/* The signal then does what it does to any program. */
static int die_of(int sign)
{
    fflush(NULL);
    signal(sign, SIG_DFL);
    raise(sign);
    return EXIT_OURS;
}

static int stopped(const struct plan *plan, const struct batch_result *result)
{
    fprintf(stderr,
            "exhibit batch: stopped by signal %d (%s): %zu of %zu packages done; the "
            "same command goes on\n",
            result->signal, strsignal(result->signal), result->done + result->kept,
            plan->n);
    return die_of(result->signal);
}

static void print_counts(const struct plan *plan, const struct batch_result *r)
{
    printf("%zu packages: %zu done now, %zu were done before, %zu could not be done",
           plan->n, r->done, r->kept, r->failed);
    if (plan->passed) /* when ROOT is itself a package, most of it */
        printf("; %llu other entries in the folders passed over",
               (unsigned long long)plan->passed);
    putchar('\n');
}

static int work(struct batch_command *c, struct plan *plan)
{
    struct batch_result result = {0};
    if (c->action == BATCH_SHARD)
        plan_shard(plan, c->options.shard, c->options.shards);
    /* Where fewer cases than processors are left to do, each has some of them. */
    size_t at_a_time = plan->n && plan->n < c->options.jobs ? plan->n : c->options.jobs;
    c->options.threads = at_a_time == 1 ? 0 : c->options.jobs / at_a_time;
    int r = batch_run(&c->options, plan, &result);
    if (r < 0)
        return our_failure(r);
    if (result.signal)
        return stopped(plan, &result);
    if (!c->options.quiet)
        print_counts(plan, &result);
    int status = c->action == BATCH_RUN ? write_index(c) : EXIT_HELD;
    return status > result.worst ? status : result.worst;
}

/* Not looked at is not passed over in silence. An exit status. */
static int tell_unreadable(const struct plan *plan)
{
    for (size_t i = 0; i < plan->unreadable_count; i++) {
        fputs("exhibit batch: cannot look at ", stderr);
        print_escaped(stderr, bytes_str(plan->unreadable[i].path));
        fprintf(stderr, ": %s\n", strerror(plan->unreadable[i].error));
    }
    return plan->unreadable_count ? EXIT_OURS : EXIT_HELD;
}

/* The plan of this action: from the file for a shard, else from the disk. */
static int get_plan(const struct batch_command *c, const char *file, struct plan *plan)
{
    const char *from = c->action == BATCH_SHARD ? file : c->options.root;
    int r = c->action == BATCH_SHARD ? plan_read(plan, file) : plan_scan(plan, from);
    if (r == 0 && (plan->n > 0 || plan->unreadable_count > 0))
        return 0;
    fputs("exhibit batch: ", stderr);
    print_escaped(stderr, bytes_str(from));
    fprintf(stderr, ": %s\n",
            r == -EBADMSG ? "not a plan"
            : r < 0       ? strerror(-r)
            : plan->passed
                ? "no package in it: if it is one itself, name the directory above"
                : "no package in it: is the right disk mounted?");
    return EXIT_USAGE;
}

static int with_plan(struct batch_command *c)
{
    struct plan plan = {0};
    struct text file = {0};
    text_printf(&file, "%s/plan", c->options.out ? c->options.out : "");
    int status = get_plan(c, text_c(&file), &plan);
    if (status == 0) {
        int seen = tell_unreadable(&plan);
        if (c->action == BATCH_LIST)
            print_list(&c->options, &plan);
        else
            status = c->action == BATCH_PLAN ? write_plan(c, &plan, text_c(&file))
                                             : work(c, &plan);
        status = status > seen ? status : seen;
    }
    text_release(&file);
    plan_release(&plan);
    return status;
}

static int reverify(const struct batch_command *c)
{
    json_t *document = NULL;
    struct reverify_question q = {.now = c->shared.verify.options.now, .days = c->within};
    int stop = 0;
    if (__builtin_add_overflow(q.now, (int64_t)q.days * precision_width(PRECISION_DAY),
                               &q.horizon))
        q.horizon = INT64_MAX;
    int r = reverify_run(&c->options, &q, &document, &stop);
    if (r < 0)
        return our_failure(r);
    if (stop)
        return die_of(stop);
    struct text t = {0};
    reverify_text(document, &t);
    bool any = json_array_size(json_object_get(document, "cases")) > 0;
    if (c->json &&
        (json_dumpf(document, stdout, JSON_INDENT(2)) < 0 || putchar('\n') < 0))
        r = -EIO;
    else if (!c->json && (any || !c->options.quiet)) /* cron sends what is printed */
        fputs(text_c(&t), stdout);
    text_release(&t);
    json_decref(document);
    return r < 0 ? our_failure(r) : any ? EXIT_SHORT : EXIT_HELD;
}

/* The output directory, and in it what earlier jobs left. */
static int open_output(const struct batch_command *c)
{
    struct text t = {0};
    text_printf(&t, "%s/", c->options.out);
    int r = make_parents(text_c(&t));
    text_release(&t);
    if (r == 0 && c->action != BATCH_SHARD)
        r = journal_absorb(c->options.out);
    return r;
}

static int run(struct batch_command *c)
{
    int r = c->action == BATCH_LIST ? 0 : open_output(c);
    if (r < 0)
        return our_failure(r);
    switch (c->action) {
    case BATCH_MERGE:
        return write_index(c);
    case BATCH_REVERIFY:
        return reverify(c);
    default:
        return with_plan(c);
    }
}

int cmd_batch(int argc, char **argv)
{
    struct batch_command c;
    int status = batch_options_parse(&c, argc, argv);
    if (status < 0)
        status = run(&c);
    batch_options_release(&c);
    return status;
}
