#include "analyze/batch/reverify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/batch/files.h"
#include "analyze/batch/outcome.h"
#include "formats/base/memory.h"

/* One verification: of a case as of now (even index) or later (odd). */
struct again {
    struct text package, output, log;
    const char **argv;
    struct ended ended;
    bool asked;
};

struct reverify {
    const struct batch_options *options;
    struct works works;
    struct again *runs; /* two for each case */
    size_t next;
    char now[INSTANT_TEXT], later[INSTANT_TEXT];
    instant horizon;
};

/* -- running ---------------------------------------------------------------------------
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

/* Seals rest on certificates, which expire; digests alone do not change with time. */
static bool has_seals(const struct reverify *r, const struct work *w)
{
    json_t *verdict = kept_verdict(r, w);
    bool seals = json_array_size(json_object_get(verdict, "signatures")) > 0 ||
                 json_array_size(json_object_get(verdict, "timestamps")) > 0;
    json_decref(verdict);
    return seals;
}

static void prepare(const struct reverify *r, size_t index)
{
    const struct batch_options *o = r->options;
    const struct work *w = &r->works.v[index / 2];
    struct again *a = &r->runs[index];
    const char *when = index % 2 ? "later" : "now";
    size_t n = 0;
    text_printf(&a->package, "%s/%s", o->root, w->path);
    batch_path(o->out, "reverify", w->path, &a->output);
    batch_path(o->out, "logs", w->path, &a->log);
    text_printf(&a->output, ".%s.json", when);
    text_printf(&a->log, ".%s.log", when);
    make_parents(text_c(&a->output));
    make_parents(text_c(&a->log));
    while (o->verify_options[n])
        n++;
    a->argv = memory_new(n + 8, sizeof *a->argv);
    n = 0;
    a->argv[n++] = "exhibit";
    a->argv[n++] = "verify";
    for (size_t i = 0; o->verify_options[i]; i++)
        a->argv[n++] = o->verify_options[i];
    a->argv[n++] = "--json";
    a->argv[n++] = "--at";
    a->argv[n++] = index % 2 ? r->later : r->now;
    a->argv[n++] = text_c(&a->package);
    a->asked = true;
}

static bool next_run(void *context, size_t *index, struct task *task)
{
    struct reverify *r = context;
    for (; r->next < 2 * r->works.n; r->next++) {
        const struct work *w = &r->works.v[r->next / 2];
        if (w->state != WORK_DONE || (r->next % 2 && !has_seals(r, w)))
            continue;
        *index = r->next++;
        prepare(r, *index);
        struct again *a = &r->runs[*index];
        *task = (struct task){a->argv, text_c(&a->output), text_c(&a->log),
                              r->options->limits};
        return true;
    }
    return false;
}

static void run_ended(void *context, size_t index, const struct ended *e)
{
    struct reverify *r = context;
    r->runs[index].ended = *e;
}

/* -- comparing -------------------------------------------------------------------------
 */

static const char *string_at(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static void change(json_t *changes, const char *what, const struct text *detail)
{
    json_t *o = json_object();
    json_object_set_new(o, "what", json_string(what));
    json_object_set_new(o, "detail", json_plain(text_bytes(detail)));
    json_array_append_new(changes, o);
}

/* "failed" is worse than "incomplete" is worse than the two that hold. */
static int badness(const char *verdict)
{
    return strcmp(verdict, "failed") == 0       ? 2
           : strcmp(verdict, "incomplete") == 0 ? 1
                                                : 0;
}

static void compare_verdicts(const char *what, const json_t *was, const json_t *is,
                             json_t *changes)
{
    const char *before = string_at(was, "verdict"), *after = string_at(is, "verdict");
    struct text t = {0};
    if (strcmp(before, after) == 0)
        return;
    const char *reason =
        json_string_value(json_array_get(json_object_get(is, "reasons"), 0));
    text_printf(&t, "%s, was %s%s%s", after, before, reason ? ": " : "",
                reason ? reason : "");
    change(changes, what, &t);
    text_release(&t);
}

/* Digests of the items by path: two arrays in the same order, as walks are. */
static void compare_items(const json_t *was, const json_t *is, json_t *changes)
{
    json_t *before = json_object(), *o;
    size_t i;
    json_array_foreach(json_object_get(was, "items"), i, o)
        json_object_set(before, string_at(o, "path"), json_object_get(o, "sha256"));
    json_array_foreach(json_object_get(is, "items"), i, o)
    {
        const char *path = string_at(o, "path");
        json_t *old = json_object_get(before, path), *new = json_object_get(o, "sha256");
        struct text t = {0};
        text_str(&t, path);
        if (!old)
            change(changes, "file-added", &t);
        else if (!json_equal(old, new))
            change(changes, "file-changed", &t);
        json_object_del(before, path);
        text_release(&t);
    }
    const char *gone;
    json_object_foreach(before, gone, o)
    {
        struct text t = {0};
        text_str(&t, gone);
        change(changes, "file-missing", &t);
        text_release(&t);
    }
    json_decref(before);
}

static void look_at_retention(const struct reverify *r, const json_t *is, json_t *changes)
{
    size_t i;
    json_t *lock;
    json_array_foreach(json_object_get(is, "retention"), i, lock)
    {
        instant until;
        struct text t = {0};
        const char *stated = string_at(lock, "retain_until");
        if (!instant_parse_date(bytes_str(stated), &until, NULL) || until > r->horizon)
            continue;
        text_printf(&t, "%s until %s", string_at(lock, "object"), stated);
        change(changes, "retention-ends", &t);
        text_release(&t);
    }
}

/* Files that only algorithms speak for whose collisions have become practical. */
static void look_at_algorithms(const json_t *is, json_t *changes)
{
    size_t i, c;
    json_t *item, *claim;
    json_array_foreach(json_object_get(is, "items"), i, item)
    {
        json_t *claims = json_object_get(item, "claims");
        bool strong = json_array_size(claims) == 0;
        struct text t = {0};
        json_array_foreach(claims, c, claim)
        {
            const char *name = string_at(claim, "algorithm");
            strong |= strcmp(name, "md5") != 0 && strcmp(name, "sha1") != 0;
        }
        text_str(&t, string_at(item, "path"));
        if (!strong)
            change(changes, "weak-algorithm-only", &t);
        text_release(&t);
    }
}

static void say_unfinished(const struct ended *e, json_t *changes)
{
    struct text t = {0};
    text_str(&t, e->how == ENDING_TIME     ? "stopped at the time limit"
                 : e->how == ENDING_SIGNAL ? "crashed"
                                           : "the package cannot be read");
    change(changes, "not-verified", &t);
    text_release(&t);
}

static void compare_case(const struct reverify *r, size_t i, json_t *changes)
{
    const struct again *now = &r->runs[2 * i], *later = &r->runs[2 * i + 1];
    json_t *was = kept_verdict(r, &r->works.v[i]), *is = json_file(text_c(&now->output));
    json_t *then = later->asked ? json_file(text_c(&later->output)) : NULL;
    if (!is) {
        say_unfinished(&now->ended, changes);
    } else {
        compare_verdicts("verdict", was, is, changes);
        if (strcmp(string_at(json_object_get(was, "package"), "listing_sha256"),
                   string_at(json_object_get(is, "package"), "listing_sha256")) != 0)
            compare_items(was, is, changes);
        look_at_retention(r, is, changes);
        look_at_algorithms(is, changes);
    }
    if (is && then &&
        badness(string_at(then, "verdict")) > badness(string_at(is, "verdict")))
        compare_verdicts("will-not-hold", is, then, changes);
    json_decref(was);
    json_decref(is);
    json_decref(then);
}

static json_t *report(const struct reverify *r, unsigned days)
{
    json_t *cases = json_array();
    for (size_t i = 0; i < r->works.n; i++) {
        if (!r->runs[2 * i].asked)
            continue;
        json_t *changes = json_array();
        compare_case(r, i, changes);
        if (json_array_size(changes))
            json_array_append_new(cases,
                                  json_pack("{s:o, s:O}", "path",
                                            json_plain(bytes_str(r->works.v[i].path)),
                                            "changes", changes));
        json_decref(changes);
    }
    return json_pack("{s:s, s:s, s:i, s:o}", "schema", "exhibit.reverify/1", "at", r->now,
                     "within_days", (int)days, "cases", cases);
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
    works_release(&r->works);
}

int reverify_run(const struct batch_options *o, instant now, unsigned days,
                 json_t **document)
{
    struct reverify r = {.options = o};
    struct text path = {0};
    if (__builtin_add_overflow(now, (int64_t)days * precision_width(PRECISION_DAY),
                               &r.horizon))
        r.horizon = INT64_MAX;
    instant_format(now, PRECISION_SECOND, r.now);
    instant_format(r.horizon, PRECISION_SECOND, r.later);
    int error = works_read(o->out, &r.works);
    if (error == 0) {
        r.runs = memory_new(2 * r.works.n, sizeof *r.runs);
        crew_run(&(struct crew){o->jobs, &r, next_run, run_ended, NULL});
        *document = report(&r, days);
        text_printf(&path, "%s/reverify.json", o->out);
        if (json_dump_file(*document, text_c(&path), JSON_INDENT(2)) < 0)
            error = errno ? -errno : -EIO;
        text_release(&path);
    }
    release(&r);
    return error;
}

void reverify_text(const json_t *document, struct text *t)
{
    size_t i, k;
    json_t *one, *change, *cases = json_object_get(document, "cases");
    json_array_foreach(cases, i, one)
    {
        json_array_foreach(json_object_get(one, "changes"), k, change)
        {
            escape_terminal(t, bytes_str(string_at(one, "path")));
            text_printf(t, "  %s: ", string_at(change, "what"));
            escape_terminal(t, bytes_str(string_at(change, "detail")));
            text_byte(t, '\n');
        }
    }
    text_printf(t, "%zu packages changed or soon will\n", json_array_size(cases));
}
