/* Retention: what captured answers of an object store say about locks, holds, versions
 * and checksums of objects.
 *
 * Sources: Amazon S3 API reference (HeadObject, GetObjectRetention, GetObjectLegalHold,
 * GetObjectLockConfiguration, GetObjectAttributes, ListObjectVersions) as the AWS CLI
 * prints them; MinIO's `mc --json`; Cloud Storage JSON API v1 and gcloud's output; Azure
 * Blob Storage as `az storage` prints it. JSON, YAML as gcloud prints by default, and the
 * lines and tables of the AWS CLI (--output text, table); the lines do not name their
 * values, and one that could be several things is left out. A document may hold one
 * answer, several in an object or array, or several texts one after the other. Which
 * answer it is follows from its members, never from its file name.
 *
 * All of it is only what somebody captured: nothing here proves that a lock exists.
 */
#ifndef FORMATS_RETENTION_H
#define FORMATS_RETENTION_H

#include "formats/base/arena.h"
#include "formats/base/fault.h"
#include "formats/base/instant.h"

enum store { STORE_UNKNOWN, STORE_S3, STORE_MINIO, STORE_GCS, STORE_AZURE };
const char *store_name(enum store s);

enum lock {
    LOCK_UNKNOWN,    /* the document does not speak of one */
    LOCK_NONE,       /* it says that there is none */
    LOCK_GOVERNANCE, /* s3:BypassGovernanceRetention lifts it */
    LOCK_UNLOCKED,   /* a GCS or Azure policy that its owner may still shorten */
    LOCK_COMPLIANCE, /* nobody can lift it before its time (S3 COMPLIANCE, GCS and Azure
                        Locked) */
};
const char *lock_name(enum lock l);

/* Where two holds are spoken of (GCS), the greater one counts: what cannot be read may
 * be on. */
enum hold { HOLD_UNKNOWN, HOLD_OFF, HOLD_UNREADABLE, HOLD_ON };

/* Octets as stored; the text of it decides how it is compared (retention_checksum_kind).
 */
enum checksum_kind {
    CHECKSUM_ETAG, /* text: MD5 in hex, "-N" after it for N parts, or opaque */
    CHECKSUM_MD5,  /* base64 */
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
    CHECKSUM_SHA512,
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_KINDS
};
const char *checksum_name(enum checksum_kind k);

struct retention_part {
    uint64_t number, size;
    struct bytes checksums[CHECKSUM_KINDS]; /* of the part alone: text as it stands */
    struct retention_part *next;            /* in the order of the document */
};

/* One object version, or a bucket's configuration when `key` is empty. Views live as long
 * as the arena. */
struct retention_statement {
    enum store store;
    struct bytes bucket, key, version;
    enum lock lock;
    instant until; /* INSTANT_NONE when not said; INSTANT_MAX when later than that */
    enum hold hold;
    enum lock default_lock; /* of the bucket: for new objects only */
    int64_t default_days;
    bool has_size, delete_marker, encrypted_etag;
    bool plain_etag; /* the answer tells the encryption, and with it the ETag is of MD5 */
    bool superseded; /* a later version is the current one */
    bool is_head;    /* HeadObject, which would show a lock if there were one */
    bool of_bucket;  /* it speaks of the bucket or container, not of an object in it */
    bool by_bucket;  /* the date follows from the bucket's policy, whose lock decides */
    uint64_t size;
    instant modified;
    struct bytes checksums[CHECKSUM_KINDS]; /* text as it stands */
    bool composite;   /* ChecksumType says that they are sums of the parts' sums */
    bool full_object; /* or that they are of the whole */
    uint64_t part_count;
    struct retention_part *parts;
    uint64_t offset, length; /* of the text that says so */
};

/* Does it look like one of these documents in JSON or YAML? Cheap: member names near the
 * start. */
bool retention_probe(struct bytes head);
/* Is it such as the AWS CLI prints for people? To be asked before what lists digests: a
 * line that begins with an ETag looks like one of those. */
bool retention_probe_printed(struct bytes head);

/* Takes the statements in the order of the document. Malformed JSON or YAML is a fault at
 * its place, and what stands before it still counts. A lock or hold of which no store
 * speaks so is one at the beginning of its text. */
struct retention_sink {
    void (*each)(void *context, const struct retention_statement *s);
    void *context;
    struct faults *faults;
};
void retention_read(struct bytes content, struct arena *arena,
                    const struct retention_sink *sink);

#endif
