/* CASE 1.3 over UCO 1.3 (caseontology.org), JSON-LD: the package's files with their
 * digests, the tool, the investigative action that examined them, who performed it where
 * that was said (--examiner), and its results: the verdict as a provenance record, each
 * finding as an analytic result about the files that its proofs are in. */
#include <stdlib.h>

#include "analyze/report/identifiers.h"
#include "analyze/report/report.h"
#include "analyze/report/words.h"
#include "formats/base/intern.h"
#include "formats/base/memory.h"

static const char context[] =
    "{\"@context\":{"
    "\"case-investigation\":\"https://ontology.caseontology.org/case/investigation/\","
    "\"kb\":\"http://example.org/kb/\","
    "\"uco-analysis\":\"https://ontology.unifiedcyberontology.org/uco/analysis/\","
    "\"uco-action\":\"https://ontology.unifiedcyberontology.org/uco/action/\","
    "\"uco-core\":\"https://ontology.unifiedcyberontology.org/uco/core/\","
    "\"uco-identity\":\"https://ontology.unifiedcyberontology.org/uco/identity/\","
    "\"uco-observable\":\"https://ontology.unifiedcyberontology.org/uco/observable/\","
    "\"uco-tool\":\"https://ontology.unifiedcyberontology.org/uco/tool/\","
    "\"uco-types\":\"https://ontology.unifiedcyberontology.org/uco/types/\","
    "\"xsd\":\"http://www.w3.org/2001/XMLSchema#\"},\n\"@graph\":[\n";

static void node(struct text *t, const char *kind, struct bytes content)
{
    text_printf(t, "\"kb:%s-", kind);
    word_uuid(t, kind, content);
    text_byte(t, '"');
}

static void member_id(struct text *t, const char *key, const char *kind,
                      struct bytes content)
{
    text_printf(t, ",\"%s\":{\"@id\":", key);
    node(t, kind, content);
    text_byte(t, '}');
}

/* The document, and the files in it, by which its parts refer to each other. */
struct graph {
    struct report *r;
    struct bytes package;
    struct intern *paths; /* of files, each with its id below */
    int64_t *ids;
    size_t capacity;
    struct text references; /* to the files */
    struct text results;    /* references to what the action had for a result */
};

static void file_key(struct text *key, int64_t id, struct bytes path)
{
    text_printf(key, "%lld/", (long long)id);
    text_add(key, path);
}

static void refer(struct text *list, const char *kind, struct bytes content)
{
    text_str(list, list->n > 0 ? ",{\"@id\":" : "{\"@id\":");
    node(list, kind, content);
    text_str(list, "}");
}

static void facets(struct text *t, const struct case_item_row *i, struct bytes key)
{
    text_str(t, ",\"uco-core:hasFacet\":[{\"@id\":");
    node(t, "file-facet", key);
    text_str(t, ",\"@type\":\"uco-observable:FileFacet\",\"uco-observable:filePath\":");
    word_json(t, i->place.item);
    text_printf(t, ",\"uco-observable:sizeInBytes\":%llu},{\"@id\":",
                (unsigned long long)i->place.length);
    node(t, "content-facet", key);
    text_printf(t,
                ",\"@type\":\"uco-observable:ContentDataFacet\","
                "\"uco-observable:sizeInBytes\":%llu",
                (unsigned long long)i->place.length);
    if (i->place.sha256.n > 0) {
        text_str(t, ",\"uco-observable:hash\":[{\"@id\":");
        node(t, "hash", key);
        text_str(t, ",\"@type\":\"uco-types:Hash\",\"uco-types:hashMethod\":\"SHA256\","
                    "\"uco-types:hashValue\":{\"@type\":\"xsd:hexBinary\",\"@value\":");
        word_json(t, i->place.sha256);
        text_str(t, "}}]");
    }
    text_str(t, "}]");
}

static void file(struct text *t, const struct case_item_row *i)
{
    struct text key = {0};
    file_key(&key, i->id, i->place.item);
    text_str(t, "{\"@id\":");
    node(t, "file", text_bytes(&key));
    text_str(t, ",\"@type\":\"uco-observable:File\",\"uco-core:description\":");
    struct text what = {0};
    text_add(&what, i->role);
    text_str(&what, ", verdict ");
    text_add(&what, i->place.verdict);
    word_json(t, text_bytes(&what));
    facets(t, i, text_bytes(&key));
    text_str(t, "},\n");
    text_release(&what);
    text_release(&key);
}

static void note_file(struct graph *g, const struct case_item_row *i)
{
    uint32_t n = intern_put(g->paths, i->place.item);
    g->ids = memory_grow(g->ids, &g->capacity, (size_t)n + 1, sizeof *g->ids);
    g->ids[n] = i->id;
}

/* A reference to the file of the package that a place is in, once in the list; what is in
 * an archive is in that. */
static void refer_place(struct graph *g, struct text *list, const struct case_place *p)
{
    struct bytes path = bytes_sub(p->item, 0, bytes_find(p->item, BYTES("//")));
    uint32_t n;
    struct text key = {0}, one = {0};
    if (p->package.n > 0 || !intern_find(g->paths, path, &n))
        return;
    file_key(&key, g->ids[n], path);
    refer(&one, "file", text_bytes(&key));
    if (!bytes_contains(text_bytes(list), text_bytes(&one))) {
        text_str(list, list->n > 0 ? "," : "");
        text_add(list, text_bytes(&one));
    }
    text_release(&one);
    text_release(&key);
}

static void files(struct graph *g)
{
    struct case_walk *w = case_items(g->r->casefile, true);
    struct case_item_row i;
    struct text key = {0};
    while (case_next_item(w, &i)) {
        file(&g->r->out.text, &i);
        note_file(g, &i);
        text_clear(&key);
        file_key(&key, i.id, i.place.item);
        refer(&g->references, "file", text_bytes(&key));
        output_spill(&g->r->out);
    }
    text_release(&key);
    case_end(w);
}

/* -- results ---------------------------------------------------------------------------
 */

static void record(struct graph *g, const char *verdict)
{
    struct text says = {0}, *t = &g->r->out.text;
    text_printf(&says, "verdict of the package: %s", verdict);
    text_str(t, "{\"@id\":");
    node(t, "provenance", g->package);
    text_str(t, ",\"@type\":\"case-investigation:ProvenanceRecord\","
                "\"case-investigation:exhibitNumber\":");
    word_json(t, g->package);
    word_member(t, "uco-core:description", text_bytes(&says));
    text_printf(t, ",\"uco-core:object\":[%s]},\n", text_c(&g->references));
    text_release(&says);
    refer(&g->results, "provenance", g->package);
}

/* What the finding is about, and where to see it. */
static void statement(struct graph *g, const struct case_finding_row *f,
                      struct text *objects, struct text *says)
{
    struct case_walk *w = case_finding_places(g->r->casefile, f->id);
    struct case_place p;
    text_add(says, f->subject);
    while (case_next_place(w, &p)) {
        text_str(says, "\nsee: ");
        case_place_command(&p, word_package(g->r->casefile), says);
        refer_place(g, objects, &p);
    }
    case_end(w);
}

static void tags(struct text *t, const struct case_finding_row *f)
{
    struct bytes list = f->attack, word;
    text_str(t, ",\"uco-core:tag\":[");
    word_json(t, f->rule);
    text_byte(t, ',');
    word_json(t, f->severity);
    while (word_next(&list, &word)) {
        text_byte(t, ',');
        word_json(t, word);
    }
    text_byte(t, ']');
}

/* An annotation must be about something; what is about no file of the package is only an
 * analytic result. */
static void finding(struct graph *g, const struct case_finding_row *f)
{
    struct text *t = &g->r->out.text, objects = {0}, says = {0}, key = {0};
    text_printf(&key, "%lld/", (long long)f->id);
    text_add(&key, f->rule);
    statement(g, f, &objects, &says);
    text_str(t, "{\"@id\":");
    node(t, "finding", text_bytes(&key));
    text_str(t, objects.n ? ",\"@type\":[\"uco-analysis:AnalyticResult\","
                            "\"uco-core:Annotation\"]"
                          : ",\"@type\":\"uco-analysis:AnalyticResult\"");
    word_member(t, "uco-core:name", f->title);
    if (f->why.n > 0)
        word_member(t, "uco-core:description", f->why);
    word_member(t, "uco-core:statement", text_bytes(&says));
    tags(t, f);
    if (objects.n)
        text_printf(t, ",\"uco-core:object\":[%s]", text_c(&objects));
    member_id(t, "uco-analysis:originatingAnalysis", "action", g->package);
    text_str(t, "},\n");
    refer(&g->results, "finding", text_bytes(&key));
    text_release(&key);
    text_release(&says);
    text_release(&objects);
}

static void findings(struct graph *g)
{
    struct case_walk *w = case_findings(g->r->casefile);
    struct case_finding_row f;
    while (case_next_finding(w, &f)) {
        finding(g, &f);
        output_spill(&g->r->out);
    }
    case_end(w);
}

/* -- the action ------------------------------------------------------------------------
 */

static void tool(struct graph *g)
{
    struct text *t = &g->r->out.text;
    text_str(t, "{\"@id\":");
    node(t, "tool", BYTES("exhibit"));
    text_str(t, ",\"@type\":\"uco-tool:Tool\",\"uco-core:name\":\"exhibit\"");
    word_member(t, "uco-tool:version", case_meta_get(g->r->casefile, "version"));
    text_str(t, "},\n");
}

static void examiner(struct graph *g, struct bytes name)
{
    struct text *t = &g->r->out.text;
    text_str(t, "{\"@id\":");
    node(t, "identity", name);
    text_str(t, ",\"@type\":\"uco-identity:Identity\"");
    word_member(t, "uco-core:name", name);
    text_str(t, "},\n");
}

static void action(struct graph *g, struct bytes performer)
{
    struct text *t = &g->r->out.text;
    struct bytes at = case_meta_get(g->r->casefile, "analyzed_at");
    text_str(t, "{\"@id\":");
    node(t, "action", g->package);
    text_str(t, ",\"@type\":[\"case-investigation:InvestigativeAction\","
                "\"uco-analysis:Analysis\"],"
                "\"uco-core:name\":\"verification and examination\"");
    if (at.n > 0) {
        text_str(t, ",\"uco-action:endTime\":{\"@type\":\"xsd:dateTime\",\"@value\":");
        word_json(t, at);
        text_byte(t, '}');
    }
    member_id(t, "uco-action:instrument", "tool", BYTES("exhibit"));
    if (performer.n > 0)
        member_id(t, "uco-action:performer", "identity", performer);
    text_printf(t, ",\"uco-action:object\":[%s]", text_c(&g->references));
    text_printf(t, ",\"uco-action:result\":[%s]}\n]}\n", text_c(&g->results));
}

int write_case_uco(struct report *r)
{
    struct graph g = {.r = r, .paths = intern_new()};
    struct bytes performer = case_meta_get(r->casefile, "examiner");
    json_t *v = case_document_json(r->casefile, "verdict");
    g.package = case_meta_get(r->casefile, "package");
    text_str(&r->out.text, context);
    tool(&g);
    if (performer.n > 0)
        examiner(&g, performer);
    files(&g);
    record(&g, v ? word_of(v, "verdict") : "unchecked");
    findings(&g);
    action(&g, performer);
    json_decref(v);
    intern_free(g.paths);
    free(g.ids);
    text_release(&g.references);
    text_release(&g.results);
    return 0;
}
