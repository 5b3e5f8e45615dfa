/* Kubernetes API server audit records, in every shape in which they are handed on.
 *
 * Source of the format: k8s.io/apiserver pkg/apis/audit (v1, v1beta1, v1alpha1) and its
 * legacy text backend; YAML of the same; Amazon CloudWatch Logs, Google Cloud Logging
 * (LogEntry with cloud.audit.AuditLog), Azure Monitor (kube-audit, AKSAudit, and the
 * activity log where it tells of a cluster's objects),
 * Elasticsearch (nested or dotted members) and Splunk exports. All shapes give the same
 * record; what a shape does not tell is empty.
 *
 * Trust: userAgent, all of sourceIPs but the last, Audit-ID and the query of the request
 * URI are chosen by the client.
 */
#ifndef FORMATS_AUDIT_H
#define FORMATS_AUDIT_H

#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/base/text.h"
#include "formats/json_lines.h"

enum audit_shape {
    AUDIT_SHAPE_UNKNOWN = 0,
    AUDIT_SHAPE_V1,
    AUDIT_SHAPE_BETA,     /* v1beta1, v1alpha1, or no apiVersion at all */
    AUDIT_SHAPE_LEGACY,   /* text of the legacy log format: two lines for each request */
    AUDIT_SHAPE_GKE,      /* LogEntry: no stage, no groups; gRPC status codes */
    AUDIT_SHAPE_ACTIVITY, /* Azure's activity log: no bodies; a write may be any */
};
const char *audit_shape_name(enum audit_shape s);

/* How the record was wrapped, for the record only. */
enum audit_wrap {
    AUDIT_WRAP_NONE = 0,
    AUDIT_WRAP_LIST,       /* EventList or a plain array */
    AUDIT_WRAP_CLOUDWATCH, /* events[].message, logEvents[].message, time stamp prefix */
    AUDIT_WRAP_AZURE,      /* properties.log */
    AUDIT_WRAP_ELASTIC,    /* kubernetes.audit, message, event.original */
    AUDIT_WRAP_SPLUNK,     /* _raw, event */
};
const char *audit_wrap_name(enum audit_wrap w);

enum audit_level {
    AUDIT_LEVEL_UNKNOWN = 0, /* the shape or the record does not say */
    AUDIT_LEVEL_NONE,
    AUDIT_LEVEL_METADATA,
    AUDIT_LEVEL_REQUEST,
    AUDIT_LEVEL_REQUEST_RESPONSE,
};
const char *audit_level_name(enum audit_level l);

enum audit_stage {
    AUDIT_STAGE_UNKNOWN = 0,
    AUDIT_STAGE_REQUEST_RECEIVED,
    AUDIT_STAGE_RESPONSE_STARTED, /* only long-running requests */
    AUDIT_STAGE_RESPONSE_COMPLETE,
    AUDIT_STAGE_PANIC,
};
const char *audit_stage_name(enum audit_stage s);

#define AUDIT_LIST 32 /* groups, source addresses: more are counted, not kept */

struct audit_list {
    struct bytes v[AUDIT_LIST];
    size_t n;    /* kept */
    size_t more; /* not kept */
};

struct audit_user {
    struct bytes username, uid;
    struct audit_list groups;
    struct jsonl_value extra; /* object of arrays of strings, or absent */
};

struct audit_object {
    struct bytes resource, subresource, namespace, name, uid;
    struct bytes api_group, api_version, resource_version; /* no group: core */
};

struct audit_response {
    bool present;
    int64_t code; /* HTTP; of GKE the equivalent of the gRPC code; 0: not told */
    struct bytes status, reason, message;
};

/* All views are borrowed from the reader until its next call, or from the text. */
struct audit_event {
    enum audit_shape shape;
    enum audit_wrap wrap;
    enum audit_level level;
    enum audit_stage stage;
    struct bytes audit_id;
    struct bytes
        request_uri; /* as sent: percent-encoded; of GKE what it has of the path */
    struct bytes verb;
    struct bytes user_agent;
    struct audit_user user;         /* who was authenticated */
    struct audit_user impersonated; /* as whom, when has_impersonated */
    bool has_impersonated;
    struct audit_list source_ips; /* the last one is the socket's peer */
    bool has_object;
    struct audit_object object;
    struct audit_response response;
    /* Absent where level, truncation or shape leave them out. */
    struct jsonl_value request_object, response_object;
    struct jsonl_value annotations; /* object of strings; of GKE the labels */
    struct bytes decision;          /* "allow", "forbid", or empty */
    struct bytes reason;            /* the authorizer's sentence */
    bool truncated;                 /* the server left the bodies out for their size */
    bool partial;                   /* salvaged from a damaged record: fields may lack */
    instant received, stage_time;   /* INSTANT_NONE where not told */
    instant logged; /* where the record lost its own times: when the wrap says it came */
    enum precision precision;
    struct bytes cluster; /* as the wrap names it, or empty */
    /* The whole record as JSON, in its own shape; absent for text. */
    struct jsonl_value raw;
};

/* When it happened, for ordering: the stage's time, else when it was received, else when
 * a wrap says that it was logged. */
instant audit_time(const struct audit_event *e);
/* The identity with whose rights the request was made. */
const struct audit_user *audit_effective_user(const struct audit_event *e);
/* Who acted: whom a gateway let in, else the caller. */
const struct audit_user *audit_actor(const struct audit_event *e);
/* Value of an annotation, of an extra key's first element; or empty. */
struct bytes audit_annotation(const struct audit_event *e, const char *name);
struct bytes audit_extra(const struct audit_user *u, const char *name);

/* Only tried (kubectl diff, --dry-run=server, a delivery agent's comparison): validated
 * and not stored. */
bool audit_is_dry_run(const struct audit_event *e);

/* An account with which the cluster's operator (a cloud, a distribution) runs the control
 * plane: no token of it can be taken in the cluster. */
bool audit_is_operator(struct bytes user);

/* An account with which a gateway (Rancher, Teleport, Pinniped …) asks in the name of
 * those whom it let in: who acts is whom it impersonates. */
bool audit_is_gateway(struct bytes user);

/* An account of a distribution's own component that runs as a pod: its token can be. */
bool audit_is_distribution(struct bytes user);
/* A user agent of what people and scripts use (kubectl, curl, Python …) rather than of a
 * component that calls by itself. The client chooses it. */
bool audit_is_tool(struct bytes agent);
/* A user agent of the parts of Kubernetes, also where one program is all of them. */
bool audit_is_control_plane_agent(struct bytes agent);
bool audit_is_kubelet_agent(struct bytes agent);

/* The words that a request runs in a container, in order: from the query, else from the
 * body. Lives as long as the event. */
struct audit_command {
    struct bytes query;
    const char *parameter;
    struct jsonl_value alone;
    struct jsonl_walk body;
    bool of_body;
    size_t words;
};
struct audit_command audit_command_of(const struct audit_event *e);
/* Replaces *word by the next one; false at the end. */
bool audit_command_next(struct audit_command *c, struct text *word);
/* All of them with blanks between, appended; false when there are none. */
bool audit_command_line(const struct audit_event *e, struct text *line);

/* One for each thread. */
struct audit_reader;
struct audit_reader *audit_reader_new(void);
void audit_reader_free(struct audit_reader *r);

/* Reads one record: one line, or one element of a list (json_split.h and yaml_split.h
 * take documents apart). FAULT_NONE: *out is a whole record. With a fault *out holds what
 * could be read unless out->shape is UNKNOWN: a record that was cut off is `partial`, one
 * with a member twice (the last one counts, as for the API server) or with bad characters
 * is whole. Intact JSON that is no audit record gives FAULT_UNKNOWN_TYPE; so does a wrap
 * around other text (container output, klog). `readable` as in jsonl_parse. */
struct fault audit_read(struct audit_reader *r, struct bytes text, size_t readable,
                        struct audit_event *out);

#endif
