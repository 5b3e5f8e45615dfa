#include "analyze/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/workers.h"

const struct report_format report_formats[] = {
    {"html", "report.html", "one self-contained page for people, to read and print",
     write_html},
    {"jsonl", "timeline.jsonl", "the timeline, for Timesketch and jq",
     write_timeline_jsonl},
    {"timesketch", NULL, "the same as jsonl", write_timeline_jsonl},
    {"csv", "timeline.csv", "the timeline, for spreadsheets (and Timesketch)",
     write_timeline_csv},
    {"bodyfile", "timeline.body", "the timeline, for mactime", write_bodyfile},
    {"findings", "findings.json", "the findings with their proofs", write_findings},
    {"verdict", "verdict.json", "the result of verification", write_document},
    {"processes", "processes.json", "the processes of the checkpoint", write_document},
    {"diff", "diff.json", "the writable layer against its image", write_document},
    {"exposure", "exposure.json", "secrets, tokens and what to rotate", write_document},
    {"containment", "containment.json", "what was done to contain it, and its effect",
     write_document},
    {"coverage", "coverage.json", "what each source can and cannot show", write_document},
    {"clocks", "clocks.json", "whether the sources agree about the time", write_document},
    {"story", "story.json", "what happened, in phases, with its evidence",
     write_document},
    {"scope", "scope.json", "the pod, its identities, and what they reached",
     write_document},
    {"patient_zero", "patient_zero.json", "the first sign, and what stands around it",
     write_document},
    {"identities", "identities.json", "who did what through the API", write_document},
    {"slices", "slices.json", "exec, secrets, denials, human users", write_document},
    {"slice-exec", "slice-exec.tsv", "who ran what in pods, as a table", write_slice},
    {"slice-secrets", "slice-secrets.tsv", "who touched secrets, as a table",
     write_slice},
    {"slice-denials", "slice-denials.tsv", "what was refused, as a table", write_slice},
    {"slice-users", "slice-users.tsv", "what people did, as a table", write_slice},
    {"baseline", "baseline.json", "what is new against ordinary days", write_document},
    {"claims", "claims.json", "the written timeline against the evidence",
     write_document},
    {"json", NULL, "everything but the timeline in one document", write_json},
    {"markdown", "summary.md", "a summary for tickets and mail", write_markdown},
    {"stix", "stix.json", "STIX 2.1 bundle", write_stix},
    {"case-uco", "case-uco.jsonld", "CASE/UCO graph", write_case_uco},
    {"sarif", "findings.sarif", "the findings as SARIF 2.1.0", write_sarif},
    {NULL, NULL, NULL, NULL},
};

const struct report_format *report_format_by_name(const char *name)
{
    for (const struct report_format *f = report_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* -- output ---------------------------------------------------------------------------
 */

void output_flush(struct output *o)
{
    if (!o->failed && o->text.n > 0 &&
        fwrite(o->text.p, 1, o->text.n, o->file) != o->text.n)
        o->failed = true;
    text_clear(&o->text);
}

void output_spill(struct output *o)
{
    if (o->text.n >= LIMIT_BLOCK)
        output_flush(o);
}

int report_write(const struct report_format *format, struct case_reader *casefile,
                 FILE *to)
{
    struct report r = {casefile, format, {.file = to}};
    int status = format->write(&r);
    output_flush(&r.out);
    text_release(&r.out.text);
    if (fflush(to) != 0 || r.out.failed)
        return -EIO;
    if (case_failure(casefile) < 0)
        return case_failure(casefile);
    return status;
}

static int write_file(const struct report_format *f, struct case_reader *casefile,
                      const char *path)
{
    struct text part = {0};
    text_printf(&part, "%s.part", path);
    FILE *file = fopen(text_c(&part), "wb");
    int status = file ? report_write(f, casefile, file) : -errno;
    if (file && fclose(file) != 0 && status == 0)
        status = -errno;
    if (status == 0 && rename(text_c(&part), path) < 0)
        status = -errno;
    if (status != 0)
        unlink(text_c(&part));
    text_release(&part);
    return status;
}

/* The file of one format, by a reader of its own. */
struct file_job {
    struct job job;
    const struct report_format *format;
    const char *casefile, *directory;
    int own, *status; /* of this file; the first failure of all */
};

static void run_file(struct job *job)
{
    struct file_job *j = (struct file_job *)job;
    struct case_reader *casefile;
    const char *why;
    struct text path = {0};
    text_printf(&path, "%s/%s", j->directory, j->format->file);
    j->own = case_open(j->casefile, &casefile, &why);
    if (j->own == 0) {
        j->own = write_file(j->format, casefile, text_c(&path));
        case_close(casefile);
    }
    /* An older run may have left a file that this one has nothing for. */
    if (j->own == 1)
        unlink(text_c(&path));
    text_release(&path);
}

static void finish_file(struct job *job)
{
    struct file_job *j = (struct file_job *)job;
    if (j->own < 0 && *j->status == 0)
        *j->status = j->own;
    free(j);
}

int report_write_all(const char *casefile, const char *directory, size_t threads)
{
    int status = 0;
    /* All are given at once: the page takes as long as many others, and stands first. */
    struct workers *workers =
        workers_new(threads, sizeof report_formats / sizeof *report_formats);
    for (const struct report_format *f = report_formats; status == 0 && f->name; f++) {
        if (!f->file)
            continue;
        struct file_job *j = memory_new(1, sizeof *j);
        *j = (struct file_job){
            {run_file, finish_file}, f, casefile, directory, 0, &status};
        workers_submit(workers, &j->job);
    }
    workers_free(workers);
    return status;
}
