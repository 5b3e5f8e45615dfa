/* Findings about what stands in memory: credentials, addresses, YARA matches. */
#include <stdlib.h>

#include "analyze/process/detect.h"
#include "analyze/process/indicator.h"
#include "analyze/process/pattern.h"
#include "analyze/process/suspicion.h"
#include "formats/base/base64.h"
#include "formats/base/intern.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Shorter runs of text hold neither a credential nor an address. */
#define SHORTEST_TEXT 8

/* A secret is often known by the name before it; where that would be cut off in the next
 * window, it is told now. */
#define NAME_BEFORE 128

/* One value, wherever it stands. */
struct sighting {
    const char *kind; /* static */
    bool secret;
    struct bytes value; /* in the intern table: key is kind, NUL, value */
    uint64_t address, times;
    const struct process *process; /* of the first place; NULL: a shared object */
    struct span spans[FINDING_SPANS];
    size_t span_count;
    struct text pids;
    uint32_t last_pid;
};

struct content {
    struct detect *detect;
    struct intern *values;
    struct sighting *v;
    size_t n, capacity;
    uint64_t dropped;
};

static struct sighting *sighting_of(struct content *c, const char *kind,
                                    struct bytes value, bool secret)
{
    struct text key = {0};
    text_str(&key, kind);
    text_byte(&key, 0);
    text_add(&key, value);
    uint32_t number;
    bool known = intern_find(c->values, text_bytes(&key), &number);
    if (!known && c->n == LIMIT_INDICATORS) {
        c->dropped++;
        text_release(&key);
        return NULL;
    }
    if (!known) {
        number = intern_put(c->values, text_bytes(&key));
        c->v = memory_grow(c->v, &c->capacity, c->n + 1, sizeof(*c->v));
        c->v[c->n++] = (struct sighting){
            .kind = kind,
            .secret = secret,
            .value = bytes_from(intern_get(c->values, number), strlen(kind) + 1)};
    }
    text_release(&key);
    return &c->v[number];
}

static void saw(struct content *c, const struct window *w, const char *kind, size_t at,
                size_t length, bool secret)
{
    struct sighting *s = sighting_of(c, kind, bytes_sub(w->bytes, at, length), secret);
    if (!s)
        return;
    uint32_t pid = w->process ? w->process->pid : 0;
    struct span span = window_span(w, at, length);
    if (s->times++ == 0) {
        s->address = w->address + at;
        s->process = w->process;
    }
    if (s->span_count < FINDING_SPANS && span.item)
        s->spans[s->span_count++] = span;
    if (pid && pid != s->last_pid && s->pids.n < 200)
        text_printf(&s->pids, "%s%u", s->pids.n ? " " : "", pid);
    s->last_pid = pid;
}

/* -- text in memory -------------------------------------------------------------------
 */

static bool is_text(uint8_t c)
{
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
}

/* Where a run of text of the shortest length may begin: one byte in SHORTEST_TEXT has to
 * be looked at in what is no text. */
static size_t next_text(struct bytes b, size_t at)
{
    while (at + SHORTEST_TEXT <= b.n) {
        size_t last = at + SHORTEST_TEXT;
        while (last > at && is_text(b.p[last - 1]))
            last--;
        if (last == at)
            return at;
        at = last;
    }
    return b.n;
}

static void search_text(struct content *c, const struct window *w, size_t at, size_t n)
{
    struct bytes text = bytes_sub(w->bytes, at, n);
    struct credential secret;
    struct indicator seen;
    size_t next = 0, start, end;
    while (suspicion_next(text, &next, &start, &end)) {
        struct bytes lines = bytes_sub(text, 0, end);
        for (size_t from = start; credential_find(lines, from, &secret);
             from = secret.offset + (secret.length ? secret.length : 1))
            if (at + secret.offset < w->limit + NAME_BEFORE)
                saw(c, w, secret.kind, at + secret.offset, secret.length, true);
    }
    for (size_t from = 0; indicator_find(text, from, &seen); from = seen.at + seen.length)
        if (at + seen.at < w->limit)
            saw(c, w, seen.kind, at + seen.at, seen.length, false);
}

static size_t search_window(void *context, const struct window *w)
{
    size_t at = 0;
    while ((at = next_text(w->bytes, at)) < w->limit) {
        size_t end = at;
        while (end < w->bytes.n && is_text(w->bytes.p[end]))
            end++;
        search_text(context, w, at, end - at);
        /* Text that goes on into the next window is shown again from the limit. */
        at = end;
    }
    return w->limit;
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
    struct sighting *s = sighting_of(c, (const char *)key.p, BYTES_NONE, false);
    if (!s)
        return;
    uint32_t pid = hit->window->process ? hit->window->process->pid : 0;
    struct span span = window_span(hit->window, hit->at, hit->length ? hit->length : 1);
    if (s->times++ == 0)
        s->address = hit->window->address + hit->at;
    if (s->span_count < FINDING_SPANS && span.item)
        s->spans[s->span_count++] = span;
    if (pid && pid != s->last_pid && s->pids.n < 200)
        text_printf(&s->pids, "%s%u", s->pids.n ? " " : "", pid);
    s->last_pid = pid;
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

static void content_end(struct content *c,
                        void (*tell)(struct detect *d, const struct sighting *s))
{
    for (size_t i = 0; i < c->n; i++) {
        tell(c->detect, &c->v[i]);
        text_release(&c->v[i].pids);
    }
    free(c->v);
    intern_free(c->values);
}

static void match_rules(struct detect *d)
{
    size_t count = 0;
    struct text why = {0};
    while (d->yara && d->yara[count])
        count++;
    struct pattern *p = count ? pattern_yara(d->yara, count, &why) : NULL;
    text_release(&why); /* cmd_analyze compiled them before and complained then */
    if (!p)
        return;
    struct content c = {.detect = d, .values = intern_new()};
    struct searching search = {p, on_match, &c};
    scan_all(d->describe.memory, d->describe.checkpoint, NULL, pattern_search, &search);
    content_end(&c, report_match);
    pattern_free(p);
}

void detect_content(struct detect *d)
{
    struct content c = {.detect = d, .values = intern_new()};
    scan_all(d->describe.memory, d->describe.checkpoint, NULL, search_window, &c);
    content_end(&c, report);
    match_rules(d);
}
