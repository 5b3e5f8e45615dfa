/* report.html: the page as a whole. The frame is report.html beside this file, with
 * @@names@@ where something is to be put; style and script go in as they are, named by
 * their digests in the page's Content-Security-Policy, so that nothing else can run even
 * if an escape failed.
 */
#include "analyze/report/html.h"

#include <stdlib.h>

#include "analyze/data.h"
#include "analyze/report/words.h"
#include "formats/base/base64.h"
#include "formats/base/digest.h"
#include "formats/base/memory.h"

struct section {
    const char *id, *title;
    bool (*write)(struct page *p);
    const char *without; /* what is said when the case has nothing of it */
    bool leading;        /* its evidence is printed with its bytes */
};

static const struct section sections[] = {
    {"verdict", "Verdict", section_verdict, "The package was not verified.", false},
    {"story", "What happened", section_story,
     "No account could be derived from this package; the findings and the timeline stand "
     "for themselves.",
     true},
    {"findings", "Findings", section_findings,
     "Nothing was found. What was not examined is said under Coverage.", true},
    {"timeline", "Timeline", section_timeline,
     "No source in this package gives an event with a time.", false},
    {"processes", "Processes", section_processes,
     "There is no checkpoint in this package: which processes ran is not known.", false},
    {"files", "Files", section_files,
     "There is no writable layer, or no image to compare it with: what was changed in "
     "the file system is not known.",
     false},
    {"network", "Network", section_network,
     "No checkpoint in this package holds a socket; connections may have existed.",
     false},
    {"identities", "Identities", section_identities,
     "No source in this package names an account.", false},
    {"joins", "Across the sources", section_joins,
     "Nothing is named by more than one kind of source in this package.", false},
    {"claims", "Written timeline", section_claims,
     "There is no written timeline in this package, or none of its claims has a time.",
     true},
    {"containment", "Containment", section_containment,
     "No source in this package shows a containment.", false},
    {"exposure", "Exposure and rotation", section_exposure,
     "What could be read with the identities of this workload was not examined.", false},
    {"coverage", "Coverage", section_coverage,
     "What each source can and cannot show was not examined.", false},
    {"clocks", "Clocks", section_clocks, "No two sources could be compared.", false},
    {"custody", "Custody and integrity", section_custody,
     "There is no item in this package.", false},
    {"methods", "Methods and limits", section_methods, "", false},
    {"annex", "Annex A: evidence cited", section_annex,
     "No statement of this report cites evidence.", false},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* -- parts of the frame ---------------------------------------------------------------
 */

static void put_title(struct page *p)
{
    html_text(p, case_meta_get(p->casefile, "package"));
}

static void identity_row(struct page *p, const char *term, struct bytes value)
{
    if (value.n == 0)
        return;
    text_printf(p->out, "<div><dt>%s</dt><dd>", term);
    html_text(p, value);
    text_str(p->out, "</dd></div>\n");
}

static void put_identity(struct page *p)
{
    json_t *v = case_document_json(p->casefile, "verdict");
    json_t *package = json_object_get(v, "package");
    struct text tool = {0};
    text_add(&tool, case_meta_get(p->casefile, "tool"));
    text_byte(&tool, ' ');
    text_add(&tool, case_meta_get(p->casefile, "version"));
    text_str(p->out, "<dl class=\"identity\">\n");
    identity_row(p, "Package", case_meta_get(p->casefile, "package"));
    identity_row(p, "Listing SHA-256", bytes_str(word_of(package, "listing_sha256")));
    identity_row(p, "Examined with", text_bytes(&tool));
    identity_row(p, "Examined at", case_meta_get(p->casefile, "analyzed_at"));
    text_str(p->out, "</dl>\n");
    text_release(&tool);
    json_decref(v);
}

static void put_contents(struct page *p)
{
    for (size_t i = 0; i < SECTIONS; i++)
        text_printf(p->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
                    sections[i].title);
}

static void put_sections(struct page *p)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        const struct section *s = &sections[i];
        text_printf(p->out,
                    "<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
                    "<h2 id=\"%s-title\">%s</h2>\n",
                    s->id, s->id, s->id, s->title);
        p->leading = s->leading;
        if (!s->write(p))
            text_printf(p->out, "<p class=\"nothing\">%s</p>\n", s->without);
        text_str(p->out, "</section>\n");
        output_spill(&p->report->out);
    }
}

static void put_footer(struct page *p)
{
    text_str(p->out, "<p>");
    html_text(p, case_meta_get(p->casefile, "package"));
    text_str(p->out, " · rendered from case.db by exhibit ");
    html_text(p, case_meta_get(p->casefile, "version"));
    text_str(p->out, "; the same case file always gives this page, byte for byte. It "
                     "loads nothing from anywhere.</p>\n");
}

/* A CSS string: what is no letter, digit or mark of names is written as its number. */
static void css_string(struct text *t, struct bytes text)
{
    uint32_t code;
    text_byte(t, '"');
    while (utf8_next(&text, &code)) {
        if (code < 128 &&
            (is_digit((uint8_t)code) || code == '.' || code == '-' ||
             (to_lower((uint8_t)code) >= 'a' && to_lower((uint8_t)code) <= 'z')))
            text_byte(t, (char)code);
        else
            text_printf(t, "\\%x ", code == UTF8_INVALID ? 0xfffd : code);
    }
    text_byte(t, '"');
}

/* The case's name runs at the head of every printed page. */
static void style_of(struct page *p, struct text *style)
{
    text_add(style, data_get("analyze/report/report.css"));
    text_str(style, "@page{@top-left{content:");
    css_string(style, case_meta_get(p->casefile, "package"));
    text_str(style, "}");
    json_t *v = case_document_json(p->casefile, "verdict");
    const char *listing = word_of(json_object_get(v, "package"), "listing_sha256");
    if (*listing) {
        text_str(style, "@bottom-left{font:7pt monospace;color:#666;content:\"Listing "
                        "SHA-256 \"");
        css_string(style, bytes_str(listing));
        text_byte(style, '}');
    }
    json_decref(v);
    text_str(style, "}\n");
}

static void put_style(struct page *p)
{
    style_of(p, p->out);
}

static void put_digest(struct page *p, struct bytes of)
{
    struct digest d = digest_bytes(DIGEST_SHA256, of);
    base64_encode(bytes_of(d.octets, digest_size(DIGEST_SHA256)), p->out);
}

static void put_style_hash(struct page *p)
{
    struct text style = {0};
    style_of(p, &style);
    put_digest(p, text_bytes(&style));
    text_release(&style);
}

/* One script: what opens evidence, then the timeline, which builds on it. */
static void script_of(struct text *script)
{
    text_add(script, data_get("analyze/report/evidence.js"));
    text_add(script, data_get("analyze/report/timeline.js"));
}

static void put_script(struct page *p)
{
    script_of(p->out);
}

static void put_script_hash(struct page *p)
{
    struct text script = {0};
    script_of(&script);
    put_digest(p, text_bytes(&script));
    text_release(&script);
}

static const struct {
    const char *name;
    void (*put)(struct page *p);
} parts[] = {
    {"title", put_title},       {"identity", put_identity},
    {"contents", put_contents}, {"sections", put_sections},
    {"footer", put_footer},     {"style", put_style},
    {"script", put_script},     {"style-hash", put_style_hash},
    {"data", html_data},        {"script-hash", put_script_hash},
};

static void put_part(struct page *p, struct bytes name)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (bytes_is(name, parts[i].name))
            parts[i].put(p);
}

int write_html(struct report *r)
{
    struct page p = {.report = r, .casefile = r->casefile, .out = &r->out.text};
    struct bytes frame = data_get("analyze/report/report.html");
    p.package = word_package(r->casefile);
    p.cited = intern_new();
    p.rules = intern_new();
    p.listed = word_listed(p.casefile);
    p.failing = case_number(p.casefile, "SELECT count(*) FROM item WHERE verdict IN "
                                        "('mismatch', 'unlisted', 'unreadable')") > 0;
    while (frame.n > 0) {
        size_t at = bytes_find(frame, BYTES("@@"));
        text_add(p.out, bytes_sub(frame, 0, at));
        frame = bytes_from(frame, at + 2);
        size_t end = bytes_find(frame, BYTES("@@"));
        put_part(&p, bytes_sub(frame, 0, end));
        frame = bytes_from(frame, end + 2);
        output_spill(&r->out);
    }
    intern_free(p.cited);
    intern_free(p.rules);
    free(p.exhibits);
    return 0;
}
