#include "analyze/batch/reverify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/batch/files.h"
#include "analyze/batch/meter.h"
#include "analyze/batch/outcome.h"
#include "analyze/commands.h"
#include "analyze/evidence_json.h"
#include "formats/base/memory.h"

/* One verification: of a case as of now (even index) or as of the horizon (odd). */
struct again {
    struct text package, output, log;
    const char **argv;
    struct ended ended;
    bool asked;
};

struct reverify {
    const struct batch_options *options;
    const struct reverify_question *question;
    struct works works;
    struct again *runs; /* two for each case */
    size_t next;
    size_t *later, later_count; /* cases of which something ends before the horizon */
    struct meter meter;
    char now[INSTANT_TEXT], horizon[INSTANT_TEXT];
};

/* -- running ---------------------------------------------------------------------------
 */

static void directory(const struct batch_options *o, struct text *t)
{
    text_printf(t, "%s/work/reverify", o->out);
}

static void prepare(struct reverify *r, size_t index)
{
    const struct batch_options *o = r->options;
    struct again *a = &r->runs[index];
    size_t n = 0, count = 0;
    while (o->verify_options[count])
        count++;
    text_printf(&a->package, "%s/%s", o->root, r->works.v[index / 2].path);
    directory(o, &a->output);
    text_printf(&a->output, "/%zu.json", index);
    text_printf(&a->log, "%s.log", text_c(&a->output));
    make_parents(text_c(&a->output));
    a->argv = memory_new(count + 7, sizeof *a->argv);
    a->argv[n++] = "exhibit";
    a->argv[n++] = "verify";
    for (size_t i = 0; i < count; i++)
        a->argv[n++] = o->verify_options[i];
    a->argv[n++] = "--json";
    a->argv[n++] = "--at";
    a->argv[n++] = index % 2 ? r->horizon : r->now;
    a->argv[n++] = text_c(&a->package);
    a->asked = true;
}

static void take(struct reverify *r, size_t index, struct task *task)
{
    prepare(r, index);
    struct again *a = &r->runs[index];
    *task = (struct task){a->argv, text_c(&a->output), text_c(&a->log),
                          limits_for(r->options, r->works.v[index / 2].size)};
}

static bool next_run(void *context, size_t *index, struct task *task)
{
    struct reverify *r = context;
    if (r->later_count > 0) {
        *index = 2 * r->later[--r->later_count] + 1;
        take(r, *index, task);
        return true;
    }
    while (r->next < r->works.n && r->works.v[r->next].state != WORK_DONE)
        r->next++;
    if (r->next == r->works.n)
        return false;
    *index = 2 * r->next++;
    take(r, *index, task);
    return true;
}

/* Revocation lists end too, and no verdict says when. */
static bool has_lists(const struct batch_options *o)
{
    for (const char *const *v = o->verify_options; *v; v++)
        if (strncmp(*v, "--crl=", 6) == 0)
            return true;
    return false;
}

static void run_ended(void *context, size_t index, const struct ended *e)
{
    struct reverify *r = context;
    struct again *a = &r->runs[index];
    a->ended = *e;
    if (index % 2)
        return;
    json_t *is = json_file(text_c(&a->output));
    if (is && (has_lists(r->options) || reverify_something_ends(is, r->question)))
        r->later[r->later_count++] = index / 2;
    json_decref(is);
    meter_count(&r->meter, r->works.v[index / 2].size, false);
}

static void tick(void *context, size_t running)
{
    struct reverify *r = context;
    meter_show(&r->meter, running);
}

/* -- the report ------------------------------------------------------------------------
 */

static json_t *kept_verdict(const struct reverify *r, const struct work *w)
{
    struct text path = {0};
    batch_path(r->options->out, "cases", w->path, &path);
    text_str(&path, "/verdict.json");
    json_t *verdict = json_file(text_c(&path));
    text_release(&path);
    return verdict;
}

static void say_not_verified(const struct reverify *r, size_t i, json_t *changes)
{
    const struct again *a = &r->runs[2 * i];
    struct text t = {0};
    if (access(text_c(&a->package), F_OK) < 0 && errno == ENOENT)
        text_str(&t, "the package is gone");
    else
        text_str(&t, a->ended.how == ENDING_TIME     ? "stopped at the time limit"
                     : a->ended.how == ENDING_SIGNAL ? "crashed"
                                                     : "the package cannot be read");
    reverify_add(changes, "not-verified", &t, INSTANT_NONE);
    text_release(&t);
}

static void say_never_done(const struct work *w, json_t *changes)
{
    struct text t = {0};
    text_printf(&t, "there is no result to compare with%s%s", w->reason.n ? ": " : "",
                text_c(&w->reason));
    reverify_add(changes, "not-verified", &t, INSTANT_NONE);
    text_release(&t);
}

static void look_at_case(const struct reverify *r, size_t i, json_t *changes)
{
    const struct again *now = &r->runs[2 * i], *later = now + 1;
    if (!now->asked) {
        say_never_done(&r->works.v[i], changes);
        return;
    }
    json_t *was = kept_verdict(r, &r->works.v[i]), *is = json_file(text_c(&now->output));
    json_t *then = later->asked ? json_file(text_c(&later->output)) : NULL;
    if (!was)
        say_never_done(&r->works.v[i], changes);
    else if (is)
        reverify_compare(was, is, then, r->question, changes);
    else
        say_not_verified(r, i, changes);
    json_decref(was);
    json_decref(is);
    json_decref(then);
}

/* Marks what the report before did not have. */
static void mark_new(json_t *changes, const json_t *before)
{
    size_t i, k;
    json_t *change, *old;
    json_array_foreach(changes, i, change)
    {
        bool known = false;
        json_array_foreach(before, k, old) known |=
            json_equal(json_object_get(old, "what"), json_object_get(change, "what")) &&
            json_equal(json_object_get(old, "detail"), json_object_get(change, "detail"));
        json_object_set_new(change, "new", json_boolean(!known));
    }
}

/* {path: changes} of the report before. */
static json_t *report_before(const char *path)
{
    json_t *document = json_file(path), *o = json_object(), *one;
    size_t i;
    json_array_foreach(json_object_get(document, "cases"), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "path"));
        if (name)
            json_object_set(o, name, json_object_get(one, "changes"));
    }
    json_decref(document);
    return o;
}

static json_t *report(const struct reverify *r, const char *path)
{
    json_t *cases = json_array(), *before = report_before(path);
    for (size_t i = 0; i < r->works.n; i++) {
        json_t *name = json_evidence(bytes_str(r->works.v[i].path));
        json_t *changes = json_array();
        look_at_case(r, i, changes);
        mark_new(changes, json_object_get(before, json_string_value(name)));
        if (json_array_size(changes))
            json_array_append_new(
                cases, json_pack("{s:O, s:O}", "path", name, "changes", changes));
        json_decref(changes);
        json_decref(name);
    }
    json_decref(before);
    return json_pack("{s:s, s:s, s:i, s:I, s:o}", "schema", "exhibit.reverify/1", "at",
                     r->now, "within_days", (int)r->question->days, "checked",
                     (json_int_t)r->works.n, "cases", cases);
}

static size_t count_changes(const json_t *document, bool only_new)
{
    size_t i, k, n = 0;
    json_t *one, *change;
    json_array_foreach(json_object_get(document, "cases"), i, one)
        json_array_foreach(json_object_get(one, "changes"), k, change) n +=
        !only_new || json_is_true(json_object_get(change, "new"));
    return n;
}

/* One line for each time, so that a court can see that it was looked at. */
static int add_history(const char *out, const json_t *document)
{
    struct text path = {0};
    text_printf(&path, "%s/reverify-history.jsonl", out);
    FILE *f = fopen(text_c(&path), "ab");
    text_release(&path);
    if (!f)
        return -errno;
    json_t *line =
        json_pack("{s:O, s:O, s:I, s:I, s:I}", "at", json_object_get(document, "at"),
                  "checked", json_object_get(document, "checked"), "cases",
                  (json_int_t)json_array_size(json_object_get(document, "cases")),
                  "changes", (json_int_t)count_changes(document, false), "new",
                  (json_int_t)count_changes(document, true));
    int r = json_dumpf(line, f, JSON_COMPACT) < 0 || fputc('\n', f) == EOF ? -EIO : 0;
    json_decref(line);
    return fclose(f) != 0 && r == 0 ? -errno : r;
}

static int write_report(struct reverify *r, json_t **document)
{
    struct text path = {0};
    text_printf(&path, "%s/reverify.json", r->options->out);
    *document = report(r, text_c(&path));
    char *content = json_dumps(*document, JSON_INDENT(2));
    int error = content ? file_replace(text_c(&path), bytes_str(content)) : -ENOMEM;
    if (error == 0)
        error = add_history(r->options->out, *document);
    free(content);
    text_release(&path);
    return error;
}

static void change_text(const json_t *change, struct text *t)
{
    const char *until = json_string_value(json_object_get(change, "until"));
    text_printf(t,
                "  %c %s%s%s: ", json_is_true(json_object_get(change, "new")) ? '!' : ' ',
                json_string_value(json_object_get(change, "what")), until ? " " : "",
                until ? until : "");
    escape_line(t, bytes_str(json_string_value(json_object_get(change, "detail"))));
    text_byte(t, '\n');
}

void reverify_text(const json_t *document, struct text *t)
{
    size_t i, k;
    json_t *one, *change, *cases = json_object_get(document, "cases");
    json_array_foreach(cases, i, one)
    {
        escape_line(t, bytes_str(json_string_value(json_object_get(one, "path"))));
        text_byte(t, '\n');
        json_array_foreach(json_object_get(one, "changes"), k, change)
            change_text(change, t);
    }
    text_printf(t,
                "%lld packages verified again as of %s, looking %lld days ahead: %zu "
                "need a look",
                json_integer_value(json_object_get(document, "checked")),
                json_string_value(json_object_get(document, "at")),
                json_integer_value(json_object_get(document, "within_days")),
                json_array_size(cases));
    text_str(t, json_array_size(cases) ? " (! was not in the report before)\n" : "\n");
}

/* -- all of it -------------------------------------------------------------------------
 */

static void release(struct reverify *r)
{
    for (size_t i = 0; r->runs && i < 2 * r->works.n; i++) {
        text_release(&r->runs[i].package);
        text_release(&r->runs[i].output);
        text_release(&r->runs[i].log);
        free(r->runs[i].argv);
    }
    free(r->runs);
    free(r->later);
    works_release(&r->works);
}

static int run_all(struct reverify *r, json_t **document)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < r->works.n; i++)
        bytes += r->works.v[i].size;
    r->meter = meter_begin(r->works.n, bytes, r->options->quiet);
    r->runs = memory_new(2 * r->works.n, sizeof *r->runs);
    r->later = memory_new(r->works.n, sizeof *r->later);
    int stop = crew_run(&(struct crew){r->options->jobs, r, next_run, run_ended, tick});
    meter_end(&r->meter);
    return stop ? stop : write_report(r, document);
}

int reverify_run(const struct batch_options *o, const struct reverify_question *q,
                 json_t **document, int *signal)
{
    struct reverify r = {.options = o, .question = q};
    struct text work = {0};
    struct journal *held = NULL; /* nobody works on the cases meanwhile */
    instant_format(q->now, PRECISION_SECOND, r.now);
    instant_format(q->horizon, PRECISION_SECOND, r.horizon);
    directory(o, &work);
    int error = works_read(o->out, &r.works, &held);
    if (error == 0)
        error = remove_work(text_c(&work));
    if (error == 0)
        error = run_all(&r, document);
    if (held)
        remove_work(text_c(&work));
    *signal = error > 0 ? error : 0;
    journal_close(held);
    release(&r);
    text_release(&work);
    return error < 0 ? error : 0;
}
