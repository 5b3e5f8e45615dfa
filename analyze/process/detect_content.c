/* Findings about what stands in memory: credentials, addresses, YARA matches. */
#include <stdlib.h>

#include "analyze/casefile/casefile.h"
#include "analyze/process/detect.h"
#include "analyze/process/indicator.h"
#include "analyze/process/pattern.h"
#include "formats/base/base64.h"
#include "formats/base/credential.h"
#include "formats/base/intern.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/wide_text.h"
#include "formats/base/workers.h"

/* What stands before a value and tells that it is secret: its name, a flag, a scheme. So
 * much of a window is shown again at the start of the next one. */
#define CONTEXT 256

/* One value, wherever it stands. */
struct sighting {
    const char *kind;   /* static */
    bool secret, wide;  /* wide: seen in UTF-16 */
    struct bytes value; /* in the intern table: key is kind, NUL, value */
    uint64_t address, times;
    const struct process *process; /* of the first place; NULL: a shared object */
    struct span spans[FINDING_SPANS];
    size_t span_count;
    struct text pids;
    uint32_t last_pid;
};

/* Values of a kind that found no room: a proxy's memory has thousands of addresses, which
 * take none from the one key. */
struct kind_room {
    const char *kind; /* static */
    size_t kept;
    uint64_t left;
    struct span first_left;
};
#define MOST_KINDS 64

/* On their way for each thread: what is found in them is told in their order. */
#define WINDOWS 4

struct content {
    struct detect *detect;
    struct intern *values;
    struct sighting *v;
    size_t n, capacity;
    struct kind_room rooms[MOST_KINDS];
    size_t room_count;
    struct text key;
    struct workers *workers;
    struct part *spare; /* parts that are done with, for the next windows */
};

/* Beyond so many kinds the last one's is shared. */
static struct kind_room *room_of(struct content *c, const char *kind)
{
    size_t i = 0;
    while (i < c->room_count && strcmp(c->rooms[i].kind, kind) != 0)
        i++;
    if (i == MOST_KINDS)
        return &c->rooms[MOST_KINDS - 1];
    if (i == c->room_count)
        c->rooms[c->room_count++].kind = kind;
    return &c->rooms[i];
}

/* NULL: there is no room for it. */
static struct sighting *sighting_of(struct content *c, const char *kind,
                                    struct bytes value, struct kind_room *room)
{
    struct text *key = &c->key;
    text_clear(key);
    text_str(key, kind);
    text_byte(key, 0);
    text_add(key, value);
    uint32_t number;
    if (intern_find(c->values, text_bytes(key), &number))
        return &c->v[number];
    if (room->kept == LIMIT_INDICATORS)
        return NULL;
    room->kept++;
    number = intern_put(c->values, text_bytes(key));
    c->v = memory_grow(c->v, &c->capacity, c->n + 1, sizeof(*c->v));
    c->v[c->n++] = (struct sighting){
        .kind = kind,
        .value = bytes_from(intern_get(c->values, number), strlen(kind) + 1)};
    return &c->v[number];
}

static void saw(struct content *c, struct sighting *s, struct passage passage)
{
    const struct process *process = passage.window->process;
    uint32_t pid = process ? process->pid : 0;
    if (s->times++ == 0) {
        s->address = passage_address(passage);
        s->process = process;
    }
    if (s->span_count < FINDING_SPANS) {
        struct span span = passage_span(passage);
        if (span.item)
            s->spans[s->span_count++] = span;
        if (span.item && c->detect->casefile)
            case_pass_cited(c->detect->casefile, span);
    }
    if (pid && pid != s->last_pid && s->pids.n < 200)
        text_printf(&s->pids, "%s%u", s->pids.n ? " " : "", pid);
    s->last_pid = pid;
}

/* -- search ---------------------------------------------------------------------------
 */

struct found {
    const char *kind; /* static */
    bool secret;
    size_t at, length; /* in the window */
    bool wide;         /* in UTF-16: every second byte is text */
};

/* A window on its way through a worker: run() fills `v`, finish() counts what is in it.
 */
struct part {
    struct job job;
    struct content *content;
    struct part *next;    /* of the spare ones */
    struct window window; /* its bytes are `bytes`, taken from the scan */
    uint8_t *bytes;       /* SCAN_WINDOW; left to the scan in exchange */
    struct text narrow;   /* a run of UTF-16 without its zeros, which began at */
    size_t narrow_at;
    size_t from; /* what begins before was told in the window before */
    struct found *v;
    size_t n, capacity;
};

static void add_found(struct part *p, struct found f)
{
    if (f.at < p->from || f.at >= p->window.limit || f.length == 0)
        return;
    p->v = memory_grow(p->v, &p->capacity, p->n + 1, sizeof(*p->v));
    p->v[p->n++] = f;
}

static bool is_text(uint8_t c)
{
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
}

/* A value ends where text ends: what follows in memory has nothing to do with it. */
static size_t text_length(struct bytes b)
{
    size_t n = 0;
    while (n < b.n && is_text(b.p[n]))
        n++;
    return n;
}

/* Takes what was found in the text that was searched. */
typedef void add_fn(struct part *p, struct found f);

static void search_text(struct part *p, struct bytes b, add_fn *add)
{
    struct credential secret;
    struct indicator seen;
    struct indicator_walk walk = indicator_walk(b);
    for (size_t at = 0; credential_find(b, at, &secret);
         at = secret.offset + (secret.length ? secret.length : 1)) {
        size_t length = text_length(bytes_sub(b, secret.offset, secret.length));
        add(p, (struct found){secret.kind, true, secret.offset, length, false});
    }
    while (indicator_next(&walk, &seen))
        add(p, (struct found){seen.kind, false, seen.at, seen.length, false});
    for (size_t at = 0; wallet_find(b, at, &seen); at = seen.at + seen.length)
        add(p, (struct found){seen.kind, false, seen.at, seen.length, false});
}

/* Found in p->narrow, which began at p->narrow_at. */
static void add_wide(struct part *p, struct found f)
{
    f.at = p->narrow_at + 2 * f.at;
    f.wide = true;
    add_found(p, f);
}

static void run_part(struct job *job)
{
    struct part *p = (struct part *)job;
    struct bytes b = p->window.bytes;
    struct wide_walk wide = wide_walk(b);
    struct wide_run run;
    search_text(p, b, add_found);
    while (wide_next(&wide, &run)) {
        text_clear(&p->narrow);
        wide_narrow(b, run, &p->narrow);
        p->narrow_at = run.at;
        search_text(p, text_bytes(&p->narrow), add_wide);
    }
}

/* What was found, as text. */
static struct bytes value_of(struct part *p, const struct found *f)
{
    if (!f->wide)
        return bytes_sub(p->window.bytes, f->at, f->length);
    text_clear(&p->narrow);
    wide_narrow(p->window.bytes, (struct wide_run){f->at, f->length}, &p->narrow);
    return text_bytes(&p->narrow);
}

static void leave(struct kind_room *room, struct passage passage)
{
    if (room->left++ == 0)
        room->first_left = passage_span(passage);
}

static void see(struct part *p, const struct found *f)
{
    struct content *c = p->content;
    struct kind_room *room = room_of(c, f->kind);
    struct sighting *s = sighting_of(c, f->kind, value_of(p, f), room);
    struct passage passage = {&p->window, f->at, f->wide ? 2 * f->length : f->length};
    if (!s) {
        leave(room, passage);
        return;
    }
    s->secret = f->secret;
    s->wide |= f->wide;
    saw(c, s, passage);
}

static void finish_part(struct job *job)
{
    struct part *p = (struct part *)job;
    for (size_t i = 0; i < p->n; i++) {
        see(p, &p->v[i]);
    }
    p->n = 0;
    p->next = p->content->spare;
    p->content->spare = p;
}

static struct part *new_part(struct content *c)
{
    struct part *p = c->spare;
    if (p) {
        c->spare = p->next;
        return p;
    }
    p = memory_new(1, sizeof(*p));
    p->job = (struct job){run_part, finish_part};
    p->content = c;
    p->bytes = memory_new(SCAN_WINDOW, 1);
    return p;
}

static void free_parts(struct content *c)
{
    for (struct part *p = c->spare, *next; p; p = next) {
        next = p->next;
        free(p->v);
        free(p->bytes);
        text_release(&p->narrow);
        free(p);
    }
}

static size_t search_window(void *context, const struct window *w)
{
    struct content *c = context;
    struct part *p = new_part(c);
    bool last = w->limit == w->bytes.n;
    uint8_t *full = *w->buffer;
    *w->buffer = p->bytes;
    p->bytes = full;
    p->window = *w;
    p->from = w->continues ? CONTEXT : 0;
    workers_submit(c->workers, &p->job);
    return last ? w->bytes.n : w->limit - CONTEXT;
}

/* -- findings -------------------------------------------------------------------------
 */

/* The claims of a token, which are no secret; its signature is not shown. */
static void claims(const struct detect *d, struct finding *f, struct bytes token)
{
    static const char *const names[] = {"iss", "sub", "aud", "exp", "iat"};
    struct arena arena = ARENA_INIT;
    struct documents all = {0};
    struct bytes rest = token, part = BYTES_NONE, payload = BYTES_NONE;
    bytes_split(&rest, '.', &part);
    if (bytes_split(&rest, '.', &part) &&
        base64_decode(part, BASE64_LENIENT, &arena, &payload))
        json_read(payload, &all);
    const json_t *root = all.n ? all.v[0].root : NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *text = json_dumps(json_object_get(root, names[i]), JSON_ENCODE_ANY);
        if (text)
            detect_evidence(d, f, names[i], bytes_str(text));
        free(text);
    }
    struct bytes pod = tree_string(json_object_get(root, "kubernetes.io"), "pod/name");
    if (pod.n)
        detect_evidence(d, f, "pod", pod);
    documents_release(&all);
    arena_release(&arena);
}

static struct bytes subject_of(const struct detect *d, const struct sighting *s)
{
    struct text t = {0};
    if (s->secret)
        mask_value(d->describe.mask, s->kind, s->value, &t);
    else
        mask_text(d->describe.mask, bytes_sub(s->value, 0, 256), &t);
    struct bytes subject = arena_copy(&d->describe.checkpoint->arena, text_bytes(&t));
    text_release(&t);
    return subject;
}

static void report(struct detect *d, const struct sighting *s)
{
    enum process_finding which = !s->secret ? PROCESS_INDICATOR
                                 : strcmp(s->kind, "private-key") == 0
                                     ? PROCESS_PRIVATE_KEY
                                     : PROCESS_CREDENTIAL;
    if (s->span_count == 0)
        return;
    struct finding f = finding_of(process_kind(which), subject_of(d, s), s->spans[0]);
    for (size_t i = 1; i < s->span_count; i++)
        finding_span(&f, s->spans[i]);
    f.confidence = CONFIDENCE_MEDIUM;
    detect_argument(d, &f, "kind", "%s", s->kind);
    detect_argument(d, &f, "address", "0x%llx", (unsigned long long)s->address);
    detect_argument(d, &f, "pids", "%s", text_c(&s->pids));
    detect_argument(d, &f, "times", "%llu", (unsigned long long)s->times);
    if (s->wide)
        detect_argument(d, &f, "encoding", "UTF-16");
    if (strcmp(s->kind, "jwt") == 0)
        claims(d, &f, s->value);
    findings_add(d->findings, &f);
}

/* -- YARA -----------------------------------------------------------------------------
 */

static void on_match(void *context, const struct hit *hit)
{
    struct content *c = context;
    struct text name = {0};
    if (hit->rule)
        text_str(&name, hit->rule);
    /* One sighting per rule and string: `kind` has to outlive the rules. */
    text_printf(&name, " %s", hit->part);
    struct bytes key =
        arena_copy(&c->detect->describe.checkpoint->arena, text_bytes(&name));
    text_release(&name);
    struct kind_room *room = room_of(c, "YARA");
    struct sighting *s = sighting_of(c, (const char *)key.p, BYTES_NONE, room);
    struct passage passage = hit->passage;
    passage.length = passage.length ? passage.length : 1;
    if (s)
        saw(c, s, passage);
    else
        leave(room, passage);
}

static void report_match(struct detect *d, const struct sighting *s)
{
    if (s->span_count == 0)
        return;
    struct finding f =
        finding_of(process_kind(PROCESS_YARA), bytes_str(s->kind), s->spans[0]);
    for (size_t i = 1; i < s->span_count; i++)
        finding_span(&f, s->spans[i]);
    detect_argument(d, &f, "address", "0x%llx", (unsigned long long)s->address);
    detect_argument(d, &f, "pids", "%s", text_c(&s->pids));
    detect_argument(d, &f, "times", "%llu", (unsigned long long)s->times);
    findings_add(d->findings, &f);
}

static void report_left(struct detect *d, const struct kind_room *room)
{
    if (!room->first_left.item)
        return;
    struct finding f = finding_of(process_kind(PROCESS_VALUES_LEFT),
                                  bytes_str(room->kind), room->first_left);
    detect_argument(d, &f, "told", "%zu", room->kept);
    detect_argument(d, &f, "places of others", "%llu", (unsigned long long)room->left);
    findings_add(d->findings, &f);
}

static void content_end(struct content *c,
                        void (*tell)(struct detect *d, const struct sighting *s))
{
    for (size_t i = 0; i < c->n; i++) {
        tell(c->detect, &c->v[i]);
        text_release(&c->v[i].pids);
    }
    for (size_t i = 0; i < c->room_count; i++)
        report_left(c->detect, &c->rooms[i]);
    free(c->v);
    text_release(&c->key);
    intern_free(c->values);
}

static void match_rules(struct detect *d)
{
    /* cmd_analyze compiled them before and complained then. */
    struct pattern *p = pattern_yara_list(d->yara);
    if (!p)
        return;
    struct content c = {.detect = d, .values = intern_new()};
    struct searching search = {p, on_match, &c};
    scan_memory(d->describe.memory, NULL, pattern_search, &search);
    content_end(&c, report_match);
    pattern_free(p);
}

static void pass(void *casefile, const struct item *item, uint64_t at, struct bytes block)
{
    case_pass(casefile, item, at, block);
}

void detect_content(struct detect *d)
{
    size_t threads = d->threads ? d->threads : 1, windows = WINDOWS * threads;
    struct content c = {
        .detect = d, .values = intern_new(), .workers = workers_new(threads, windows)};
    /* What is found is known when its window is done: so many are on their way, one is
     * filled. A failure of the case file is told by whoever writes to it next. */
    size_t behind = (windows + 2) * SCAN_WINDOW;
    if (d->casefile && case_passing(d->casefile, d->findings, behind) == 0)
        memory_watch(d->describe.memory, pass, d->casefile);
    scan_memory(d->describe.memory, NULL, search_window, &c);
    workers_wait(c.workers);
    memory_watch(d->describe.memory, NULL, NULL);
    workers_free(c.workers);
    free_parts(&c);
    content_end(&c, report);
    match_rules(d);
}
