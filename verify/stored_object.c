#include "verify/stored_object.h"

#include "formats/base/base64.h"
#include "formats/base/limits.h"
#include "formats/crc.h"

/* Sizes in which uploaders cut, in MiB: AWS CLI 8, others by powers of two, s3cmd 15, …
 */
static const uint64_t usual_parts[] = {5,  6,  8,   10,  15,  16,  20,  25,  32,   50,
                                       64, 80, 100, 128, 200, 250, 256, 512, 1024, 5120};
/* Where it is none of these, a multiple of one of these octets: the rounder, the
 * likelier. Some count by thousands. */
static const uint64_t part_units[] = {64 * MIB, 16 * MIB, 8 * MIB, 5 * MIB,
                                      MIB,      5000000,  1000000};

static const struct {
    enum checksum_kind kind;
    enum digest_algorithm algorithm;
} digests[] = {
    {CHECKSUM_SHA256, DIGEST_SHA256},
    {CHECKSUM_SHA1, DIGEST_SHA1},
    {CHECKSUM_SHA512, DIGEST_SHA512},
    {CHECKSUM_MD5, DIGEST_MD5},
};

static const struct {
    enum checksum_kind kind;
    enum crc crc;
} crcs[] = {
    {CHECKSUM_CRC32, CRC_32},
    {CHECKSUM_CRC32C, CRC_32C},
    {CHECKSUM_CRC64NVME, CRC_64_NVME},
};

struct comparing {
    struct check *c;
    const struct retention_statement *s;
    const struct item *file;
    struct stored_comparison result;
};

static void note(struct comparing *k, bool holds, const char *what)
{
    if (holds) {
        k->result.agreed++;
        return;
    }
    k->result.differs = true;
    if (!k->result.what[0])
        k->result.what = what;
}

static uint64_t reading_allowed(const struct package *p)
{
    size_t n;
    struct item *const *files = package_files(p, &n);
    uint64_t all = LIMIT_STORED_READING;
    for (size_t i = 0; i < n; i++) {
        uint64_t size = package_linked(files[i])->size;
        if (size > (UINT64_MAX - all) / 4)
            return UINT64_MAX;
        all += 4 * size;
    }
    return all;
}

/* Whether the file may be read once more for a checksum: each statement about it can want
 * that, and whoever wrote the document chose how many there are. */
static bool may_read(struct comparing *k)
{
    if (!k->c->stored_begun) {
        k->c->stored_begun = true;
        k->c->stored_left = reading_allowed(k->c->package);
    }
    if (k->file->size > k->c->stored_left)
        return false;
    k->c->stored_left -= k->file->size;
    return true;
}

/* -- checksums of the parts -------------------------------------------------------------
 */

/* A checksum being computed: a digest, or a CRC of some bits. */
struct sum {
    bool is_crc;
    enum digest_algorithm algorithm;
    enum crc crc;
    struct digest_state *digest;
    uint64_t value;
};

static void sum_begin(struct sum *s)
{
    s->value = 0;
    if (!s->is_crc)
        s->digest = digest_state_new(DIGEST_BIT(s->algorithm));
}

static void sum_add(struct sum *s, struct bytes b)
{
    if (s->is_crc)
        s->value = crc_update(s->crc, s->value, b);
    else
        digest_state_update(s->digest, b);
}

static size_t sum_size(const struct sum *s)
{
    return s->is_crc ? crc_size(s->crc) : digest_size(s->algorithm);
}

/* Most significant octet first, as the stores write it. */
static void sum_end(struct sum *s, uint8_t out[DIGEST_MAX])
{
    size_t n = sum_size(s);
    for (size_t i = 0; s->is_crc && i < n; i++)
        out[i] = (uint8_t)(s->value >> 8 * (n - 1 - i));
    if (s->is_crc)
        return;
    digest_state_final(s->digest);
    memcpy(out, digest_state_result(s->digest, s->algorithm)->octets, n);
    digest_state_free(s->digest);
    s->digest = NULL;
}

/* Cuts the stream into parts and sums the sums of the parts. */
struct parting {
    const struct retention_part *parts; /* or NULL: */
    uint64_t part_size;
    enum checksum_kind own; /* what the parts state of themselves, unless it is an ETag */
    struct arena *arena;
    const struct retention_part *differs; /* the first whose own checksum does not hold */
    uint64_t left;                        /* of the current part */
    bool in_part;
    struct sum part, all;
};

static void begin_part(struct parting *p)
{
    p->left = p->parts ? p->parts->size : p->part_size;
    p->in_part = true;
    sum_begin(&p->part);
}

/* A part that states nothing of this kind is not against it. */
static bool part_holds(const struct parting *p, struct bytes have)
{
    struct bytes text =
        p->own == CHECKSUM_ETAG ? BYTES_NONE : p->parts->checksums[p->own];
    struct bytes want;
    return text.n == 0 ||
           (base64_decode(text, BASE64_STRICT, p->arena, &want) && bytes_eq(want, have));
}

static void end_part(struct parting *p)
{
    uint8_t octets[DIGEST_MAX];
    sum_end(&p->part, octets);
    struct bytes have = bytes_of(octets, sum_size(&p->part));
    sum_add(&p->all, have);
    if (p->parts && !p->differs && !part_holds(p, have))
        p->differs = p->parts;
    p->in_part = false;
    p->parts = p->parts ? p->parts->next : NULL;
}

static void feed_parts(void *context, struct bytes block)
{
    struct parting *p = context;
    while (block.n) {
        if (!p->in_part)
            begin_part(p);
        size_t n = block.n < p->left ? block.n : (size_t)p->left;
        if (n == 0)
            return; /* more bytes than the parts have */
        sum_add(&p->part, bytes_sub(block, 0, n));
        block = bytes_from(block, n);
        p->left -= n;
        if (p->left == 0)
            end_part(p);
    }
}

static bool sum_parts(struct comparing *k, struct parting *p, uint8_t out[DIGEST_MAX])
{
    const struct span whole = {k->file, 0, k->file->size};
    p->all = p->part;
    sum_begin(&p->all);
    bool read = item_read(k->c->package, whole, feed_parts, p) >= 0;
    if (p->in_part)
        end_part(p);
    sum_end(&p->all, out);
    return read;
}

static bool parts_add_up(const struct comparing *k)
{
    uint64_t sum = 0;
    for (const struct retention_part *p = k->s->parts; p; p = p->next) {
        if (p->size == 0 || p->size > k->file->size - sum)
            return false;
        sum += p->size;
    }
    return sum == k->file->size;
}

enum composite { COMPOSITE_HOLDS, COMPOSITE_DIFFERS, COMPOSITE_UNKNOWN };

static bool composite_is(struct comparing *k, struct parting p, struct bytes want)
{
    uint8_t have[DIGEST_MAX];
    return sum_parts(k, &p, have) && bytes_eq(want, bytes_of(have, sum_size(&p.part)));
}

/* What the size of the parts may have been, the likeliest first. */
struct part_guesses {
    uint64_t least, most; /* that give the stated number of parts */
    uint64_t v[LIMIT_PART_SIZES];
    size_t n;
};

static void guess(struct part_guesses *g, uint64_t size)
{
    bool known = size < g->least || size > g->most || g->n == LIMIT_PART_SIZES;
    for (size_t i = 0; i < g->n && !known; i++)
        known = g->v[i] == size;
    if (!known)
        g->v[g->n++] = size;
}

/* All parts but the last have one size p: `count` of them hold `size` octets when
 * size/count <= p < size/(count-1). `first` is the size of the first one, or 0. */
static struct part_guesses guess_parts(uint64_t size, uint64_t count, uint64_t first)
{
    struct part_guesses g = {.least = size};
    if (size == 0 || count == 0 || count > size)
        return g;
    g.least = size / count + (size % count > 0);
    g.most = count == 1 ? size : (size - 1) / (count - 1);
    guess(&g, first);
    for (size_t i = 0; i < sizeof usual_parts / sizeof *usual_parts; i++)
        guess(&g, usual_parts[i] * MIB);
    guess(&g, g.least);
    for (size_t i = 0; i < sizeof part_units / sizeof *part_units; i++) {
        uint64_t unit = part_units[i], above = g.least + unit - 1;
        for (uint64_t p = above - above % unit; p <= g.most && g.n < LIMIT_PART_SIZES;
             p += unit)
            guess(&g, p);
    }
    return g;
}

/* GetObjectAttributes lists 1000 parts at a time: what was captured may be one page. */
static bool has_all_parts(const struct comparing *k, uint64_t count)
{
    uint64_t n = 0;
    for (const struct retention_part *p = k->s->parts; p; p = p->next)
        n++;
    return n > 0 && n >= count;
}

/* The parts' sizes where the answer has them; else those that are likely and give the
 * right number of parts. Only known sizes can prove a difference. */
static enum composite compare_composite(struct comparing *k, struct sum kind,
                                        struct bytes want, uint64_t count)
{
    if (has_all_parts(k, count)) {
        struct parting p = {.parts = k->s->parts, .part = kind};
        if (!may_read(k))
            return COMPOSITE_UNKNOWN;
        return parts_add_up(k) && composite_is(k, p, want) ? COMPOSITE_HOLDS
                                                           : COMPOSITE_DIFFERS;
    }
    const struct part_guesses g =
        guess_parts(k->file->size, count, k->s->parts ? k->s->parts->size : 0);
    uint64_t read = 0;
    size_t i = 0;
    for (; i < g.n && read <= LIMIT_PART_READING && may_read(k); i++) {
        struct parting p = {.part_size = g.v[i], .part = kind};
        if (composite_is(k, p, want))
            return COMPOSITE_HOLDS;
        read += k->file->size;
    }
    /* A single part has no size but that of the whole. */
    return count == 1 && i == 1 ? COMPOSITE_DIFFERS : COMPOSITE_UNKNOWN;
}

static void note_composite(struct comparing *k, enum composite result, const char *what)
{
    if (result == COMPOSITE_UNKNOWN)
        k->result.skipped++;
    else
        note(k, result == COMPOSITE_HOLDS, what);
}

/* -- each kind --------------------------------------------------------------------------
 */

/* "…-N" says how many parts there were; false when it does not. */
static bool split_count(struct bytes *text, uint64_t *count)
{
    size_t dash = bytes_rfind_byte(*text, '-');
    if (dash == text->n || !bytes_to_u64(bytes_from(*text, dash + 1), count))
        return false;
    *text = bytes_sub(*text, 0, dash);
    return true;
}

/* An answer without ChecksumType, which a CLI of before 2025 does not print, leaves it
 * open what the checksums of an object in parts are of. */
static bool is_open(const struct comparing *k)
{
    return !k->s->composite && !k->s->full_object;
}

/* Takes the number of parts off, if it stands there. */
static bool is_composite(const struct comparing *k, struct bytes *text, uint64_t *count)
{
    *count = k->s->part_count;
    if (split_count(text, count))
        return true;
    bool said = k->s->composite && k->s->store == STORE_S3 && *count != 1;
    return said || (is_open(k) && *count > 1);
}

static void compare_digest(struct comparing *k, size_t which)
{
    struct bytes text = k->s->checksums[digests[which].kind], octets;
    enum digest_algorithm algorithm = digests[which].algorithm;
    const char *name = checksum_name(digests[which].kind);
    uint64_t count;
    struct digest have;
    if (text.n == 0)
        return;
    bool composite = is_composite(k, &text, &count);
    if (!base64_decode(text, BASE64_STRICT, &k->c->v->arena, &octets) ||
        octets.n != digest_size(algorithm)) {
        note(k, false, check_printf(k->c, "%s (malformed)", name));
        return;
    }
    bool same = false, is_whole = !composite || is_open(k);
    if (is_whole && !item_digest(k->c->package, k->file, algorithm, &have))
        return;
    if (is_whole)
        same = bytes_eq(octets, bytes_of(have.octets, octets.n));
    struct sum kind = {.algorithm = algorithm};
    if (same || !composite)
        note(k, same, name);
    else
        note_composite(k, compare_composite(k, kind, octets, count), name);
}

/* The octets of an ETag without its quotes; false where it is no MD5 or of none. */
static bool read_etag(struct bytes text, uint8_t octets[16], uint64_t *count)
{
    text = bytes_trim(text);
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = bytes_sub(text, 1, text.n - 2);
    *count = 0;
    (void)split_count(&text, count);
    return bytes_from_hex(text, octets, 16);
}

/* With KMS and SSE-C it is of other bytes. HeadObject tells the encryption; lists of
 * versions and attributes do not, and what they differ in may be only that. */
static bool etag_can_differ(const struct retention_statement *s)
{
    return s->store != STORE_S3 || s->is_head || s->plain_etag;
}

/* MD5 of the object, or of the MD5s of its parts. */
static void compare_etag(struct comparing *k)
{
    struct bytes text = k->s->checksums[CHECKSUM_ETAG];
    uint8_t octets[16];
    uint64_t count;
    struct digest have;
    if (text.n == 0)
        return;
    if (k->s->encrypted_etag || !read_etag(text, octets, &count)) {
        k->result.skipped++;
        return;
    }
    struct bytes want = bytes_of(octets, sizeof octets);
    struct sum md5 = {.algorithm = DIGEST_MD5};
    enum composite result;
    if (count)
        result = compare_composite(k, md5, want, count);
    else if (item_digest(k->c->package, k->file, DIGEST_MD5, &have))
        result = bytes_eq(want, bytes_of(have.octets, want.n)) ? COMPOSITE_HOLDS
                                                               : COMPOSITE_DIFFERS;
    else
        return;
    if (result == COMPOSITE_DIFFERS && !etag_can_differ(k->s))
        result = COMPOSITE_UNKNOWN;
    note_composite(k, result, count ? "ETag" : "ETag (MD5)");
}

bool stored_object_etag_is_md5(struct check *c, const struct retention_statement *s,
                               const struct item *file)
{
    uint8_t octets[16];
    uint64_t count;
    struct digest have;
    return file && !s->encrypted_etag && s->checksums[CHECKSUM_ETAG].n &&
           read_etag(s->checksums[CHECKSUM_ETAG], octets, &count) && count == 0 &&
           item_digest(c->package, package_linked(file), DIGEST_MD5, &have) &&
           memcmp(octets, have.octets, sizeof octets) == 0;
}

struct crc_run {
    enum crc kind;
    uint64_t value;
};

static void feed_crc(void *context, struct bytes block)
{
    struct crc_run *run = context;
    run->value = crc_update(run->kind, run->value, block);
}

static void compare_crc(struct comparing *k, size_t which)
{
    struct bytes text = k->s->checksums[crcs[which].kind], octets;
    struct crc_run run = {.kind = crcs[which].crc};
    const char *name = checksum_name(crcs[which].kind);
    const struct span whole = {k->file, 0, k->file->size};
    uint64_t want = 0, count;
    if (text.n == 0)
        return;
    bool composite = is_composite(k, &text, &count);
    if (!base64_decode(text, BASE64_STRICT, &k->c->v->arena, &octets) ||
        octets.n != crc_size(run.kind)) {
        note(k, false, check_printf(k->c, "%s (malformed)", name));
        return;
    }
    for (size_t i = 0; i < octets.n; i++)
        want = want << 8 | octets.p[i];
    bool is_whole = !composite || is_open(k);
    if (is_whole && !may_read(k)) {
        k->result.skipped++;
        return;
    }
    if (is_whole && item_read(k->c->package, whole, feed_crc, &run) < 0)
        return;
    bool same = is_whole && run.value == want;
    struct sum kind = {.is_crc = true, .crc = run.kind};
    if (same || !composite)
        note(k, same, name);
    else
        note_composite(k, compare_composite(k, kind, octets, count), name);
}

/* Of the whole object there may be another kind, or none: each is asked by itself. */
static void compare_parts(struct comparing *k, struct sum sum, enum checksum_kind kind)
{
    const struct retention_part *part = k->s->parts;
    while (part && part->checksums[kind].n == 0)
        part = part->next;
    if (!part)
        return;
    if (!parts_add_up(k) || !may_read(k)) {
        k->result.skipped++;
        return;
    }
    struct parting p = {
        .parts = k->s->parts, .part = sum, .own = kind, .arena = &k->c->v->arena};
    uint8_t all[DIGEST_MAX];
    if (!sum_parts(k, &p, all))
        return;
    note(k, !p.differs,
         p.differs ? check_printf(k->c, "%s of part %llu", checksum_name(kind),
                                  (unsigned long long)p.differs->number)
                   : "");
}

struct stored_comparison stored_object_compare(struct check *c,
                                               const struct retention_statement *s,
                                               const struct item *file)
{
    struct comparing k = {.c = c, .s = s, .file = package_linked(file)};
    k.result.what = "";
    if (s->has_size && s->size != k.file->size)
        note(&k, false, "size");
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        compare_digest(&k, i);
    compare_etag(&k);
    for (size_t i = 0; i < sizeof crcs / sizeof *crcs; i++)
        compare_crc(&k, i);
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        compare_parts(&k, (struct sum){.algorithm = digests[i].algorithm},
                      digests[i].kind);
    for (size_t i = 0; i < sizeof crcs / sizeof *crcs; i++)
        compare_parts(&k, (struct sum){.is_crc = true, .crc = crcs[i].crc}, crcs[i].kind);
    return k.result;
}
