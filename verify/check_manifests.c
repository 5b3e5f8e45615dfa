/* What the manifests say, against what the walk found. */
#include <stdlib.h>

#include "formats/bagit.h"
#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "formats/base/memory.h"
#include "formats/oci_descriptors.h"
#include "verify/bag.h"
#include "verify/check.h"
#include "verify/claim_names.h"
#include "verify/envelope.h"
#include "verify/file_index.h"
#include "verify/manifest_format.h"
#include "verify/manifest_names.h"
#include "verify/seal_target.h"

struct reading {
    struct check *c;
    struct manifest_record *record;
    struct bytes content;  /* of the manifest: the item's, or what an envelope holds */
    bool enveloped;        /* decoded, so that offsets in it are not those of the item */
    struct fault encoding; /* of the item, where it is in UTF-16 */
    struct manifest_names names;
    struct pending_claims pending;
    bool twice; /* one file is spoken of in two places */
    struct missing_record **missing_end;
};

/* -- which manifests count -------------------------------------------------------------
 */

/* A list inside a container's file system is that system's own (dpkg's md5sums, a
 * vendor's checksums): it says nothing about what was collected. */
static bool is_manifest(const struct check *c, const struct item *item)
{
    if (item->entry.type != ENTRY_FILE)
        return false;
    /* An image's own descriptors are about that image, wherever it lies. */
    if (item->role == ROLE_IMAGE_METADATA)
        return oci_descriptors_probe(item_kept(item));
    return (item->role == ROLE_MANIFEST || item->role == ROLE_SIGNATURE) &&
           !item_in_root_file_system(item) && !bag_payload_manifest(c, item);
}

/* -- entries ---------------------------------------------------------------------------
 */

static struct span content_span(const struct reading *r, uint64_t offset, uint64_t length)
{
    if (r->enveloped)
        return (struct span){r->record->item, 0, r->record->item->size};
    uint64_t start = (uint64_t)(r->content.p - item_kept(r->record->item).p);
    return (struct span){r->record->item, start + offset, length};
}

static struct span entry_span(const struct reading *r, const struct manifest_entry *e)
{
    return content_span(r, e->offset, e->length);
}

static void add_claim(struct reading *r, const struct pending_claim *found,
                      const struct manifest_entry *e, const struct digest *d)
{
    struct claim *claim = arena_new(&r->c->v->arena, struct claim);
    struct pending_claim pending = *found;
    struct span place = entry_span(r, e);
    *claim = (struct claim){.manifest = r->record->item,
                            .line = e->line,
                            .offset = place.offset,
                            .length = place.length,
                            .digest = *d,
                            .has_size = e->has_size,
                            .size = e->size};
    pending.claim = claim;
    pending.candidates = e->candidates ? e->candidates : DIGEST_BIT(d->algorithm);
    const struct claim *before = item_more(found->item)->claims;
    r->twice = r->twice || (before && before->manifest == claim->manifest &&
                            (before->offset != claim->offset ||
                             before->digest.algorithm == claim->digest.algorithm));
    claim_add(&r->pending, &pending);
}

/* `sha256sum * > list` lists the list, as it was before its first line: empty. */
static bool lists_itself_empty(const struct reading *r, const struct item *item,
                               const struct digest *d)
{
    if (item != r->record->item)
        return false;
    struct digest empty = digest_bytes(d->algorithm, BYTES_NONE);
    return digest_eq(&empty, d);
}

static struct missing_record *add_missing(struct reading *r, struct bytes path,
                                          const struct claim *said)
{
    struct missing_record *m = arena_new(&r->c->v->arena, struct missing_record);
    struct text whole = {0};
    if (!r->record->speaks_for_package) {
        item_path(r->record->item->parent, &whole);
        text_str(&whole, "//");
    }
    text_add(&whole, path);
    m->path = arena_copy(&r->c->v->arena, text_bytes(&whole));
    text_release(&whole);
    m->claim = *said;
    m->claim.verdict = VERDICT_MISSING;
    *r->missing_end = m;
    r->missing_end = &m->next;
    r->record->claims++;
    r->record->missing++;
    return m;
}

static void entry_missing(struct reading *r, struct bytes path,
                          const struct manifest_entry *e)
{
    struct span place = entry_span(r, e);
    struct claim said = {.manifest = r->record->item,
                         .line = e->line,
                         .offset = place.offset,
                         .length = place.length,
                         .has_size = e->has_size,
                         .size = e->size};
    if (e->digest_count)
        said.digest = e->digests[0];
    add_missing(r, path, &said);
}

static void claim_gone(void *context, struct bytes path, const struct claim *claim,
                       const struct item *item)
{
    add_missing(context, path, claim)->twin = item;
}

/* A file of another spelling counts only when it has the content that is claimed: it came
 * here through a file system that changed its name. */
static struct item *find_folded(struct reading *r, const struct manifest_entry *e,
                                struct bytes path)
{
    struct item *item = file_index_find_folded(r->names.index, path);
    struct digest have;
    if (!item || e->digest_count == 0 ||
        !item_digest(r->c->package, item, e->digests[0].algorithm, &have) ||
        !digest_eq(&have, &e->digests[0]))
        return NULL;
    return item;
}

/* in-toto's Statement, "subject": the digest says what is meant, a name is a hint. */
static struct item *find_subject(struct reading *r, const struct manifest_entry *e)
{
    bool by_digest = strcmp(r->record->format, "in-toto") == 0 && e->digest_count;
    const struct item *found = by_digest && r->record->speaks_for_package
                                   ? seal_target_by_digest(r->c, &e->digests[0])
                                   : NULL;
    return (struct item *)(uintptr_t)found;
}

/* RFC 8493 has neither "./" nor md5sum's asterisk; tools write both. */
static void note_spelling(struct reading *r, const struct manifest_entry *e)
{
    bool odd = bytes_starts(e->path, BYTES("./")) || bytes_starts(e->path, BYTES("*"));
    if (odd && e->other_path.n)
        check_finding_at(r->c, INTEGRITY_ODD_NAME, e->path, entry_span(r, e),
                         "the format does not write names so");
}

/* The file that the entry is about, and by what it was found; *path is its place. */
static bool find_file(struct reading *r, const struct manifest_entry *e,
                      struct text *path, struct pending_claim *found)
{
    if (!manifest_names_find(&r->names, e, path, &found->item))
        return false;
    if (found->item && bytes_find_byte(e->path, '\\') < e->path.n &&
        bytes_find_byte(text_bytes(path), '\\') == path->n)
        r->names.backslashes = true;
    if (!found->item) {
        found->meant = MEANT_BY_SPELLING;
        found->item = find_folded(r, e, text_bytes(path));
    }
    if (!found->item) {
        found->meant = MEANT_BY_DIGEST;
        found->item = find_subject(r, e);
    }
    return true;
}

static void take_entry(void *context, const struct manifest_entry *e)
{
    struct reading *r = context;
    struct text path = {0};
    struct pending_claim found = {
        .name = e->path, .record = r->record, .other_algorithm = e->other_algorithm};
    if (!find_file(r, e, &path, &found)) {
        check_finding_at(r->c, INTEGRITY_OUTSIDE_CLAIM, e->path, entry_span(r, e),
                         "the path leads out of the package; nothing was read");
        r->record->malformed++;
        text_release(&path);
        return;
    }
    if (!found.item && !e->optional)
        entry_missing(r, text_bytes(&path), e);
    note_spelling(r, e);
    for (size_t i = 0; found.item && i < e->digest_count; i++) {
        if (!lists_itself_empty(r, found.item, &e->digests[i]))
            add_claim(r, &found, e, &e->digests[i]);
    }
    if (found.item && e->digest_count == 0)
        check_finding_at(r->c, INTEGRITY_UNKNOWN_DIGEST, e->path, entry_span(r, e),
                         "no digest in it that exhibit computes");
    text_release(&path);
}

/* -- one manifest ----------------------------------------------------------------------
 */

static void tell_fault(struct reading *r, struct span place, const char *why)
{
    check_finding_at(r->c, INTEGRITY_MALFORMED_MANIFEST,
                     bytes_str(check_path(r->c, place.item)), place, why);
    r->record->malformed++;
}

static void tell_encoding(struct reading *r)
{
    if (r->encoding.code)
        tell_fault(r, (struct span){r->record->item, r->encoding.offset, 1},
                   fault_text(r->encoding.code));
}

static void tell_faults(struct reading *r, const struct faults *faults)
{
    tell_encoding(r);
    for (size_t i = 0; i < faults->n; i++) {
        const struct fault *f = &faults->v[i];
        tell_fault(r, content_span(r, f->offset, 1),
                   f->have
                       ? check_printf(r->c, "line %llu: %s", (unsigned long long)f->have,
                                      fault_text(f->code))
                       : fault_text(f->code));
    }
    r->record->malformed += faults->more;
}

static void note_names(struct reading *r)
{
    const struct item *item = r->record->item;
    struct bytes strip = r->names.strip;
    if (strip.n)
        check_finding(r->c, INTEGRITY_ODD_NAME, item,
                      check_printf(r->c, "its names begin with %.*s, which is left out",
                                   (int)strip.n, (const char *)strip.p));
    if (r->names.backslashes)
        check_finding(r->c, INTEGRITY_ODD_NAME, item,
                      "its names have backslashes between folders");
    if (r->content.p != item_kept(item).p && item->role == ROLE_MANIFEST)
        check_finding(
            r->c, INTEGRITY_ODD_NAME, item,
            "it begins with a byte order mark, which sha256sum -c does not read");
}

/* A manifest of a bag is read by the rules of the bag, and only relative to it. */
static bool read_bag(struct reading *r, struct bytes path, struct faults *faults)
{
    const struct bag *bag = bag_at(r->c, path_folder(path));
    const struct manifest_sink sink = {r, take_entry, faults, NULL};
    r->names.base = path_folder(path);
    if (!r->record->speaks_for_package ||
        !bag_read_manifest(bag, item_kept(r->record->item), path_base(path),
                           &r->c->v->arena, &sink))
        return false;
    r->record->format = "bagit";
    return true;
}

/* False when it turns out to be none. */
static bool read_manifest(struct reading *r, struct bytes path)
{
    const struct item *item = r->record->item;
    const struct manifest_format *format = manifest_format_of(r->content, path);
    struct faults faults = {0};
    if (item->kept && read_bag(r, path, &faults)) {
        tell_faults(r, &faults);
        faults_release(&faults);
        return true;
    }
    if (!item->kept || !format) {
        check_finding(
            r->c, item->size ? INTEGRITY_MALFORMED_MANIFEST : INTEGRITY_EMPTY_MANIFEST,
            item,
            item->kept ? "of no format that exhibit reads"
                       : "it is too large to be read");
        r->record->malformed++;
        tell_encoding(r);
        return true;
    }
    r->record->format = format->name;
    r->names.format = format;
    r->names.content = r->content;
    r->names.path = path;
    manifest_names_settle(&r->names);
    if (!manifest_names_meant(&r->names, item))
        return false;
    const struct manifest_sink sink = {r, take_entry, &faults, NULL};
    format->read(r->content, path, &r->c->v->arena, &sink);
    note_names(r);
    if (r->names.readings > LIMIT_MANIFEST_READINGS)
        check_finding(r->c, INTEGRITY_LIMIT, item,
                      "its names were not looked for in every folder above it");
    tell_faults(r, &faults);
    if (r->record->claims == 0 && r->record->malformed == 0)
        check_finding(r->c, INTEGRITY_EMPTY_MANIFEST, item, "no line in it names a file");
    faults_release(&faults);
    return true;
}

/* A signature counts as a manifest when it holds one. Windows writes lists in UTF-16, or
 * with a byte order mark, which sha256sum would read as part of the first digest. */
static bool find_content(struct reading *r, const struct item *item)
{
    struct arena *arena = &r->c->v->arena;
    struct bytes kept = item_kept(item);
    if (item->role != ROLE_SIGNATURE) {
        struct marked_text m = marked_text_of(kept, arena);
        r->content = m.text;
        r->enveloped = m.decoded;
        r->encoding = m.fault;
        return true;
    }
    r->encoding = (struct fault){0};
    r->content = envelope_payload(kept, arena);
    bool within =
        r->content.n && r->content.p >= kept.p && r->content.p < kept.p + kept.n;
    r->enveloped = !within;
    return r->content.n && manifest_format_of(r->content, item->name);
}

static void settle_names(struct reading *r, size_t from)
{
    const struct claim_names names = {.c = r->c,
                                      .list = &r->pending,
                                      .from = from,
                                      .base = r->names.base,
                                      .twice = r->twice,
                                      .by_digest =
                                          strcmp(r->record->format, "in-toto") == 0,
                                      .gone = claim_gone,
                                      .context = r};
    claim_names_settle(&names);
}

static void read_manifests(struct reading *r)
{
    struct check *c = r->c;
    struct manifest_record **end = &c->v->manifests;
    struct item *root = package_root(c->package);
    const struct item *container = NULL;
    struct file_index index = {0};
    for (struct item *i = root; i; i = item_next(i, root)) {
        if (!is_manifest(c, i) || !i->parent || !find_content(r, i))
            continue;
        if (i->parent != container) {
            container = i->parent;
            index = file_index_of(container, &c->v->arena);
        }
        struct manifest_record *record = arena_new(&c->v->arena, struct manifest_record);
        record->item = i;
        record->format = "unknown";
        record->speaks_for_package = container == package_content(c->package);
        struct text path = {0};
        path_normalise(i->name, &path);
        r->record = record;
        r->names = (struct manifest_names){.index = &index};
        r->twice = false;
        size_t from = r->pending.n;
        if (read_manifest(r, arena_copy(&c->v->arena, text_bytes(&path)))) {
            settle_names(r, from);
            *end = record;
            end = &record->next;
        } else {
            i->role = ROLE_UNKNOWN;
            i->how = BY_NOTHING;
        }
        text_release(&path);
    }
}

/* -- what is there and not listed, and the other way round -----------------------------
 */

static int by_digest(const void *pa, const void *pb)
{
    const struct item *const *a = pa, *const *b = pb;
    return memcmp((*a)->sha256, (*b)->sha256, sizeof(*a)->sha256);
}

/* Files that nobody lists, by their SHA-256. */
struct unlisted {
    const struct item **v;
    size_t n;
};

static struct unlisted find_unlisted(struct check *c)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    struct unlisted u = {arena_array(&c->v->arena, const struct item *, n + 1), 0};
    for (size_t i = 0; i < n; i++) {
        if (!item_more(files[i])->claims && files[i]->hashed)
            u.v[u.n++] = files[i];
    }
    if (u.n)
        qsort(u.v, u.n, sizeof *u.v, by_digest);
    return u;
}

/* A file of this content that nobody lists: the missing one under another name. */
static const struct item *moved_to(const struct unlisted *u,
                                   const struct missing_record *m)
{
    struct item key = {0}, *wanted = &key;
    memcpy(key.sha256, m->claim.digest.octets, sizeof key.sha256);
    if (m->claim.digest.algorithm != DIGEST_SHA256 || u->n == 0)
        return NULL;
    const struct item *const *found =
        bsearch(&wanted, u->v, u->n, sizeof *u->v, by_digest);
    return found ? *found : NULL;
}

static void tell_missing(struct check *c)
{
    struct unlisted unlisted = find_unlisted(c);
    for (const struct missing_record *m = c->v->missing; m; m = m->next) {
        struct finding f = finding_of(INTEGRITY(MISSING), m->path, claim_span(&m->claim));
        finding_argument(&f, "manifest", bytes_str(check_path(c, m->claim.manifest)));
        const struct item *moved = moved_to(&unlisted, m);
        if (m->twin)
            finding_argument(&f, "why",
                             bytes_str("the file of this content is listed by its own "
                                       "name, and stands for no other"));
        if (m->twin || moved)
            finding_argument(&f, "same_content_as",
                             bytes_str(check_path(c, m->twin ? m->twin : moved)));
        findings_add_some(c->v->findings, &f);
    }
}

int check_manifests(struct check *c)
{
    struct reading r = {.c = c, .missing_end = &c->v->missing};
    bags_find(c);
    read_manifests(&r);
    int status = claims_compare(c, &r.pending);
    claims_of_wholes(c);
    if (status == 0)
        tell_missing(c);
    free(r.pending.v);
    return status;
}
