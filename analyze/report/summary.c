/* The last screen of analyze: what somebody must know before opening the report. */
#include "analyze/report/report.h"
#include "analyze/report/words.h"

#define SUMMARY_FINDINGS 8
#define SUMMARY_STEPS    5
#define SUMMARY_WIDTH    96

struct summary {
    struct case_reader *casefile;
    struct text *out;
    bool colour;
};

static void paint(struct summary *s, const char *code, struct bytes text)
{
    if (s->colour)
        text_printf(s->out, "\033[%sm", code);
    escape_line(s->out, text);
    if (s->colour)
        text_str(s->out, "\033[0m");
}

/* One line: long texts are cut where a code point begins, and seen to be. */
static void escape_short(struct summary *s, struct bytes b, size_t room)
{
    bool cut = b.n > room;
    while (cut && room > 0 && (b.p[room] & 0xc0) == 0x80)
        room--;
    escape_line(s->out, bytes_sub(b, 0, cut ? room : b.n));
    if (cut)
        text_str(s->out, "…");
}

static const char *colour_of(const char *severity)
{
    switch (severity[0]) {
    case 'c':
        return "1;31";
    case 'h':
        return "31";
    case 'm':
        return "33";
    default:
        return "36";
    }
}

static void heading(struct summary *s, const char *text)
{
    text_byte(s->out, '\n');
    paint(s, "1", bytes_str(text));
    text_byte(s->out, '\n');
}

static void verdict(struct summary *s)
{
    json_t *v = case_document_json(s->casefile, "verdict");
    const char *word = v ? word_of(v, "verdict") : "not checked";
    bool good = strcmp(word, "verified") == 0;
    bool bad = strcmp(word, "failed") == 0;
    text_str(s->out, "Verdict   ");
    paint(s, good ? "1;32" : bad ? "1;31" : "1;33", bytes_str(word));
    const char *why = json_string_value(json_array_get(json_object_get(v, "reasons"), 0));
    if (why) {
        text_str(s->out, "  ");
        escape_short(s, bytes_str(why), SUMMARY_WIDTH);
    }
    text_byte(s->out, '\n');
    json_decref(v);
}

static void count_line(struct summary *s)
{
    text_printf(
        s->out, "Evidence  %lld items, %lld events (%lld in scope), %lld findings\n",
        (long long)case_number(s->casefile, "SELECT count(*) FROM item WHERE path <> ''"
                                            " AND package = ''"),
        (long long)case_number(s->casefile, "SELECT count(*) FROM event"),
        (long long)case_number(s->casefile, "SELECT count(*) FROM event WHERE in_scope"),
        (long long)case_number(s->casefile, "SELECT count(*) FROM finding"));
}

/* The first sign, in the words of the story. */
static void first_sign(struct summary *s)
{
    json_t *story = case_document_json(s->casefile, "story");
    json_t *zero = case_document_json(s->casefile, "patient_zero");
    if (zero && *word_of(zero, "time")) {
        text_str(s->out, "First     ");
        escape_line(s->out, bytes_str(word_of(zero, "time")));
        text_str(s->out, "  ");
        escape_short(s, bytes_str(word_of(story, "first_sign_is")), SUMMARY_WIDTH);
        text_byte(s->out, '\n');
    }
    if (story && *word_of(story, "contained")) {
        text_str(s->out, "Contained ");
        escape_line(s->out, bytes_str(word_of(story, "contained")));
        text_byte(s->out, '\n');
    }
    json_decref(story);
    json_decref(zero);
}

static void next_line(struct summary *s, const json_t *secret)
{
    struct text line = {0};
    const char *audience = word_of(secret, "audience");
    bool own = *audience && strcmp(audience, "the API server") != 0;
    text_printf(&line, "rotate %s %s%s%s%s%s: %s", word_of(secret, "kind"),
                word_of(secret, "namespace"), *word_of(secret, "namespace") ? "/" : "",
                word_of(secret, "name"), own ? " for " : "", own ? audience : "",
                word_of(secret, "why"));
    text_str(s->out, "  ");
    escape_short(s, text_bytes(&line), SUMMARY_WIDTH);
    text_byte(s->out, '\n');
    text_release(&line);
}

/* Without a pod most questions cannot be answered. */
static size_t name_the_pod(struct summary *s)
{
    json_t *scope = case_document_json(s->casefile, "scope");
    bool unknown = scope && !*word_of(scope, "pod");
    if (unknown) {
        heading(s, "What to do next");
        text_str(s->out,
                 "  say which pod it is about, else most cannot be answered: --pod ");
        const char *named = word_of(scope, "most_named");
        escape_short(s, bytes_str(*named ? named : "NAMESPACE/NAME"), SUMMARY_WIDTH);
        text_str(s->out, *named ? " (most alerts name it)\n" : "\n");
    }
    json_decref(scope);
    return unknown;
}

/* Where nothing shows an intrusion, people know more than the evidence. */
static bool ask_people(struct summary *s)
{
    json_t *zero = case_document_json(s->casefile, "patient_zero");
    bool doubted = json_is_false(json_object_get(zero, "intrusion_shown"));
    if (doubted) {
        const char *who = word_of(json_object_get(zero, "entered_by"), "user");
        heading(s, "What to do next");
        text_str(s->out, "  nothing here shows an intrusion: ask ");
        escape_short(s, bytes_str(*who ? who : "the owners of the pod"), SUMMARY_WIDTH);
        text_str(s->out, " whether it was their work\n"
                         "  if it was not: rotate what Exposure in the report lists\n");
    }
    json_decref(zero);
    return doubted;
}

/* What was exposed and is not seen to have been rotated, first things first. */
static void next_steps(struct summary *s)
{
    if (ask_people(s))
        return;
    json_t *exposure = case_document_json(s->casefile, "exposure");
    const json_t *secrets = json_object_get(exposure, "secrets");
    size_t n = name_the_pod(s);
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        const json_t *one = json_array_get(secrets, i);
        if (json_is_true(json_object_get(json_object_get(one, "rotation"), "seen")))
            continue;
        if (n == 0)
            heading(s, "What to do next");
        if (n++ < SUMMARY_STEPS)
            next_line(s, one);
    }
    if (n > SUMMARY_STEPS)
        text_printf(s->out, "  and %zu more to rotate: see Exposure in the report\n",
                    n - SUMMARY_STEPS);
    json_decref(exposure);
}

static void finding_line(struct summary *s, const struct case_finding_row *f)
{
    struct text severity = {0}, line = {0};
    text_add(&severity, f->severity);
    text_printf(s->out, "  ");
    paint(s, colour_of(text_c(&severity)), f->severity);
    for (size_t i = f->severity.n; i < 9; i++)
        text_byte(s->out, ' ');
    text_add(&line, f->title);
    text_str(&line, f->subject.n > 0 ? ": " : "");
    text_add(&line, f->subject);
    escape_short(s, text_bytes(&line), SUMMARY_WIDTH);
    text_byte(s->out, '\n');
    text_release(&severity);
    text_release(&line);
}

static instant first_sign_time(struct summary *s)
{
    instant time = INSTANT_NONE;
    json_t *zero = case_document_json(s->casefile, "patient_zero");
    instant_parse(bytes_str(word_of(zero, "time")), &time, NULL);
    json_decref(zero);
    return time;
}

/* Those of one side of the first sign; returns how many there are by now. What could not
 * be decided is no finding to begin with. */
static int64_t findings_of(struct summary *s, instant first, bool before, int64_t n)
{
    struct case_walk *w = case_findings(s->casefile);
    struct case_finding_row f;
    while (case_next_finding(w, &f)) {
        bool earlier = f.time != INSTANT_NONE && f.time < first;
        if (f.part_of || f.not_decidable || earlier != before)
            continue;
        if (n == 0)
            heading(s, "Top findings");
        if (n++ < SUMMARY_FINDINGS)
            finding_line(s, &f);
    }
    case_end(w);
    return n;
}

/* What was so before the first sign comes after the intrusion itself. */
static void findings(struct summary *s)
{
    instant first = first_sign_time(s);
    int64_t n = findings_of(s, first, false, 0);
    n = findings_of(s, first, true, n);
    if (n > SUMMARY_FINDINGS)
        text_printf(s->out, "  and %lld more, each with what else speaks of it\n",
                    (long long)(n - SUMMARY_FINDINGS));
}

static void files(struct summary *s, const char *directory)
{
    if (!directory)
        return;
    heading(s, "Files");
    text_str(s->out, "  read this    ");
    escape_terminal(s->out, bytes_str(directory));
    text_str(s->out, "/report.html\n  ask this     sqlite3 ");
    escape_terminal(s->out, bytes_str(directory));
    text_str(s->out, "/case.db\n  for machines ");
    escape_terminal(s->out, bytes_str(directory));
    text_str(s->out, "/*.json, timeline.jsonl, timeline.csv, timeline.body\n");
}

int report_summary(struct case_reader *casefile, const char *directory, bool colour,
                   struct text *out)
{
    struct summary s = {casefile, out, colour};
    struct bytes name = case_meta_get(casefile, "package");
    text_str(out, "Case      ");
    paint(&s, "1", name);
    text_byte(out, '\n');
    verdict(&s);
    count_line(&s);
    first_sign(&s);
    findings(&s);
    next_steps(&s);
    files(&s, directory);
    return case_failure(casefile);
}
