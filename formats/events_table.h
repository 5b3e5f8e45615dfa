/* Tables of `kubectl get events` (also -o wide, -A), `kubectl events`, and the events at
 * the end of `kubectl describe`: what happened is told with its age when the table was
 * printed, not with a time.
 *
 * Source of the format: k8s.io/kubernetes pkg/printers/internalversion (printEvent),
 * k8s.io/kubectl pkg/cmd/events and pkg/describe (DescribeEvents); ages as
 * duration.HumanDuration writes them, which leaves out what is small beside the rest.
 */
#ifndef FORMATS_EVENTS_TABLE_H
#define FORMATS_EVENTS_TABLE_H

#include "formats/kevent.h"

/* An age stands for the time from `age` to `age + unit` before the table was printed. */
struct event_age {
    bool told;
    int64_t age, unit; /* nanoseconds */
};

struct event_row {
    struct kevent event;          /* without times */
    struct event_age first, last; /* first: equal to last where it is not told */
    uint64_t offset, length;      /* of the row in the text */
};

/* Calls back for each row, in the order of the text. Views into the text. The events of a
 * description are about what it describes; the kind of that is told where it is a pod or
 * a node. */
void events_table_read(struct bytes text,
                       void (*each)(void *context, const struct event_row *row),
                       void *context);
bool events_table_probe(struct bytes head);
/* A time that stands before the table (the output of `date`, a remark), or INSTANT_NONE.
 */
instant events_table_printed(struct bytes text);

#endif
