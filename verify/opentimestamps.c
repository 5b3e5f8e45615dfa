#include "verify/opentimestamps.h"

#include "formats/ots.h"
#include "verify/seal_target.h"
#include "verify/timestamp.h"
#include "verify/trust_store.h"

/* Bitcoin's rules keep a block's time within two hours of its neighbours'. */
#define BLOCK_ACCURACY (7200 * NANOSECONDS)
#define HEADER         80

struct judging {
    struct check *c;
    struct timestamp_record *r;
    bool pending;
    uint64_t height; /* of a block that was reached, or 0 */
    instant proven;
};

static instant time_of_block(const struct check *c, struct bytes merkle_root)
{
    const struct trust *t = c->options->trust;
    struct bytes headers = t ? t->block_headers : BYTES_NONE;
    for (size_t at = 0; at + HEADER <= headers.n; at += HEADER) {
        struct block_header h = block_header_read(bytes_sub(headers, at, HEADER));
        if (bytes_eq(h.merkle_root, merkle_root) && h.work_holds)
            return (instant)h.time * NANOSECONDS;
    }
    return INSTANT_NONE;
}

static void take_attestation(void *context, const struct ots_attestation *a)
{
    struct judging *j = context;
    j->pending = j->pending || a->kind == OTS_PENDING;
    if (a->kind != OTS_BITCOIN || a->message.n != 32)
        return;
    instant time = time_of_block(j->c, a->message);
    j->height = j->height ? j->height : a->height;
    if (time != INSTANT_NONE && (j->proven == INSTANT_NONE || time < j->proven)) {
        j->proven = time;
        j->height = a->height;
    }
}

static void conclude(struct judging *j)
{
    struct timestamp_record *r = j->r;
    unsigned long long height = (unsigned long long)j->height;
    r->verdict = OUTCOME_NOT_EXAMINED;
    if (j->proven != INSTANT_NONE) {
        r->verdict = OUTCOME_VERIFIED;
        r->time = j->proven;
        r->accuracy = BLOCK_ACCURACY;
        r->why = "";
    } else if (j->height) {
        r->why =
            check_printf(j->c,
                         "the path of hashes ends in Bitcoin block %llu; whether that "
                         "block has it needs its header (--block-headers)",
                         height);
    } else {
        r->why = j->pending ? "only promised by a calendar: it proves nothing yet"
                            : "no attestation of a kind that exhibit knows";
    }
    if (j->height)
        r->authority = check_printf(j->c, "Bitcoin block %llu", height);
}

void opentimestamps_judge(struct check *c, struct bytes proof, struct signed_bytes *over,
                          struct timestamp_record *r)
{
    struct judging j = {.c = c, .r = r, .proven = INSTANT_NONE};
    struct digest stated, have;
    const struct ots_sink sink = {take_attestation, &j};
    *r = timestamp_record_of("opentimestamps");
    struct fault fault = ots_read(proof, &c->v->arena, &sink, &stated);
    if (fault.code == FAULT_UNSUPPORTED) {
        r->verdict = OUTCOME_NOT_EXAMINED;
        r->why = "it has an operation or a version that exhibit does not know";
        return;
    }
    if (fault.code) {
        r->why = check_printf(c, "not an OpenTimestamps proof that can be read: %s",
                              fault_text(fault.code));
        return;
    }
    if (!over->item)
        over->item = seal_target_by_digest(c, &stated);
    r->over = over->item;
    r->why = "it was made over bytes that are not in the package";
    if (!over->item || !signed_bytes_digest(over, stated.algorithm, &have))
        return;
    r->why = digest_info(stated.algorithm)->weak ? "it begins with a weak digest"
                                                 : "it was made over other bytes";
    if (!digest_info(stated.algorithm)->weak && digest_eq(&stated, &have))
        conclude(&j);
}
