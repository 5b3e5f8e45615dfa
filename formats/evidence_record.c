#include "formats/evidence_record.h"

#include "formats/der.h"

struct reading {
    const uint8_t *start;
    struct arena *arena;
    size_t hashes; /* handed out so far */
    struct fault fault;
};

static bool wrong(struct reading *r, enum fault_code code, struct bytes at)
{
    if (!r->fault.code)
        r->fault = (struct fault){.code = code, .offset = (uint64_t)(at.p - r->start)};
    return false;
}

static size_t count_elements(struct bytes list)
{
    struct der d;
    size_t n = 0;
    while (der_next(&list, &d))
        n++;
    return n;
}

/* How many elements there are, which must be at least one and at most `ceiling`. */
static bool take_count(struct reading *r, struct bytes list, size_t ceiling, size_t *n)
{
    *n = count_elements(list);
    if (*n > ceiling)
        return wrong(r, FAULT_LIMIT, list);
    return *n > 0 || wrong(r, FAULT_MISSING_FIELD, list);
}

bool evidence_record_probe(struct bytes head)
{
    /* Only the beginning may be there: no length is followed to its end. */
    size_t n = head.n > 1 && head.p[1] & 0x80 ? 2 + (size_t)(head.p[1] & 0x7f) : 2;
    struct bytes rest = bytes_from(head, n), version, algorithms, one;
    if (head.n == 0 || head.p[0] != DER_SEQUENCE ||
        !der_take(&rest, DER_INTEGER, &version) || !bytes_eq(version, BYTES("\x01")) ||
        !der_take(&rest, DER_SEQUENCE, &algorithms))
        return false;
    while (der_take(&algorithms, DER_SEQUENCE, &one)) {
        if (one.n == 0 || one.p[0] != DER_OID)
            return false;
    }
    /* In a request for a time-stamp, which begins alike, octets follow here. */
    return algorithms.n == 0 && rest.n > 0 &&
           (rest.p[0] == DER_SEQUENCE || rest.p[0] == DER_CONTEXT(0) ||
            rest.p[0] == DER_CONTEXT(1));
}

static bool read_list(struct reading *r, struct bytes content, struct hash_list *out)
{
    if (!take_count(r, content, EVIDENCE_HASHES - r->hashes, &out->n))
        return false;
    r->hashes += out->n;
    out->v = arena_array(r->arena, struct bytes, out->n);
    for (size_t i = 0; i < out->n; i++) {
        if (!der_take(&content, DER_OCTETS, &out->v[i]))
            return wrong(r, FAULT_VALUE, content);
    }
    return content.n == 0 || wrong(r, FAULT_LENGTH, content);
}

static bool read_tree(struct reading *r, struct bytes content,
                      struct archive_timestamp *out)
{
    struct bytes list;
    if (!take_count(r, content, EVIDENCE_LISTS, &out->list_count))
        return false;
    out->lists = arena_array(r->arena, struct hash_list, out->list_count);
    for (size_t i = 0; i < out->list_count; i++) {
        if (!der_take(&content, DER_SEQUENCE, &list))
            return wrong(r, FAULT_VALUE, content);
        if (!read_list(r, list, &out->lists[i]))
            return false;
    }
    return content.n == 0 || wrong(r, FAULT_LENGTH, content);
}

static bool read_timestamp(struct reading *r, struct bytes content,
                           struct archive_timestamp *out)
{
    struct bytes part;
    struct der token;
    if (der_take(&content, DER_CONTEXT(0), &part)) {
        out->has_algorithm = true;
        if (!der_digest_algorithm(part, &out->algorithm))
            return wrong(r, FAULT_UNSUPPORTED, part);
    }
    (void)der_take(&content, DER_CONTEXT(1), &part); /* attributes */
    if (der_take(&content, DER_CONTEXT(2), &part) && !read_tree(r, part, out))
        return false;
    if (!der_next(&content, &token) || token.tag != DER_SEQUENCE)
        return wrong(r, FAULT_MISSING_FIELD, content);
    out->token = token.whole;
    return content.n == 0 || wrong(r, FAULT_LENGTH, content);
}

static bool read_chain(struct reading *r, struct bytes content, struct archive_chain *out)
{
    struct bytes one;
    if (!take_count(r, content, EVIDENCE_STAMPS, &out->n))
        return false;
    out->v = arena_array(r->arena, struct archive_timestamp, out->n);
    for (size_t i = 0; i < out->n; i++) {
        if (!der_take(&content, DER_SEQUENCE, &one))
            return wrong(r, FAULT_VALUE, content);
        if (!read_timestamp(r, one, &out->v[i]))
            return false;
    }
    return content.n == 0 || wrong(r, FAULT_LENGTH, content);
}

static bool read_chains(struct reading *r, struct bytes content,
                        struct evidence_record *out)
{
    struct der chain;
    if (!take_count(r, content, EVIDENCE_CHAINS, &out->n))
        return false;
    out->chains = arena_array(r->arena, struct archive_chain, out->n);
    for (size_t i = 0; i < out->n; i++) {
        if (!der_next(&content, &chain) || chain.tag != DER_SEQUENCE)
            return wrong(r, FAULT_VALUE, content);
        out->chains[i].whole = chain.whole;
        if (!read_chain(r, chain.content, &out->chains[i]))
            return false;
    }
    return content.n == 0 || wrong(r, FAULT_LENGTH, content);
}

bool evidence_record_read(struct bytes content, struct arena *arena,
                          struct evidence_record *out, struct fault *fault)
{
    struct reading r = {.start = content.p, .arena = arena};
    struct evidence_record record = {0};
    struct bytes rest = content, all, part, chains = BYTES_NONE;
    bool good = der_take(&rest, DER_SEQUENCE, &all) || wrong(&r, FAULT_SYNTAX, content);
    if (good && rest.n)
        good = wrong(&r, FAULT_TRAILING, rest);
    if (good && (!der_take(&all, DER_INTEGER, &part) || !bytes_eq(part, BYTES("\x01"))))
        good = wrong(&r, FAULT_UNSUPPORTED, all);
    if (good && !der_take(&all, DER_SEQUENCE, &part))
        good = wrong(&r, FAULT_MISSING_FIELD, all);
    if (good) {
        (void)der_take(&all, DER_CONTEXT(0), &part); /* material for verifiers */
        record.encrypted = der_take(&all, DER_CONTEXT(1), &part);
        good = (der_take(&all, DER_SEQUENCE, &chains) && all.n == 0) ||
               wrong(&r, FAULT_MISSING_FIELD, all);
    }
    good = good && read_chains(&r, chains, &record);
    if (good)
        *out = record;
    *fault = r.fault;
    return good;
}
