/* The times that a Kubernetes object tells about itself. */
#include "analyze/events/batch.h"
#include "analyze/events/from.h"

struct maker {
    const struct kobject *object;
    const struct item *item;
    struct arena *arena;
    event_fn *each;
    void *context;
};

struct moment {
    const char *time_desc;
    struct bytes action;
    struct bytes detail;
    struct bytes actor;
};

/* The event of a time string that stands in `node` (an object of the tree, whose bytes
 * are cited, or the object itself). */
static void tell(const struct maker *m, const json_t *node, struct bytes time,
                 struct moment what)
{
    const struct kobject *o = m->object;
    struct event e = {.kind = EVENT_OBJECT_TIME,
                      .clock = CLOCK_API_SERVER,
                      .span = {m->item, o->offset, o->length}};
    if (!instant_parse(time, &e.time, &e.precision))
        return;
    document_span(o->document, node, &e.span.offset, &e.span.length);
    e.end = e.time;
    e.time_desc = what.time_desc;
    e.actor = what.actor;
    e.action = what.action;
    e.object = JOIN(m->arena, " ", o->kind, JOIN(m->arena, "/", o->namespace, o->name));
    e.message = JOIN(m->arena, " ", e.object, what.action, what.detail);
    event_field(&e, "kind", o->kind);
    event_field(&e, "namespace", o->namespace);
    event_field(&e, "name", o->name);
    event_field(&e, "uid", o->uid);
    event_field(&e, "detail", what.detail);
    m->each(m->context, &e);
}

static void tell_metadata(const struct maker *m)
{
    const json_t *metadata = tree_get(m->object->object, "metadata");
    tell(m, metadata, tree_string(metadata, "creationTimestamp"),
         (struct moment){.time_desc = "Object Created", .action = BYTES("created")});
    tell(m, metadata, tree_string(metadata, "deletionTimestamp"),
         (struct moment){.time_desc = "Deletion Due",
                         .action = BYTES("to be deleted by")});
    size_t index;
    const json_t *field;
    json_array_foreach(tree_get(metadata, "managedFields"), index, field)
    {
        struct bytes subresource = tree_string(field, "subresource");
        tell(m, field, tree_string(field, "time"),
             (struct moment){.time_desc = "Fields Last Set",
                             .action = BYTES("fields last set"),
                             .detail = JOIN(m->arena, " ",
                                            tree_string(field, "operation"), subresource),
                             .actor = tree_string(field, "manager")});
    }
}

static void tell_conditions(const struct maker *m)
{
    const json_t *conditions = tree_get(m->object->object, "status/conditions");
    size_t index;
    const json_t *c;
    json_array_foreach(conditions, index, c)
    {
        struct bytes state =
            JOIN(m->arena, "=", tree_string(c, "type"), tree_string(c, "status"));
        tell(m, c, tree_string(c, "lastTransitionTime"),
             (struct moment){.time_desc = "Condition Changed",
                             .action = BYTES("condition"),
                             .detail =
                                 JOIN(m->arena, " ", state, tree_string(c, "reason"))});
    }
}

static void tell_state(const struct maker *m, const json_t *status, const char *member)
{
    const json_t *state = tree_get(status, member);
    const json_t *running = tree_get(state, "running");
    const json_t *ended = tree_get(state, "terminated");
    struct bytes name = tree_string(status, "name");
    struct moment started = {.time_desc = "Container Started",
                             .action = BYTES("container started"),
                             .detail = name};
    int64_t code;
    struct bytes exit =
        tree_integer(ended, "exitCode", &code)
            ? JOIN(m->arena, " ", BYTES("exit"), number_text(m->arena, code))
            : BYTES_NONE;
    tell(m, running, tree_string(running, "startedAt"), started);
    tell(m, ended, tree_string(ended, "startedAt"), started);
    tell(m, ended, tree_string(ended, "finishedAt"),
         (struct moment){
             .time_desc = "Container Ended",
             .action = BYTES("container ended"),
             .detail = JOIN(m->arena, " ", name, tree_string(ended, "reason"), exit)});
}

static void tell_containers(const struct maker *m)
{
    static const char *const lists[] = {"status/containerStatuses",
                                        "status/initContainerStatuses",
                                        "status/ephemeralContainerStatuses"};
    size_t index;
    const json_t *status;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_array_foreach(tree_get(m->object->object, lists[i]), index, status)
        {
            tell_state(m, status, "state");
            tell_state(m, status, "lastState");
        }
    }
}

void events_from_object(const struct kobject *o, const struct item *item,
                        struct arena *arena, event_fn *each, void *context)
{
    struct maker m = {o, item, arena, each, context};
    tell_metadata(&m);
    tell_conditions(&m);
    tell_containers(&m);
    const json_t *status = tree_get(o->object, "status");
    tell(&m, status, tree_string(status, "startTime"),
         (struct moment){.time_desc = "Pod Accepted By Node",
                         .action = BYTES("accepted by the node")});
}
