/* What captured answers of an object store say about the package's own files. Never more
 * than asserted: the store was not asked, a document was read. */
#include "formats/base/marked_text.h"
#include "formats/retention.h"
#include "verify/check.h"
#include "verify/file_index.h"
#include "verify/object_answers.h"
#include "verify/retention_demand.h"
#include "verify/stored_object.h"

/* Files of one size that are compared with an answer that names no object. */
#define COMPARED_MOST 64

/* What is said of a bucket or container, for the objects in it. */
struct bucket_policy {
    struct retention_statement said;
    struct bucket_policy *next;
};

struct judging {
    struct check *c;
    const struct item *document;
    struct marked_text text; /* of the document */
    struct file_index index;
    struct retention_record **end;
    struct bucket_policy *buckets;
    struct object_answers answers;
    bool plain_etags; /* one of S3 was seen to be the MD5 of the file */
    instant required; /* or INSTANT_NONE */
};

/* From a place in the text to that in the document: all of it when it was decoded. */
static void place_in_document(const struct judging *j, uint64_t *offset, uint64_t *length)
{
    if (j->text.decoded) {
        *offset = 0;
        *length = j->document->size;
    } else {
        *offset += item_kept(j->document).n - j->text.text.n;
    }
}

/* -- which file it is ------------------------------------------------------------------
 */

/* The longest end of the key that is the path of a file: keys have the case's prefix. */
static const struct item *file_of_key(const struct judging *j, struct bytes key)
{
    while (key.n) {
        const struct item *file = file_index_find(&j->index, key);
        if (file)
            return file;
        size_t slash = bytes_find_byte(key, '/');
        if (slash == key.n)
            break;
        key = bytes_from(key, slash + 1);
    }
    return NULL;
}

/* "manifest.sha256.retention.json" is about "manifest.sha256". */
static const struct item *file_of_document(const struct judging *j)
{
    struct text path = {0};
    const struct item *found = NULL;
    path_normalise(j->document->name, &path);
    struct bytes stem = text_bytes(&path);
    for (size_t dot; !found && (dot = bytes_rfind_byte(stem, '.')) < stem.n;) {
        stem = bytes_sub(stem, 0, dot);
        found = file_index_find(&j->index, stem);
    }
    text_release(&path);
    return found;
}

/* The AWS CLI does not repeat what it was asked for: size and checksums tell. */
static const struct item *file_of_checksums(const struct judging *j,
                                            const struct retention_statement *s)
{
    size_t n, compared = 0;
    struct item *const *files = package_files(j->c->package, &n);
    for (size_t i = 0; s->has_size && i < n && compared < COMPARED_MOST; i++) {
        if (files[i]->size != s->size)
            continue;
        struct stored_comparison got = stored_object_compare(j->c, s, files[i]);
        if (got.agreed && !got.differs)
            return files[i];
        compared++;
    }
    return NULL;
}

/* The package itself may be the object, when it is an archive. */
static const struct item *file_named(const struct judging *j,
                                     const struct retention_statement *s)
{
    const struct item *root = package_root(j->c->package);
    if (s->key.n && package_is_archive(j->c->package) &&
        bytes_is(path_base(s->key), package_name(j->c->package)))
        return root;
    if (s->key.n)
        return file_of_key(j, s->key);
    return file_of_document(j);
}

static const struct item *file_of(const struct judging *j,
                                  const struct retention_statement *s)
{
    const struct item *named = file_named(j, s);
    return named || s->key.n ? named : file_of_checksums(j, s);
}

/* -- the lock --------------------------------------------------------------------------
 */

static bool is_locked(const struct retention_statement *s)
{
    return s->lock == LOCK_COMPLIANCE || s->lock == LOCK_GOVERNANCE ||
           s->lock == LOCK_UNLOCKED;
}

/* This answer says so, or another one about the same version. */
static bool is_held(const struct judging *j, const struct retention_statement *s,
                    const struct item *over)
{
    const struct object_answer *a = object_answers_find(&j->answers, over);
    return s->hold == HOLD_ON || (a && a->held && s->hold == HOLD_UNKNOWN &&
                                  (a->held_version.n == 0 || s->version.n == 0 ||
                                   bytes_eq(a->held_version, s->version)));
}

/* Another answer about the same version says that there is no hold, where this says that
 * there is one: the document, or NULL. */
static const struct item *hold_denied(const struct judging *j,
                                      const struct retention_statement *s,
                                      const struct item *over)
{
    const struct object_answer *a = object_answers_find(&j->answers, over);
    bool same = a && a->free_in && s->hold == HOLD_ON &&
                (a->free_version.n == 0 || s->version.n == 0 ||
                 bytes_eq(a->free_version, s->version));
    return same ? a->free_in : NULL;
}

/* NULL when nothing is wrong with the lock. */
static const char *lock_fault(struct judging *j, const struct retention_statement *s,
                              const struct item *over)
{
    struct check *c = j->c;
    char until[INSTANT_TEXT], need[INSTANT_TEXT];
    instant_format(s->until, PRECISION_SECOND, until);
    instant_format(j->required, PRECISION_SECOND, need);
    if (is_locked(s) && s->until == INSTANT_NONE)
        return "it has a mode and no date until which it holds";
    if (is_locked(s) && s->until <= c->v->now)
        return check_printf(c, "the lock ended on %s", until);
    if (j->required != INSTANT_NONE && !is_locked(s))
        return check_printf(c, "not locked, and %s is demanded", need);
    if (j->required != INSTANT_NONE && s->until < j->required)
        return check_printf(c, "the lock ends on %s, and %s is demanded", until, need);
    if (s->lock == LOCK_GOVERNANCE && !c->policy->governance_allowed)
        return "GOVERNANCE mode can be bypassed, which the policy does not allow";
    if (c->policy->retention_required && !is_locked(s))
        return "not locked, which the policy demands";
    if (c->policy->legal_hold_required && !is_held(j, s, over))
        return "no legal hold, which the policy demands";
    if (c->policy->legal_hold_required && hold_denied(j, s, over))
        return check_printf(c,
                            "the policy demands a legal hold, and %s says that it is off",
                            check_path(c, hold_denied(j, s, over)));
    return NULL;
}

static const char *describe_lock(struct judging *j, const struct retention_statement *s,
                                 const struct item *over)
{
    struct check *c = j->c;
    const struct item *denied = hold_denied(j, s, over);
    const char *version =
        s->version.n && !bytes_is(s->version, "null")
            ? ""
            : "; no version is named, so it speaks of whichever was current";
    const char *lift = s->lock == LOCK_GOVERNANCE
                           ? "; s3:BypassGovernanceRetention lifts it"
                       : s->lock == LOCK_UNLOCKED ? "; its owner can still shorten it"
                                                  : "";
    const char *hold =
        denied ? check_printf(
                     c, "; a legal hold keeps it beyond that, but %s says that it is off",
                     check_path(c, denied))
        : s->hold == HOLD_ON ? "; a legal hold keeps it beyond that until it is lifted"
                             : "";
    const char *end =
        s->until == INSTANT_MAX ? "; it ends later than can be counted here" : "";
    const char *later = s->superseded ? "; a later version is the current one" : "";
    return check_printf(c, "a captured document says so%s%s%s%s%s", end, lift, hold,
                        version, later);
}

static void judge_lock(struct judging *j, const struct retention_statement *s,
                       struct retention_record *r)
{
    struct check *c = j->c;
    struct span place = {r->item, r->offset, r->length};
    if (s->lock == LOCK_UNKNOWN && s->hold == HOLD_UNKNOWN) {
        r->why = "it does not speak of a lock";
        return;
    }
    const struct object_answer *a = object_answers_find(&j->answers, r->over);
    if (s->lock == LOCK_UNKNOWN && a && a->lock_in) {
        r->why =
            check_printf(c, "it speaks of the legal hold alone; of the lock speaks %s",
                         check_path(c, a->lock_in));
        return;
    }
    const char *fault = lock_fault(j, s, r->over);
    if (fault) {
        r->verdict = OUTCOME_FAILED;
        r->why = fault;
        check_finding_at(c, INTEGRITY_LOCK_SHORT, bytes_str(r->object), place, fault);
        check_reason(c, PACKAGE_FAILED,
                     check_printf(c, "the lock of %s: %s", r->object, fault));
        return;
    }
    if (!is_locked(s) && s->hold != HOLD_ON) {
        r->why = s->hold == HOLD_UNREADABLE
                     ? "no lock on it, and its legal hold cannot be read"
                     : "no lock on it";
        return;
    }
    r->verdict = OUTCOME_ASSERTED;
    r->why = describe_lock(j, s, r->over);
    if (s->lock == LOCK_GOVERNANCE || s->lock == LOCK_UNLOCKED)
        check_finding_at(c, INTEGRITY_LOCK_LIFTABLE, bytes_str(r->object), place,
                         s->lock == LOCK_GOVERNANCE
                             ? "GOVERNANCE mode: s3:BypassGovernanceRetention lifts it"
                             : "the policy is not locked: its owner can shorten it");
}

/* -- one statement ---------------------------------------------------------------------
 */

static void compare_object(struct judging *j, const struct retention_statement *s,
                           struct retention_record *r)
{
    struct check *c = j->c;
    if (!r->over)
        return;
    struct stored_comparison compared = stored_object_compare(c, s, r->over);
    if (compared.differs) {
        r->verdict = OUTCOME_FAILED;
        r->why = check_printf(c, "the stored object is not %s: its %s differs",
                              check_path(c, r->over), compared.what);
        check_finding_at(c, INTEGRITY_STORED_DIFFERS, bytes_str(r->object),
                         (struct span){r->item, r->offset, r->length}, r->why);
        check_reason(c, PACKAGE_FAILED, r->why);
    } else if (r->verdict != OUTCOME_FAILED && compared.agreed) {
        r->why = check_printf(c, "%s; %u checksum%s of it %s with the bytes here%s",
                              r->why, compared.agreed, compared.agreed == 1 ? "" : "s",
                              compared.agreed == 1 ? "agrees" : "agree",
                              compared.skipped ? ", not every one was examined" : "");
    } else if (r->verdict != OUTCOME_FAILED && compared.skipped) {
        r->why = check_printf(c,
                              "%s; its checksums were not examined: they are of parts "
                              "whose size is not known, encrypted, or too many",
                              r->why);
    } else if (r->verdict != OUTCOME_FAILED) {
        r->why = check_printf(c,
                              "%s; no checksum that can be computed here says which "
                              "bytes it is about",
                              r->why);
    }
}

static const char *object_name(struct judging *j, const struct retention_statement *s)
{
    struct text t = {0};
    text_add(&t, s->bucket);
    if (s->bucket.n && s->key.n)
        text_byte(&t, '/');
    text_add(&t, s->key);
    if (t.n == 0)
        path_normalise(j->document->name, &t);
    const char *name = check_text(j->c, text_bytes(&t));
    text_release(&t);
    return name;
}

/* A bucket's default is for objects to come: it locks nothing that is there. */
static bool is_bucket_only(const struct retention_statement *s)
{
    if (s->of_bucket && s->store != STORE_S3)
        return true;
    return s->lock == LOCK_UNKNOWN && s->hold == HOLD_UNKNOWN && !s->has_size &&
           s->until == INSTANT_NONE && !s->delete_marker;
}

/* What counts for other answers too. */
static void take_ahead(void *context, const struct retention_statement *s)
{
    struct judging *j = context;
    if (!is_bucket_only(s) && (s->lock != LOCK_UNKNOWN || s->hold != HOLD_UNKNOWN))
        object_answers_add(&j->answers, s, file_named(j, s), j->document);
    if (!j->plain_etags && s->store == STORE_S3)
        j->plain_etags = stored_object_etag_is_md5(j->c, s, file_named(j, s));
    if (!is_bucket_only(s))
        return;
    struct bucket_policy *policy = arena_new(&j->c->v->arena, struct bucket_policy);
    *policy = (struct bucket_policy){*s, j->buckets};
    j->buckets = policy;
}

/* Bucket Lock of Google keeps what is in the bucket, and so does a container's policy or
 * hold of Azure; the default of S3 only sets what a new object gets. A container's hold
 * does not say whose it is: it is taken for the one that the objects are in. */
static void add_bucket(const struct judging *j, struct retention_statement *s)
{
    for (const struct bucket_policy *p = j->buckets; p; p = p->next) {
        const struct retention_statement *b = &p->said;
        bool same = b->store == s->store && (b->bucket.n == 0 || s->bucket.n == 0 ||
                                             bytes_eq(b->bucket, s->bucket));
        if (!same || s->store == STORE_S3 || s->store == STORE_MINIO)
            continue;
        if (s->by_bucket && b->default_lock == LOCK_COMPLIANCE)
            s->lock = LOCK_COMPLIANCE;
        if (b->hold == HOLD_ON)
            s->hold = HOLD_ON;
        instant until;
        if (s->store == STORE_AZURE && s->lock <= LOCK_NONE && b->default_days > 0 &&
            s->modified != INSTANT_NONE && b->default_lock > LOCK_NONE &&
            !__builtin_mul_overflow(b->default_days, 86400 * NANOSECONDS, &until) &&
            !__builtin_add_overflow(s->modified, until, &until)) {
            s->lock = b->default_lock;
            s->until = until;
        }
    }
}

static void take_marker(struct judging *j, const struct retention_statement *s,
                        struct retention_record *r)
{
    r->why = s->superseded ? "a delete marker that hides the object no more"
                           : "a delete marker hides the object";
    if (!s->superseded)
        check_finding_at(j->c, INTEGRITY_OBJECT_DELETED, bytes_str(r->object),
                         (struct span){r->item, r->offset, r->length}, r->why);
}

static void take_bucket_record(const struct retention_statement *s,
                               struct retention_record *r)
{
    bool keeps = s->store == STORE_GCS || s->store == STORE_AZURE;
    r->over = NULL;
    r->mode = lock_name(s->default_lock);
    r->why = keeps ? "of the bucket or container; what it keeps is said for each object"
                   : "the bucket's default for new objects; it proves nothing about this "
                     "one";
}

/* The version that was pinned may have a later one: it counts when it is the file. */
static bool is_other_version(struct judging *j, const struct retention_statement *s,
                             const struct item *file)
{
    if (!s->superseded || !file)
        return s->superseded;
    struct stored_comparison got = stored_object_compare(j->c, s, file);
    return got.differs || got.agreed == 0;
}

static void take_statement(void *context, const struct retention_statement *statement)
{
    struct judging *j = context;
    struct check *c = j->c;
    struct retention_record *r = arena_new(&c->v->arena, struct retention_record);
    struct retention_statement said = *statement, *s = &said;
    place_in_document(j, &s->offset, &s->length);
    s->plain_etag = s->plain_etag || j->plain_etags;
    if (!is_bucket_only(s))
        add_bucket(j, s);
    *r = (struct retention_record){.item = j->document,
                                   .offset = s->offset,
                                   .length = s->length,
                                   .over = file_of(j, s),
                                   .object = object_name(j, s),
                                   .version = check_text(c, s->version),
                                   .provider = store_name(s->store),
                                   .mode = lock_name(s->lock),
                                   .retain_until = s->until,
                                   .legal_hold = s->hold};
    *j->end = r;
    j->end = &r->next;
    if (s->delete_marker) {
        take_marker(j, s, r);
    } else if (is_bucket_only(s)) {
        take_bucket_record(s, r);
    } else if (is_other_version(j, s, r->over)) {
        r->why = "an older version, not the current object";
    } else {
        judge_lock(j, s, r);
        compare_object(j, s, r);
    }
}

static void tell_fault(struct judging *j, enum fault_code code, uint64_t offset,
                       uint64_t length)
{
    const char *path = check_path(j->c, j->document);
    check_finding_at(j->c, INTEGRITY_FAULT, bytes_str(path),
                     (struct span){j->document, offset, length}, fault_text(code));
    check_reason(
        j->c, PACKAGE_INCOMPLETE,
        check_printf(j->c, "%s cannot be read as a statement about locks", path));
}

static void read_document(struct judging *j,
                          void (*take)(void *, const struct retention_statement *))
{
    struct faults faults = {0};
    const struct retention_sink sink = {take, j, &faults};
    j->text = marked_text_of(item_kept(j->document), &j->c->v->arena);
    retention_read(j->text.text, &j->c->v->arena, &sink);
    if (take == take_statement && j->text.fault.code)
        tell_fault(j, j->text.fault.code, j->text.fault.offset, 1);
    for (size_t i = 0; take == take_statement && i < faults.n; i++) {
        uint64_t offset = faults.v[i].offset, length = 1;
        place_in_document(j, &offset, &length);
        tell_fault(j, faults.v[i].code, offset, length);
    }
    faults_release(&faults);
}

/* What is said of a bucket holds for objects of which another document speaks. */
static void read_documents(struct judging *j,
                           void (*take)(void *, const struct retention_statement *))
{
    struct item *content = package_content(j->c->package);
    for (const struct item *i = item_more(content)->child; i; i = i->next) {
        if (i->role != ROLE_RETENTION || i->entry.type != ENTRY_FILE)
            continue;
        if (!j->document)
            j->index = file_index_of(content, &j->c->v->arena);
        j->document = i;
        read_document(j, take);
    }
}

int check_retention(struct check *c)
{
    struct judging j = {
        .c = c, .end = &c->v->retention, .required = retention_required_until(c)};
    read_documents(&j, take_ahead);
    object_answers_join(&j.answers);
    read_documents(&j, take_statement);
    object_answers_release(&j.answers);
    retention_demand_judge(c, j.required);
    return 0;
}
