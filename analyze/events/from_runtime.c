#include "analyze/events/batch.h"
#include "analyze/events/from.h"

static void add_place(struct event *e, const struct runtime_event *r)
{
    event_field(e, "namespace", r->namespace);
    event_field(e, "pod", r->pod);
    event_field(e, "pod_uid", r->pod_uid);
    event_field(e, "container", r->container_name);
    event_field(e, "container_id", r->container_id);
    event_field(e, "sandbox_id", r->sandbox_id);
    event_field(e, "image", r->image);
    event_field(e, "node", r->node);
}

static void add_process(struct event *e, const struct runtime_event *r,
                        struct arena *arena)
{
    event_field(e, "exe", r->process.executable);
    event_field(e, "process", r->process.name);
    event_field(e, "arguments", r->process.arguments);
    event_field(e, "directory", r->process.directory);
    if (r->process.pid >= 0)
        event_field(e, "pid", number_text(arena, r->process.pid));
    if (r->process.uid >= 0)
        event_field(e, "uid", number_text(arena, r->process.uid));
    event_field(e, "parent", bytes_or(r->parent.executable, r->parent.name));
}

/* As the pod that the event is of sees it. What was held back at the other end tells
 * nothing of its own policies, nor does an answer. */
static void add_flow(struct event *e, const struct runtime_flow *f, struct arena *arena)
{
    enum flow_side own = f->of_destination ? FLOW_AT_DESTINATION : FLOW_AT_SOURCE;
    if (f->reply || !f->verdict || (f->verdict == FLOW_HELD_BACK && f->side != own))
        return;
    event_field(e, "direction", f->of_destination ? BYTES("ingress") : BYTES("egress"));
    event_field(e, "peer", f->of_destination ? f->source : f->destination);
    if (f->port >= 0)
        event_field(e, "port", number_text(arena, f->port));
    event_field(e, "protocol", f->protocol);
    event_field(e, "plugin",
                f->verdict == FLOW_HELD_BACK ? BYTES("held back") : BYTES("let through"));
}

static const char *time_desc(const struct runtime_event *r)
{
    return r->tool == TOOL_JOURNAL    ? "Entry Logged"
           : r->until != INSTANT_NONE ? "First Observed"
                                      : "Observed";
}

struct event event_from_runtime(const struct runtime_event *r, struct span span,
                                struct arena *arena)
{
    struct bytes command =
        JOIN(arena, " ", bytes_or(r->process.executable, r->process.name),
             r->process.arguments);
    struct bytes where = JOIN(arena, "/", r->namespace, r->pod);
    bool started = bytes_eq(r->target, r->process.executable); /* told once */
    struct event e = {
        .kind = EVENT_RUNTIME_EVENT,
        .time = r->time,
        .end = r->until != INSTANT_NONE ? r->until : r->time,
        .precision = r->precision,
        .clock = r->tool == TOOL_GUARDDUTY ? CLOCK_STORE : CLOCK_NODE,
        .time_desc = time_desc(r),
        .actor = command,
        .action = r->what,
        .object = bytes_or(r->target, bytes_or(where, r->container_id)),
        .message = r->message.n ? r->message
                                : JOIN(arena, " ", r->what, command,
                                       started ? BYTES_NONE : r->target),
        .span = span,
    };
    event_field(&e, "tool", bytes_str(runtime_tool_name(r->tool)));
    add_process(&e, r, arena);
    event_field(&e, "target", r->target);
    event_field(&e, "rule", r->rule);
    event_field(&e, "severity", r->severity);
    event_field(&e, "user", r->user);
    event_field(&e, "assumed", bytes_str(r->assumed));
    add_place(&e, r);
    add_flow(&e, &r->flow, arena);
    return e;
}
