/* The last screen of analyze: what somebody must know before opening the report. */
#include "analyze/report/folds.h"
#include "analyze/report/report.h"
#include "analyze/report/words.h"

/* Where nobody looks at a terminal, or it does not say how large it is. */
#define SUMMARY_COLUMNS 110
/* All of it has so many lines more than findings and steps are told. */
#define SUMMARY_FIXED 16
#define SUMMARY_TOLD  13

struct summary {
    struct case_reader *casefile;
    struct text *out;
    struct screen screen;
    size_t findings, steps; /* how many of them are told */
    bool grave;             /* one of them speaks of an attack */
};

static void paint(struct summary *s, const char *code, struct bytes text)
{
    if (s->screen.colour)
        text_printf(s->out, "\033[%sm", code);
    escape_line(s->out, text);
    if (s->screen.colour)
        text_str(s->out, "\033[0m");
}

/* What is left of the line from `column` on: long texts are cut between code points, and
 * seen to be. */
static void escape_short(struct summary *s, struct bytes b, size_t column)
{
    size_t width = s->screen.columns, room = width > column ? width - column : 1, n = 0;
    struct text visible = {0};
    escape_line(&visible, b);
    struct bytes rest = text_bytes(&visible), whole = rest;
    uint32_t code;
    size_t last = 0; /* where the last one of those that have room begins */
    for (; n <= room && rest.n > 0; n++) {
        if (n < room)
            last = whole.n - rest.n;
        utf8_next(&rest, &code);
    }
    text_add(s->out, n > room ? bytes_sub(whole, 0, last) : whole);
    text_str(s->out, n > room ? "…" : "");
    text_release(&visible);
}

static const char *colour_of(struct bytes severity)
{
    switch (severity.n ? severity.p[0] : 0) {
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
        escape_short(s, bytes_str(why), 12 + strlen(word));
    }
    text_byte(s->out, '\n');
    json_decref(v);
}

/* "1 finding", "2 findings" */
static void counted(struct summary *s, const char *what, long long n)
{
    text_printf(s->out, "%lld %s%s", n, what, n == 1 ? "" : "s");
}

static void counted_rows(struct summary *s, const char *what, const char *rows)
{
    counted(s, what, (long long)case_number(s->casefile, rows));
}

static void count_line(struct summary *s)
{
    text_str(s->out, "Evidence  ");
    counted_rows(s, "item",
                 "SELECT count(*) FROM item WHERE path <> '' AND package = ''");
    text_str(s->out, ", ");
    counted_rows(s, "event", "SELECT count(*) FROM event");
    text_printf(
        s->out, " (%lld in scope), ",
        (long long)case_number(s->casefile, "SELECT count(*) FROM event WHERE in_scope"));
    counted_rows(s, "finding", "SELECT count(*) FROM finding");
    text_byte(s->out, '\n');
}

/* Who is still reached when the evidence ends, unless nobody is. */
static void left_open(struct summary *s)
{
    static const char *const leads[] = {"ingress", "open from: ", "egress", "open to: "};
    json_t *d = case_document_json(s->casefile, "containment");
    const json_t *moments = json_object_get(d, "isolation");
    size_t n = json_array_size(moments);
    const json_t *last = n ? json_array_get(moments, n - 1) : NULL;
    for (size_t i = 0; i < 4; i += 2) {
        const json_t *state = json_object_get(last, leads[i]);
        bool shut = strncmp(word_of(state, "state"), "closed: ", 8) == 0;
        if (shut || !*word_of(state, "stays_open"))
            continue;
        text_printf(s->out, "          %s", leads[i + 1]);
        escape_short(s, bytes_str(word_of(state, "stays_open")),
                     10 + strlen(leads[i + 1]));
        text_byte(s->out, '\n');
    }
    json_decref(d);
}

/* What the attacker holds and the end of the pod does not end. */
static void still_valid(struct summary *s)
{
    json_t *d = case_document_json(s->casefile, "containment");
    const json_t *all = json_object_get(d, "still_valid");
    size_t n = json_array_size(all);
    for (size_t i = 0; i < n && i < 2; i++) {
        text_str(s->out, "          still valid: ");
        escape_short(s, bytes_str(word_of(json_array_get(all, i), "what")), 23);
        text_byte(s->out, '\n');
    }
    if (n > 2)
        text_printf(s->out, "          and %zu more, see Containment in the report\n",
                    n - 2);
    json_decref(d);
}

/* What the attacker made elsewhere, and nobody deleted. */
static void still_runs(struct summary *s)
{
    json_t *d = case_document_json(s->casefile, "containment");
    const json_t *all = json_object_get(d, "remains");
    size_t told = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        if (!json_is_true(json_object_get(one, "runs")) || told++ >= 2)
            continue;
        text_str(s->out, "          not deleted: ");
        escape_short(s, bytes_str(word_of(one, "object")), 23);
        text_byte(s->out, '\n');
    }
    if (told > 2)
        text_printf(s->out, "          and %zu more that the attacker made\n", told - 2);
    json_decref(d);
}

/* The first sign, in the words of the story. */
static void first_sign(struct summary *s)
{
    json_t *story = case_document_json(s->casefile, "story");
    json_t *zero = case_document_json(s->casefile, "patient_zero");
    const char *time = word_of(zero, "time"), *what = word_of(story, "first_sign_is");
    if (*time) {
        text_str(s->out, "First     ");
        escape_line(s->out, bytes_str(time));
        text_str(s->out, *what ? "\n          " : "");
        escape_short(s, bytes_str(what), 10);
        text_byte(s->out, '\n');
    }
    if (*word_of(story, "contained")) {
        text_str(s->out, "Contained ");
        escape_line(s->out, bytes_str(word_of(story, "contained")));
        text_byte(s->out, '\n');
        left_open(s);
        still_valid(s);
        still_runs(s);
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
    escape_short(s, text_bytes(&line), 2);
    text_byte(s->out, '\n');
    text_release(&line);
}

/* A log in a form of its own is not told from noise. */
static bool nothing_read(struct summary *s)
{
    if (case_number(s->casefile, "SELECT EXISTS (SELECT 1 FROM event)"))
        return false;
    text_str(s->out,
             "  nothing here was taken for evidence: `exhibit list PACKAGE` says what "
             "each file\n  is taken for, --as ROLE=PATH says what it is\n");
    return true;
}

/* Without a pod most questions cannot be answered. */
static size_t name_the_pod(struct summary *s)
{
    json_t *scope = case_document_json(s->casefile, "scope");
    const char *named = word_of(scope, "most_named");
    bool unknown = scope && !*word_of(scope, "pod");
    if (unknown)
        heading(s, "What to do next");
    if (unknown && !nothing_read(s)) {
        text_str(s->out,
                 "  say which pod it is about, else most cannot be answered: --pod ");
        escape_line(s->out, bytes_str(*named ? named : "NAMESPACE/NAME"));
        text_printf(s->out, *named ? " (%s)\n" : "%s\n", word_of(scope, "most_named_by"));
    }
    json_decref(scope);
    return unknown;
}

/* Where nothing shows an intrusion, people know more than the evidence. */
static bool ask_people(struct summary *s)
{
    json_t *zero = case_document_json(s->casefile, "patient_zero");
    json_t *scope = case_document_json(s->casefile, "scope");
    bool sign = *word_of(zero, "time"), pod = scope && *word_of(scope, "pod");
    bool doubted = json_is_false(json_object_get(zero, "intrusion_shown")) ||
                   (pod && !sign && !s->grave);
    json_decref(scope);
    if (doubted) {
        const char *who = word_of(json_object_get(zero, "entered_by"), "user");
        bool tried = json_object_get(zero, "log_line") && !*who;
        heading(s, "What to do next");
        text_str(s->out,
                 tried ? "  the log shows attempts, and nothing what came of them: ask "
                       : "  nothing here shows an intrusion: ask ");
        escape_line(s->out, bytes_str(*who ? who : "the owners of the pod"));
        text_str(s->out, tried ? " what it answered\n  if one got through: rotate "
                               : " whether it was their work\n  if it was not: rotate ");
        text_str(s->out, "what Exposure in the report lists\n");
    }
    json_decref(zero);
    return doubted;
}

/* All that etcd holds, whatever is known by name. */
static size_t rotate_all(struct summary *s, const json_t *exposure, size_t n)
{
    const json_t *etcd = json_object_get(json_object_get(exposure, "cluster"), "etcd");
    if (strncmp(word_of(etcd, "lost"), "yes", 3) != 0)
        return n;
    if (n == 0)
        heading(s, "What to do next");
    struct bytes why = bytes_str(word_of(etcd, "why"));
    text_str(s->out, "  rotate every secret of the cluster: ");
    escape_short(s, bytes_sub(why, 0, bytes_find_byte(why, ':')), 38);
    text_byte(s->out, '\n');
    return n + 1;
}

/* What was exposed and is not seen to have been rotated, first things first. */
static void next_steps(struct summary *s)
{
    if (ask_people(s))
        return;
    json_t *exposure = case_document_json(s->casefile, "exposure");
    const json_t *secrets = json_object_get(exposure, "secrets");
    size_t n = rotate_all(s, exposure, name_the_pod(s));
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        const json_t *one = json_array_get(secrets, i);
        /* Config maps are to be read, not to be rotated. */
        if (json_is_true(json_object_get(json_object_get(one, "rotation"), "seen")) ||
            strcmp(word_of(one, "kind"), "configmap") == 0)
            continue;
        if (n == 0)
            heading(s, "What to do next");
        if (n++ < s->steps)
            next_line(s, one);
    }
    if (n > s->steps)
        text_printf(s->out, "  and %zu more to rotate: see Exposure in the report\n",
                    n - s->steps);
    json_decref(exposure);
}

static void finding_line(struct summary *s, const struct fold *fold)
{
    struct case_walk *w = case_finding_by_id(s->casefile, fold->members[0]);
    struct case_finding_row f;
    struct text line = {0};
    if (case_next_finding(w, &f)) {
        bool high = bytes_is(f.severity, "critical") || bytes_is(f.severity, "high");
        s->grave |= high && !bytes_starts(f.rule, BYTES("integrity."));
        text_str(s->out, "  ");
        paint(s, colour_of(f.severity), f.severity);
        for (size_t i = f.severity.n; i < 9; i++)
            text_byte(s->out, ' ');
        text_add(&line, f.title);
        if (fold->count > 1)
            text_printf(&line, " (%zu)", fold->count);
        text_str(&line, fold->names.n > 0 ? ": " : "");
        text_add(&line, text_bytes(&fold->names));
        escape_short(s, text_bytes(&line), 11);
        text_byte(s->out, '\n');
    }
    text_release(&line);
    case_end(w);
}

/* Those of one side of the first sign; adds to *n those that are told, returns how many
 * are not. What could not be decided is no finding to begin with. */
static size_t findings_of(struct summary *s, bool before, size_t *n)
{
    struct folds *folds = folds_new(s->casefile);
    struct fold fold = {0};
    size_t more = 0;
    while (folds_next(folds, &fold)) {
        if (fold.not_decidable || fold.before != before)
            continue;
        if (*n == s->findings) {
            more++;
            continue;
        }
        if ((*n)++ == 0)
            heading(s, "Top findings");
        finding_line(s, &fold);
    }
    folds_free(folds, &fold);
    return more;
}

/* What was so before the first sign comes after the intrusion itself. */
static void findings(struct summary *s)
{
    size_t n = 0, more = findings_of(s, false, &n);
    more += findings_of(s, true, &n);
    if (more == 0)
        return;
    text_str(s->out, "  and ");
    counted(s, "more kind", (long long)more);
    text_str(s->out, ", each with what else speaks of it\n");
}

static void file(struct summary *s, const char *label, const char *directory,
                 const char *name)
{
    text_str(s->out, label);
    escape_terminal(s->out, bytes_str(directory));
    text_str(s->out, name);
}

static void files(struct summary *s, const char *directory)
{
    if (!directory)
        return;
    file(s, "\nRead      ", directory, "/report.html\n");
    file(s, "Ask       sqlite3 ", directory, "/case.db\n");
    file(s, "Machines  ", directory, "/*.json, timeline.jsonl, .csv, .body\n");
}

/* On a small terminal fewer findings and steps are told, so that nothing scrolls away. */
static void fit(struct summary *s)
{
    size_t room = s->screen.rows > SUMMARY_FIXED ? s->screen.rows - SUMMARY_FIXED : 0;
    if (s->screen.rows == 0 || room > SUMMARY_TOLD)
        room = SUMMARY_TOLD;
    if (room < 4)
        room = 4;
    s->steps = room * 2 / 5;
    s->findings = room - s->steps;
    if (s->screen.columns == 0)
        s->screen.columns = SUMMARY_COLUMNS;
}

int report_summary(struct case_reader *casefile, const char *directory,
                   struct screen screen, struct text *out)
{
    struct summary s = {.casefile = casefile, .out = out, .screen = screen};
    struct bytes name = case_meta_get(casefile, "package");
    fit(&s);
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
