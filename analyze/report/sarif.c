/* SARIF 2.1.0 (OASIS, 27 March 2020): findings for viewers and pipelines that take code
 * scanners' results. An item is an artifact; a proof is a region by byte offset. */
#include <stdlib.h>

#include "analyze/report/report.h"
#include "analyze/report/words.h"
#include "formats/base/intern.h"

static const char *level_of(struct bytes severity)
{
    if (bytes_is(severity, "critical") || bytes_is(severity, "high"))
        return "error";
    return bytes_is(severity, "medium") ? "warning" : "note";
}

/* A URI reference (RFC 3986): everything but unreserved characters and '/' is escaped. */
static void uri(struct text *t, struct bytes path)
{
    text_byte(t, '"');
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i];
        uint8_t lower = to_lower(c);
        if (is_digit(c) || (lower >= 'a' && lower <= 'z') || memchr("-._~/", c, 5))
            text_byte(t, (char)c);
        else
            text_printf(t, "%%%02X", c);
    }
    text_byte(t, '"');
}

static void rules(struct report *r, struct intern *ids)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_findings(r->casefile);
    struct case_finding_row f;
    while (case_next_finding(w, &f)) {
        uint32_t before = intern_count(ids);
        if (intern_put(ids, f.rule) < before)
            continue;
        text_printf(t, "%s\n{\"id\":", before > 0 ? "," : "");
        word_json(t, f.rule);
        text_str(t, ",\"shortDescription\":{\"text\":");
        word_json(t, f.title);
        text_str(t, "},\"fullDescription\":{\"text\":");
        word_json(t, f.why.n > 0 ? f.why : f.title);
        text_str(t, "},\"help\":{\"text\":");
        word_json(t, f.refute.n > 0 ? f.refute : f.title);
        text_str(t, "},\"properties\":{\"tags\":");
        word_array(t, f.attack);
        text_str(t, "}}");
    }
    case_end(w);
}

static void locations(struct report *r, int64_t finding)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_finding_places(r->casefile, finding);
    struct case_place p;
    const char *comma = "";
    text_str(t, ",\"locations\":[");
    while (case_next_place(w, &p)) {
        text_printf(t, "%s{\"physicalLocation\":{\"artifactLocation\":{\"uri\":", comma);
        uri(t, p.item);
        text_printf(t, "},\"region\":{\"byteOffset\":%llu,\"byteLength\":%llu}}}",
                    (unsigned long long)p.offset, (unsigned long long)p.length);
        comma = ",";
    }
    text_str(t, "]");
    case_end(w);
}

static void results(struct report *r, struct intern *ids)
{
    struct text *t = &r->out.text;
    struct case_walk *w = case_findings(r->casefile);
    struct case_finding_row f;
    struct text message = {0};
    while (case_next_finding(w, &f)) {
        text_clear(&message);
        text_add(&message, f.title);
        text_str(&message, ": ");
        text_add(&message, f.subject);
        text_printf(t, "%s\n{\"ruleId\":", f.id > 1 ? "," : "");
        word_json(t, f.rule);
        text_printf(t, ",\"ruleIndex\":%u,\"level\":\"%s\",\"message\":{\"text\":",
                    intern_put(ids, f.rule), level_of(f.severity));
        word_json(t, text_bytes(&message));
        text_str(t, "}");
        locations(r, f.id);
        text_str(t, ",\"properties\":{\"severity\":");
        word_json(t, f.severity);
        word_member(t, "confidence", f.confidence);
        text_str(t, "}}");
        output_spill(&r->out);
    }
    text_release(&message);
    case_end(w);
}

int write_sarif(struct report *r)
{
    struct text *t = &r->out.text;
    struct intern *ids = intern_new();
    text_str(t, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":"
                "\"exhibit\",\"version\":");
    word_json(t, case_meta_get(r->casefile, "version"));
    text_str(t, ",\"rules\":[");
    rules(r, ids);
    text_str(t, "]}},\"results\":[");
    results(r, ids);
    text_str(t, "]}]}\n");
    intern_free(ids);
    return 0;
}
