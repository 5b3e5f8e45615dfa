/* `kubectl describe` text: lines of "Key:  value", indented by what they belong to. It is
 * written for people and tells ages rather than times, but the times of containers and of
 * the pod stand in it in full.
 *
 * Source of the format: k8s.io/kubectl pkg/describe.
 */
#ifndef FORMATS_DESCRIBE_H
#define FORMATS_DESCRIBE_H

#include "formats/base/bytes.h"
#include "formats/base/instant.h"

/* A line that states a time. Views into the text. */
struct describe_time {
    struct bytes namespace, name; /* of the object that is described */
    struct bytes container;       /* within which it stands, or empty */
    struct bytes state;           /* "State", "Last State", or empty */
    struct bytes key;             /* "Start Time", "Started", "Finished" … */
    instant time;
    uint64_t offset, length; /* of the line in the text */
};

/* Calls back for each, in the order of the text. */
void describe_read(struct bytes text,
                   void (*each)(void *context, const struct describe_time *t),
                   void *context);

/* A line "Key:  value" with what it stands in; a further line of a value has no key.
 * Views into the text. */
struct describe_line {
    struct bytes section;   /* the key without indent that it belongs to; or its own */
    struct bytes container; /* within a section of containers, or empty */
    struct bytes key, value;
    size_t indent; /* blanks before the key */
};

/* Calls back for each, in the order of the text. An object begins with the key "Name"
 * without indent. */
void describe_lines(struct bytes text,
                    void (*each)(void *context, const struct describe_line *l),
                    void *context);

#endif
