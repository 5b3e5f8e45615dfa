/* The texts of captured answers: JSON one after the other, or the YAML that gcloud prints
 * by default and the AWS CLI with --output yaml. */
#include "formats/base/lines.h"
#include "formats/base/text.h"
#include "formats/retention_private.h"
#include "formats/yaml.h"
#include "formats/yaml_split.h"

static void read_json(struct retention_reading *r, struct bytes content)
{
    struct bytes rest = content;
    while (bytes_trim(rest).n) {
        json_error_t error;
        size_t offset = content.n - rest.n;
        json_t *text =
            json_loadb((const char *)rest.p, rest.n,
                       JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
        size_t used = error.position > 0 ? (size_t)error.position : 0;
        if (!text) {
            faults_add(r->sink->faults,
                       (struct fault){FAULT_SYNTAX, offset + used, 0, 0});
            break;
        }
        retention_take(r, text, offset, used);
        json_decref(text);
        rest = bytes_from(rest, used);
    }
}

/* -- YAML ------------------------------------------------------------------------------
 */

static struct bytes line_of(struct bytes rest)
{
    return bytes_sub(rest, 0, bytes_find_byte(rest, '\n') + 1);
}

/* Of the first record, without the "---" after it: answers that were appended to one file
 * have none between them, and each begins with the same member. */
static size_t record_length(struct bytes text)
{
    struct bytes first = line_of(text);
    struct bytes name = bytes_sub(first, 0, bytes_find_byte(first, ':') + 1);
    for (size_t at = first.n; at < text.n;) {
        struct bytes rest = bytes_from(text, at);
        if (bytes_starts(rest, BYTES("---")) || bytes_starts(rest, name))
            return at;
        at += line_of(rest).n;
    }
    return text.n;
}

static void read_record(struct retention_reading *r, struct bytes record, uint64_t offset)
{
    struct text json = {0};
    bool partial;
    struct fault fault = yaml_record(record, &json, &partial);
    struct bytes got = text_bytes(&json);
    json_t *text = got.n ? json_loadb((const char *)got.p, got.n, 0, NULL) : NULL;
    if (text)
        retention_take(r, text, offset, record.n);
    if (fault.code) {
        fault.offset += offset;
        faults_add(r->sink->faults, fault);
    }
    json_decref(text);
    text_release(&json);
}

static void read_yaml(struct retention_reading *r, struct bytes content)
{
    for (size_t at = 0; at < content.n;) {
        struct bytes rest = bytes_from(content, at), line = line_of(rest);
        if (bytes_starts(line, BYTES("---")) || bytes_starts(line, BYTES("#")) ||
            bytes_trim(line).n == 0) {
            at += line.n;
            continue;
        }
        size_t n = record_length(rest);
        read_record(r, bytes_sub(rest, 0, n), at);
        at += n;
    }
}

static bool is_json(struct bytes text)
{
    struct bytes start = bytes_trim(text);
    return start.n && (start.p[0] == '{' || start.p[0] == '[');
}

void retention_read(struct bytes content, struct arena *arena,
                    const struct retention_sink *sink)
{
    struct retention_reading r = {.arena = arena, .sink = sink};
    if (is_json(content))
        read_json(&r, content);
    else if (retention_is_table(content))
        retention_read_table(&r, content);
    else if (retention_is_rows(content))
        retention_read_rows(&r, content);
    else if (yaml_split_wants(content))
        read_yaml(&r, content);
    else
        read_json(&r, content);
    retention_flush(&r);
}

/* -- is it one? ------------------------------------------------------------------------
 */

/* Names that no other format of an evidence package has. */
static const char *const telling[] = {"ObjectLockMode",
                                      "ObjectLockRetainUntilDate",
                                      "ObjectLockLegalHoldStatus",
                                      "ObjectLockConfiguration",
                                      "RetainUntilDate",
                                      "LegalHold",
                                      "VersionId",
                                      "ETag",
                                      "DeleteMarkers",
                                      "ObjectParts",
                                      "retentionExpirationTime",
                                      "retention_expiration",
                                      "retention_settings",
                                      "retentionPolicy",
                                      "retention_policy",
                                      "retainUntilTime",
                                      "eventBasedHold",
                                      "temporaryHold",
                                      "event_based_hold",
                                      "temporary_hold",
                                      "crc32c_hash",
                                      "storage_url",
                                      "immutabilityPolicy",
                                      "immutability_policy",
                                      "immutabilityPeriodSinceCreationInDays",
                                      "hasLegalHold"};

static bool has_member(struct bytes head, const char *name, bool json)
{
    char text[64];
    snprintf(text, sizeof text, json ? "\"%s\"" : "%s:", name);
    struct bytes want = bytes_str(text);
    for (size_t at; (at = bytes_find(head, want)) < head.n;
         head = bytes_from(head, at + want.n)) {
        if (json || at == 0 || bytes_contains(BYTES("\n -"), bytes_sub(head, at - 1, 1)))
            return true;
    }
    return false;
}

/* What mc prints has only common names in it; together they tell. */
static bool is_mc(struct bytes head)
{
    return has_member(head, "status", true) &&
           (has_member(head, "urlpath", true) || has_member(head, "validity", true) ||
            (has_member(head, "etag", true) && has_member(head, "lastModified", true)));
}

bool retention_probe_printed(struct bytes head)
{
    return !is_json(head) && (retention_is_table(head) || retention_is_rows(head));
}

bool retention_probe(struct bytes head)
{
    bool json = is_json(head);
    if (!json && !yaml_split_wants(head))
        return false;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        if (has_member(head, telling[i], json))
            return true;
    }
    return json && (bytes_contains(head, BYTES("\"storage#object\"")) ||
                    bytes_contains(head, BYTES("\"storage#bucket\"")) || is_mc(head));
}
