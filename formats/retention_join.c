/* Which captured answers speak of one object, and what they say together. */
#include "formats/retention_private.h"

/* HeadObject quotes what GetObjectAttributes does not. */
static struct bytes bare_etag(const struct retention_statement *s)
{
    struct bytes text = s->checksums[CHECKSUM_ETAG];
    bool quoted = text.n >= 2 && text.p[0] == '"';
    return quoted ? bytes_sub(text, 1, text.n - 2) : text;
}

static bool same_etag(const struct retention_statement *a,
                      const struct retention_statement *b)
{
    struct bytes one = bare_etag(a), other = bare_etag(b);
    return one.n == 0 || other.n == 0 || bytes_eq(one, other);
}

/* The answers about one object come as several texts; a text that names another object,
 * or repeats what is known, begins the next statement. */
bool retention_continues(const struct retention_statement *a,
                         const struct retention_statement *b)
{
    if (a->key.n && b->key.n && !bytes_eq(a->key, b->key))
        return false;
    if (a->bucket.n && b->bucket.n && !bytes_eq(a->bucket, b->bucket))
        return false;
    if (a->of_bucket != b->of_bucket && b->store != STORE_S3)
        return false;
    if (a->store && b->store && a->store != b->store)
        return false;
    if (a->version.n && b->version.n && !bytes_eq(a->version, b->version))
        return false;
    bool both_dated = a->until != INSTANT_NONE && b->until != INSTANT_NONE;
    bool both_sized = a->has_size && b->has_size && a->size != b->size;
    return !(both_dated && a->until != b->until) && !both_sized &&
           !(a->hold && b->hold && a->hold != b->hold) && same_etag(a, b);
}

/* Adds to *a what only *b says. */
void retention_join(struct retention_statement *a, const struct retention_statement *b)
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
    a->full_object = a->full_object || b->full_object;
    a->encrypted_etag = a->encrypted_etag || b->encrypted_etag;
    a->plain_etag = a->plain_etag || b->plain_etag;
    a->part_count = a->part_count ? a->part_count : b->part_count;
    a->parts = a->parts ? a->parts : b->parts;
    a->store = a->store ? a->store : b->store;
    a->superseded = a->superseded || b->superseded;
    a->of_bucket = a->of_bucket && b->of_bucket;
    if (first.modified == INSTANT_NONE)
        a->modified = b->modified;
    a->length = b->offset + b->length - a->offset;
}
