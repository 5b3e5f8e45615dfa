/* What the processes of a dump share: System V IPC, file locks, seccomp filters. */
#include <stdlib.h>

#include "analyze/process/describe.h"
#include "analyze/process/values.h"
#include "formats/base/cursor.h"
#include "formats/criu/filter_names.h"
#include "formats/criu/payload.h"

struct collecting {
    const struct describe *d;
    json_t *all;
};

static json_t *collect(const struct describe *d, const char *stem, enum criu_type type,
                       record_fn *each)
{
    struct collecting c = {d, json_array()};
    each_record(d->checkpoint, stem, type, each, &c);
    return c.all;
}

/* -- System V IPC ---------------------------------------------------------------------
 */

static json_t *described(const Criu__IpcDescEntry *e)
{
    json_t *o = json_object();
    if (!e)
        return o;
    json_object_set_new(o, "key", json_hex(e->key));
    json_set_unsigned(o, "id", e->id);
    json_set_unsigned(o, "uid", e->uid);
    json_set_unsigned(o, "gid", e->gid);
    json_set_unsigned(o, "creator_uid", e->cuid);
    json_set_unsigned(o, "creator_gid", e->cgid);
    json_set_unsigned(o, "mode", e->mode);
    return o;
}

static void add_segment(void *context, const struct image *image, size_t record,
                        const void *message)
{
    struct collecting *c = context;
    const Criu__IpcShmEntry *e = message;
    json_t *o = described(e->desc);
    json_set_unsigned(o, "size", e->size);
    json_object_set_new(o, "in_pagemaps", json_boolean(e->in_pagemaps));
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(c->all, o);
}

static void add_queue(void *context, const struct image *image, size_t record,
                      const void *message)
{
    struct collecting *c = context;
    const Criu__IpcMsgEntry *e = message;
    const struct criu_record *r = &image->data.records[record];
    json_t *o = described(e->desc), *messages = json_array();
    struct criu_queue_message m;
    json_set_unsigned(o, "most_bytes", e->qbytes);
    for (size_t at = 0; criu_queue_next(r, &at, &m);) {
        uint64_t into = r->payload_offset + (uint64_t)(m.data.p - r->payload.p);
        json_t *one =
            describe_data(c->d, m.data, (struct span){image->item, into, m.data.n});
        json_set_unsigned(one, "type", m.type);
        json_array_append_new(messages, one);
    }
    json_object_set_new(o, "messages", messages);
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(c->all, o);
}

static void add_semaphores(void *context, const struct image *image, size_t record,
                           const void *message)
{
    struct collecting *c = context;
    const Criu__IpcSemEntry *e = message;
    struct cursor values = cursor_of(image->data.records[record].payload);
    json_t *o = described(e->desc), *all = json_array();
    for (uint32_t i = 0; i < e->nsems; i++) {
        uint16_t value = cursor_u16le(&values);
        if (values.failed)
            break;
        json_array_append_new(all, json_integer(value));
    }
    json_object_set_new(o, "values", all);
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(c->all, o);
}

json_t *describe_ipc(const struct describe *d)
{
    json_t *o = json_object();
    json_set_if(o, "shared_memory", collect(d, "ipcns-shm", CRIU_IPCNS_SHM, add_segment));
    json_set_if(o, "message_queues", collect(d, "ipcns-msg", CRIU_IPCNS_MSG, add_queue));
    json_set_if(o, "semaphores", collect(d, "ipcns-sem", CRIU_IPCNS_SEM, add_semaphores));
    return o;
}

/* -- file locks -----------------------------------------------------------------------
 */

static void add_lock(void *context, const struct image *image, size_t record,
                     const void *message)
{
    static const struct value_name kinds[] = {{1, "posix"},
                                              {2, "flock"},
                                              {4, "open-file-description"},
                                              {8, "lease"},
                                              {0, NULL}};
    static const struct value_name types[] = {
        {0, "read"}, {1, "write"}, {2, "unlock"}, {0, NULL}};
    struct collecting *c = context;
    const Criu__FileLockEntry *e = message;
    json_t *o = json_object();
    json_set_unsigned(o, "pid", (uint32_t)e->pid);
    json_set_unsigned(o, "fd", (uint32_t)e->fd);
    json_object_set_new(o, "kind", value_or_number(kinds, e->flag));
    /* Above these two bits: mandatory, breaking. */
    json_object_set_new(o, "type", value_or_number(types, e->type & 3));
    json_object_set_new(o, "start", json_integer(e->start));
    json_object_set_new(o, "length",
                        e->len ? json_integer(e->len) : json_string("to the end"));
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(c->all, o);
}

json_t *describe_locks(const struct describe *d)
{
    return collect(d, "filelocks", CRIU_FILE_LOCKS, add_lock);
}

/* -- seccomp --------------------------------------------------------------------------
 */

static json_t *answers_of(struct bytes program)
{
    uint32_t actions = filter_actions(program);
    json_t *names = json_array();
    for (unsigned i = 0; i < FILTER_ACTION_COUNT; i++)
        if (actions >> i & 1)
            json_array_append_new(names,
                                  json_string(filter_action_name((enum filter_action)i)));
    return names;
}

/* Tasks of 32 bits are dumped with those of 64: a program asks which one it judges. */
static enum filter_machine machine_of(const struct checkpoint *c)
{
    const struct thread *leader = c->count ? c->processes[0].leader : NULL;
    const Criu__CoreEntry *core = leader ? leader->core : NULL;
    return !core               ? MACHINE_OTHER
           : core->thread_info ? MACHINE_X86_64
           : core->ti_aarch64  ? MACHINE_AARCH64
                               : MACHINE_OTHER;
}

static json_t *program_of(const struct checkpoint *c, struct bytes program)
{
    json_t *lines = json_array();
    struct text t = {0};
    struct filter_place *places = filter_places(program);
    for (size_t i = 0; i < filter_count(program); i++) {
        struct filter_instruction in = filter_at(program, i);
        const char *name = filter_operand_name(in, places[i], machine_of(c));
        text_clear(&t);
        filter_line(in, i, true, &t);
        if (name)
            text_printf(&t, "  ; %s", name);
        json_array_append_new(lines, json_string(text_c(&t)));
    }
    free(places);
    text_release(&t);
    return lines;
}

/* Threads name the newest of their filters; each filter names the one before it. */
static json_t *threads_of(const struct checkpoint *c, uint32_t filter)
{
    json_t *all = json_array();
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->processes[i].thread_count; k++) {
            const struct thread *t = &c->processes[i].threads[k];
            const Criu__ThreadCoreEntry *core = t->core ? t->core->thread_core : NULL;
            if (core && core->seccomp_mode == CRIU__SECCOMP_MODE__SECCOMP_MODE_filter &&
                core->has_seccomp_filter && core->seccomp_filter == filter)
                json_array_append_new(all, json_integer(t->tid));
        }
    return all;
}

json_t *describe_seccomp(const struct describe *d)
{
    struct image *image = dump_image(d->checkpoint->dump, "seccomp.img");
    const Criu__SeccompEntry *e = image ? criu_message(&image->data, 0) : NULL;
    json_t *all = json_array();
    if (!e || image->data.frame.type->type != CRIU_SECCOMP)
        return all;
    for (uint32_t i = 0; i < e->n_seccomp_filters; i++) {
        struct bytes program = criu_bytes(e->seccomp_filters[i]->filter);
        json_t *o = json_object();
        json_set_unsigned(o, "filter", i);
        if (e->seccomp_filters[i]->has_prev)
            json_set_unsigned(o, "older", e->seccomp_filters[i]->prev);
        json_object_set_new(o, "threads", threads_of(d->checkpoint, i));
        json_object_set_new(o, "answers", answers_of(program));
        json_object_set_new(o, "program", program_of(d->checkpoint, program));
        json_object_set_new(o, "span", json_span(image_span(image, 0)));
        json_array_append_new(all, o);
    }
    return all;
}
