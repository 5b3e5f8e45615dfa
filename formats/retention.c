#include "formats/retention.h"

#include <jansson.h>

#include "formats/base/limits.h"

static const char *const stores[] = {"unknown", "s3", "minio", "gcs", "azure"};
static const char *const locks[] = {"unknown", "none", "governance", "unlocked",
                                    "compliance"};
static const char *const checksum_names[] = {"etag",   "md5",   "sha1",   "sha256",
                                             "sha512", "crc32", "crc32c", "crc64nvme"};

const char *store_name(enum store s)
{
    return stores[s];
}
const char *lock_name(enum lock l)
{
    return locks[l];
}
const char *checksum_name(enum checksum_kind k)
{
    return checksum_names[k];
}

/* What a member of a JSON object says. */
enum fact {
    FACT_IGNORED,
    FACT_BUCKET,
    FACT_KEY,
    FACT_VERSION,
    FACT_LOCK,
    FACT_UNTIL,
    FACT_HOLD,
    FACT_DEFAULT_LOCK,
    FACT_DEFAULT_DAYS,
    FACT_DEFAULT_YEARS,
    FACT_DEFAULT_SECONDS,
    FACT_SIZE,
    FACT_HEAD_SIZE,
    FACT_LATEST,
    FACT_DELETE_MARKER,
    FACT_MODIFIED,
    FACT_COMPOSITE,
    FACT_PART_COUNT,
    FACT_ENCRYPTION,
    FACT_URL,
    FACT_BUCKET_LOCKED,
    FACT_STORE,
    FACT_CHECKSUM, /* + enum checksum_kind */
};

struct member {
    const char *parent; /* name of the enclosing member, or NULL for any */
    const char *name;
    int fact;
    enum store store; /* the member is known from this store alone */
};

/* A member with a parent is looked up before one without. */
static const struct member members[] = {
#define CHECK(kind)                       FACT_CHECKSUM + CHECKSUM_##kind
#define MEMBER(parent, name, fact, store) {parent, name, fact, STORE_##store},
#include "formats/retention_members.def"
#undef MEMBER
#undef CHECK
};

struct reading {
    struct arena *arena;
    const struct retention_sink *sink;
    struct retention_statement current;
    bool has_any;                       /* `current` says something worth handing out */
    struct retention_statement pending; /* of the texts before, still being joined */
    bool has_pending;
};

static const struct member *find_member(const char *parent, const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct member *m = &members[i];
        bool parent_fits = !m->parent || (parent && strcmp(m->parent, parent) == 0);
        bool name_fits = !m->name || strcmp(m->name, name) == 0;
        if (parent_fits && name_fits)
            return m;
    }
    return NULL;
}

static struct bytes string_of(json_t *value)
{
    if (!json_is_string(value))
        return BYTES_NONE;
    return bytes_of(json_string_value(value), json_string_length(value));
}

/* Numbers stand as numbers (AWS) or as decimal text (Google). */
static bool number_of(json_t *value, uint64_t *out)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    return bytes_to_u64(string_of(value), out);
}

static instant time_of(json_t *value)
{
    instant t = INSTANT_NONE;
    struct bytes text = string_of(value);
    if (!instant_parse_date(text, &t, NULL))
        (void)instant_parse_http(text, &t);
    return t;
}

static enum lock lock_of(json_t *value)
{
    struct bytes text = string_of(value);
    if (bytes_eq_nocase(text, BYTES("COMPLIANCE")) ||
        bytes_eq_nocase(text, BYTES("Locked")))
        return LOCK_COMPLIANCE;
    if (bytes_eq_nocase(text, BYTES("GOVERNANCE")))
        return LOCK_GOVERNANCE;
    if (bytes_eq_nocase(text, BYTES("Unlocked")) ||
        bytes_eq_nocase(text, BYTES("Mutable")))
        return LOCK_UNLOCKED;
    return json_is_null(value) || text.n == 0 ? LOCK_NONE : LOCK_UNKNOWN;
}

static enum hold hold_of(json_t *value)
{
    struct bytes text = string_of(value);
    if (json_is_true(value) || bytes_eq_nocase(text, BYTES("ON")))
        return HOLD_ON;
    return HOLD_OFF;
}

static void set_url(struct retention_statement *s, struct bytes url)
{
    size_t slash = bytes_find_byte(url, '/'); /* the alias of the server */
    struct bytes path = slash < url.n ? bytes_from(url, slash + 1) : url;
    slash = bytes_find_byte(path, '/');
    s->bucket = bytes_sub(path, 0, slash);
    s->key = bytes_from(path, slash + 1);
}

/* Facts about the object itself; see apply() for the bucket's. */
static void apply_object(struct retention_statement *s, int fact, json_t *value)
{
    switch (fact) {
    case FACT_LOCK:
        s->lock = lock_of(value);
        break;
    case FACT_UNTIL:
        if (time_of(value) != INSTANT_NONE)
            s->until = time_of(value);
        break;
    case FACT_HOLD: /* two kinds of hold (GCS): either one holds */
        s->hold = s->hold == HOLD_ON ? HOLD_ON : hold_of(value);
        break;
    case FACT_HEAD_SIZE:
        s->is_head = true;
        s->has_size = number_of(value, &s->size);
        break;
    case FACT_LATEST:
        s->superseded = json_is_false(value);
        break;
    case FACT_SIZE:
        s->has_size = number_of(value, &s->size) || s->has_size;
        break;
    case FACT_DELETE_MARKER:
        s->delete_marker = json_is_true(value);
        break;
    case FACT_MODIFIED:
        s->modified = time_of(value);
        break;
    case FACT_COMPOSITE: /* GCS has no MD5 of composite objects, and says how many parts
                          */
        s->composite = json_is_integer(value) || bytes_is(string_of(value), "COMPOSITE");
        break;
    case FACT_PART_COUNT:
        (void)number_of(value, &s->part_count);
        break;
    case FACT_ENCRYPTION: /* with KMS or customer keys the ETag is no MD5 */
        s->encrypted_etag = s->encrypted_etag || !bytes_is(string_of(value), "AES256");
        break;
    default:
        break;
    }
}

static void apply_bucket(struct retention_statement *s, int fact, json_t *value)
{
    uint64_t number = 0;
    bool counted = number_of(value, &number) && number < 100 * 365 * 86400ull;
    if (fact == FACT_DEFAULT_LOCK)
        s->default_lock = lock_of(value);
    else if (fact == FACT_BUCKET_LOCKED)
        s->default_lock = json_is_true(value) ? LOCK_COMPLIANCE : LOCK_UNLOCKED;
    else if (fact == FACT_DEFAULT_DAYS && counted)
        s->default_days = (int64_t)number;
    else if (fact == FACT_DEFAULT_YEARS && counted)
        s->default_days = (int64_t)number * 365;
    else if (fact == FACT_DEFAULT_SECONDS && counted)
        s->default_days = (int64_t)(number / 86400);
}

static void apply(struct reading *r, const struct member *m, json_t *value)
{
    struct retention_statement *s = &r->current;
    struct bytes text = arena_copy(r->arena, string_of(value));
    if (m->store != STORE_UNKNOWN && s->store == STORE_UNKNOWN)
        s->store = m->store;
    if (m->fact >= FACT_CHECKSUM && text.n)
        s->checksums[m->fact - FACT_CHECKSUM] = text;
    else if (m->fact == FACT_BUCKET && text.n)
        s->bucket = text;
    else if (m->fact == FACT_KEY && text.n)
        s->key = text;
    else if (m->fact == FACT_VERSION && text.n)
        s->version = text;
    else if (m->fact == FACT_URL && text.n)
        set_url(s, text);
    else if (m->fact >= FACT_DEFAULT_LOCK && m->fact <= FACT_DEFAULT_SECONDS)
        apply_bucket(s, m->fact, value);
    else if (m->fact == FACT_BUCKET_LOCKED)
        apply_bucket(s, m->fact, value);
    else
        apply_object(s, m->fact, value);
    if (m->fact >= FACT_LOCK)
        r->has_any = true;
}

static struct retention_statement fresh(const struct retention_statement *context)
{
    return (struct retention_statement){.store = context->store,
                                        .bucket = context->bucket,
                                        .key = context->key,
                                        .offset = context->offset,
                                        .length = context->length,
                                        .until = INSTANT_NONE,
                                        .modified = INSTANT_NONE};
}

static void hand_out(struct reading *r, struct retention_statement *s)
{
    /* A dated lock of Google's needs no mode: the bucket's policy keeps the object. */
    if (s->lock == LOCK_UNKNOWN && s->until != INSTANT_NONE && s->store == STORE_GCS)
        s->lock = s->default_lock == LOCK_COMPLIANCE ? LOCK_COMPLIANCE : LOCK_UNLOCKED;
    /* HeadObject of an object without a lock just leaves these members out. */
    if (s->lock == LOCK_UNKNOWN && s->until == INSTANT_NONE && s->is_head)
        s->lock = LOCK_NONE;
    r->sink->each(r->sink->context, s);
}

static void flush(struct reading *r)
{
    if (r->has_pending)
        hand_out(r, &r->pending);
    r->has_pending = false;
}

static void read_parts(struct reading *r, json_t *parts)
{
    struct retention_part **end = &r->current.parts;
    size_t i;
    json_t *value;
    *end = NULL;
    json_array_foreach(parts, i, value)
    {
        struct retention_part *part = arena_new(r->arena, struct retention_part);
        if (!number_of(json_object_get(value, "PartNumber"), &part->number) ||
            !number_of(json_object_get(value, "Size"), &part->size))
            continue;
        *end = part;
        end = &part->next;
    }
}

static void read_value(struct reading *r, const char *parent, json_t *value);

/* Each object of a list is a statement of its own, inside the same bucket. */
static void read_list(struct reading *r, const char *parent, json_t *list)
{
    struct retention_statement outer = r->current;
    bool outer_any = r->has_any;
    size_t i;
    json_t *value;
    flush(r);
    json_array_foreach(list, i, value)
    {
        if (!json_is_object(value))
            continue;
        r->current = fresh(&outer);
        r->current.delete_marker = parent && strcmp(parent, "DeleteMarkers") == 0;
        r->has_any = r->current.delete_marker;
        read_value(r, parent, value);
        if (r->has_any)
            hand_out(r, &r->current);
    }
    r->current = outer;
    r->has_any = outer_any;
}

static void read_value(struct reading *r, const char *parent, json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        const struct member *m = find_member(parent, name);
        if (m && m->fact == FACT_IGNORED)
            continue;
        if (json_is_array(member) && strcmp(name, "Parts") == 0)
            read_parts(r, member);
        else if (json_is_array(member))
            read_list(r, name, member);
        else if (json_is_object(member))
            read_value(r, name, member);
        else if (m)
            apply(r, m, member);
    }
}

/* The answers about one object come as several texts; a text that names another object,
 * or repeats what is known, begins the next statement. */
static bool continues(const struct retention_statement *a,
                      const struct retention_statement *b)
{
    if (a->key.n && b->key.n && !bytes_eq(a->key, b->key))
        return false;
    if (a->version.n && b->version.n && !bytes_eq(a->version, b->version))
        return false;
    bool both_dated = a->until != INSTANT_NONE && b->until != INSTANT_NONE;
    bool both_sized = a->has_size && b->has_size && a->size != b->size;
    return !(both_dated && a->until != b->until) && !both_sized &&
           !(a->hold && b->hold && a->hold != b->hold);
}

/* Adds to *a what only *b says. */
static void join(struct retention_statement *a, const struct retention_statement *b)
{
    struct retention_statement first = *a;
    if (first.bucket.n == 0)
        a->bucket = b->bucket;
    if (first.key.n == 0)
        a->key = b->key;
    if (first.version.n == 0)
        a->version = b->version;
    if (first.lock == LOCK_UNKNOWN ||
        (first.lock == LOCK_NONE && b->lock != LOCK_UNKNOWN))
        a->lock = b->lock;
    if (first.until == INSTANT_NONE)
        a->until = b->until;
    if (first.hold == HOLD_UNKNOWN)
        a->hold = b->hold;
    if (first.default_lock == LOCK_UNKNOWN) {
        a->default_lock = b->default_lock;
        a->default_days = b->default_days;
    }
    if (!first.has_size) {
        a->has_size = b->has_size;
        a->size = b->size;
    }
    for (size_t k = 0; k < CHECKSUM_KINDS; k++) {
        if (first.checksums[k].n == 0)
            a->checksums[k] = b->checksums[k];
    }
    a->is_head = a->is_head || b->is_head;
    a->composite = a->composite || b->composite;
    a->encrypted_etag = a->encrypted_etag || b->encrypted_etag;
    a->part_count = a->part_count ? a->part_count : b->part_count;
    a->parts = a->parts ? a->parts : b->parts;
    a->store = a->store ? a->store : b->store;
    a->length = b->offset + b->length - a->offset;
}

static void read_text(struct reading *r, json_t *text, uint64_t offset, uint64_t length)
{
    const struct retention_statement none = {.offset = offset, .length = length};
    r->current = fresh(&none);
    r->has_any = false;
    if (json_is_array(text))
        read_list(r, NULL, text);
    else if (json_is_object(text))
        read_value(r, NULL, text);
    if (!r->has_any)
        return;
    if (r->has_pending && continues(&r->pending, &r->current)) {
        join(&r->pending, &r->current);
        return;
    }
    flush(r);
    r->pending = r->current;
    r->has_pending = true;
}

void retention_read(struct bytes content, struct arena *arena,
                    const struct retention_sink *sink)
{
    struct reading r = {.arena = arena, .sink = sink};
    struct bytes rest = content;
    while (bytes_trim(rest).n) {
        json_error_t error;
        size_t offset = content.n - rest.n;
        json_t *text =
            json_loadb((const char *)rest.p, rest.n,
                       JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
        size_t used = error.position > 0 ? (size_t)error.position : 0;
        if (!text) {
            faults_add(sink->faults, (struct fault){FAULT_SYNTAX, offset + used, 0, 0});
            break;
        }
        read_text(&r, text, offset, used);
        json_decref(text);
        rest = bytes_from(rest, used);
    }
    flush(&r);
}

bool retention_probe(struct bytes head)
{
    static const char *const names[] = {"\"ObjectLockMode\"",
                                        "\"ObjectLockConfiguration\"",
                                        "\"RetainUntilDate\"",
                                        "\"LegalHold\"",
                                        "\"retentionExpirationTime\"",
                                        "\"retention_expiration\"",
                                        "\"retentionPolicy\"",
                                        "\"immutabilityPolicy\"",
                                        "\"immutability_policy\"",
                                        "\"hasLegalHold\"",
                                        "\"legalhold\"",
                                        "\"ObjectLockRetainUntilDate\"",
                                        "\"DeleteMarkers\"",
                                        "\"ObjectParts\"",
                                        "\"AcceptRanges\"",
                                        "\"retainUntilTime\"",
                                        "\"temporaryHold\"",
                                        "\"eventBasedHold\"",
                                        "\"storage#object\"",
                                        "\"immutabilityPeriodSinceCreationInDays\""};
    struct bytes start = bytes_trim(head);
    if (start.n == 0 || (start.p[0] != '{' && start.p[0] != '['))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bytes_contains(head, bytes_str(names[i])))
            return true;
    }
    /* mc retention info: nothing but these three tell it from other JSON. */
    return bytes_contains(head, BYTES("\"urlpath\"")) &&
           bytes_contains(head, BYTES("\"until\"")) &&
           bytes_contains(head, BYTES("\"mode\""));
}
