#include "formats/retention_private.h"

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
    FACT_NOT_CURRENT,
    FACT_URL,
    FACT_BUCKET_LOCKED,
    FACT_VALIDITY,
    FACT_OF_BUCKET,
    FACT_KIND,
    FACT_RESOURCE,
    FACT_CHECKSUM, /* + enum checksum_kind */
};

struct member {
    const char *parent; /* name of the enclosing member, "" for none, NULL for any */
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

static const struct member *find_member(const char *parent, const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct member *m = &members[i];
        bool parent_fits = !m->parent || strcmp(m->parent, parent ? parent : "") == 0;
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

/* Azure keeps for up to 400 years, and the count of nanoseconds ends in April 2262: what
 * ends later holds at least as long. */
static instant end_of(json_t *value)
{
    instant t = time_of(value), ignored;
    uint64_t year;
    struct bytes text = string_of(value);
    if (t != INSTANT_NONE || text.n < 10 || text.n > 64 || text.p[4] != '-' ||
        !bytes_to_u64(bytes_sub(text, 0, 4), &year) || year < 2262)
        return t;
    char early[65] = "2000"; /* a leap year */
    memcpy(early + 4, text.p + 4, text.n - 4);
    return instant_parse_date(bytes_of(early, text.n), &ignored, NULL) ? INSTANT_MAX : t;
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
    /* MinIO's client has "" where none was ever set. */
    if (json_is_false(value) || bytes_eq_nocase(text, BYTES("OFF")) ||
        (json_is_string(value) && text.n == 0))
        return HOLD_OFF;
    return json_is_null(value) ? HOLD_UNKNOWN : HOLD_UNREADABLE;
}

/* "alias/bucket/key", or "https://host/bucket/key" with or without an alias before it. */
static void set_url(struct retention_statement *s, struct bytes url)
{
    size_t scheme = bytes_find(url, BYTES("://"));
    struct bytes place = scheme < url.n ? bytes_from(url, scheme + 3) : url;
    struct bytes path = bytes_from(place, bytes_find_byte(place, '/') + 1);
    size_t slash = bytes_find_byte(path, '/');
    s->bucket = bytes_sub(path, 0, slash);
    s->key = bytes_from(path, slash + 1);
}

/* gcloud names a bucket by a URL without an object. */
static bool is_bucket_url(struct bytes url)
{
    return bytes_starts(url, BYTES("gs://")) &&
           bytes_find_byte(bytes_from(url, 5), '/') + 1 >= url.n - 5;
}

/* Azure's management plane: "/subscriptions/…/containers/NAME[/immutabilityPolicies/…]".
 */
static void set_resource(struct retention_statement *s, struct bytes id)
{
    static const struct bytes containers = {(const uint8_t *)"/containers/", 12};
    size_t at = bytes_find(id, containers);
    if (!bytes_starts(id, BYTES("/subscriptions/")) || at == id.n)
        return;
    struct bytes name = bytes_from(id, at + containers.n);
    s->bucket = bytes_sub(name, 0, bytes_find_byte(name, '/'));
    s->of_bucket = true;
}

/* A key that is the end of what a URL said (mc legalhold info) says less. */
static void set_key(struct retention_statement *s, struct bytes key)
{
    if (!bytes_ends(s->key, key))
        s->key = key;
}

/* Facts about the object itself; see apply() for the bucket's. */
static void apply_object(struct retention_statement *s, int fact, json_t *value)
{
    switch (fact) {
    case FACT_LOCK:
        s->lock = lock_of(value);
        break;
    case FACT_UNTIL:
        if (end_of(value) != INSTANT_NONE)
            s->until = end_of(value);
        break;
    case FACT_HOLD: /* two kinds of hold (GCS): either one holds */
        s->hold = s->hold > hold_of(value) ? s->hold : hold_of(value);
        break;
    case FACT_HEAD_SIZE:
        s->is_head = true;
        s->has_size = number_of(value, &s->size);
        break;
    case FACT_LATEST:
        s->superseded = json_is_false(value);
        break;
    case FACT_NOT_CURRENT: /* the time at which it ceased to be */
        s->superseded = s->superseded || json_is_string(value);
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
        s->full_object = bytes_is(string_of(value), "FULL_OBJECT");
        break;
    case FACT_PART_COUNT:
        (void)number_of(value, &s->part_count);
        break;
    case FACT_ENCRYPTION: /* with KMS or customer keys the ETag is no MD5 */
        s->plain_etag = bytes_is(string_of(value), "AES256");
        s->encrypted_etag = s->encrypted_etag || !s->plain_etag;
        break;
    default:
        break;
    }
}

/* "30DAYS", "7YEARS" */
static int64_t validity_of(struct bytes text)
{
    uint64_t number = 0;
    bool years = bytes_ends(text, BYTES("YEARS"));
    struct bytes digits = bytes_sub(text, 0, text.n - (text.n < 5 ? 0 : years ? 5 : 4));
    (void)bytes_to_u64(digits, &number);
    return number < 36500 ? (int64_t)number * (years ? 365 : 1) : 0;
}

static void apply_bucket(struct retention_statement *s, int fact, json_t *value)
{
    uint64_t number = 0;
    bool counted = number_of(value, &number) && number < 100 * 365 * 86400ull;
    s->of_bucket = true;
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
    else if (fact == FACT_VALIDITY)
        s->default_days = validity_of(string_of(value));
}

/* Which object or bucket it is. False: another kind of fact. */
static bool apply_name(struct retention_statement *s, int fact, struct bytes text)
{
    if (fact == FACT_BUCKET && text.n)
        s->bucket = text;
    else if (fact == FACT_KEY && text.n)
        set_key(s, text);
    else if (fact == FACT_VERSION && text.n)
        s->version = text;
    else if (fact == FACT_URL && text.n)
        set_url(s, text);
    else if (fact == FACT_RESOURCE)
        set_resource(s, text);
    else if (fact == FACT_KIND)
        s->of_bucket = bytes_is(text, "storage#bucket") || is_bucket_url(text);
    return fact == FACT_URL || fact == FACT_RESOURCE || fact == FACT_KIND ||
           (fact >= FACT_BUCKET && fact <= FACT_VERSION);
}

static bool is_bucket_fact(int fact)
{
    return (fact >= FACT_DEFAULT_LOCK && fact <= FACT_DEFAULT_SECONDS) ||
           (fact >= FACT_BUCKET_LOCKED && fact <= FACT_OF_BUCKET);
}

static bool is_unreadable(int fact, json_t *value)
{
    return (fact == FACT_HOLD && hold_of(value) == HOLD_UNREADABLE) ||
           (fact == FACT_LOCK && lock_of(value) == LOCK_UNKNOWN);
}

static void apply(struct retention_reading *r, const struct member *m, json_t *value)
{
    struct retention_statement *s = &r->current;
    struct bytes text = arena_copy(r->arena, string_of(value));
    if (m->store != STORE_UNKNOWN && s->store == STORE_UNKNOWN)
        s->store = m->store;
    if (m->fact >= FACT_CHECKSUM && text.n)
        s->checksums[m->fact - FACT_CHECKSUM] = text;
    else if (is_bucket_fact(m->fact))
        apply_bucket(s, m->fact, value);
    else if (!apply_name(s, m->fact, text))
        apply_object(s, m->fact, value);
    if (is_unreadable(m->fact, value))
        faults_add(r->sink->faults, (struct fault){FAULT_VALUE, s->offset, 0, 0});
    if (m->fact >= FACT_LOCK && m->fact != FACT_KIND && m->fact != FACT_RESOURCE)
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

static void hand_out(struct retention_reading *r, struct retention_statement *s)
{
    /* A dated lock of Google's needs no mode: the bucket's policy keeps the object. */
    s->by_bucket =
        s->lock == LOCK_UNKNOWN && s->until != INSTANT_NONE && s->store == STORE_GCS;
    if (s->by_bucket)
        s->lock = s->default_lock == LOCK_COMPLIANCE ? LOCK_COMPLIANCE : LOCK_UNLOCKED;
    /* HeadObject of an object without a lock just leaves these members out. */
    if (s->lock == LOCK_UNKNOWN && s->until == INSTANT_NONE && s->is_head)
        s->lock = LOCK_NONE;
    r->sink->each(r->sink->context, s);
}

void retention_flush(struct retention_reading *r)
{
    if (r->has_pending)
        hand_out(r, &r->pending);
    r->has_pending = false;
}

/* GetObjectAttributes lists them by the names that the object's own have. */
static void read_part_checksums(struct retention_reading *r, json_t *value,
                                struct retention_part *part)
{
    const char *name;
    json_t *text;
    json_object_foreach(value, name, text)
    {
        const struct member *m = find_member("Parts", name);
        if (m && m->fact >= FACT_CHECKSUM)
            part->checksums[m->fact - FACT_CHECKSUM] =
                arena_copy(r->arena, string_of(text));
    }
}

static void read_parts(struct retention_reading *r, json_t *parts)
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
        read_part_checksums(r, value, part);
        *end = part;
        end = &part->next;
    }
}

static void read_value(struct retention_reading *r, const char *parent, json_t *value);

/* mc says in each answer whether it succeeded. Its "metadata" holds the store's headers
 * beside the owner's; elsewhere that is what the owner wrote, and proves nothing. */
static bool is_mc_answer(json_t *text)
{
    return json_is_string(json_object_get(text, "status"));
}

/* One object or bucket, and all that is said of it. */
static void read_statement(struct retention_reading *r, const char *parent, json_t *text)
{
    struct retention_statement *s = &r->current;
    r->is_mc = is_mc_answer(text);
    read_value(r, parent, text);
    if (s->of_bucket && s->store == STORE_MINIO) {
        s->default_lock = s->lock;
        s->lock = LOCK_UNKNOWN;
    }
    /* The tags are what a legal hold of a container is known by. */
    if (s->store == STORE_AZURE && s->key.n == 0 && s->hold &&
        json_object_get(text, "tags"))
        s->of_bucket = true;
    bool names_itself = s->of_bucket && s->store != STORE_S3;
    if (names_itself && s->bucket.n == 0)
        s->bucket = s->key;
    if (names_itself)
        s->key = BYTES_NONE;
}

/* Each object of a list is a statement of its own, inside the same bucket. */
static void read_list(struct retention_reading *r, const char *parent, json_t *list)
{
    struct retention_statement outer = r->current;
    bool outer_any = r->has_any;
    size_t i;
    json_t *value;
    retention_flush(r);
    json_array_foreach(list, i, value)
    {
        if (!json_is_object(value))
            continue;
        r->current = fresh(&outer);
        r->current.delete_marker = parent && strcmp(parent, "DeleteMarkers") == 0;
        r->has_any = r->current.delete_marker;
        read_statement(r, parent, value);
        if (r->has_any)
            hand_out(r, &r->current);
    }
    r->current = outer;
    r->has_any = outer_any;
}

static void read_value(struct retention_reading *r, const char *parent, json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        const struct member *m = find_member(parent, name);
        if (m && (m->fact == FACT_IGNORED || (m->store == STORE_MINIO && !r->is_mc)))
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

void retention_take(struct retention_reading *r, json_t *text, uint64_t offset,
                    uint64_t length)
{
    const struct retention_statement none = {.offset = offset, .length = length};
    r->current = fresh(&none);
    r->has_any = false;
    if (json_is_array(text))
        read_list(r, NULL, text);
    else if (json_is_object(text))
        read_statement(r, NULL, text);
    if (!r->has_any)
        return;
    if (r->has_pending && retention_continues(&r->pending, &r->current)) {
        retention_join(&r->pending, &r->current);
        return;
    }
    retention_flush(r);
    r->pending = r->current;
    r->has_pending = true;
}
