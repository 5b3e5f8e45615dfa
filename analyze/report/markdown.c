/* A summary in Markdown, for tickets and mail. Evidence text goes through the Markdown
 * escape, so that no link, image or markup of the attacker's survives in it. */
#include "analyze/report/folds.h"
#include "analyze/report/words.h"

/* A ticket with more is not read. */
#define MARKDOWN_FINDINGS 50
#define MARKDOWN_EVENTS   100

static void cell(struct text *t, struct bytes text)
{
    escape_markdown(t, text);
    text_str(t, " | ");
}

static void identity(struct report *r)
{
    struct text *t = &r->out.text;
    json_t *v = case_document_json(r->casefile, "verdict");
    json_t *package = json_object_get(v, "package");
    text_str(t, "# Case ");
    escape_markdown(t, case_meta_get(r->casefile, "package"));
    text_str(t, "\n\n**Verdict: ");
    escape_markdown(t, bytes_str(v ? word_of(v, "verdict") : "unchecked"));
    text_str(t, "**\n\n");
    json_t *reasons = json_object_get(v, "reasons");
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        text_str(t, "- ");
        escape_markdown(t, bytes_str(json_string_value(json_array_get(reasons, i))));
        text_byte(t, '\n');
    }
    text_str(t, json_array_size(reasons) > 0 ? "\n" : "");
    text_str(t, "Listing SHA-256: `");
    escape_markdown(t, bytes_str(word_of(package, "listing_sha256")));
    text_str(t, "`\n\nExamined with exhibit ");
    escape_markdown(t, case_meta_get(r->casefile, "version"));
    text_printf(
        t, ": %lld items, %lld events, %lld findings.\n\n",
        (long long)case_number(r->casefile, "SELECT count(*) FROM item WHERE path <> ''"),
        (long long)case_number(r->casefile, "SELECT count(*) FROM event"),
        (long long)case_number(r->casefile, "SELECT count(*) FROM finding"));
    json_decref(v);
}

static void proof(struct report *r, int64_t finding)
{
    struct case_walk *w = case_finding_places(r->casefile, finding);
    struct case_place p;
    struct text *t = &r->out.text;
    if (case_next_place(w, &p)) {
        escape_markdown(t, p.item);
        text_printf(t, "@%llu+%llu", (unsigned long long)p.offset,
                    (unsigned long long)p.length);
    }
    text_str(t, " |\n");
    case_end(w);
}

static void finding(struct report *r, const struct fold *fold)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_finding_by_id(r->casefile, fold->members[0]);
    struct case_finding_row f;
    char when[INSTANT_TEXT];
    if (case_next_finding(w, &f)) {
        text_str(t, "| ");
        cell(t, f.not_decidable ? BYTES("not decidable") : f.severity);
        escape_markdown(t, f.title);
        if (fold->count > 1)
            text_printf(t, " (%zu)", fold->count);
        text_str(t, " | ");
        cell(t, text_bytes(&fold->names));
        escape_markdown(t, bytes_str(instant_format(f.time, word_digits(f.time), when)));
        text_str(t, fold->before ? ", before the first sign | " : " | ");
        cell(t, f.attack);
        proof(r, f.id);
    }
    case_end(w);
}

/* Of what one rule says of many subjects, the place of the first. */
static void findings(struct report *r)
{
    struct text *t = &r->out.text;
    struct folds *folds = folds_new(r->casefile);
    struct fold fold = {0};
    size_t n = 0;
    text_str(t, "## Findings\n\n| Severity | Finding | Subject | Time (UTC) | ATT&CK | "
                "Evidence |\n|---|---|---|---|---|---|\n");
    for (; folds_next(folds, &fold); n++) {
        if (n < MARKDOWN_FINDINGS)
            finding(r, &fold);
        output_spill(&r->out);
    }
    if (n > MARKDOWN_FINDINGS)
        text_printf(t, "\nand %zu more in findings.json\n", n - MARKDOWN_FINDINGS);
    folds_free(folds, &fold);
}

/* The turning points: events that a grave finding rests on. */
static void timeline(struct report *r)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_events(r->casefile);
    struct case_event_row e;
    struct text what = {0};
    char when[INSTANT_TEXT];
    size_t n = 0;
    text_str(t, "\n## Turning points\n\n| Time (UTC) | Source | What |\n|---|---|---|\n");
    while (case_next_event(w, &e)) {
        if (!bytes_is(e.worst, "critical") && !bytes_is(e.worst, "high"))
            continue;
        if (n++ >= MARKDOWN_EVENTS)
            continue;
        text_clear(&what);
        word_event(&what, &e);
        text_str(t, "| ");
        cell(t, bytes_str(instant_format(e.time, e.precision, when)));
        cell(t, e.source);
        escape_markdown(t, text_bytes(&what));
        text_str(t, " |\n");
        output_spill(&r->out);
    }
    if (n > MARKDOWN_EVENTS)
        text_printf(t, "\nand %zu more in timeline.jsonl\n", n - MARKDOWN_EVENTS);
    text_release(&what);
    case_end(w);
}

/* A statement that rests on what is not as it was collected says so. */
static void doubts(struct report *r, const json_t *spans, bool listed)
{
    struct text *t = &r->out.text;
    struct case_place place;
    for (size_t i = 0; i < json_array_size(spans); i++) {
        const json_t *id = json_object_get(json_array_get(spans, i), "item_id");
        if (!case_place_of(r->casefile, json_integer_value(id), &place) ||
            !word_is_doubtful(place.verdict, listed))
            continue;
        text_str(t, " (rests on ");
        escape_markdown(t, place.item);
        text_str(t, ", which is: **");
        escape_markdown(t, place.verdict);
        text_str(t, "**)");
        return;
    }
}

static void steps(struct report *r, const json_t *saying)
{
    struct text *t = &r->out.text;
    struct text line = {0};
    const json_t *list = json_object_get(saying, "steps");
    json_int_t more = json_integer_value(json_object_get(saying, "more_steps"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *time = word_of(one, "time");
        text_clear(&line);
        text_printf(&line, "%s%s%s %s", time, *time ? " " : "", word_of(one, "who"),
                    word_of(one, "what"));
        text_str(t, "  - ");
        escape_markdown(t, text_bytes(&line));
        text_byte(t, '\n');
    }
    if (more > 0)
        text_printf(t, "  - and %lld more\n", (long long)more);
    text_release(&line);
}

static void sayings(struct report *r, const char *title, const char *list,
                    const char *key)
{
    struct text *t = &r->out.text;
    json_t *story = case_document_json(r->casefile, "story");
    const json_t *all = json_object_get(story, list);
    bool listed = word_listed(r->casefile);
    if (json_array_size(all) > 0)
        text_printf(t, "## %s\n\n", title);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        bool long_one = json_array_size(json_object_get(one, "steps")) > 0;
        text_str(t, "- ");
        escape_markdown(t, bytes_str(word_of(one, long_one ? "lead" : key)));
        doubts(r, json_object_get(one, "spans"), listed);
        text_str(t, long_one ? ":\n" : "\n");
        steps(r, one);
    }
    if (json_array_size(all) > 0)
        text_byte(t, '\n');
    json_decref(story);
}

/* Those of the story, and those of each source: what it cannot show. */
static void questions(struct report *r)
{
    struct text *t = &r->out.text;
    json_t *coverage = case_document_json(r->casefile, "coverage");
    const json_t *all = json_object_get(coverage, "cannot_answer");
    bool listed = word_listed(r->casefile);
    if (json_array_size(all) > 0)
        text_str(t, "## Open questions\n\n");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i),
                     *sources = json_object_get(one, "sources");
        text_str(t, "- ");
        escape_markdown(t, bytes_str(word_of(one, "question")));
        doubts(r, json_object_get(one, "spans"), listed);
        for (size_t k = 0; k < json_array_size(sources); k++) {
            text_str(t, k ? ", " : " (");
            escape_markdown(t, bytes_str(json_string_value(json_array_get(sources, k))));
        }
        text_str(t, json_array_size(sources) ? ")\n" : "\n");
    }
    if (json_array_size(all) > 0)
        text_byte(t, '\n');
    json_decref(coverage);
}

int write_markdown(struct report *r)
{
    identity(r);
    sayings(r, "In short", "summary", "text");
    questions(r);
    findings(r);
    timeline(r);
    return 0;
}
