/* From records to events: one adapter for each kind of record, each in its own from_*.c.
 *
 * What an event shows is borrowed from the record, or put together in `arena`.
 */
#ifndef ANALYZE_EVENTS_FROM_H
#define ANALYZE_EVENTS_FROM_H

#include "analyze/events/event.h"
#include "formats/audit.h"
#include "formats/base/arena.h"
#include "formats/cloudtrail.h"
#include "formats/containerlog.h"
#include "formats/describe.h"
#include "formats/falco.h"
#include "formats/kevent.h"
#include "formats/runtime_event.h"
#include "formats/writtentimeline.h"

struct event event_from_audit(const struct audit_event *a, struct span span,
                              struct arena *arena);
struct event event_from_falco(const struct falco_alert *a, struct span span,
                              struct arena *arena);
/* `file`: what the log's path tells, filled up with what the line does. */
struct event event_from_line(const struct container_line *l, struct span span,
                             const struct container_log_place *file, struct arena *arena);
struct event event_from_runtime(const struct runtime_event *r, struct span span,
                                struct arena *arena);
struct event event_from_cloudtrail(const struct cloudtrail_event *c, struct span span,
                                   struct arena *arena);
struct event event_from_kevent(const struct kevent *k, struct span span,
                               struct arena *arena);
struct event event_from_describe(const struct describe_time *d, struct span span,
                                 struct arena *arena);
struct event event_from_statement(const struct timeline_statement *s, struct span span);

/* All times that an object tells: made, asked to be deleted, conditions, containers
 * started and ended, fields last set by whom. Calls back for each. */
typedef void event_fn(void *context, const struct event *e);
void events_from_object(const struct kobject *o, const struct item *item,
                        struct arena *arena, event_fn *each, void *context);

#endif
