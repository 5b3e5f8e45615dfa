#include "verify/bag.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/order.h"
#include "verify/file_index.h"

static const struct bag *strict_bag(const struct bag *bag)
{
    return bag && bag->declaration.major >= 1 ? bag : NULL;
}

static void add_bag(struct check *c, const struct item *declaration, struct bytes base)
{
    struct bag *bag = arena_new(&c->v->arena, struct bag);
    struct fault fault;
    bag->declaration_item = declaration;
    bag->base = arena_copy(&c->v->arena, base);
    bag->declaration.encoding = BYTES("UTF-8");
    if (!bagit_read_declaration(item_kept(declaration), &bag->declaration, &fault))
        check_finding_at(
            c, INTEGRITY_MANIFEST_STRUCTURE, bytes_str(check_path(c, declaration)),
            (struct span){declaration, fault.offset, 1},
            check_printf(c,
                         "RFC 8493 section 2.1.1: bagit.txt is not a declaration of a "
                         "known version: %s",
                         fault_text(fault.code)));
    struct bag **end = &c->bags;
    while (*end)
        end = &(*end)->next;
    *end = bag;
}

/* `path` without the bag's base; false when it is elsewhere. */
static bool inside(const struct bag *bag, struct bytes path, struct bytes *rest)
{
    if (bag->base.n == 0) {
        *rest = path;
        return true;
    }
    if (!bytes_starts(path, bag->base) || path.n <= bag->base.n ||
        path.p[bag->base.n] != '/')
        return false;
    *rest = bytes_from(path, bag->base.n + 1);
    return true;
}

static bool is_payload(const struct check *c, struct bytes path)
{
    struct bytes rest;
    const struct bag *bag = c->bags;
    while (bag && !(inside(bag, path, &rest) && bytes_starts(rest, BYTES("data/"))))
        bag = bag->next;
    return bag;
}

void bags_find(struct check *c)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    struct text path = {0};
    size_t bags = 0;
    for (size_t i = 0; i < n && bags <= LIMIT_BAGS; i++) {
        text_clear(&path);
        path_normalise(files[i]->name, &path);
        if (!bytes_is(path_base(text_bytes(&path)), "bagit.txt") ||
            is_payload(c, text_bytes(&path)))
            continue;
        if (bags++ < LIMIT_BAGS)
            add_bag(c, files[i], path_folder(text_bytes(&path)));
        else
            check_finding(
                c, INTEGRITY_LIMIT, files[i],
                "it and what follows it were not read as bags: there are too many");
    }
    text_release(&path);
}

const struct bag *bag_at(const struct check *c, struct bytes folder)
{
    const struct bag *bag = c->bags;
    while (bag && !bytes_eq(bag->base, folder))
        bag = bag->next;
    return bag;
}

bool bag_has_tag_file(const struct check *c, const struct item *file)
{
    struct text path = {0};
    bool is_tag = false;
    path_normalise(file->name, &path);
    for (const struct bag *bag = c->bags; bag && !is_tag; bag = bag->next) {
        struct bytes rest;
        is_tag =
            inside(bag, text_bytes(&path), &rest) && !bytes_starts(rest, BYTES("data/"));
    }
    text_release(&path);
    return is_tag;
}

bool bag_payload_manifest(const struct check *c, const struct item *item)
{
    struct text path = {0};
    enum digest_algorithm ignored;
    bool is_tag;
    path_normalise(item->name, &path);
    bool is_inner =
        bagit_manifest_name(path_base(text_bytes(&path)), &is_tag, &ignored) &&
        is_payload(c, text_bytes(&path));
    text_release(&path);
    return is_inner;
}

struct spanning {
    const struct manifest_sink *to;
    uint64_t whole; /* bytes of the file, when offsets in its text are not its own */
};

static void pass_on(void *context, const struct manifest_entry *e)
{
    const struct spanning *s = context;
    struct manifest_entry copy = *e;
    if (s->whole) {
        copy.offset = 0;
        copy.length = s->whole;
    }
    s->to->entry(s->to->context, &copy);
}

bool bag_read_manifest(const struct bag *bag, struct bytes content, struct bytes name,
                       struct arena *arena, const struct manifest_sink *sink)
{
    enum digest_algorithm algorithm;
    struct bytes text;
    bool is_tag;
    if (!bag || !bagit_manifest_name(name, &is_tag, &algorithm))
        return false;
    struct fault fault = bagit_text(content, bag->declaration.encoding, arena, &text);
    if (fault.code) {
        faults_add(sink->faults, fault);
        return true;
    }
    struct spanning spanning = {sink, text.p == content.p ? 0 : content.n};
    const struct manifest_sink through = {
        .context = &spanning, .entry = pass_on, .faults = sink->faults};
    bagit_read_manifest(text, algorithm, arena, &through);
    return true;
}

/* -- structure -------------------------------------------------------------------------
 */

struct bag_check {
    struct check *c;
    const struct bag *bag;
    const struct file_index *index;
    size_t payload_manifests, tag_manifests;
    uint64_t octets, files; /* of the payload */
};

static void broken(struct bag_check *b, const struct item *item, const char *rule)
{
    check_finding(b->c, INTEGRITY_MANIFEST_STRUCTURE,
                  item ? item : package_root(b->c->package), rule);
}

/* The path below the bag's base, or nothing. */
static struct bytes below(struct bag_check *b, const struct item *item, struct text *path)
{
    struct bytes rest;
    text_clear(path);
    path_normalise(item->name, path);
    return inside(b->bag, text_bytes(path), &rest) ? rest : BYTES_NONE;
}

static bool is_bag_manifest(struct bag_check *b, const struct item *item, bool *is_tag)
{
    struct text path = {0};
    enum digest_algorithm ignored;
    struct bytes name = below(b, item, &path);
    bool is = name.n && bytes_find_byte(name, '/') == name.n &&
              bagit_manifest_name(name, is_tag, &ignored);
    text_release(&path);
    return is;
}

static bool claimed_by(const struct item *item, const struct item *manifest)
{
    const struct claim *claim = item_more(item)->claims;
    while (claim && claim->manifest != manifest)
        claim = claim->next;
    return claim;
}

/* 2.1.3: every payload manifest lists every payload file (1.0). */
static void check_payload_file(struct bag_check *b, const struct item *file)
{
    b->octets += package_linked(file)->size;
    b->files++;
    if (!strict_bag(b->bag) || !item_more(file)->claims)
        return;
    for (const struct manifest_record *m = b->c->v->manifests; m; m = m->next) {
        bool is_tag;
        if (is_bag_manifest(b, m->item, &is_tag) && !is_tag && !claimed_by(file, m->item))
            broken(b, file,
                   check_printf(b->c, "RFC 8493 section 2.1.3: %s does not list it",
                                check_path(b->c, m->item)));
    }
}

/* 2.2.1: a tag manifest lists every payload manifest, and no tag manifest or payload. */
static void check_manifest_file(struct bag_check *b, const struct manifest_record *m)
{
    bool is_tag, lists_tag;
    if (!is_bag_manifest(b, m->item, &is_tag))
        return;
    b->payload_manifests += !is_tag;
    b->tag_manifests += is_tag;
    for (const struct manifest_record *o = b->c->v->manifests; o && is_tag; o = o->next) {
        if (!is_bag_manifest(b, o->item, &lists_tag))
            continue;
        if (lists_tag && claimed_by(o->item, m->item))
            broken(b, m->item, "RFC 8493 section 2.2.1: it lists a tag manifest");
        if (!lists_tag && !claimed_by(o->item, m->item))
            broken(b, m->item,
                   check_printf(b->c, "RFC 8493 section 2.2.1: it does not list %s",
                                check_path(b->c, o->item)));
    }
}

/* Payload stands in payload manifests, everything else in tag manifests. */
static void check_claims(struct bag_check *b, const struct item *file, bool payload)
{
    for (const struct claim *claim = item_more(file)->claims; claim;
         claim = claim->next) {
        bool is_tag;
        if (!is_bag_manifest(b, claim->manifest, &is_tag) || is_tag == !payload)
            continue;
        broken(b, file,
               payload ? "RFC 8493 section 2.2.1: payload in a tag manifest"
                       : "RFC 8493 section 2.1.3: a payload manifest lists what is not "
                         "payload");
    }
}

static void check_duplicates(struct bag_check *b)
{
    const struct findings *all = b->c->v->findings;
    bool duplicate = false, is_tag;
    for (size_t i = 0; i < all->n && !duplicate; i++)
        duplicate = all->v[i]->kind == INTEGRITY(DUPLICATE_CLAIM) &&
                    is_bag_manifest(b, all->v[i]->spans[0].item, &is_tag);
    if (duplicate && strict_bag(b->bag))
        broken(b, b->bag->declaration_item,
               "RFC 8493 section 2.1.3: a manifest lists a file twice");
}

static void check_files(struct bag_check *b)
{
    struct text path = {0};
    bool has_data = false;
    const struct item *content = package_content(b->c->package);
    for (const struct item *i = item_more(content)->child; i; i = i->next) {
        struct bytes name = below(b, i, &path);
        bool payload = bytes_starts(name, BYTES("data/"));
        has_data = has_data || payload || bytes_is(name, "data");
        if (name.n == 0 || i->entry.type == ENTRY_DIRECTORY)
            continue;
        if (payload)
            check_payload_file(b, i);
        check_claims(b, i, payload);
    }
    if (!has_data)
        broken(b, b->bag->declaration_item,
               "RFC 8493 section 2.1.2: the bag has no data/ folder");
    text_release(&path);
}

/* -- fetch.txt and bag-info.txt --------------------------------------------------------
 */

static const struct item *tag_file(struct bag_check *b, const char *name)
{
    struct text path = {0};
    path_resolve(b->bag->base, bytes_str(name), &path);
    const struct item *found = file_index_find(b->index, text_bytes(&path));
    text_release(&path);
    return found;
}

struct fetching {
    struct bag_check *b;
    const struct item *item;
    struct bytes *missing; /* what manifests list and is not here, sorted */
    size_t missing_count;
};

static int by_path(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void sort_missing(struct fetching *f)
{
    size_t n = 0;
    struct verification *v = f->b->c->v;
    for (const struct missing_record *m = v->missing; m; m = m->next)
        n++;
    f->missing = arena_array(&v->arena, struct bytes, n + 1);
    for (const struct missing_record *m = v->missing; m; m = m->next)
        f->missing[f->missing_count++] = m->path;
    sort_if_needed(f->missing, n, sizeof *f->missing, by_path);
}

static bool listed_missing(const struct fetching *f, struct bytes path)
{
    return bsearch(&path, f->missing, f->missing_count, sizeof path, by_path);
}

static void take_fetch(void *context, const struct manifest_entry *e)
{
    struct fetching *f = context;
    struct check *c = f->b->c;
    struct text path = {0};
    struct span place = {f->item, e->offset, e->length};
    if (path_is_unsafe(e->path) || !bytes_starts(e->other_path, BYTES("data/")) ||
        !path_resolve(f->b->bag->base, e->other_path, &path)) {
        check_finding_at(c, INTEGRITY_OUTSIDE_CLAIM, e->path, place,
                         "fetch.txt names a place outside of the payload");
    } else if (!file_index_find(f->b->index, text_bytes(&path))) {
        check_finding_at(
            c, INTEGRITY_UNFETCHED, text_bytes(&path), place,
            listed_missing(f, text_bytes(&path))
                ? "not in the bag, to be fetched; exhibit fetches nothing"
                : "to be fetched, and no manifest lists it (RFC 8493 section "
                  "2.2.3)");
    }
    text_release(&path);
}

static struct fault tag_text(struct bag_check *b, const struct item *item,
                             struct bytes *out)
{
    return bagit_text(item_kept(item), b->bag->declaration.encoding, &b->c->v->arena,
                      out);
}

static void check_fetch(struct bag_check *b)
{
    const struct item *item = tag_file(b, "fetch.txt");
    struct faults faults = {0};
    struct bytes text;
    struct fetching f = {.b = b, .item = item};
    const struct manifest_sink sink = {
        .context = &f, .entry = take_fetch, .faults = &faults};
    if (!item)
        return;
    struct fault fault = tag_text(b, item, &text);
    if (fault.code) {
        faults_add(&faults, fault);
    } else {
        sort_missing(&f);
        bagit_read_fetch(text, &b->c->v->arena, &sink);
    }
    if (faults.n)
        broken(b, item, "RFC 8493 section 2.2.3: a line is not \"URL LENGTH PATH\"");
    faults_release(&faults);
}

static void check_oxum(struct bag_check *b)
{
    const struct item *item = tag_file(b, "bag-info.txt");
    struct bytes text;
    if (!item)
        item = tag_file(b, "package-info.txt"); /* before 0.96 */
    if (!item)
        return;
    if (tag_text(b, item, &text).code) {
        broken(b, item,
               "RFC 8493 section 2.1.1: not in the encoding that bagit.txt says");
        return;
    }
    if (strict_bag(b->bag) && !bagit_info_is_sound(text))
        broken(b, item, "RFC 8493 section 2.2.2: a line is not \"label: value\"");
    struct bagit_oxum oxum = bagit_read_oxum(text);
    if (oxum.count > 1)
        broken(b, item, "RFC 8493 section 2.2.2: Payload-Oxum stands there twice");
    else if (oxum.malformed)
        broken(b, item, "RFC 8493 section 2.2.2: Payload-Oxum is not OCTETS.FILES");
    else if (oxum.count && (oxum.octets != b->octets || oxum.files != b->files))
        broken(b, item,
               check_printf(b->c,
                            "Payload-Oxum says %llu octets in %llu files, and there "
                            "are %llu in %llu",
                            (unsigned long long)oxum.octets,
                            (unsigned long long)oxum.files, (unsigned long long)b->octets,
                            (unsigned long long)b->files));
}

static void check_bag(struct check *c, const struct bag *bag,
                      const struct file_index *index)
{
    struct bag_check b = {.c = c, .bag = bag, .index = index};
    check_files(&b);
    for (const struct manifest_record *m = c->v->manifests; m; m = m->next)
        check_manifest_file(&b, m);
    if (b.payload_manifests == 0)
        broken(&b, bag->declaration_item,
               "RFC 8493 section 2.1.3: the bag has no payload manifest");
    check_duplicates(&b);
    check_fetch(&b);
    check_oxum(&b);
}

/* manifest-sha256.txt and data/ without bagit.txt: a bag that lost its declaration. */
static void check_undeclared(struct check *c)
{
    struct text path = {0};
    for (const struct manifest_record *m = c->v->manifests; m; m = m->next) {
        enum digest_algorithm ignored;
        bool is_tag;
        text_clear(&path);
        path_normalise(m->item->name, &path);
        if (m->speaks_for_package &&
            bagit_manifest_name(path_base(text_bytes(&path)), &is_tag, &ignored) &&
            is_tag && !bag_at(c, path_folder(text_bytes(&path))))
            check_finding(c, INTEGRITY_MANIFEST_STRUCTURE, m->item,
                          "RFC 8493 section 2.1.1: a tag manifest, and no bagit.txt");
    }
    text_release(&path);
}

int check_bags(struct check *c)
{
    struct file_index index = {0};
    if (c->bags)
        index = file_index_of(package_content(c->package), &c->v->arena);
    for (const struct bag *bag = c->bags; bag; bag = bag->next)
        check_bag(c, bag, &index);
    check_undeclared(c);
    return 0;
}
