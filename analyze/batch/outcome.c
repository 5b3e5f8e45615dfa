#include "analyze/batch/outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/batch/batch.h"
#include "analyze/batch/files.h"
#include "analyze/casefile/reader.h"
#include "analyze/commands.h"
#include "analyze/evidence_json.h"
#include "formats/base/memory.h"
#include "verify/finding.h"

#define TOP_FINDINGS 5

json_t *json_file(const char *path)
{
    return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

void verdict_content(const char *verdict_file, struct text *t)
{
    json_t *verdict = json_file(verdict_file);
    json_t *package = json_object_get(verdict, "package");
    const char *listing = json_string_value(json_object_get(package, "listing_sha256"));
    const char *archive = json_string_value(json_object_get(package, "sha256"));
    if (listing)
        text_printf(t, "%s%s%s", listing, archive ? " " : "", archive ? archive : "");
    json_decref(verdict);
}

/* -- one case --------------------------------------------------------------------------
 */

static void add_verdict(json_t *o, json_t *verdict)
{
    json_t *package = json_object_get(verdict, "package");
    json_object_set(o, "verdict", json_object_get(verdict, "verdict"));
    json_object_set(o, "reasons", json_object_get(verdict, "reasons"));
    json_object_set(o, "items", json_object_get(package, "items"));
    json_object_set(o, "listing_sha256", json_object_get(package, "listing_sha256"));
}

static json_t *finding_json(const struct case_finding_row *f)
{
    json_t *o = json_object();
    json_object_set_new(o, "severity", json_evidence(f->severity));
    json_object_set_new(o, "rule", json_evidence(f->rule));
    json_object_set_new(o, "title", json_evidence(f->title));
    json_object_set_new(o, "subject", json_evidence(f->subject));
    return o;
}

static void add_findings(json_t *o, struct case_reader *r)
{
    int64_t counts[SEVERITY_CRITICAL + 1] = {0};
    json_t *top = json_array(), *findings = json_object();
    struct case_finding_row f;
    enum severity severity;
    struct case_walk *w = case_findings(r);
    while (case_next_finding(w, &f)) {
        if (!f.part_of && !f.not_decidable && json_array_size(top) < TOP_FINDINGS)
            json_array_append_new(top, finding_json(&f));
        if (!f.not_decidable && severity_by_name(f.severity, &severity))
            counts[severity]++;
    }
    case_end(w);
    for (int i = SEVERITY_CRITICAL; i >= 0; i--)
        json_object_set_new(findings, severity_name((enum severity)i),
                            json_integer(counts[i]));
    json_object_set_new(o, "findings", findings);
    json_object_set_new(o, "top", top);
}

/* A link relative to the index. */
static json_t *link_to(const char *path, const char *file)
{
    struct text t = {0};
    text_str(&t, "cases/");
    path_encode(bytes_str(path), &t);
    text_printf(&t, "/%s", file);
    json_t *s = json_string(text_c(&t));
    text_release(&t);
    return s;
}

static void add_results(json_t *o, const char *out, const struct work *w)
{
    struct text directory = {0}, file = {0};
    struct case_reader *r;
    const char *why;
    batch_path(out, "cases", w->path, &directory);
    text_printf(&file, "%s/case.db", text_c(&directory));
    json_t *verdict = NULL;
    if (case_open(text_c(&file), &r, &why) == 0) {
        verdict = case_document_json(r, "verdict");
        add_verdict(o, verdict);
        add_findings(o, r);
        json_object_set_new(o, "report", link_to(w->path, "report.html"));
        case_close(r);
    } else {
        text_clear(&file);
        text_printf(&file, "%s/verdict.json", text_c(&directory));
        verdict = json_file(text_c(&file));
        add_verdict(o, verdict);
        json_object_set_new(o, "report", link_to(w->path, "verdict.json"));
    }
    json_decref(verdict);
    text_release(&file);
    text_release(&directory);
}

static bool has_log(const char *out, const char *path)
{
    struct text t = {0};
    batch_path(out, "cases", path, &t);
    text_str(&t, "/log.txt");
    bool there = access(text_c(&t), F_OK) == 0;
    text_release(&t);
    return there;
}

json_t *outcome_of(const char *out, const struct work *w)
{
    static const char *const states[] = {"waiting", "done", "failed"};
    json_t *o = json_object();
    json_object_set_new(o, "path", json_evidence(bytes_str(w->path)));
    json_object_set_new(o, "size", json_integer((json_int_t)w->size));
    json_object_set_new(o, "state", json_string(states[w->state]));
    json_object_set_new(o, "gone", json_boolean(w->gone));
    if (w->state == WORK_DONE)
        add_results(o, out, w);
    else
        json_object_set_new(o, "reason", json_evidence(text_bytes(&w->reason)));
    if (w->state == WORK_FAILED && has_log(out, w->path))
        json_object_set_new(o, "report", link_to(w->path, "log.txt"));
    return o;
}

/* -- all of them -----------------------------------------------------------------------
 */

static void take(void *context, const struct work *w)
{
    struct works *all = context;
    all->v = memory_grow(all->v, &all->capacity, all->n + 1, sizeof *all->v);
    struct work *kept = &all->v[all->n++];
    *kept = (struct work){.path = strdup(w->path),
                          .size = w->size,
                          .state = w->state,
                          .gone = w->gone,
                          .status = w->status};
    text_add(&kept->reason, text_bytes(&w->reason));
    if (!kept->path)
        memory_exhausted();
}

int works_read(const char *out, struct works *all, struct journal **held)
{
    struct text path = {0};
    struct journal *j = NULL;
    journal_path(out, 1, 1, &path);
    int r = journal_absorb(out);
    if (r == 0 && access(text_c(&path), F_OK) < 0)
        r = -errno; /* opening would make one */
    r = r == 0 ? journal_open(text_c(&path), &j) : r;
    if (r == 0)
        r = journal_each(j, take, all);
    if (r == 0 && held)
        *held = j;
    else
        journal_close(j);
    text_release(&path);
    return r;
}

int works_status(const struct works *all)
{
    int worst = EXIT_HELD;
    for (size_t i = 0; i < all->n; i++) {
        const struct work *w = &all->v[i];
        int status = w->state != WORK_DONE ? EXIT_OURS : w->gone ? EXIT_SHORT : w->status;
        worst = status > worst ? status : worst;
    }
    return worst;
}

void works_release(struct works *all)
{
    for (size_t i = 0; i < all->n; i++) {
        free((char *)(uintptr_t)all->v[i].path);
        work_release(&all->v[i]);
    }
    free(all->v);
    *all = (struct works){0};
}
