#include "formats/cloudtrail.h"

#include "formats/json_scan.h"

/* Who it was: roots, users and roles have an ARN, services of the cloud a name. */
static void read_identity(struct jsonl_value v, struct cloudtrail_event *out)
{
    struct jsonl_value who = jsonl_get(v, "userIdentity");
    static const char *const names[] = {"arn", "invokedBy", "userName", "principalId",
                                        "accountId"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        out->actor = bytes_or(out->actor, jsonl_text(who, names[i]));
    out->access_key = jsonl_text(who, "accessKeyId");
    out->account =
        bytes_or(jsonl_text(v, "recipientAccountId"), jsonl_text(who, "accountId"));
}

/* Paths of EKS name the cluster "name" or "clusterName", and then what is below it. */
static void read_target(struct jsonl_value v, struct cloudtrail_event *out)
{
    static const char *const below[] = {"principalArn",
                                        "nodegroupName",
                                        "addonName",
                                        "fargateProfileName",
                                        "podIdentityAssociationId",
                                        "associationId",
                                        "resourceArn"};
    struct jsonl_value asked = jsonl_get(v, "requestParameters");
    out->cluster = bytes_or(jsonl_text(asked, "clusterName"), jsonl_text(asked, "name"));
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        out->target = bytes_or(out->target, jsonl_text(asked, below[i]));
    out->policy = jsonl_text(asked, "policyArn");
    out->access_scope = jsonl_get(asked, "accessScope");
}

/* A user's key is told by its user. */
static void read_account(struct jsonl_value v, struct cloudtrail_event *out)
{
    static const char *const names[] = {"userName", "roleName", "roleArn", "accessKeyId"};
    struct jsonl_value asked = jsonl_get(v, "requestParameters");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        out->target = bytes_or(out->target, jsonl_text(asked, names[i]));
    out->status = jsonl_text(asked, "status");
    out->issued = jsonl_string(jsonl_get(
        jsonl_get(jsonl_get(v, "responseElements"), "credentials"), "accessKeyId"));
}

/* What hands out a secret, a parameter, a file or the use of a key, and which: of several
 * `names` has them. Source: the API references of the services. */
static void read_disclosed(struct jsonl_value v, struct cloudtrail_event *out)
{
    static const struct {
        const char *source, *name, *asked;
    } all[] = {{"secretsmanager.", "GetSecretValue", "secretId"},
               {"secretsmanager.", "BatchGetSecretValue", "secretIdList"},
               {"ssm.", "GetParameter", "name"},
               {"ssm.", "GetParameters", "names"},
               {"ssm.", "GetParametersByPath", "path"},
               {"s3.", "GetObject", "key"},
               {"kms.", "Decrypt", "keyId"},
               {"ecr.", "GetAuthorizationToken", "registryIds"}};
    struct jsonl_value asked = jsonl_get(v, "requestParameters");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!bytes_starts(out->source, bytes_str(all[i].source)) ||
            !bytes_is(out->name, all[i].name))
            continue;
        out->discloses = true;
        out->target = jsonl_text(asked, all[i].asked);
        out->bucket = jsonl_text(asked, "bucketName");
        out->names = jsonl_get(asked, all[i].asked);
    }
}

static bool begins_with_any(struct bytes name, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_starts(name, bytes_str(words[i])))
            return true;
    return false;
}

/* Old records do not say whether they only read: then the name does. */
static bool only_reads(struct jsonl_value v, struct bytes name)
{
    static const char *const words[] = {"Describe", "List", "Get", "Lookup", "Head"};
    struct jsonl_value told = jsonl_get(v, "readOnly");
    if (jsonl_is(told, JSONL_BOOL))
        return jsonl_true(told);
    return begins_with_any(name, words, sizeof words / sizeof *words);
}

static bool read_record(struct jsonl_value v, struct cloudtrail_event *out)
{
    *out = (struct cloudtrail_event){.time = INSTANT_NONE};
    out->source = jsonl_text(v, "eventSource");
    out->name = jsonl_text(v, "eventName");
    if (!out->source.n || !out->name.n || !jsonl_get(v, "userIdentity").document)
        return false;
    instant_parse(jsonl_text(v, "eventTime"), &out->time, &out->precision);
    out->id = jsonl_text(v, "eventID");
    out->region = jsonl_text(v, "awsRegion");
    out->address = jsonl_text(v, "sourceIPAddress");
    out->agent = jsonl_text(v, "userAgent");
    out->error = jsonl_text(v, "errorCode");
    out->error_message = jsonl_text(v, "errorMessage");
    out->reads = only_reads(v, out->name);
    out->raw = v;
    read_identity(v, out);
    if (bytes_starts(out->source, BYTES("eks.")))
        read_target(v, out);
    else if (bytes_starts(out->source, BYTES("iam.")) ||
             bytes_starts(out->source, BYTES("sts.")))
        read_account(v, out);
    else
        read_disclosed(v, out);
    return true;
}

/* -- wraps --------------------------------------------------------------------------- */

#define WRAPS (sizeof((struct cloudtrail_reader *)0)->parsers / sizeof(void *))

static struct fault read_level(struct cloudtrail_reader *r, struct bytes text,
                               size_t readable, size_t level,
                               struct cloudtrail_event *out);

/* A member, or one of that, that is the record or its text. */
static bool read_within(struct cloudtrail_reader *r, struct jsonl_value v, size_t level,
                        struct cloudtrail_event *out)
{
    static const char *const names[][2] = {{"detail", NULL},  {"CloudTrailEvent", NULL},
                                           {"message", NULL}, {"@message", NULL},
                                           {"_source", NULL}, {"event", "original"},
                                           {"event", NULL},   {"result", "_raw"},
                                           {"_raw", NULL},    {"line", NULL}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct jsonl_value in = jsonl_get(v, names[i][0]);
        if (names[i][1])
            in = jsonl_get(in, names[i][1]);
        struct bytes text = bytes_trim(jsonl_string(in));
        if (jsonl_is(in, JSONL_OBJECT) && read_record(in, out))
            return true;
        if (text.n && text.p[0] == '{' && level + 1 < WRAPS &&
            !read_level(r, text, text.n, level + 1, out).code)
            return true;
    }
    *out = (struct cloudtrail_event){.time = INSTANT_NONE};
    return false;
}

static struct fault read_level(struct cloudtrail_reader *r, struct bytes text,
                               size_t readable, size_t level,
                               struct cloudtrail_event *out)
{
    struct jsonl_value root;
    if (!r->parsers[level])
        r->parsers[level] = jsonl_parser_new();
    struct fault f = jsonl_parse(r->parsers[level], text, readable, &root);
    if (f.code)
        return f;
    if (!jsonl_is(root, JSONL_OBJECT) ||
        (!read_record(root, out) && !read_within(r, root, level, out)))
        return (struct fault){.code = FAULT_UNKNOWN_TYPE};
    return (struct fault){.code = out->time == INSTANT_NONE ? FAULT_MISSING_FIELD : 0};
}

struct fault cloudtrail_read(struct cloudtrail_reader *r, struct bytes text,
                             size_t readable, struct cloudtrail_event *out)
{
    size_t prefix = json_prefix(text);
    *out = (struct cloudtrail_event){.time = INSTANT_NONE};
    struct fault f = read_level(r, bytes_from(text, prefix), readable - prefix, 0, out);
    f.offset += f.code ? prefix : 0;
    return f;
}

void cloudtrail_reader_close(struct cloudtrail_reader *r)
{
    for (size_t i = 0; i < WRAPS; i++)
        jsonl_parser_free(r->parsers[i]);
}

/* Also as text in a record. */
bool cloudtrail_probe(struct bytes head)
{
    return bytes_contains(head, BYTES("eventSource")) &&
           bytes_contains(head, BYTES("eventName")) &&
           bytes_contains(head, BYTES("userIdentity")) &&
           bytes_contains(head, BYTES(".amazonaws.com"));
}
