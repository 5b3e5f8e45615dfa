/* STIX 2.1 (OASIS, 10 June 2021): the package's files as SCOs, each finding as a sighting
 * of its ATT&CK techniques over observed data, and a report that holds all of it.
 *
 * Objects must say when they were made; that is the time of judgement where it is fixed,
 * else the newest time that the case itself states.
 */
#include <string.h>

#include "analyze/report/identifiers.h"
#include "analyze/report/report.h"
#include "analyze/report/words.h"
#include "formats/base/intern.h"

struct stix {
    struct report *report;
    struct text *out;
    struct text made;     /* "created" and "modified" of all objects */
    struct intern *ids;   /* objects of the bundle, in order */
    struct text identity; /* id of the tool as an identity */
};

static void identifier(struct text *t, const char *type, struct bytes content)
{
    text_printf(t, "%s--", type);
    if (strcmp(type, "file") == 0)
        word_uuid_of_observable(t, content);
    else
        word_uuid(t, type, content);
}

/* Begins an object: its type, id, and what all but SCOs have. */
static bool begin(struct stix *s, const char *type, struct bytes content, bool domain)
{
    struct text id = {0};
    identifier(&id, type, content);
    uint32_t before = intern_count(s->ids);
    bool is_new = intern_put(s->ids, text_bytes(&id)) == before;
    if (is_new) {
        text_printf(s->out, "%s\n{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":\"%s\"",
                    before > 0 ? "," : "", type, text_c(&id));
        if (domain)
            text_printf(s->out, ",\"created\":\"%s\",\"modified\":\"%s\"",
                        text_c(&s->made), text_c(&s->made));
        if (domain && s->identity.n > 0)
            word_member(s->out, "created_by_ref", text_bytes(&s->identity));
    }
    text_release(&id);
    return is_new;
}

static void reference(struct text *t, const char *type, struct bytes content)
{
    text_byte(t, '"');
    identifier(t, type, content);
    text_byte(t, '"');
}

static void find_time(struct stix *s)
{
    struct bytes fixed = case_meta_get(s->report->casefile, "analyzed_at");
    instant when;
    if (!instant_parse(fixed, &when, NULL))
        when = case_number(s->report->casefile,
                           "SELECT coalesce((SELECT max(time) FROM event WHERE source IN"
                           " ('audit', 'falco', 'checkpoint')),"
                           " (SELECT max(time) FROM event), 0)");
    word_milliseconds(&s->made, when);
}

static void write_identity(struct stix *s)
{
    begin(s, "identity", BYTES("exhibit"), true);
    text_str(s->out, ",\"name\":\"exhibit\",\"identity_class\":\"system\"}");
    text_add(&s->identity, intern_get(s->ids, 0));
}

/* The properties that identify a file, as canonical JSON. */
static void file_key(struct text *key, const struct case_place *p)
{
    text_byte(key, '{');
    if (p->sha256.n > 0) {
        text_str(key, "\"hashes\":{\"SHA-256\":");
        word_json(key, p->sha256);
        text_str(key, "},");
    }
    text_str(key, "\"name\":");
    word_json(key, p->item.n > 0 ? p->item : BYTES("package"));
    text_byte(key, '}');
}

static void write_file(struct stix *s, const struct case_place *p)
{
    struct text key = {0};
    file_key(&key, p);
    if (begin(s, "file", text_bytes(&key), false)) {
        text_byte(s->out, ',');
        text_add(s->out, bytes_from(text_bytes(&key), 1));
    }
    text_release(&key);
}

static void write_technique(struct stix *s, struct bytes technique)
{
    if (!begin(s, "attack-pattern", technique, true))
        return;
    word_member(s->out, "name", technique);
    text_str(s->out, ",\"external_references\":[{\"source_name\":\"mitre-attack\","
                     "\"external_id\":");
    word_json(s->out, technique);
    text_str(s->out, "}]}");
}

static void finding_key(struct text *key, const struct case_finding_row *f)
{
    text_printf(key, "%lld/", (long long)f->id);
    text_add(key, f->rule);
    text_byte(key, '/');
    text_add(key, f->subject);
}

/* Observed data over the items that hold the proofs. */
static void write_observed(struct stix *s, const struct case_finding_row *f,
                           struct bytes key)
{
    struct case_walk *w = case_finding_places(s->report->casefile, f->id);
    struct case_place p;
    struct text files = {0}, one = {0}, when = {0};
    while (case_next_place(w, &p)) {
        write_file(s, &p);
        text_clear(&one);
        file_key(&one, &p);
        text_str(&files, files.n > 0 ? "," : "");
        reference(&files, "file", text_bytes(&one));
    }
    case_end(w);
    if (f->time != INSTANT_NONE)
        word_milliseconds(&when, f->time);
    else
        text_add(&when, text_bytes(&s->made));
    if (begin(s, "observed-data", key, true)) {
        word_member(s->out, "first_observed", text_bytes(&when));
        word_member(s->out, "last_observed", text_bytes(&when));
        text_printf(s->out, ",\"number_observed\":1,\"object_refs\":[%s]}",
                    text_c(&files));
    }
    text_release(&files);
    text_release(&one);
    text_release(&when);
}

static void write_note(struct stix *s, const struct case_finding_row *f, struct bytes key)
{
    struct text content = {0};
    text_add(&content, f->title);
    text_str(&content, ": ");
    text_add(&content, f->subject);
    text_str(&content, ". ");
    text_add(&content, f->why);
    if (begin(s, "note", key, true)) {
        word_member(s->out, "abstract", f->title);
        word_member(s->out, "content", text_bytes(&content));
        text_str(s->out, ",\"labels\":[");
        word_json(s->out, f->severity);
        text_byte(s->out, ',');
        word_json(s->out, f->rule);
        text_str(s->out, "],\"object_refs\":[");
        reference(s->out, "observed-data", key);
        text_str(s->out, "]}");
    }
    text_release(&content);
}

static void write_sightings(struct stix *s, const struct case_finding_row *f,
                            struct bytes key)
{
    struct bytes attack = f->attack, one;
    struct text pair = {0};
    while (word_next(&attack, &one)) {
        write_technique(s, one);
        text_clear(&pair);
        text_add(&pair, key);
        text_byte(&pair, '/');
        text_add(&pair, one);
        if (!begin(s, "sighting", text_bytes(&pair), true))
            continue;
        text_str(s->out, ",\"sighting_of_ref\":");
        reference(s->out, "attack-pattern", one);
        text_str(s->out, ",\"observed_data_refs\":[");
        reference(s->out, "observed-data", key);
        text_str(s->out, "]}");
    }
    text_release(&pair);
}

static void write_all_findings(struct stix *s)
{
    struct case_walk *w = case_findings(s->report->casefile);
    struct case_finding_row f;
    struct text key = {0};
    while (case_next_finding(w, &f)) {
        text_clear(&key);
        finding_key(&key, &f);
        write_observed(s, &f, text_bytes(&key));
        write_note(s, &f, text_bytes(&key));
        write_sightings(s, &f, text_bytes(&key));
        output_spill(&s->report->out);
    }
    text_release(&key);
    case_end(w);
}

static void write_the_report(struct stix *s, struct bytes name)
{
    uint32_t n = intern_count(s->ids);
    begin(s, "report", name, true);
    word_member(s->out, "name", name);
    word_member(s->out, "published", text_bytes(&s->made));
    text_str(s->out, ",\"report_types\":[\"observed-data\"],\"object_refs\":[");
    for (uint32_t i = 0; i < n; i++) {
        text_str(s->out, i > 0 ? "," : "");
        word_json(s->out, intern_get(s->ids, i));
        output_spill(&s->report->out);
    }
    text_str(s->out, "]}");
}

int write_stix(struct report *r)
{
    struct stix s = {.report = r, .out = &r->out.text, .ids = intern_new()};
    struct bytes name = case_meta_get(r->casefile, "package");
    find_time(&s);
    text_str(s.out, "{\"type\":\"bundle\",\"id\":\"bundle--");
    word_uuid(s.out, "bundle", name);
    text_str(s.out, "\",\"objects\":[");
    write_identity(&s);
    write_all_findings(&s);
    write_the_report(&s, name);
    text_str(s.out, "]}\n");
    intern_free(s.ids);
    text_release(&s.made);
    text_release(&s.identity);
    return 0;
}
