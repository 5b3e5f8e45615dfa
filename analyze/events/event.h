/* Event: something that happened, when, by whom, to what, and the bytes that say so. */
#ifndef ANALYZE_EVENTS_EVENT_H
#define ANALYZE_EVENTS_EVENT_H

#include "formats/base/instant.h"
#include "verify/item.h"

/* Whose clock a time was read from. Times of one domain can be compared directly. */
enum clock_domain {
    CLOCK_UNKNOWN,
    CLOCK_API_SERVER, /* audit log, Kubernetes objects and events */
    CLOCK_NODE,       /* Falco, container logs, runtime, files, checkpoint */
    CLOCK_PERSON,     /* written timeline */
    CLOCK_STORE,      /* object storage, a cloud, time-stamp authority, signer */
};
const char *clock_domain_name(enum clock_domain c);

/* EVENT_KIND(ID, "source", "kind"): source is the kind of evidence it was read from. */
#define EVENT_KINDS(KIND)                                                                \
    KIND(API_REQUEST, "audit", "api-request")                                            \
    KIND(RUNTIME_ALERT, "falco", "runtime-alert")                                        \
    KIND(RUNTIME_EVENT, "runtime", "runtime-event")                                      \
    KIND(LOG_LINE, "container-log", "log-line")                                          \
    KIND(KUBERNETES_EVENT, "events", "kubernetes-event")                                 \
    KIND(OBJECT_TIME, "objects", "object-time")                                          \
    KIND(PROCESS_START, "checkpoint", "process-start")                                   \
    KIND(CHECKPOINT, "checkpoint", "checkpoint")                                         \
    KIND(CONNECTION, "checkpoint", "connection")                                         \
    KIND(FILE_TIME, "layer", "file-time")                                                \
    KIND(STATEMENT, "timeline", "statement")                                             \
    KIND(CUSTODY, "custody", "custody")                                                  \
    KIND(CLOUD_REQUEST, "cloud", "cloud-request")

enum event_kind {
#define KIND(id, source, name) EVENT_##id,
    EVENT_KINDS(KIND)
#undef KIND
        EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind k);
const char *event_kind_source(enum event_kind k);
/* EVENT_KIND_COUNT when there is none of that name. */
enum event_kind event_kind_by_name(struct bytes name);

#define EVENT_FIELDS 24

struct event_field {
    const char *key;    /* static: "verb", "pid", "command", "container_id" … */
    struct bytes value; /* raw evidence bytes, not masked: the case file masks */
};

/* All views are borrowed: an event lives during the call that hands it on. */
struct event {
    enum event_kind kind;
    instant time; /* as stated, UTC; INSTANT_NONE only with bounds */
    instant end;  /* of an interval (counts, sessions), else equal to time */
    enum precision precision;
    enum clock_domain clock;
    const char *time_desc; /* static: what the time is: "Request Received" … */
    struct bytes actor;    /* who: account, process */
    struct bytes action;   /* did what: "create pods/exec", rule name, "modified" */
    struct bytes object;   /* to what: "inventory/inventory-api…", a path */
    struct bytes message;  /* one line for people, raw; may be long */
    const char *severity;  /* the source's own word (Falco priority, Warning) or NULL */
    bool in_scope;
    struct span span;
    struct event_field fields[EVENT_FIELDS];
    size_t field_count;
};

/* Ignored when the value is empty or the event is full. */
void event_field(struct event *e, const char *key, struct bytes value);
/* The value of a field, or an empty view. */
struct bytes event_get(const struct event *e, const char *key);

#define SAMENESS 16 /* octets */
/* What records of one act have in common, as a digest: the text of a line, the id of a
 * request. Two records are one event when it is equal, their stated times are, and their
 * places do not contradict. False for kinds of which every record is an act of its own.
 */
bool event_sameness(const struct event *e, uint8_t out[SAMENESS]);

#endif
