/* exhibit checkpoint strings, search, extract, core. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/process/command.h"
#include "analyze/process/core_file.h"
#include "analyze/process/pattern.h"
#include "analyze/process/text_strings.h"
#include "analyze/process/tmpfs.h"
#include "analyze/process/values.h"
#include "formats/criu/payload.h"
#include "verify/json_mask.h"

static const struct process *only_of(const struct answer *a)
{
    return a->request->one_pid
               ? checkpoint_process(a->describe.checkpoint, a->request->pid)
               : NULL;
}

/* -- hits -----------------------------------------------------------------------------
 */

struct found {
    const struct answer *answer;
    uint64_t count;
};

static void area_of(const struct answer *a, struct passage passage, struct text *t)
{
    const struct window *w = passage.window;
    if (w->object) {
        text_printf(t, "[shared %llu]", (unsigned long long)w->object->shmid);
        return;
    }
    const struct vma *v = process_vma(w->process, passage_address(passage));
    if (v)
        vma_label(a->describe.checkpoint, w->process, v, t);
}

/* What JSON may hold and a line may not: line ends and tabs. */
static void print_line(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n' || *text == '\t' || *text == '\r')
            printf("\\%c", *text == '\n' ? 'n' : *text == '\t' ? 't' : 'r');
        else
            putchar(*text);
    }
    putchar('\n');
}

/* A string of UTF-16 whose characters are ASCII, as text. */
static json_t *narrowed(const struct mask *mask, struct bytes wide)
{
    struct text t = {0};
    for (size_t i = 0; i + 1 < wide.n; i += 2)
        text_byte(&t, (char)wide.p[i]);
    json_t *s = json_masked(mask, text_bytes(&t));
    text_release(&t);
    return s;
}

static bool is_strings(const struct answer *a)
{
    return strcmp(a->request->what, "strings") == 0;
}

/* A string itself, or what a search found with what stands around it. */
static json_t *shown_text(const struct answer *a, struct passage passage,
                          const char *kind)
{
    const struct mask *mask = a->describe.mask;
    struct bytes all = passage.window->bytes;
    size_t at = passage.at, length = passage.length;
    size_t context = a->request->context, before = context < at ? context : at;
    if (!is_strings(a))
        return json_masked_part(mask, all, at - before, before + length + context);
    if (kind && strcmp(kind, string_encoding_name(STRING_UTF16)) == 0)
        return narrowed(mask, bytes_sub(all, at, length));
    return json_masked_part(mask, all, at, length);
}

/* `kind` is the encoding of a string, or the rule; `part` the string of the rule. */
static json_t *describe_hit(const struct answer *a, struct passage passage,
                            const char *kind, const char *part)
{
    const struct process *process = passage.window->process;
    struct text area = {0};
    json_t *o = json_object();
    area_of(a, passage, &area);
    json_object_set_new(o, "pid", process ? json_integer(process->pid) : json_null());
    json_object_set_new(o, "address", json_hex(passage_address(passage)));
    json_object_set_new(o, "area", json_evidence(text_bytes(&area)));
    if (kind)
        json_object_set_new(o, is_strings(a) ? "encoding" : "rule", json_string(kind));
    if (part)
        json_object_set_new(o, "string", json_string(part));
    json_object_set_new(o, "length", json_integer((json_int_t)passage.length));
    json_object_set_new(o, "text", shown_text(a, passage, kind));
    json_object_set_new(o, "span", json_span(passage_span(passage)));
    text_release(&area);
    return o;
}

/* For machines an object, for people a line. Steals `hit`. */
static void print_hit(const struct answer *a, json_t *hit)
{
    const char *rule = json_string_value(json_object_get(hit, "rule"));
    json_mask(a->describe.mask, hit);
    if (a->request->json) {
        json_dumpf(hit, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        printf("%7d %-18s %-24s %s%s",
               (int)json_integer_value(json_object_get(hit, "pid")),
               json_string_value(json_object_get(hit, "address")),
               json_string_value(json_object_get(hit, "area")), rule ? rule : "",
               rule ? "  " : "");
        print_line(json_string_value(json_object_get(hit, "text")));
    }
    json_decref(hit);
}

static void on_string(void *context, const struct string_hit *hit)
{
    struct found *f = context;
    const char *encoding = string_encoding_name(hit->encoding);
    f->count++;
    print_hit(f->answer, describe_hit(f->answer, hit->passage, encoding, NULL));
}

static void on_hit(void *context, const struct hit *hit)
{
    struct found *f = context;
    f->count++;
    print_hit(f->answer, describe_hit(f->answer, hit->passage, hit->rule, hit->part));
}

static int end_search(int r, const struct found *f)
{
    if (r < 0 || fflush(stdout))
        return EXIT_OURS;
    return f->count ? EXIT_HELD : EXIT_SHORT;
}

int answer_strings(const struct answer *a)
{
    struct found f = {a, 0};
    struct string_search search = {a->request->shortest, on_string, &f};
    int r = scan_memory(a->describe.memory, only_of(a), strings_search, &search);
    return end_search(r, &f);
}

int answer_search(const struct answer *a)
{
    const char *what = a->request->arguments[0], *reason = NULL;
    struct text why = {0};
    struct pattern *p = NULL;
    if (a->request->yara_count)
        p = pattern_yara(a->request->yara, a->request->yara_count, &why);
    else if (what)
        p = pattern_new(what, &reason);
    else
        reason = "say what to search for";
    if (!p) {
        fprintf(stderr, "exhibit checkpoint: %s\n", reason ? reason : text_c(&why));
        text_release(&why);
        return EXIT_USAGE;
    }
    struct found f = {a, 0};
    struct searching search = {p, on_hit, &f};
    int r = scan_memory(a->describe.memory, only_of(a), pattern_search, &search);
    pattern_free(p);
    text_release(&why);
    return end_search(r, &f);
}

/* -- extract --------------------------------------------------------------------------
 */

struct extracting {
    FILE *to;
    uint64_t written, unknown;
};

static void put_zeros(struct extracting *e, uint64_t n)
{
    static const uint8_t zeros[4096];
    e->written += n;
    for (; n; n -= n < sizeof zeros ? n : sizeof zeros)
        fwrite(zeros, 1, n < sizeof zeros ? (size_t)n : sizeof zeros, e->to);
}

/* Bytes that are not in the dump are written as zeros, counted, and told. */
static int extract_block(void *context, const struct memory_block *b)
{
    struct extracting *e = context;
    if (b->data.n) {
        e->written += b->data.n;
        return fwrite(b->data.p, 1, b->data.n, e->to) == b->data.n ? 0 : -EIO;
    }
    if (b->origin != MEMORY_ZERO)
        e->unknown += b->size;
    put_zeros(e, b->size);
    return ferror(e->to) ? -EIO : 0;
}

static int extract_ghost(const struct file *f, struct extracting *e)
{
    const struct criu_record *r = &f->ghost->data.records[0];
    const Criu__GhostFileEntry *g = criu_message(&f->ghost->data, 0);
    struct criu_chunk chunk;
    struct fault fault;
    for (size_t at = 0; criu_ghost_next(r, &at, &chunk, &fault);) {
        if (chunk.offset < e->written || chunk.offset - e->written > LIMIT_DOCUMENT)
            return -EINVAL;
        put_zeros(e, chunk.offset - e->written);
        fwrite(chunk.data.p, 1, chunk.data.n, e->to);
        e->written += chunk.data.n;
    }
    if (g && g->has_size && g->size > e->written &&
        g->size - e->written <= LIMIT_DOCUMENT)
        put_zeros(e, g->size - e->written);
    return ferror(e->to) ? -EIO : 0;
}

/* 0xSTART-0xEND */
static bool parse_range(const char *text, uint64_t *start, uint64_t *end)
{
    char *rest;
    errno = 0;
    *start = strtoull(text, &rest, 16);
    if (rest == text || *rest != '-')
        return false;
    text = rest + 1;
    *end = strtoull(text, &rest, 16);
    return rest != text && *rest == 0 && errno == 0 && *start < *end;
}

static int extract_range(const struct answer *a, struct memory_range range,
                         struct extracting *e)
{
    return range.process ? memory_walk(a->describe.memory, range, extract_block, e)
                         : -EINVAL;
}

/* Every area of that name, in order of address. */
static int extract_areas(const struct answer *a, struct bytes name, struct extracting *e)
{
    const struct process *p = only_of(a);
    struct text label = {0};
    int r = 0;
    for (size_t i = 0; p && i < p->vma_count && r == 0; i++) {
        const struct vma *v = &p->vmas[i];
        text_clear(&label);
        vma_label(a->describe.checkpoint, p, v, &label);
        if (bytes_eq(text_bytes(&label), name))
            r = extract_range(a, process_range(p, v->entry->start, v->entry->end), e);
    }
    text_release(&label);
    return r;
}

/* A memfd or a deleted file, by path or as ghost:ID. */
static const struct file *find_content(const struct checkpoint *c, struct bytes name)
{
    struct arena arena = ARENA_INIT;
    const struct file *found = NULL;
    for (size_t i = 0; i < c->file_count && !found; i++) {
        const struct file *f = &c->files[i];
        char ghost[32];
        snprintf(ghost, sizeof ghost, "ghost:%x", f->remap ? f->remap->remap_id : 0);
        if ((f->ghost && f->ghost->data.count &&
             (bytes_is(name, ghost) || bytes_eq(file_path(f, &arena), name))) ||
            (f->memfd && bytes_eq(file_path(f, &arena), name)))
            found = f;
    }
    arena_release(&arena);
    return found;
}

struct seeking {
    struct bytes path;
    const struct item *file;
};

static void match_path(void *context, struct bytes path, const struct item *file)
{
    struct seeking *s = context;
    if (!s->file && file->entry.type == ENTRY_FILE && bytes_eq(path, s->path))
        s->file = file;
}

struct writing {
    struct extracting *to;
    int error;
};

static void write_block(void *context, struct bytes block)
{
    struct writing *w = context;
    if (w->error == 0 && fwrite(block.p, 1, block.n, w->to->to) != block.n)
        w->error = -errno;
    w->to->written += block.n;
}

/* A file of a mount that is memory. */
static int extract_tmpfs(const struct answer *a, const char *path, struct extracting *e)
{
    struct checkpoint *c = a->describe.checkpoint;
    struct seeking s = {bytes_str(path), NULL};
    for (size_t i = 0; i < c->file_count; i++) {
        const struct file *kept = file_kept(c, &c->files[i]);
        if (kept && bytes_eq(file_path(&c->files[i], &c->arena), s.path))
            s.path = file_path(kept, &c->arena);
    }
    struct writing w = {e, 0};
    tmpfs_each(a->describe.checkpoint, match_path, &s);
    if (!s.file)
        return 0;
    int r = item_read(a->describe.checkpoint->dump->package,
                      (struct span){s.file, 0, s.file->size}, write_block, &w);
    return r < 0 ? r : w.error;
}

static int extract_named(const struct answer *a, const char *what, struct extracting *e)
{
    struct checkpoint *c = a->describe.checkpoint;
    struct memory_range range = {.process = only_of(a)};
    if (parse_range(what, &range.start, &range.end))
        return extract_range(a, range, e);
    const struct file *f = a->request->one_pid ? NULL : find_content(c, bytes_str(what));
    if (f && f->ghost)
        return extract_ghost(f, e);
    if (f) {
        const struct object *o = checkpoint_object(c, f->memfd->shmid);
        return o ? memory_walk(a->describe.memory, object_range(o, f->memfd->size),
                               extract_block, e)
                 : 0;
    }
    return a->request->one_pid ? extract_areas(a, bytes_str(what), e)
                               : extract_tmpfs(a, what, e);
}

static FILE *open_output(const struct answer *a)
{
    if (a->request->output) {
        FILE *f = fopen(a->request->output, "wb");
        if (!f)
            fprintf(stderr, "exhibit checkpoint: %s: %s\n", a->request->output,
                    strerror(errno));
        return f;
    }
    if (isatty(STDOUT_FILENO)) {
        fputs("exhibit checkpoint: evidence bytes do not go to a terminal; use -o FILE\n",
              stderr);
        return NULL;
    }
    return stdout;
}

static int close_output(FILE *f)
{
    return (f == stdout ? fflush(f) : fclose(f)) ? EXIT_OURS : EXIT_HELD;
}

int answer_extract(const struct answer *a)
{
    const char *what = a->request->arguments[0];
    FILE *f = what ? open_output(a) : NULL;
    struct extracting e = {f, 0, 0};
    if (!f) {
        fputs(what ? "" : "exhibit checkpoint: say what to extract\n", stderr);
        return EXIT_USAGE;
    }
    int r = extract_named(a, what, &e);
    int status = close_output(f);
    if (r < 0 && r != -EINVAL)
        return EXIT_OURS;
    if (e.written == 0) {
        fputs("exhibit checkpoint: nothing of that name or range; a range or an area "
              "needs --pid\n",
              stderr);
        return EXIT_SHORT;
    }
    if (e.unknown)
        fprintf(stderr,
                "exhibit checkpoint: %llu of %llu bytes are not in the dump and were "
                "written as zeros\n",
                (unsigned long long)e.unknown, (unsigned long long)e.written);
    return status ? status : (e.unknown ? EXIT_SHORT : EXIT_HELD);
}

/* -- core -----------------------------------------------------------------------------
 */

int answer_core(const struct answer *a)
{
    static const char *const why[] = {
        "",
        "core files of this machine are not written",
        "it has no memory: a zombie, or its images are missing",
        "it has more areas than a core file can hold",
        "it has more memory than a 32-bit core file can hold",
        "writing failed"};
    const struct process *p = only_of(a);
    if (!p) {
        fputs("exhibit checkpoint: core needs --pid N\n", stderr);
        return EXIT_USAGE;
    }
    FILE *f = open_output(a);
    if (!f)
        return EXIT_USAGE;
    enum core_result r = core_write(a->describe.memory, p, f);
    int status = close_output(f);
    if (r == CORE_WRITTEN)
        return status;
    fprintf(stderr, "exhibit checkpoint: %s\n", why[r]);
    return r == CORE_FAILED ? EXIT_OURS : EXIT_SHORT;
}
