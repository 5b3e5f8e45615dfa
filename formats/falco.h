/* Falco alerts: JSON of the file, program and HTTP outputs, as falcosidekick hands them
 * on, and the text output.
 *
 * Source of the format: falco userspace/engine/formats.cpp and falco_common.cpp; the
 * keys of output_fields are chosen by the authors of rules, so only a part of them can
 * be known by name.
 */
#ifndef FORMATS_FALCO_H
#define FORMATS_FALCO_H

#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/json_lines.h"

enum falco_priority {
    FALCO_EMERGENCY = 0,
    FALCO_ALERT,
    FALCO_CRITICAL,
    FALCO_ERROR,
    FALCO_WARNING,
    FALCO_NOTICE,
    FALCO_INFORMATIONAL,
    FALCO_DEBUG,
    FALCO_PRIORITY_UNKNOWN,
};
/* Falco's own word: "Critical" … */
const char *falco_priority_name(enum falco_priority p);

/* Where the time was read from; the better source first. */
enum falco_time {
    FALCO_TIME_NONE = 0, /* only the time of day in a zone that is not told */
    FALCO_TIME_RECORD,   /* "time" */
    FALCO_TIME_FIELD,    /* evt.time, evt.time.iso8601, jevt.time.iso8601 */
    FALCO_TIME_OUTPUT,   /* ISO 8601 with an offset at the start of the output text */
};

#define FALCO_FIELDS 96 /* more are counted, not kept */

struct falco_field {
    struct bytes name;         /* "proc.cmdline" */
    struct bytes value;        /* text of the value; "<NA>" and null are left out */
    struct jsonl_value nested; /* arrays and objects; else absent */
};

/* All views are borrowed from the reader until its next call, or from the text. */
struct falco_alert {
    bool text; /* from the text output: fields are what its words tell */
    instant time;
    enum precision precision;
    enum falco_time time_from;
    int64_t time_of_day; /* nanoseconds since midnight in the output text, or -1 */
    enum falco_priority priority;
    struct bytes priority_word;
    /* Text output does not tell it: what the words of Falco's own rules say, or empty. */
    struct bytes rule;
    struct bytes output;
    struct bytes source; /* "syscall", "k8s_audit", a plugin; empty where not told */
    struct bytes hostname, uuid;
    struct jsonl_value tags; /* array of strings, or absent */
    struct falco_field fields[FALCO_FIELDS];
    size_t field_count, more_fields;
    /* Falco tells that it lost events: a gap in what this source can show. */
    bool drop_notice;
    uint64_t dropped;       /* as far as told, else 0 */
    struct jsonl_value raw; /* the whole alert; absent for text */
};

/* Text of a field by its full name ("k8s.ns.name"), or empty. */
struct bytes falco_field(const struct falco_alert *a, const char *name);

/* What joins alerts to other sources, from whichever field tells it; empty if none. */
struct falco_place {
    struct bytes container_id; /* 12 or 64 hex digits; never "host" */
    struct bytes container_name, image, pod, pod_uid, namespace, node;
    bool host; /* the alert says that it was outside any container */
};
struct falco_place falco_place(const struct falco_alert *a);

struct falco_reader;
struct falco_reader *falco_reader_new(void);
void falco_reader_free(struct falco_reader *r);

/* One alert: a line, or an element of a list. FAULT_NONE and *out; else what is wrong
 * (FAULT_UNKNOWN_TYPE: not an alert). `readable` as in jsonl_parse. */
struct fault falco_read(struct falco_reader *r, struct bytes text, size_t readable,
                        struct falco_alert *out);

/* Does the start of an item look like Falco's output? */
bool falco_looks_like(struct bytes head);

#endif
