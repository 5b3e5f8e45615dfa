/* What tools on the node saw: Tetragon, Tracee, KubeArmor, GuardDuty, the network plugin,
 * and the journals of kubelet and container runtime, brought to one record. Which tool it
 * was is told; what it does not tell is empty.
 */
#ifndef FORMATS_RUNTIME_EVENT_H
#define FORMATS_RUNTIME_EVENT_H

#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/base/text.h"
#include "formats/json_lines.h"

enum runtime_tool {
    TOOL_UNKNOWN = 0,
    TOOL_TETRAGON,
    TOOL_TRACEE,
    TOOL_JOURNAL,
    TOOL_FLOW, /* of the network plugin */
    TOOL_KUBEARMOR,
    TOOL_GUARDDUTY, /* which has Amazon's clock */
};
const char *runtime_tool_name(enum runtime_tool t);

struct runtime_process {
    struct bytes executable, name, arguments, directory;
    int64_t pid, uid; /* -1: not told */
    instant started;
};

/* A connection, as the network plugin saw it at one of its ends. */
enum flow_verdict { FLOW_UNKNOWN = 0, FLOW_LET_THROUGH, FLOW_HELD_BACK };
enum flow_side { FLOW_SIDE_UNKNOWN = 0, FLOW_AT_SOURCE, FLOW_AT_DESTINATION };
struct runtime_flow {
    struct bytes source, destination, protocol;
    int64_t port;              /* of the destination; -1: not told */
    enum flow_verdict verdict; /* of the policies: other reasons to drop are unknown */
    enum flow_side side;       /* whose policies it is the verdict of */
    bool reply;                /* the other way: destination and source changed places */
    bool of_destination;       /* the event's pod is the one that was called */
};

struct runtime_event {
    enum runtime_tool tool;
    instant time;
    instant until; /* of what was seen several times; or INSTANT_NONE */
    enum precision precision;
    struct bytes what; /* "process_exec", "sched_process_exec", a unit's identifier */
    struct bytes message;
    struct bytes rule, severity; /* of an alert, in the tool's own words */
    struct bytes user;           /* the account that asked the API */
    struct runtime_process process, parent;
    struct bytes container_id; /* hex, without the runtime's prefix; may be cut short */
    struct bytes container_name, image, namespace, pod, pod_uid, node;
    struct bytes peer_namespace, peer_pod; /* the other end of a connection */
    struct runtime_flow flow;              /* of one; else without a verdict */
    struct bytes sandbox_id; /* journal: the pod's sandbox that the line names */
    struct bytes target;     /* the file or address that it is about */
    const char *assumed;     /* static: what of the time is not told; or NULL */
    struct jsonl_value raw;
};

/* All views are borrowed from the reader until its next call. */
struct runtime_reader {
    struct jsonl_parser *parser, *inner; /* inner: of text in a record; or NULL */
    struct text text;                    /* what is put together from parts */
    struct text json;                    /* of a record in YAML or a journal's text */
    instant near; /* tells the year where a journal's text does not; or INSTANT_NONE */
};
/* `near` is INSTANT_NONE until it is set. */
void runtime_reader_open(struct runtime_reader *r);
void runtime_reader_close(struct runtime_reader *r);

/* One record, of whichever tool. FAULT_UNKNOWN_TYPE when it is of none of them. */
struct fault runtime_read(struct runtime_reader *r, struct bytes text, size_t readable,
                          struct runtime_event *out);

/* What Tetragon, Tracee or KubeArmor says was started, with its arguments behind it,
 * appended; false when the record tells of no start. */
bool runtime_command_line(struct jsonl_value record, struct text *line);

/* A record of a sensor of processes (Tetragon, Tracee, KubeArmor, GuardDuty); false for
 * any other, and then *out means nothing. `text` holds what had to be put together. */
bool runtime_sensor_read(struct jsonl_value v, struct text *text,
                         struct runtime_event *out);

/* For decoders: the address and, where it is told, the port as what the event is about,
 * put together at the end of `text`, which must not grow any more. */
void runtime_put_address(struct runtime_event *out, struct text *text, struct bytes host,
                         struct bytes port);

/* An event without anything in it. */
struct runtime_event runtime_event_none(void);
/* "containerd://64 hex" to the hex; what is not hex gives nothing. */
struct bytes runtime_container_id(struct bytes id);

#endif
