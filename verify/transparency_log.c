#include "verify/transparency_log.h"

#include "formats/base/base64.h"
#include "formats/base/text.h"
#include "verify/raw_signature.h"

/* -- the promise -----------------------------------------------------------------------
 */

/* What the log signs at once: RFC 8785 JSON of these four members. */
static void promise_text(const struct sigstore_entry *e, struct text *t)
{
    char hex[2 * MERKLE_HASH + 1];
    bytes_to_hex(bytes_sub(e->log_id, 0, MERKLE_HASH), hex);
    text_str(t, "{\"body\":\"");
    base64_encode(e->body, t);
    text_printf(t, "\",\"integratedTime\":%llu,\"logID\":\"%s\",\"logIndex\":%llu}",
                (unsigned long long)e->integrated, hex, (unsigned long long)e->index);
}

static bool promise_holds(const struct sigstore_entry *e, EVP_PKEY *key)
{
    struct text t = {0};
    promise_text(e, &t);
    bool holds = raw_signature_holds(key, text_bytes(&t), e->promise);
    text_release(&t);
    return holds;
}

instant log_entry_time(const struct sigstore_entry *e)
{
    instant t;
    return e->promise.n && e->integrated &&
                   instant_from_epoch((int64_t)e->integrated, PRECISION_SECOND, &t)
               ? t
               : INSTANT_NONE;
}

/* -- the proof -------------------------------------------------------------------------
 */

/* "rekor.sigstore.dev" signs for the tree "rekor.sigstore.dev - 2605736670972794746". */
static bool speaks_for(struct bytes name, struct bytes origin)
{
    struct bytes rest = bytes_from(origin, name.n);
    return bytes_starts(origin, name) &&
           (rest.n == 0 || bytes_starts(rest, BYTES(" - ")));
}

/* A signature of the log's key must be there, and each that says to be one must hold. */
static const char *check_note(const struct signed_note *note, struct bytes origin,
                              const struct trusted_log *log, struct arena *arena)
{
    struct note_signature s;
    struct bytes rest = note->signatures;
    bool found = false;
    while (signed_note_next(&rest, arena, &s)) {
        if (!bytes_eq(s.hint, bytes_sub(log->id, 0, s.hint.n)) ||
            !speaks_for(s.name, origin))
            continue;
        if (!raw_signature_holds(log->key, note->text, s.value))
            return "the log's signature of its checkpoint does not hold";
        found = true;
    }
    if (rest.n)
        return "its checkpoint has lines that are no signatures";
    return found ? NULL : "the log did not sign the checkpoint of its proof";
}

static const char *check_checkpoint(const struct sigstore_entry *e,
                                    const struct trusted_log *log,
                                    const uint8_t root[MERKLE_HASH], struct arena *arena)
{
    struct signed_note note;
    struct checkpoint checkpoint;
    if (!signed_note_read(e->checkpoint, &note) ||
        !checkpoint_read(note.text, arena, &checkpoint))
        return "its inclusion proof has no checkpoint that can be read";
    if (checkpoint.size != e->proof.size ||
        memcmp(checkpoint.root, root, MERKLE_HASH) != 0)
        return "its inclusion proof does not lead to the log's checkpoint";
    return check_note(&note, checkpoint.origin, log, arena);
}

static const char *check_proof(const struct sigstore_entry *e,
                               const struct trusted_log *log)
{
    struct arena arena = ARENA_INIT;
    uint8_t leaf[MERKLE_HASH], root[MERKLE_HASH];
    const char *why = "its inclusion proof does not hold";
    merkle_leaf(e->body, leaf);
    if (merkle_root(&e->proof, leaf, root) &&
        bytes_eq(bytes_of(root, MERKLE_HASH), e->root))
        why = check_checkpoint(e, log, root, &arena);
    arena_release(&arena);
    return why;
}

/* -- the entry -------------------------------------------------------------------------
 */

static const struct trusted_log *log_of(const struct log_question *q,
                                        const struct sigstore_entry *e)
{
    instant own = log_entry_time(e), at = own != INSTANT_NONE ? own : q->at;
    const struct trusted_log *log = q->logs;
    while (log && !(bytes_eq(log->id, e->log_id) && valid_at(&log->valid, at)))
        log = log->next;
    return log;
}

enum outcome log_entry_check(const struct log_question *q, const struct sigstore_entry *e,
                             const char **why)
{
    const struct trusted_log *log = log_of(q, e);
    if (!log) {
        *why = "the trusted root does not name the log of its entry for that time";
        return OUTCOME_UNTRUSTED;
    }
    if (e->promise.n && !promise_holds(e, log->key))
        *why = "the log's promise to take the entry (signed entry timestamp) does not "
               "hold";
    else if (e->proof.size)
        *why = check_proof(e, log);
    else
        *why = q->proof_required || !e->promise.n ? "its log entry has no inclusion proof"
                                                  : NULL;
    return *why ? OUTCOME_FAILED : OUTCOME_VERIFIED;
}
