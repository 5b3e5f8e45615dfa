/* verdict.json, schema exhibit.verdict/1 (DESIGN 7). Members stand in the order in which
 * they are set here; lists in the order of the package. */
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/memory.h"
#include "formats/base/sha256_many.h"
#include "verify/file_index.h"
#include "verify/json_list.h"
#include "verify/json_mask.h"
#include "verify/verification.h"

static void set(json_t *o, const char *name, const char *value)
{
    json_object_set_new(o, name, json_string(value ? value : ""));
}

static void set_number(json_t *o, const char *name, uint64_t value)
{
    json_object_set_new(o, name, json_integer((json_int_t)value));
}

static void set_bool(json_t *o, const char *name, bool value)
{
    json_object_set_new(o, name, json_boolean(value));
}

static void set_plain(json_t *o, const char *name, struct bytes raw)
{
    struct text t = {0};
    escape_plain(&t, raw);
    set(o, name, text_c(&t));
    text_release(&t);
}

static void set_path(json_t *o, const char *name, const struct item *item)
{
    struct text t = {0};
    if (!item) {
        json_object_set_new(o, name, json_null());
        return;
    }
    item_path(item, &t);
    set_plain(o, name, text_bytes(&t));
    text_release(&t);
}

static void set_time(json_t *o, const char *name, instant t)
{
    char text[INSTANT_TEXT];
    enum precision p = t % NANOSECONDS ? PRECISION_NANOSECOND : PRECISION_SECOND;
    json_object_set_new(o, name,
                        t == INSTANT_NONE ? json_null()
                                          : json_string(instant_format(t, p, text)));
}

static void set_sha256(json_t *o, const struct item *item)
{
    char hex[65];
    bytes_to_hex(bytes_of(item->sha256, sizeof item->sha256), hex);
    json_object_set_new(o, "sha256", item->hashed ? json_string(hex) : json_null());
}

/* -- items -----------------------------------------------------------------------------
 */

static json_t *claim_to_json(const struct claim *c)
{
    char hex[2 * DIGEST_MAX + 1];
    json_t *o = json_object();
    set_path(o, "manifest", c->manifest);
    set_number(o, "line", c->line);
    set_number(o, "offset", c->offset);
    set_number(o, "length", c->length);
    set(o, "algorithm", digest_info(c->digest.algorithm)->name);
    set(o, "digest", digest_hex(&c->digest, hex));
    if (c->has_size)
        set_number(o, "size", c->size);
    set(o, "verdict", verdict_name(c->verdict));
    return o;
}

/* In the order in which the manifests were read. */
static json_t *claims_to_json(const struct claim *latest)
{
    size_t n = 0;
    for (const struct claim *c = latest; c; c = c->next)
        n++;
    const struct claim **list = memory_new(n + 1, sizeof *list);
    for (size_t i = n; latest; latest = latest->next)
        list[--i] = latest;
    json_t *claims = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(claims, claim_to_json(list[i]));
    free(list);
    return claims;
}

static json_t *item_to_json(const struct verification *v, const struct item *i)
{
    json_t *o = json_object();
    set_number(o, "id", i->id);
    set_path(o, "path", i);
    set(o, "type", entry_type_name(i->entry.type));
    set(o, "role", role_name(i->role));
    set_number(o, "size", i->size);
    set_sha256(o, i);
    set(o, "verdict", verdict_name(i->verdict));
    json_object_set_new(o, "claims", claims_to_json(item_more(i)->claims));
    json_t *fault = json_null();
    if (item_more(i)->fault.code) {
        fault = json_object();
        set(fault, "code", fault_name(item_more(i)->fault.code));
        set_number(fault, "offset", item_more(i)->fault.offset);
        set_number(fault, "want", item_more(i)->fault.want);
        set_number(fault, "have", item_more(i)->fault.have);
    }
    json_object_set_new(o, "fault", fault);
    json_mask(&v->mask, o);
    return o;
}

static json_t *missing_to_json(const struct verification *v,
                               const struct missing_record *m)
{
    json_t *o = json_object(), *claims = json_array();
    json_object_set_new(o, "id", json_null());
    set_plain(o, "path", m->path);
    set(o, "type", "file");
    set(o, "role", "unknown");
    json_object_set_new(o, "size", json_null());
    json_object_set_new(o, "sha256", json_null());
    set(o, "verdict", verdict_name(VERDICT_MISSING));
    json_array_append_new(claims, claim_to_json(&m->claim));
    json_object_set_new(o, "claims", claims);
    json_object_set_new(o, "fault", json_null());
    json_mask(&v->mask, o);
    return o;
}

/* The files of the package, what is inside them only where something is said about it. */
static void each_item(const struct verification *v,
                      void (*take)(void *context, json_t *item), void *context)
{
    const struct item *root = package_root(v->package);
    const struct item *content = package_content(v->package);
    for (const struct item *i = root; i; i = item_next(i, root)) {
        bool is_file = i->parent == content && i->entry.type != ENTRY_DIRECTORY;
        bool faulty = item_more(i)->fault.code && item_more(i)->fault.code != FAULT_EMPTY;
        /* Members of a verified archive are verified through it, and need no line. */
        bool blamed = i->verdict != VERDICT_UNCHECKED && i->verdict != VERDICT_VERIFIED;
        if (is_file || item_more(i)->claims || faulty || blamed)
            take(context, item_to_json(v, i));
    }
    for (const struct missing_record *m = v->missing; m; m = m->next)
        take(context, missing_to_json(v, m));
}

static void append_item(void *context, json_t *item)
{
    json_array_append_new(context, item);
}

/* -- records ---------------------------------------------------------------------------
 */

static json_t *manifests_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (const struct manifest_record *m = v->manifests; m; m = m->next) {
        json_t *o = json_object();
        set_path(o, "path", m->item);
        set(o, "format", m->format);
        set_bool(o, "speaks_for_package", m->speaks_for_package);
        set_bool(o, "sealed", m->sealed);
        set_number(o, "claims", m->claims);
        set_number(o, "verified", m->verified);
        set_number(o, "mismatched", m->mismatched);
        set_number(o, "missing", m->missing);
        set_number(o, "malformed", m->malformed);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *signatures_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (const struct signature_record *s = v->signatures; s; s = s->next) {
        json_t *o = json_object();
        set_path(o, "path", s->item);
        set_path(o, "over", s->over);
        set(o, "format", s->format);
        set(o, "signer", s->signer);
        set(o, "issuer", s->issuer);
        set(o, "certificate_sha256", s->certificate_sha256);
        set_time(o, "certificate_until", s->certificate_until);
        set(o, "key", s->key);
        set(o, "digest", s->digest);
        set_time(o, "time", s->time);
        set(o, "time_basis", basis_name(s->time_basis));
        set(o, "verdict", outcome_name(s->verdict));
        set(o, "why", s->why);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *timestamps_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (const struct timestamp_record *t = v->timestamps; t; t = t->next) {
        json_t *o = json_object();
        set_path(o, "path", t->item);
        set_path(o, "over", t->over);
        set(o, "format", t->format);
        set(o, "authority", t->authority);
        set_time(o, "certificate_until", t->certificate_until);
        set(o, "key", t->key);
        set(o, "digest", t->digest);
        set_time(o, "time", t->time);
        set_number(o, "accuracy_ns", (uint64_t)t->accuracy);
        set(o, "policy", t->policy);
        set(o, "serial", t->serial);
        set(o, "nonce", t->nonce);
        set_number(o, "renewals", t->renewals);
        set_time(o, "renewed", t->renewed);
        set(o, "verdict", outcome_name(t->verdict));
        set(o, "why", t->why);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *retention_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (const struct retention_record *r = v->retention; r; r = r->next) {
        json_t *o = json_object();
        set(o, "object", r->object);
        set(o, "version", r->version);
        set(o, "provider", r->provider);
        set(o, "mode", r->mode);
        set_time(o, "retain_until", r->retain_until);
        json_object_set_new(o, "legal_hold",
                            r->legal_hold == HOLD_UNKNOWN ||
                                    r->legal_hold == HOLD_UNREADABLE
                                ? json_null()
                                : json_boolean(r->legal_hold == HOLD_ON));
        set_path(o, "over", r->over);
        set(o, "verdict", outcome_name(r->verdict));
        set(o, "why", r->why);
        set_path(o, "path", r->item);
        set_number(o, "offset", r->offset);
        set_number(o, "length", r->length);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *unlocked_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (size_t i = 0; i < v->unlocked_count; i++) {
        json_t *o = json_object();
        set_number(o, "item", v->unlocked[i]->id);
        set_path(o, "path", v->unlocked[i]);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *completeness_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (const struct completeness_record *r = v->completeness; r; r = r->next) {
        json_t *o = json_object(), *items = json_array();
        set(o, "artefact", r->artefact);
        set_bool(o, "required", r->required);
        set_bool(o, "present", r->present);
        for (size_t i = 0; i < r->item_count; i++)
            json_array_append_new(items, json_integer((json_int_t)r->items[i]->id));
        json_object_set_new(o, "items", items);
        set(o, "without_it", r->why);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *custody_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (const struct custody_record *r = v->custody; r; r = r->next) {
        json_t *o = json_object();
        set_path(o, "path", r->item);
        set_number(o, "entries", r->entries);
        set(o, "verdict", outcome_name(r->verdict));
        set(o, "why", r->why);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *spans_to_json(const struct finding *f)
{
    json_t *all = json_array();
    for (size_t i = 0; i < f->span_count; i++) {
        json_t *o = json_object();
        set_number(o, "item", f->spans[i].item->id);
        set_path(o, "path", f->spans[i].item);
        set_number(o, "offset", f->spans[i].offset);
        set_number(o, "length", f->spans[i].length);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *findings_to_json(const struct verification *v)
{
    json_t *all = json_array();
    for (size_t i = 0; i < v->findings->n; i++) {
        const struct finding *f = v->findings->v[i];
        json_t *o = json_object(), *arguments = json_object();
        /* `analyze` judges with all findings of a run; its own have their own output. */
        if (strncmp(f->kind->id, "integrity.", 10) != 0) {
            json_decref(o);
            json_decref(arguments);
            continue;
        }
        set(o, "id", f->kind->id);
        set(o, "severity", severity_name(f->severity));
        set(o, "title", f->kind->title);
        set_plain(o, "subject", f->subject);
        for (size_t k = 0; k < f->argument_count; k++)
            set_plain(arguments, f->arguments[k].name, f->arguments[k].value);
        json_object_set_new(o, "arguments", arguments);
        json_object_set_new(o, "spans", spans_to_json(f));
        set(o, "why", f->kind->why);
        set(o, "refute", f->kind->refute);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *package_to_json(const struct verification *v)
{
    char hex[2 * DIGEST_MAX + 1];
    json_t *o = json_object();
    set_plain(o, "name", bytes_str(package_name(v->package)));
    set(o, "kind", container_name(package_root(v->package)->container));
    set_number(o, "items", v->files);
    set_number(o, "bytes", v->bytes);
    json_object_set_new(o, "listing_sha256",
                        v->has_listing ? json_string(digest_hex(&v->listing, hex))
                                       : json_null());
    if (package_is_archive(v->package))
        set_sha256(o, package_root(v->package));
    return o;
}

static json_t *counts_to_json(const struct verification *v)
{
    json_t *o = json_object();
    set_number(o, "verified", v->verified);
    set_number(o, "mismatch", v->mismatched);
    set_number(o, "missing", v->missing_count);
    set_number(o, "unlisted", v->unlisted);
    set_number(o, "unreadable", v->unreadable);
    set_number(o, "unchecked", v->unchecked);
    return o;
}

/* A processor whose digests are wrong must not pass unseen: OpenSSL did its work. */
static void set_self_test(json_t *tool)
{
    const char *failed = sha256_failed_form();
    char text[64];
    snprintf(text, sizeof text, "%s failed, openssl used", failed ? failed : "");
    set(tool, "self_test", failed ? text : "passed");
}

/* Everything; the list of items is `items`, masked already, whose reference is taken. */
static json_t *document_of(const struct verification *v, json_t *items)
{
    json_t *o = json_object(), *tool = json_object(), *reasons = json_array();
    set(o, "schema", "exhibit.verdict/1");
    set(tool, "name", "exhibit");
    set(tool, "version", EXHIBIT_VERSION);
    set_self_test(tool);
    json_object_set_new(o, "tool", tool);
    json_object_set_new(o, "package", package_to_json(v));
    set_time(o, "judged_at", v->now);
    set(o, "verdict", package_verdict_name(v->verdict));
    for (const struct reason *r = v->reasons; r; r = r->next)
        json_array_append_new(reasons, json_string(r->text));
    json_object_set_new(o, "reasons", reasons);
    json_object_set_new(o, "counts", counts_to_json(v));
    json_object_set_new(o, "items", json_null());
    json_object_set_new(o, "manifests", manifests_to_json(v));
    json_object_set_new(o, "signatures", signatures_to_json(v));
    json_object_set_new(o, "timestamps", timestamps_to_json(v));
    json_object_set_new(o, "retention", retention_to_json(v));
    json_object_set_new(o, "unlocked", unlocked_to_json(v));
    json_object_set_new(o, "completeness", completeness_to_json(v));
    json_object_set_new(o, "custody", custody_to_json(v));
    json_object_set_new(o, "findings", findings_to_json(v));
    if (v->findings->more)
        set_number(o, "findings_not_listed", v->findings->more);
    set(o, "sandbox", v->sandbox ? v->sandbox : "none");
    json_mask(&v->mask, o);
    json_object_set_new(o, "items", items); /* in the place that was kept for it */
    return o;
}

json_t *verification_to_json(const struct verification *v)
{
    json_t *items = json_array();
    each_item(v, append_item, items);
    return document_of(v, items);
}

/* -- as text, item by item -----------------------------------------------------------
 */

static void print_item(void *context, json_t *item)
{
    json_list_add(context, item);
}

void verification_print_json(const struct verification *v, FILE *to)
{
    json_t *document = document_of(v, json_array());
    struct json_list list;
    json_list_begin(&list, document, "items", to);
    each_item(v, print_item, &list);
    json_list_end(&list);
    json_decref(document);
}
