/* Evidence records: archive time-stamps in chains, each renewing the one before, so that
 * proof of existence outlives certificates and digest algorithms.
 *
 * Source: RFC 4998, "Evidence Record Syntax" (ASN.1 module with implicit tags, DER).
 */
#ifndef FORMATS_EVIDENCE_RECORD_H
#define FORMATS_EVIDENCE_RECORD_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/fault.h"

/* Renewed once a year for a century, of trees over 2^64 files. */
#define EVIDENCE_CHAINS 64
#define EVIDENCE_STAMPS 256
#define EVIDENCE_LISTS  64
/* Hashes of one record together: a group of so many files. */
#define EVIDENCE_HASHES 65536

struct hash_list {
    struct bytes *v;
    size_t n;
};

struct archive_timestamp {
    bool has_algorithm; /* else that of the token's imprint */
    enum digest_algorithm algorithm;
    struct hash_list *lists; /* the reduced hash tree, leaves first; may be none */
    size_t list_count;
    struct bytes token; /* RFC 3161, as it stands there: renewals are over its octets */
};

struct archive_chain {
    struct bytes whole; /* as it stands there */
    struct archive_timestamp *v;
    size_t n; /* at least one */
};

struct evidence_record {
    struct archive_chain *chains;
    size_t n;       /* at least one */
    bool encrypted; /* made over what the files were before they were decrypted */
};

bool evidence_record_probe(struct bytes head);
/* Views live as long as content and arena. False, with the fault, when the record is
 * malformed, goes over a ceiling, or has bytes after its end. */
bool evidence_record_read(struct bytes content, struct arena *arena,
                          struct evidence_record *out, struct fault *fault);

#endif
