/* The verdict, custody, and how all this was done. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* Above this, only items of interest stand in the page. */
#define CUSTODY_ITEMS 2000

static const struct {
    const char *verdict, *says;
} verdicts[] = {
    {"verified", "This is what was collected: every digest holds, nothing is missing or "
                 "unlisted, and a trusted seal covers the manifest."},
    {"unsealed", "The digests hold, but no trusted seal covers the manifest: it shows "
                 "that the files fit each other, not who collected them."},
    {"incomplete", "Part of the package could not be judged: something is unreadable, "
                   "unlisted, or a required artefact is missing."},
    {"failed", "This is not, or not in all parts, what was collected: a digest, a "
               "signature, a time-stamp or a lock does not hold."},
};

static const char *meaning(const char *verdict)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(verdicts[i].verdict, verdict) == 0)
            return verdicts[i].says;
    return "Whether this is what was collected was not checked.";
}

static void reasons(struct page *p, const json_t *v)
{
    const json_t *list = json_object_get(v, "reasons");
    if (json_array_size(list) == 0)
        return;
    html_str(p, "<ul class=\"reasons\">");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        html_str(p, "<li>");
        html_text(p, bytes_str(json_is_object(one) ? word_of(one, "text")
                                                   : json_string_value(one)));
        html_str(p, "</li>");
    }
    html_str(p, "</ul>\n");
}

/* One seal or lock in one line: what became of it, whose it is, when. */
static void seal(struct page *p, const json_t *one, const char *what, const char *by)
{
    html_str(p, "<li>");
    html_badge(p, bytes_str(word_of(one, "verdict")));
    text_printf(p->out, " %s <span class=\"path\">", what);
    html_text(p, bytes_str(word_of(one, *word_of(one, "path") ? "path" : "object")));
    html_str(p, "</span>");
    if (*word_of(one, by)) {
        html_str(p, " by ");
        html_text(p, bytes_str(word_of(one, by)));
    }
    if (*word_of(one, "time")) {
        html_str(p, ", <time>");
        html_text(p, bytes_str(word_of(one, "time")));
        html_str(p, "</time>");
    }
    if (*word_of(one, "retain_until")) {
        html_str(p, ", locked until <time>");
        html_text(p, bytes_str(word_of(one, "retain_until")));
        html_str(p, "</time> (");
        html_text(p, bytes_str(word_of(one, "mode")));
        html_str(p, ")");
    }
    html_str(p, "</li>\n");
}

static void seals(struct page *p, const json_t *v)
{
    static const struct {
        const char *list, *what, *by;
    } kinds[] = {{"signatures", "Signature", "signer"},
                 {"timestamps", "Time-stamp", "authority"},
                 {"retention", "Lock", "provider"}};
    html_str(p, "<ul class=\"seals\">\n");
    for (size_t k = 0; k < 3; k++) {
        const json_t *list = json_object_get(v, kinds[k].list);
        for (size_t i = 0; i < json_array_size(list) && i < 8; i++)
            seal(p, json_array_get(list, i), kinds[k].what, kinds[k].by);
    }
    html_str(p, "</ul>\n");
}

static void count(struct page *p, const char *label, const char *query)
{
    text_printf(p->out, "<div><dt>%s</dt><dd>%lld</dd></div>", label,
                (long long)case_number(p->casefile, query));
}

static void counts(struct page *p)
{
    html_str(p, "<dl class=\"counts\">");
    count(
        p, "Files and members",
        "SELECT count(*) FROM item WHERE package = '' AND path <> '' AND type = 'file'");
    count(p, "of them verified",
          "SELECT count(*) FROM item WHERE package = '' AND path <> '' AND type = 'file'"
          " AND verdict = 'verified'");
    count(p, "that do not hold",
          "SELECT count(*) FROM item WHERE verdict IN ('mismatch', 'missing', "
          "'unreadable', 'unlisted')");
    count(p, "Events in scope", "SELECT count(*) FROM event WHERE in_scope");
    count(p, "Findings", "SELECT count(*) FROM finding");
    count(p, "of them critical or high",
          "SELECT count(*) FROM finding WHERE severity IN ('critical', 'high')"
          " AND NOT not_decidable");
    html_str(p, "</dl>\n");
}

bool section_verdict(struct page *p)
{
    json_t *v = case_document_json(p->casefile, "verdict");
    const char *word = v ? word_of(v, "verdict") : "unchecked";
    html_str(p, "<div class=\"verdict ");
    html_text(p, bytes_str(word));
    html_str(p, "\">");
    html_badge(p, bytes_str(word));
    html_str(p, "<p class=\"says\">");
    html_str(p, meaning(word));
    html_str(p, "</p>");
    reasons(p, v);
    seals(p, v);
    html_str(p, "</div>\n");
    counts(p);
    json_decref(v);
    return true;
}

/* -- custody --------------------------------------------------------------------------
 */

static void item_row(struct page *p, const struct case_item_row *i)
{
    html_str(p, "<tr><td class=\"path\">");
    html_text(p, i->place.item);
    html_str(p, "</td><td>");
    html_text(p, i->role);
    html_str(p, "</td><td class=\"number\">");
    text_printf(p->out, "%llu", (unsigned long long)i->place.length);
    html_str(p, "</td><td class=\"digest\">");
    html_text(p, i->place.sha256);
    html_str(p, "</td><td>");
    html_badge(p, i->place.verdict);
    if (i->fault.n > 0) {
        html_str(p, " ");
        html_text(p, i->fault);
    }
    html_str(p, "</td></tr>\n");
}

static size_t items_table(struct page *p)
{
    struct case_walk *w = case_items(p->casefile, true);
    struct case_item_row i;
    size_t n = 0;
    html_str(p, "<h3>Files of the package</h3><div class=\"scroll\"><table "
                "class=\"items\"><thead><tr><th scope=\"col\">Path</th><th "
                "scope=\"col\">Role</th><th scope=\"col\" class=\"number\">Bytes</th>"
                "<th scope=\"col\">SHA-256</th><th "
                "scope=\"col\">Verdict</th></tr></thead><tbody>\n");
    while (case_next_item(w, &i)) {
        bool held = bytes_is(i.place.verdict, "verified");
        if (n++ < CUSTODY_ITEMS || !held)
            item_row(p, &i);
        output_spill(&p->report->out);
    }
    case_end(w);
    html_str(p, "</tbody></table></div>\n");
    if (n > CUSTODY_ITEMS)
        text_printf(p->out,
                    "<p class=\"note\">Of %zu files, those that do not hold and the "
                    "first %d; verdict.json lists all.</p>\n",
                    n, CUSTODY_ITEMS);
    return n;
}

static void part(struct page *p, const json_t *v, const char *key, const char *title)
{
    const json_t *list = json_object_get(v, key);
    if (json_array_size(list) == 0)
        return;
    text_printf(p->out, "<h3>%s</h3>\n", title);
    html_value(p, list);
}

/* The artefacts that a package should have, with the files that are them. */
static void completeness(struct page *p, const json_t *v)
{
    const json_t *list = json_object_get(v, "completeness");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *items = json_object_get(json_array_get(list, i), "items");
        json_t *paths = json_array();
        struct case_place place;
        for (size_t k = 0; k < json_array_size(items); k++)
            if (case_place_of(p->casefile, json_integer_value(json_array_get(items, k)),
                              &place))
                json_array_append_new(
                    paths, json_stringn((const char *)place.item.p, place.item.n));
        json_object_set_new(json_array_get(list, i), "items", paths);
    }
    part(p, v, "completeness", "Completeness");
}

bool section_custody(struct page *p)
{
    json_t *v = case_document_json(p->casefile, "verdict");
    html_str(p, "<p>Three words are kept apart: <em>verified</em> was computed here from "
                "the bytes; <em>asserted</em> is only said by a captured document; the "
                "rest was <em>not examined</em>.</p>\n");
    part(p, v, "signatures", "Signatures");
    part(p, v, "timestamps", "Time-stamps");
    part(p, v, "retention", "Retention and locks");
    part(p, v, "custody", "Chain of custody");
    completeness(p, v);
    size_t n = items_table(p);
    json_decref(v);
    return n > 0;
}

/* -- methods --------------------------------------------------------------------------
 */

bool section_methods(struct page *p)
{
    html_str(
        p,
        "<h3>How it was done</h3>\n"
        "<p>The package was opened read-only, never unpacked to disk, and read once: "
        "each byte was hashed (SHA-256, and what its manifests use) while it was "
        "decoded. What an item is was told by its content first and its name second. "
        "Archives were read in place, at every depth. The program has no network and "
        "confines itself before it reads evidence.</p>\n"
        "<h3>How to check it</h3>\n"
        "<p>The listing digest is the SHA-256 of one line "
        "<code>DIGEST␠␠PATH</code> per file, sorted bytewise by path:</p>\n"
        "<pre class=\"command\">find . -type f -printf '%P\\0' | LC_ALL=C sort -z | "
        "xargs -0 sha256sum | sha256sum</pre>\n"
        "<p>Each exhibit of Annex A names its item, place and digest, and the command "
        "that prints its bytes. The same package gives the same report, byte for "
        "byte.</p>\n"
        "<h3>Words</h3>\n"
        "<dl class=\"terms\"><div><dt>Severity</dt><dd>what it would mean if it is what "
        "it looks like: info, low, medium, high, critical.</dd></div>"
        "<div><dt>Confidence</dt><dd>how sure it is that it is what it looks like; what "
        "would refute it stands beside each finding.</dd></div>"
        "<div><dt>Not decidable</dt><dd>the evidence forbids a conclusion (audit level, "
        "truncation, gap); the reason is given.</dd></div>"
        "<div><dt>Times</dt><dd>in UTC, as the source states them, with as many digits "
        "as it gives. Clocks of different machines may differ: what could be told of "
        "that stands under Clocks; it may change the order of events, never a stated "
        "time.</dd></div></dl>\n"
        "<h3>What this report cannot say</h3>\n"
        "<ul><li>A source that is not in the package shows nothing; its silence is no "
        "proof of absence.</li>"
        "<li>A checkpoint is one moment: what ended before it left no process.</li>"
        "<li>An audit log shows what its policy keeps; bodies that were not logged "
        "cannot be judged.</li>"
        "<li>A log names accounts, not people: whoever holds a credential acts under its "
        "name.</li>"
        "<li>Times in files can be set by whoever may write them.</li>"
        "<li>A seal shows that the package is what was sealed, not that what was sealed "
        "is all there was.</li></ul>\n");
    return true;
}
