#include "analyze/events/clue.h"

#include "formats/base/text.h"

/* What is shorter stands everywhere; what is longer is data. */
#define CLUE_SHORTEST 2
#define CLUE_LONGEST  1024
/* A request's own, its trace's, those of whom it called for. */
#define IDS_OF_LINE 4

struct telling {
    const struct event *event;
    struct bytes where;
    clue_fn *each;
    void *context;
};

const char *clue_name(enum clue_kind kind)
{
    static const char *const names[] = {
        [CLUE_COMMAND] = "the same command",
        [CLUE_FILE] = "the same file",
        [CLUE_CREATED] = "the creation of the same object",
        [CLUE_WRITTEN] = "a write to the same object",
        [CLUE_BOUND] = "the same pod given to its node",
        [CLUE_REQUEST] = "the same request by its id",
        [CLUE_URI] = "the same request by its path",
        [CLUE_DUMPED] = "the checkpoint",
        [CLUE_LINE] = "the same line of a log",
        [CLUE_CONTAINER] = "the creation of the same container",
        [CLUE_STATED] = "a statement and the evidence for it",
        [CLUE_MADE] = "a pod is made before anything runs in it",
        [CLUE_ACTED] = "a pod makes requests after its container was made",
    };
    return names[kind];
}

static void tell(const struct telling *t, enum clue_kind kind, struct bytes what)
{
    if (what.n >= CLUE_SHORTEST && what.n <= CLUE_LONGEST)
        t->each(t->context, &(struct clue){kind, what, t->where});
}

/* -- commands ------------------------------------------------------------------------ */

static struct bytes first_word(struct bytes text)
{
    return bytes_sub(text, 0, bytes_find_byte(text, ' '));
}

/* "/usr/bin/nc" is "nc": sources differ in whether they have the folder. */
static struct bytes without_folder(struct bytes command)
{
    struct bytes program = first_word(command);
    size_t slash = bytes_rfind_byte(program, '/');
    return slash < program.n ? bytes_from(command, slash + 1) : command;
}

static bool is_wrapper(struct bytes program)
{
    static const char *const wrappers[] = {"setsid", "nohup",   "sudo", "exec", "env",
                                           "time",   "timeout", "nice", NULL};
    for (const char *const *w = wrappers; *w; w++)
        if (bytes_is(program, *w))
            return true;
    return false;
}

/* The command without what only starts it, and without a job's "&" and redirections. */
static struct bytes bare_command(struct bytes command)
{
    command = without_folder(bytes_trim(command));
    while (is_wrapper(first_word(command)) && first_word(command).n < command.n)
        command =
            without_folder(bytes_trim(bytes_from(command, first_word(command).n + 1)));
    size_t redirected = bytes_find(command, BYTES(" <"));
    size_t output = bytes_find(command, BYTES(" >"));
    command = bytes_sub(command, 0, redirected < output ? redirected : output);
    return bytes_trim(command);
}

/* Each command of a shell's line by itself. */
static void tell_script(const struct telling *t, struct bytes script)
{
    size_t from = 0;
    for (size_t i = 0; i <= script.n; i++) {
        if (i < script.n && !memchr(";|&`\n", script.p[i], 5))
            continue;
        tell(t, CLUE_COMMAND, bare_command(bytes_sub(script, from, i - from)));
        from = i + 1;
    }
}

static void tell_command(const struct telling *t, struct bytes command)
{
    struct bytes bare = without_folder(bytes_trim(command));
    size_t script = bytes_find(bare, BYTES("sh -c "));
    bool plain = bytes_eq(bare_command(bare), bare);
    if (script > 4)
        tell_script(t, bare);
    else
        tell_script(t, bytes_from(bare, script + 6));
    if (script <= 4 || !plain)
        tell(t, CLUE_COMMAND, bare);
}

/* Paths among the words of a command. */
static void tell_paths(const struct telling *t, struct bytes command)
{
    struct bytes word;
    bool program = true;
    for (struct bytes rest = command; bytes_split(&rest, ' ', &word); program = false)
        if (!program && word.n > 3 && word.p[0] == '/')
            tell(t, CLUE_FILE, word);
}

/* -- the kinds of events ------------------------------------------------------------- */

static bool is_write(struct bytes verb)
{
    static const char *const verbs[] = {"create", "update", "patch", "delete", NULL};
    for (const char *const *v = verbs; *v; v++)
        if (bytes_is(verb, *v))
            return true;
    return false;
}

static bool failed(const struct event *e)
{
    struct bytes code = event_get(e, "code");
    return code.n == 3 && code.p[0] >= '4';
}

static void tell_object(const struct telling *t, struct bytes resource, bool created)
{
    const struct event *e = t->event;
    struct text key = {0};
    text_add(&key, resource);
    text_byte(&key, ' ');
    /* Requests for a namespace carry its name in both fields. */
    if (!bytes_is(resource, "namespaces"))
        text_add(&key, event_get(e, "namespace"));
    text_byte(&key, '/');
    text_add(&key, event_get(e, "name"));
    if (created)
        tell(t, CLUE_CREATED, text_bytes(&key));
    tell(t, CLUE_WRITTEN, text_bytes(&key));
    text_release(&key);
}

static void tell_request(struct telling *t)
{
    const struct event *e = t->event;
    struct bytes verb = event_get(e, "verb"), resource = event_get(e, "resource");
    struct bytes below = event_get(e, "subresource"), uri = event_get(e, "uri");
    tell(t, CLUE_REQUEST, event_get(e, "audit_id"));
    tell(t, CLUE_URI, uri);
    if (failed(e))
        return;
    if (bytes_contains(uri, BYTES("/checkpoint/")))
        tell(t, CLUE_DUMPED, BYTES("checkpoint"));
    if (bytes_is(below, "binding"))
        tell(t, CLUE_BOUND, e->object);
    if (is_write(verb) && !below.n && event_get(e, "name").n)
        tell_object(t, resource, bytes_is(verb, "create"));
    t->where = e->object;
    tell_command(t, event_get(e, "command"));
}

static void tell_process(struct telling *t)
{
    const struct event *e = t->event;
    struct bytes command = event_get(e, "command"), file = event_get(e, "fd");
    tell(t, CLUE_REQUEST, event_get(e, "audit_id"));
    tell_paths(t, command);
    if (file.n && file.p[0] == '/')
        tell(t, CLUE_FILE, file);
    if (event_get(e, "pod").n)
        t->where = e->object;
    tell_command(t, command);
}

static void tell_runtime(struct telling *t)
{
    const struct event *e = t->event;
    struct bytes target = event_get(e, "target"), id = event_get(e, "container_id");
    if (target.n && target.p[0] == '/')
        tell(t, CLUE_FILE, target);
    if (bytes_contains(e->message, BYTES("CreateContainer")) && id.n >= 12)
        tell(t, CLUE_CONTAINER, bytes_sub(id, 0, 12));
    /* Of journals it is no command; what a cloud found has another clock. */
    if (!bytes_is(event_get(e, "tool"), "journal") && e->clock == CLOCK_NODE)
        tell_command(t, e->actor);
}

static void tell_uri(const struct telling *t, struct bytes line)
{
    size_t at = bytes_find(line, BYTES("/api"));
    struct bytes uri = bytes_from(line, at);
    size_t end = 0;
    while (end < uri.n && !is_blank(uri.p[end]) && uri.p[end] != '"' &&
           uri.p[end] != '\'')
        end++;
    uri = bytes_sub(uri, 0, end);
    if (bytes_starts(uri, BYTES("/api/")) || bytes_starts(uri, BYTES("/apis/")))
        tell(t, CLUE_URI, uri);
}

static bool separates(const uint8_t *p, size_t left)
{
    return memchr(";|`", *p, 3) || (left > 1 && p[0] == '$' && p[1] == '(');
}

/* A request line with a command in it: what stands behind the first separator. */
static void tell_injection(const struct telling *t, struct bytes line)
{
    struct text plain = {0};
    unescape_url(&plain, line);
    struct bytes text = text_bytes(&plain);
    size_t i = 0;
    while (i < text.n && !separates(text.p + i, text.n - i))
        i++;
    if (i < text.n)
        tell_script(t, bytes_from(text, i + 1));
    text_release(&plain);
}

/* 8-4-4-4-12 digits, or 32 without the dashes. */
static bool is_id(struct bytes word)
{
    static const size_t dashes[] = {8, 13, 18, 23};
    size_t dashed = 0;
    if (word.n != 32 && word.n != 36)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        bool dash = word.n == 36 && dashed < 4 && i == dashes[dashed];
        if (dash ? word.p[i] != '-' : !is_hex(word.p[i]))
            return false;
        dashed += dash;
    }
    return true;
}

static bool is_id_byte(uint8_t c)
{
    return is_hex(c) || c == '-' || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') ||
           c == '_';
}

/* What proxies and servers hand on with a request (X-Request-ID, traces), in whatever
 * form of line: an id that occurs in few lines is that of one act. */
static void tell_ids(const struct telling *t, struct bytes line)
{
    size_t told = 0;
    for (size_t from = 0, to; from < line.n && told < IDS_OF_LINE; from = to + 1) {
        for (to = from; to < line.n && is_id_byte(line.p[to]); to++)
            continue;
        struct bytes word = bytes_sub(line, from, to - from);
        if (!is_id(word) || bytes_find(line, word) < from)
            continue;
        tell(t, CLUE_REQUEST, word);
        told++;
    }
}

static void tell_line(const struct telling *t)
{
    struct bytes line = bytes_sub(t->event->message, 0, CLUE_LONGEST);
    tell_ids(t, line);
    tell_uri(t, line);
    tell_injection(t, line);
    tell(t, CLUE_LINE, bytes_trim(t->event->message));
}

/* "NetworkPolicy" is "networkpolicies", "ClusterRole" is "clusterroles". */
static void plural(struct bytes kind, struct text *out)
{
    for (size_t i = 0; i < kind.n; i++)
        text_byte(out, (char)to_lower(kind.p[i]));
    if (kind.n && out->p[out->n - 1] == 'y') {
        out->p[--out->n] = 0;
        text_str(out, "ies");
    } else if (kind.n && out->p[out->n - 1] == 's') {
        text_str(out, "es");
    } else {
        text_byte(out, 's');
    }
}

static void tell_object_time(const struct telling *t)
{
    const struct event *e = t->event;
    struct text resource = {0};
    bool created = bytes_is(e->action, "created");
    if (!created && !bytes_is(e->action, "fields last set"))
        return;
    plural(event_get(e, "kind"), &resource);
    tell_object(t, text_bytes(&resource), created);
    text_release(&resource);
}

static void tell_kubernetes(const struct telling *t)
{
    const struct event *e = t->event;
    struct text key = {0};
    if (!bytes_is(e->action, "Scheduled"))
        return;
    text_add(&key, event_get(e, "namespace"));
    text_byte(&key, '/');
    text_add(&key, event_get(e, "name"));
    tell(t, CLUE_BOUND, text_bytes(&key));
    text_release(&key);
}

void clues_of(const struct event *e, clue_fn *each, void *context)
{
    struct telling t = {e, BYTES_NONE, each, context};
    switch (e->kind) {
    case EVENT_API_REQUEST:
        tell_request(&t);
        break;
    case EVENT_RUNTIME_ALERT:
        tell_process(&t);
        break;
    case EVENT_RUNTIME_EVENT:
        tell_runtime(&t);
        break;
    case EVENT_LOG_LINE:
        tell_line(&t);
        break;
    case EVENT_OBJECT_TIME:
        tell_object_time(&t);
        break;
    case EVENT_KUBERNETES_EVENT:
        tell_kubernetes(&t);
        break;
    case EVENT_FILE_TIME:
        tell(&t, CLUE_FILE, e->object);
        break;
    case EVENT_CHECKPOINT:
        tell(&t, CLUE_DUMPED, BYTES("checkpoint"));
        break;
    case EVENT_PROCESS_START:
        tell(&t, CLUE_CONTAINER, bytes_sub(event_get(e, "container_id"), 0, 12));
        break;
    default:
        break;
    }
}
