/* Command lines: of a program that was started, and of what containers start. */
#include "analyze/rules/field.h"
#include "formats/audit.h"
#include "formats/falco.h"
#include "formats/runtime_event.h"

static void add_line(struct values *to, struct text *line)
{
    values_text(to, arena_copy(to->arena, text_bytes(line)));
    text_release(line);
}

void field_derive_command(const struct record *r, struct values *to)
{
    struct text line = {0};
    if (r->audit)
        audit_command_line(r->audit, &line);
    else if (r->falco)
        text_add(&line, falco_field(r->falco, "proc.cmdline"));
    else
        runtime_command_line(subtree_line(r->tree), &line);
    add_line(to, &line);
}

/* -- what a sensor saw --------------------------------------------------------------- */

static void add_seen(const struct record *r, struct values *to,
                     struct bytes (*part)(const struct runtime_event *e))
{
    struct text room = {0};
    struct runtime_event e = runtime_event_none();
    if (runtime_sensor_read(subtree_line(r->tree), &room, &e))
        values_text(to, arena_copy(to->arena, part(&e)));
    text_release(&room);
}

static struct bytes seen_event(const struct runtime_event *e)
{
    return e->what;
}

static struct bytes seen_program(const struct runtime_event *e)
{
    return bytes_or(e->process.executable, e->process.name);
}

static struct bytes seen_target(const struct runtime_event *e)
{
    return e->target;
}

static struct bytes seen_container(const struct runtime_event *e)
{
    return bytes_or(e->container_id, e->pod);
}

void field_derive_event(const struct record *r, struct values *to)
{
    add_seen(r, to, seen_event);
}

void field_derive_program(const struct record *r, struct values *to)
{
    add_seen(r, to, seen_program);
}

void field_derive_target(const struct record *r, struct values *to)
{
    add_seen(r, to, seen_target);
}

static struct bytes seen_rule(const struct runtime_event *e)
{
    return e->rule;
}

static struct bytes seen_severity(const struct runtime_event *e)
{
    return e->severity;
}

void field_derive_rule(const struct record *r, struct values *to)
{
    add_seen(r, to, seen_rule);
}

void field_derive_severity(const struct record *r, struct values *to)
{
    add_seen(r, to, seen_severity);
}

void field_derive_container(const struct record *r, struct values *to)
{
    add_seen(r, to, seen_container);
}

/* -- containers ---------------------------------------------------------------------- */

static void add_words(struct text *line, struct jsonl_value words)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(words);
    for (struct jsonl_value word; jsonl_next(&w, &key, &word);) {
        if (line->n)
            text_byte(line, ' ');
        text_add(line, jsonl_string(word));
    }
}

static void add_hook(struct values *to, struct jsonl_value handler)
{
    struct text line = {0};
    add_words(&line, jsonl_get(jsonl_get(handler, "exec"), "command"));
    add_line(to, &line);
}

static void add_container(struct values *to, struct jsonl_value container)
{
    static const char *const probes[] = {"livenessProbe", "readinessProbe",
                                         "startupProbe"};
    struct jsonl_value lifecycle = jsonl_get(container, "lifecycle");
    struct text line = {0};
    add_words(&line, jsonl_get(container, "command"));
    add_words(&line, jsonl_get(container, "args"));
    add_line(to, &line);
    add_hook(to, jsonl_get(lifecycle, "postStart"));
    add_hook(to, jsonl_get(lifecycle, "preStop"));
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        add_hook(to, jsonl_get(container, probes[i]));
}

static void add_list(struct values *to, struct jsonl_value containers)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(containers);
    for (struct jsonl_value c; jsonl_next(&w, &key, &c);)
        add_container(to, c);
}

static void add_spec(struct values *to, struct jsonl_value spec)
{
    add_list(to, jsonl_get(spec, "containers"));
    add_list(to, jsonl_get(spec, "initContainers"));
    add_list(to, jsonl_get(spec, "ephemeralContainers"));
}

/* The value of one operation is a container, a list of them, the words of one, or a pod's
 * specification, bare or in its template. */
static void add_operation(struct values *to, struct jsonl_value operation)
{
    struct bytes path = jsonl_string(jsonl_get(operation, "path"));
    struct jsonl_value value = jsonl_get(operation, "value");
    struct text line = {0};
    if (bytes_ends(path, BYTES("/command")) || bytes_ends(path, BYTES("/args"))) {
        add_words(&line, value);
        add_line(to, &line);
    } else if (jsonl_is(value, JSONL_ARRAY)) {
        add_list(to, value);
    } else {
        add_container(to, value);
        add_spec(to, value);
        add_spec(to, jsonl_get(value, "spec"));
    }
}

void field_derive_started(const struct record *r, struct values *to)
{
    if (!r->audit)
        return;
    struct jsonl_value body = r->audit->request_object;
    if (jsonl_is(body, JSONL_ARRAY)) {
        struct bytes key;
        struct jsonl_walk w = jsonl_members(body);
        for (struct jsonl_value operation; jsonl_next(&w, &key, &operation);)
            add_operation(to, operation);
        return;
    }
    struct jsonl_value spec = jsonl_get(body, "spec");
    struct jsonl_value job = jsonl_get(jsonl_get(spec, "jobTemplate"), "spec");
    add_spec(to, spec);
    add_spec(to, jsonl_get(jsonl_get(spec, "template"), "spec"));
    add_spec(to, jsonl_get(jsonl_get(job, "template"), "spec"));
    add_spec(to, jsonl_get(jsonl_get(body, "template"), "spec"));
    add_list(to, jsonl_get(body, "ephemeralContainers"));
}
