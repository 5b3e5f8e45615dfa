/* The process room of `analyze`: every checkpoint of the package into processes.json,
 * findings and events. */
#include "analyze/analysis.h"
#include "analyze/kube/observe.h"
#include "analyze/process/detect.h"
#include "analyze/process/tmpfs.h"
#include "analyze/process/values.h"
#include "analyze/rules/facts.h"

static json_t *describe_checkpoint(const struct describe *d)
{
    json_t *o = describe_dump(d);
    json_object_set_new(o, "mounts", describe_mounts(d));
    json_object_set_new(o, "network", describe_network(d));
    json_object_set_new(o, "sockets", describe_sockets(d, NULL));
    json_object_set_new(o, "cgroups", describe_cgroups(d));
    return o;
}

/* -- events ---------------------------------------------------------------------------
 */

struct telling {
    struct analysis *analysis;
    const struct describe *describe;
    int error;
};

static void tell(struct telling *t, struct event *e)
{
    event_field(e, "container_id", metadata_container(t->describe->metadata));
    if (t->error != 0 || !e->span.item || e->time == INSTANT_NONE)
        return;
    t->error = case_event(t->analysis->casefile, e);
    kube_observe_event(t->analysis->scope, e, false);
}

static struct event event_at(instant time, enum precision precision, struct span span)
{
    return (struct event){.time = time,
                          .end = time,
                          .precision = precision,
                          .clock = CLOCK_NODE,
                          .in_scope = true,
                          .span = span};
}

/* Where the runtime does not say when it froze the container: the time of the dump's own
 * inventory, as the archive or file system has it. CRIU writes it when the dump ends. */
static void tell_dump_written(struct telling *t, struct dump *dump)
{
    const struct image *inventory = dump_find(dump, "inventory.img");
    instant when = inventory ? inventory->item->entry.mtime : INSTANT_NONE;
    if (when == INSTANT_NONE)
        return;
    enum precision precision =
        when % NANOSECONDS ? PRECISION_NANOSECOND : PRECISION_SECOND;
    struct span whole = {inventory->item, 0, inventory->item->size};
    struct event e = event_at(when, precision, whole);
    e.kind = EVENT_CHECKPOINT;
    e.time_desc = "Content Modification Time";
    e.action = BYTES("checkpoint");
    e.message = BYTES("the inventory of the dump was written");
    tell(t, &e);
}

/* The first process is the container's own, whose start the runtime wrote down. */
static void tell_start(struct telling *t)
{
    const struct metadata *m = t->describe->metadata;
    struct checkpoint *c = t->describe->checkpoint;
    const struct process *first = NULL;
    struct text message = {0};
    for (size_t i = 0; i < c->count && !first; i++)
        if (c->processes[i].ppid == 0)
            first = &c->processes[i];
    struct event e =
        event_at(metadata_started(m), PRECISION_NANOSECOND, metadata_started_span(m));
    e.kind = EVENT_PROCESS_START;
    e.time_desc = "Process Start";
    e.action = BYTES("container started");
    if (first && first->exe)
        e.object = file_path(first->exe, &c->arena);
    text_str(&message, "the first process of the container was started");
    if (first && first->arguments.n) {
        text_str(&message, ": ");
        mask_text(t->describe->mask, first->arguments.v[0], &message);
    }
    e.message = text_bytes(&message);
    tell(t, &e);
    text_release(&message);
}

/* When the container was made and when it was frozen: what the runtime wrote down. */
static void tell_dump(struct telling *t, struct dump *dump)
{
    const struct metadata *m = t->describe->metadata;
    struct event e =
        event_at(metadata_created(m), PRECISION_NANOSECOND, metadata_span(m));
    e.kind = EVENT_PROCESS_START;
    e.time_desc = "Container Created";
    e.action = BYTES("container created");
    e.message = BYTES("container created");
    tell(t, &e);
    tell_start(t);
    if (metadata_checkpointed(m) == INSTANT_NONE) {
        tell_dump_written(t, dump);
        return;
    }
    e = event_at(metadata_checkpointed(m), PRECISION_NANOSECOND, metadata_span(m));
    e.kind = EVENT_CHECKPOINT;
    e.time_desc = "Checkpoint Made";
    e.action = BYTES("checkpoint");
    e.message = BYTES("all processes of the container were frozen and dumped");
    tell(t, &e);
}

static void tell_ghost_time(struct telling *t, const struct file *f,
                            const Criu__Timeval *when, const char *what)
{
    instant time;
    struct text message = {0};
    if (!when || when->tv_usec >= 1000000 || when->tv_sec > INT64_MAX / 1000000 - 1 ||
        !instant_from_epoch((int64_t)(when->tv_sec * 1000000 + when->tv_usec),
                            PRECISION_MICROSECOND, &time))
        return;
    struct event e = event_at(time, PRECISION_MICROSECOND, image_span(f->ghost, 0));
    e.kind = EVENT_FILE_TIME;
    e.time_desc = what;
    e.action = bytes_str(what);
    e.object = file_path(f, &t->describe->checkpoint->arena);
    text_printf(&message, "%s, deleted file: ", what);
    text_add(&message, e.object);
    e.message = text_bytes(&message);
    event_field(&e, "deleted", BYTES("yes"));
    tell(t, &e);
    text_release(&message);
}

static void tell_ghosts(struct telling *t)
{
    const struct checkpoint *c = t->describe->checkpoint;
    for (size_t i = 0; i < c->file_count; i++) {
        const struct file *f = &c->files[i];
        const Criu__GhostFileEntry *g =
            f->ghost ? criu_message(&f->ghost->data, 0) : NULL;
        if (!g)
            continue;
        tell_ghost_time(t, f, g->mtim, "Content Modified");
        tell_ghost_time(t, f, g->atim, "Last Accessed");
    }
}

/* Devices, links and folders are there from the start of the container. */
static void tell_tmpfs_file(void *context, struct bytes path, const struct item *file)
{
    struct telling *t = context;
    struct text message = {0};
    if (file->entry.type != ENTRY_FILE && file->entry.type != ENTRY_FIFO &&
        file->entry.type != ENTRY_SOCKET)
        return;
    struct event e =
        event_at(file->entry.mtime, PRECISION_SECOND, (struct span){file, 0, file->size});
    e.kind = EVENT_FILE_TIME;
    e.time_desc = "Content Modified";
    e.action = BYTES("Content Modified");
    e.object = path;
    text_str(&message, "Content Modified, file in memory: ");
    text_add(&message, path);
    e.message = text_bytes(&message);
    tell(t, &e);
    text_release(&message);
}

/* The kernel writes it down where net.netfilter.nf_conntrack_timestamp is set. */
static void tell_connection_time(struct telling *t, const struct item *item,
                                 const struct conntrack_entry *e, uint64_t ns)
{
    struct text label = {0}, message = {0};
    struct event event = event_at((instant)ns, PRECISION_NANOSECOND,
                                  (struct span){item, e->offset, e->length});
    if (ns == 0 || ns > INT64_MAX)
        return;
    connection_label(e, &label);
    text_printf(&message, "connection %s: %s", ns == e->stop ? "ended" : "began",
                text_c(&label));
    event.kind = EVENT_CONNECTION;
    event.time_desc = ns == e->stop ? "Connection Ended" : "Connection Began";
    event.action = bytes_str(event.time_desc);
    event.object = text_bytes(&label);
    event.message = text_bytes(&message);
    tell(t, &event);
    text_release(&label);
    text_release(&message);
}

static void tell_connection(void *context, const struct item *item,
                            const struct conntrack_entry *e)
{
    tell_connection_time(context, item, e, e->start);
    tell_connection_time(context, item, e, e->stop);
}

/* -- connections ----------------------------------------------------------------------
 */

enum { STATE_ESTABLISHED = 1, STATE_LISTEN = 10 };

static const Criu__InetSkEntry *inet_socket(const struct file *f)
{
    return f->type == CRIU__FD_TYPES__FD_TYPES_INETSK ? f->message : NULL;
}

/* Somebody else called it: it has the port that another socket listens at. */
static bool was_accepted(const struct checkpoint *c, const Criu__InetSkEntry *s)
{
    for (size_t i = 0; i < c->file_count; i++) {
        const Criu__InetSkEntry *other = inet_socket(&c->files[i]);
        if (other && other->state == STATE_LISTEN && other->proto == s->proto &&
            other->src_port == s->src_port)
            return true;
    }
    return false;
}

/* For what the network policies say of them (analyze/kube). */
static void tell_sockets(const struct telling *t, struct dump *dump)
{
    const struct checkpoint *c = t->describe->checkpoint;
    const struct image *inventory = dump_find(dump, "inventory.img");
    instant when = metadata_checkpointed(t->describe->metadata);
    struct text peer = {0};
    if (when == INSTANT_NONE && inventory)
        when = inventory->item->entry.mtime;
    for (size_t i = 0; i < c->file_count; i++) {
        const Criu__InetSkEntry *s = inet_socket(&c->files[i]);
        const char *protocol = s ? value_find(value_socket_protocols, s->proto) : NULL;
        if (!s || s->state != STATE_ESTABLISHED || s->dst_port == 0)
            continue;
        text_clear(&peer);
        address_text(&peer, s->family, s->dst_addr, s->n_dst_addr);
        struct kube_connection seen = {.time = when,
                                       .precision = PRECISION_SECOND,
                                       .span = c->files[i].span,
                                       .peer = text_bytes(&peer),
                                       .protocol = bytes_str(protocol),
                                       .accepted = was_accepted(c, s)};
        seen.port = seen.accepted ? s->src_port : s->dst_port;
        kube_observe_connection(t->analysis->scope, &seen);
    }
    text_release(&peer);
}

/* -- one dump -------------------------------------------------------------------------
 */

static int analyze_dump(struct analysis *a, struct dump *dump, json_t *checkpoints)
{
    struct checkpoint c;
    struct metadata metadata;
    checkpoint_load(dump, &c);
    metadata_read(dump, &metadata);
    struct memory *m = memory_open(&c);
    struct describe d = {&c, m, &a->mask, &metadata};
    memory_read_strings(m, &c);
    size_t number = json_array_size(checkpoints);
    int error = 0;
    json_array_append_new(checkpoints, describe_checkpoint(&d));
    for (size_t i = 0; i < c.count; i++) {
        json_t *o = describe_process(&d, &c.processes[i]);
        json_object_set_new(o, "checkpoint", json_integer((json_int_t)number));
        rules_apply_process(a->rules_run, a->package, o);
        error = error ? error : case_element(a->casefile, "processes", o);
        json_decref(o);
    }
    struct detect detect = {.describe = d,
                            .findings = a->findings,
                            .casefile = a->casefile,
                            .base = a->base,
                            .threads = a->options->threads,
                            .yara = a->options->yara};
    detect_all(&detect);
    struct telling t = {a, &d, error};
    tell_dump(&t, dump);
    tell_ghosts(&t);
    tmpfs_each(&c, tell_tmpfs_file, &t);
    connections_each(dump, tell_connection, &t);
    tell_sockets(&t, dump);
    memory_close(m);
    metadata_release(&metadata);
    checkpoint_release(&c);
    return t.error;
}

int process_analyze(struct analysis *a)
{
    struct dumps dumps;
    json_t *document = json_object(), *checkpoints = json_array();
    dumps_find(a->package, &dumps);
    json_object_set_new(document, "schema", json_string("exhibit/processes/1"));
    json_object_set_new(document, "checkpoints", checkpoints);
    json_object_set_new(document, "processes", json_array()); /* case_element */
    int r = 0;
    for (size_t i = 0; i < dumps.n && r == 0; i++)
        r = analyze_dump(a, dumps.v[i], checkpoints);
    dumps_release(&dumps);
    if (r == 0)
        r = case_document(a->casefile, "processes", document);
    json_decref(document);
    return r;
}
