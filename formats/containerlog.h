/* Container logs: what a container wrote, line by line, as runtimes and kubectl keep it.
 *
 *   CRI       2026-11-23T09:45:26.065105458+00:00 stdout F text
 *   Docker    {"log":"text\n","stream":"stdout","time":"2026-11-23T09:45:26.0651Z"}
 *   kubectl   2026-11-23T09:45:26.065105458Z text       (logs --timestamps; no stream)
 *             [pod/NAME/CONTAINER] … before it           (logs --prefix)
 *   logcli    2026-11-23T09:45:26Z {namespace="n", pod="p"} text
 *
 * Sources: k8s.io/cri-client pkg/logs, containerd internal/cri/io, Docker json-file.
 * Runtimes cut long lines (16 KiB) into parts; parts of one line share a stream, and the
 * two streams interleave.
 */
#ifndef FORMATS_CONTAINERLOG_H
#define FORMATS_CONTAINERLOG_H

#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/base/text.h"
#include "formats/json_lines.h"

enum container_stream { STREAM_UNKNOWN = 0, STREAM_STDOUT, STREAM_STDERR };
const char *container_stream_name(enum container_stream s);

struct container_line {
    instant time; /* INSTANT_NONE: the log was taken without time stamps */
    enum precision precision;
    enum container_stream stream;
    bool partial;                /* the line goes on in the next part of this stream */
    struct bytes text;           /* without the line's end */
    struct bytes pod, container; /* from the prefix of kubectl; else empty */
    struct bytes namespace;      /* of a collector */
    /* Of a collector's record (container_export.h), which tells all of it. */
    struct bytes pod_uid, container_id;
    bool exported;
    uint64_t offset, length; /* where it stands in the log; set by the caller */
};

/* One line, of any of the forms. Views are into the line, or for Docker borrowed from
 * the parser. A line that begins like one of the forms and breaks it gives a fault; text
 * without any of them is a line without a time. */
struct fault container_line_read(struct jsonl_parser *p, struct bytes line,
                                 size_t readable, struct container_line *out);

/* What the place of a log file tells:
 *   pods/NS_POD_UID/CONTAINER/RESTART.log[.DATE[.gz]]
 *   containers/POD_NS_CONTAINER-ID.log
 *   containers/ID/ID-json.log                          (Docker)
 *   namespaces/NS/pods/POD/CONTAINER/…                 (must-gather)
 * and, where the API server made the pod's name, folders and files of that name.
 * "//" stands between an archive or compressed file and its member. Views into the path;
 * what it does not tell is empty. */
struct container_log_place {
    struct bytes namespace, pod, pod_uid, container, container_id;
    struct bytes restart; /* decimal */
};
struct container_log_place container_log_place(struct bytes path);
/* By its name the log of a node, or of a part of the cluster that runs on it. */
bool container_log_is_nodes(struct bytes path);
/* Whose line it is: what its own prefix or its collector says, else what the place of its
 * file does. */
struct container_log_place container_line_place(const struct container_line *line,
                                                const struct container_log_place *file);

bool container_log_looks_like(struct bytes head);

#endif
