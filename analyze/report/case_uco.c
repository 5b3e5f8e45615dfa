/* CASE 1.3 over UCO 1.3 (caseontology.org), JSON-LD: the package's files with their
 * digests, the tool, and the investigative action that examined them with its result. */
#include "analyze/report/identifiers.h"
#include "analyze/report/report.h"
#include "analyze/report/words.h"

static const char context[] =
    "{\"@context\":{"
    "\"case-investigation\":\"https://ontology.caseontology.org/case/investigation/\","
    "\"kb\":\"http://example.org/kb/\","
    "\"uco-action\":\"https://ontology.unifiedcyberontology.org/uco/action/\","
    "\"uco-core\":\"https://ontology.unifiedcyberontology.org/uco/core/\","
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

static void file_key(struct text *key, const struct case_item_row *i)
{
    text_printf(key, "%lld/", (long long)i->id);
    text_add(key, i->place.item);
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
    file_key(&key, i);
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

/* The files, and the list of references to them for record and action. */
static void files(struct report *r, struct text *references)
{
    struct case_walk *w = case_items(r->casefile, true);
    struct case_item_row i;
    struct text key = {0};
    while (case_next_item(w, &i)) {
        file(&r->out.text, &i);
        text_clear(&key);
        file_key(&key, &i);
        text_str(references, references->n > 0 ? ",{\"@id\":" : "{\"@id\":");
        node(references, "file", text_bytes(&key));
        text_str(references, "}");
        output_spill(&r->out);
    }
    text_release(&key);
    case_end(w);
}

static void record(struct text *t, struct bytes name, const char *verdict,
                   const char *references)
{
    struct text says = {0};
    text_printf(&says, "verdict of the package: %s", verdict);
    text_str(t, "{\"@id\":");
    node(t, "provenance", name);
    text_str(t, ",\"@type\":\"case-investigation:ProvenanceRecord\","
                "\"case-investigation:exhibitNumber\":");
    word_json(t, name);
    word_member(t, "uco-core:description", text_bytes(&says));
    text_printf(t, ",\"uco-core:object\":[%s]},\n", references);
    text_release(&says);
}

static void action(struct report *r, struct bytes name, const char *references)
{
    struct text *t = &r->out.text;
    struct bytes at = case_meta_get(r->casefile, "analyzed_at");
    text_str(t, "{\"@id\":");
    node(t, "action", name);
    text_str(t, ",\"@type\":\"case-investigation:InvestigativeAction\","
                "\"uco-core:name\":\"verification and examination\"");
    if (at.n > 0) {
        text_str(t, ",\"uco-action:endTime\":{\"@type\":\"xsd:dateTime\",\"@value\":");
        word_json(t, at);
        text_byte(t, '}');
    }
    member_id(t, "uco-action:instrument", "tool", BYTES("exhibit"));
    text_printf(t, ",\"uco-action:object\":[%s]", references);
    member_id(t, "uco-action:result", "provenance", name);
    text_str(t, "}\n]}\n");
}

int write_case_uco(struct report *r)
{
    struct text references = {0};
    struct bytes name = case_meta_get(r->casefile, "package");
    json_t *v = case_document_json(r->casefile, "verdict");
    text_str(&r->out.text, context);
    text_str(&r->out.text, "{\"@id\":");
    node(&r->out.text, "tool", BYTES("exhibit"));
    text_str(&r->out.text, ",\"@type\":\"uco-tool:Tool\",\"uco-core:name\":\"exhibit\"");
    word_member(&r->out.text, "uco-tool:version", case_meta_get(r->casefile, "version"));
    text_str(&r->out.text, "},\n");
    files(r, &references);
    record(&r->out.text, name, v ? word_of(v, "verdict") : "unchecked",
           text_c(&references));
    action(r, name, text_c(&references));
    json_decref(v);
    text_release(&references);
    return 0;
}
