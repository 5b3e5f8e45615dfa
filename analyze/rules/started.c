#include "analyze/rules/started.h"

#include "formats/kubearmor.h"
#include "formats/tracee.h"

static void add(struct started *s, const char *key, struct bytes value)
{
    if (value.n && s->n < STARTED_FACTS)
        s->facts[s->n++] = (struct fact){key, value};
}

/* Rules name the superuser; others are told by number. */
static void add_user(struct started *s, struct jsonl_value id)
{
    int64_t uid;
    if (jsonl_integer(id, &uid) && uid == 0)
        add(s, "User", BYTES("root"));
}

static void read_tetragon(struct jsonl_value start, struct started *out)
{
    struct jsonl_value process = jsonl_get(start, "process");
    struct jsonl_value parent = jsonl_get(start, "parent");
    struct bytes binary = jsonl_string(jsonl_get(parent, "binary"));
    struct bytes arguments = jsonl_string(jsonl_get(parent, "arguments"));
    text_add(&out->parent, binary);
    if (arguments.n) {
        text_byte(&out->parent, ' ');
        text_add(&out->parent, arguments);
    }
    add(out, "Image", jsonl_string(jsonl_get(process, "binary")));
    add(out, "CurrentDirectory", jsonl_string(jsonl_get(process, "cwd")));
    add_user(out, jsonl_get(process, "uid"));
    add(out, "ParentImage", binary);
    add(out, "ParentCommandLine", text_bytes(&out->parent));
}

static void read_tracee(struct jsonl_value record, struct started *out)
{
    struct text room = {0};
    struct runtime_event e = runtime_event_none();
    if (tracee_read(record, &room, &e) || kubearmor_read(record, &room, &e))
        add(out, "Image", e.target.n ? e.target : e.process.executable);
    add_user(out, jsonl_get(record, "userId"));
    text_release(&room);
}

bool started_read(struct jsonl_value record, struct started *out)
{
    *out = (struct started){0};
    if (!runtime_command_line(record, &out->line))
        return false;
    struct jsonl_value start = jsonl_get(record, "process_exec");
    if (start.document)
        read_tetragon(start, out);
    else
        read_tracee(record, out);
    add(out, "CommandLine", text_bytes(&out->line));
    return true;
}

struct record record_of_started(const struct started *s)
{
    return record_of_facts(LOG_SOURCE_STARTED, s->facts, s->n);
}

void started_release(struct started *s)
{
    text_release(&s->line);
    text_release(&s->parent);
}
