/* Kubernetes Event objects, of v1 and of events.k8s.io/v1 (v1beta1): what controllers,
 * scheduler and kubelets told about an object. They are kept for an hour by default, so
 * that the absence of one proves nothing.
 *
 * Source of the format: k8s.io/api core/v1 and events/v1 types.go.
 */
#ifndef FORMATS_KEVENT_H
#define FORMATS_KEVENT_H

#include "formats/kobject.h"

struct kevent {
    instant first, last; /* equal for a single one; INSTANT_NONE when none is told */
    enum precision precision;
    uint64_t count;      /* >= 1; more: an interval in which it was repeated */
    struct bytes type;   /* "Normal", "Warning" */
    struct bytes reason; /* "Scheduled", "BackOff" … */
    struct bytes action;
    struct bytes message;
    struct bytes component, host; /* who reports, where */
    struct {
        struct bytes kind, namespace, name, uid, api_version, field_path;
    } about;
};

/* False when the object is no Event. Views into the tree. */
bool kevent_read(const struct kobject *object, struct kevent *out);

#endif
