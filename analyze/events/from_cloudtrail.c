#include "analyze/events/batch.h"
#include "analyze/events/from.h"

/* GetParameters takes ten names, BatchGetSecretValue twenty. */
#define NAMES_LONGEST 4096

/* Of several at once all, with ", " between: names have neither. */
static struct bytes names_of(struct jsonl_value list, struct arena *arena)
{
    struct jsonl_walk w = jsonl_members(list);
    struct jsonl_value name;
    struct bytes key;
    struct text t = {0};
    while (jsonl_is(list, JSONL_ARRAY) && t.n < NAMES_LONGEST &&
           jsonl_next(&w, &key, &name)) {
        text_str(&t, t.n ? ", " : "");
        text_add(&t, jsonl_string(name));
    }
    struct bytes names = arena_copy(arena, text_bytes(&t));
    text_release(&t);
    return names;
}

/* The policy's name, and where it holds: "cluster", or namespaces. */
static void add_policy(struct event *e, const struct cloudtrail_event *c,
                       struct arena *arena)
{
    struct text arn = {0};
    unescape_url(&arn, c->policy);
    struct bytes name = arena_copy(arena, text_bytes(&arn));
    text_release(&arn);
    bool whole = bytes_is(jsonl_string(jsonl_get(c->access_scope, "type")), "cluster");
    event_field(e, "policy", bytes_from(name, bytes_rfind_byte(name, '/') + 1));
    event_field(e, "policy_scope",
                whole ? BYTES("cluster")
                      : names_of(jsonl_get(c->access_scope, "namespaces"), arena));
}

struct event event_from_cloudtrail(const struct cloudtrail_event *c, struct span span,
                                   struct arena *arena)
{
    struct text decoded = {0};
    if (c->discloses)
        text_add(&decoded, c->target.n ? c->target : names_of(c->names, arena));
    else
        unescape_url(&decoded, c->target); /* as it stood in the path */
    struct bytes target = arena_copy(arena, text_bytes(&decoded));
    text_release(&decoded);
    struct bytes what = JOIN(arena, "/", c->cluster, c->bucket, target);
    struct bytes end = c->error.n ? JOIN(arena, "", BYTES("-> "), c->error) : BYTES_NONE;
    struct event e = {
        .kind = EVENT_CLOUD_REQUEST,
        .time = c->time,
        .end = c->time,
        .precision = c->precision,
        .clock = CLOCK_STORE,
        .time_desc = "Requested",
        .actor = c->actor,
        .action = c->name,
        .object = what.n ? what : c->source,
        .message =
            JOIN(arena, " ", c->actor, c->name, what, c->status, end, c->error_message),
        .span = span,
    };
    event_field(&e, "event_source", c->source);
    event_field(&e, "source_ip", c->address);
    event_field(&e, "user_agent", c->agent);
    event_field(&e, "access_key_id", c->access_key);
    event_field(&e, "region", c->region);
    event_field(&e, "account", c->account);
    event_field(&e, "cluster", c->cluster);
    event_field(&e, "target", target);
    event_field(&e, "error", c->error);
    event_field(&e, "event_id", c->id);
    if (c->policy.n)
        add_policy(&e, c, arena);
    event_field(&e, "issued_key_id", c->issued);
    event_field(&e, "discloses", c->discloses ? BYTES("yes") : BYTES_NONE);
    return e;
}
