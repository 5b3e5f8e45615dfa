/* Records of AWS CloudTrail: what was done through the cloud's own interface. Of the
 * cluster itself (EKS) nothing of that is in the audit log of its API server.
 *
 *   {"Records":[{"eventVersion":"1.08","eventTime":"…Z","eventSource":"eks.amazonaws.com",…}]}
 *
 * and one record by itself, in an event of EventBridge ("detail"), in the answer of
 * `aws cloudtrail lookup-events` ("CloudTrailEvent", as text), in CloudWatch's messages
 * and in what search engines keep.
 *
 * Source: AWS CloudTrail User Guide, "CloudTrail record contents"; Amazon EKS API
 * Reference, whose names of parameters stand in requestParameters.
 */
#ifndef FORMATS_CLOUDTRAIL_H
#define FORMATS_CLOUDTRAIL_H

#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/json_lines.h"

/* All views are borrowed from the reader until its next call. */
struct cloudtrail_event {
    instant time;
    enum precision precision;
    struct bytes source, name; /* "eks.amazonaws.com", "CreateAccessEntry" */
    struct bytes id, region, account;
    struct bytes actor; /* ARN, else the service or name that is told */
    struct bytes access_key, address, agent;
    struct bytes error, error_message; /* empty: it was done */
    /* Of EKS: what it was done to in the cluster; of IAM and STS: to which user or role,
     * and the status that it was given. */
    struct bytes cluster, target, status;
    struct bytes policy;             /* of EKS: the access policy, its ARN */
    struct jsonl_value access_scope; /* of that: {"type":"namespace","namespaces":[…]} */
    /* Of what hands out secrets, files and keys: in `target` what was read, in `bucket`
     * where a file is. `issued`: the key that a new session was given, by its id. */
    struct bytes bucket, issued;
    bool reads;     /* it changes nothing */
    bool discloses; /* it hands out what somebody keeps: a secret, a file, a key's use */
    struct jsonl_value names; /* several that were read at once, an array, or anything */
    struct jsonl_value raw;
};

/* One for each thread; zero-initialise. */
struct cloudtrail_reader {
    struct jsonl_parser *parsers[3]; /* of text in text */
};
void cloudtrail_reader_close(struct cloudtrail_reader *r);

/* FAULT_UNKNOWN_TYPE when it is no such record. `readable` as in jsonl_parse. */
struct fault cloudtrail_read(struct cloudtrail_reader *r, struct bytes text,
                             size_t readable, struct cloudtrail_event *out);

bool cloudtrail_probe(struct bytes head);

#endif
