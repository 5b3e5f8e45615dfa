#include "analyze/process/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/analysis.h"
#include "analyze/commands.h"
#include "analyze/opening.h"
#include "analyze/process/decode.h"
#include "analyze/process/detect.h"
#include "analyze/process/values.h"
#include "verify/json_mask.h"

bool answer_wants(const struct answer *a, const struct process *p)
{
    return !a->request->one_pid || a->request->pid == p->pid;
}

int answer_json(const struct answer *a, json_t *document)
{
    json_mask(a->describe.mask, document);
    int r = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(document);
    return r || fflush(stdout) ? EXIT_OURS : EXIT_HELD;
}

int answer_document(const struct answer *a, json_t *document)
{
    if (a->request->json)
        return answer_json(a, document);
    json_mask(a->describe.mask, document);
    answer_print(document);
    json_decref(document);
    return EXIT_HELD;
}

/* -- lists ----------------------------------------------------------------------------
 */

/* Element by element, because those of many processes do not fit into memory at once. */
struct listing {
    const struct answer *answer;
    size_t n;
    int failed;
};

static void list_add(struct listing *l, json_t *element)
{
    json_mask(l->answer->describe.mask, element);
    if (l->answer->request->json) {
        fputs(l->n ? ",\n" : "\n", stdout);
        l->failed |= json_dumpf(element, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    } else {
        answer_print(element);
        putchar('\n');
    }
    l->n++;
    json_decref(element);
}

/* `begin` and `end` stand around the list for machines. */
static struct listing list_begin(const struct answer *a, const char *begin)
{
    fputs(a->request->json ? begin : "", stdout);
    return (struct listing){.answer = a};
}

static int list_end(const struct listing *l, const char *end)
{
    if (l->answer->request->json)
        printf("%s%s\n", l->n ? "\n" : "", end);
    return l->failed || fflush(stdout) ? EXIT_OURS : EXIT_HELD;
}

/* -- ps -------------------------------------------------------------------------------
 */

static int rank_of(const struct checkpoint *c, const struct process *p)
{
    return (int)(p - c->processes);
}

/* Children follow their parent, in the order of pstree.img; depth first. */
static void tree_order(const struct checkpoint *c, const struct process *parent,
                       const struct process **out, size_t *n)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct process *p = &c->processes[i];
        if (p->parent != parent || rank_of(c, p) < 0)
            continue;
        out[(*n)++] = p;
        tree_order(c, p, out, n);
    }
}

static void print_marks(const struct process *p)
{
    if (p->exe && file_is_deleted(p->exe))
        fputs("  [executable deleted]", stdout);
    if (p->exe && p->exe->type == CRIU__FD_TYPES__FD_TYPES_MEMFD)
        fputs("  [executable in memfd]", stdout);
    if (!process_is_alive(p))
        fputs("  [zombie]", stdout);
    if (process_is_stopped(p))
        fputs("  [stopped]", stdout);
    if (p->ppid && !p->parent)
        fputs("  [parent not in the dump]", stdout);
    if (p->duplicate)
        fputs("  [pid occurs twice]", stdout);
    if (!p->leader || !p->leader->core)
        fputs("  [core missing]", stdout);
}

static void print_process(const struct answer *a, const struct process *p)
{
    json_t *o = describe_arguments(&a->describe, p);
    json_t *exe = json_masked(a->describe.mask,
                              p->exe ? file_path(p->exe, &a->describe.checkpoint->arena)
                                     : BYTES_NONE);
    json_t *comm = json_masked(a->describe.mask, process_comm(p));
    const Criu__CredsEntry *creds = p->creds;
    printf("%7u %7u %7u %5zu  ", p->pid, p->ppid, creds ? creds->euid : 0,
           p->thread_count);
    size_t wide = answer_print_text(comm);
    printf("%*s  %*s", wide < 15 ? (int)(15 - wide) : 0, "",
           (int)(p->depth > 20 ? 40 : 2 * p->depth), "");
    size_t i;
    json_t *part;
    json_array_foreach(o, i, part)
    {
        fputs(i ? " " : "", stdout);
        answer_print_text(part);
    }
    if (json_array_size(o) == 0) {
        putchar('[');
        answer_print_text(comm);
        putchar(']');
    }
    if (json_string_length(exe)) {
        fputs("  (", stdout);
        answer_print_text(exe);
        putchar(')');
    }
    print_marks(p);
    putchar('\n');
    json_decref(o);
    json_decref(exe);
    json_decref(comm);
}

static int ps(const struct answer *a)
{
    struct checkpoint *c = a->describe.checkpoint;
    if (a->request->json) {
        struct listing l = list_begin(
            a, "{\n  \"schema\": \"exhibit/processes/1\",\n  \"processes\": [");
        for (size_t i = 0; i < c->count; i++)
            if (answer_wants(a, &c->processes[i]))
                list_add(&l, describe_process(&a->describe, &c->processes[i]));
        return list_end(&l, "]}");
    }
    const struct process **order =
        arena_array(&c->arena, const struct process *, c->count);
    size_t n = 0;
    tree_order(c, NULL, order, &n);
    puts("    PID    PPID     UID  THRD  COMM             COMMAND (EXECUTABLE)");
    for (size_t i = 0; i < n; i++)
        if (answer_wants(a, order[i]))
            print_process(a, order[i]);
    return EXIT_HELD;
}

/* -- one list per process -------------------------------------------------------------
 */

typedef json_t *describe_fn(const struct describe *d, const struct process *p);

static int per_process(const struct answer *a, const char *name, describe_fn *describe)
{
    struct checkpoint *c = a->describe.checkpoint;
    struct listing l = list_begin(a, "[");
    for (size_t i = 0; i < c->count; i++) {
        const struct process *p = &c->processes[i];
        if (!answer_wants(a, p))
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "pid", json_integer(p->pid));
        json_object_set_new(o, "comm", json_evidence(process_comm(p)));
        json_object_set_new(o, name, describe(&a->describe, p));
        list_add(&l, o);
    }
    return list_end(&l, "]");
}

static int env(const struct answer *a)
{
    return per_process(a, "environment", describe_environment);
}

static int files(const struct answer *a)
{
    return per_process(a, "files", describe_descriptors);
}

static int maps(const struct answer *a)
{
    return per_process(a, "maps", describe_maps);
}

static int threads(const struct answer *a)
{
    return per_process(a, "threads", describe_threads);
}

/* -- the dump as a whole --------------------------------------------------------------
 */

static int sockets(const struct answer *a)
{
    const struct process *p =
        a->request->one_pid ? checkpoint_process(a->describe.checkpoint, a->request->pid)
                            : NULL;
    return answer_document(a, describe_sockets(&a->describe, p));
}

static int mounts(const struct answer *a)
{
    return answer_document(a, describe_mounts(&a->describe));
}

static int cgroups(const struct answer *a)
{
    return answer_document(a, describe_cgroups(&a->describe));
}

static int network(const struct answer *a)
{
    return answer_document(a, describe_network(&a->describe));
}

/* Programs of filters are for `seccomp` and for machines. */
static int info(const struct answer *a)
{
    json_t *o = describe_dump(&a->describe), *filter;
    size_t i;
    json_array_foreach(json_object_get(o, "seccomp_filters"), i,
                       filter) if (!a->request->json) json_object_del(filter, "program");
    return answer_document(a, o);
}

/* Programs are read line by line. */
static int seccomp(const struct answer *a)
{
    json_t *all = describe_seccomp(&a->describe), *filter, *line;
    size_t i, k;
    if (a->request->json)
        return answer_json(a, all);
    json_mask(a->describe.mask, all);
    json_array_foreach(all, i, filter)
    {
        json_t *program = json_incref(json_object_get(filter, "program"));
        json_object_del(filter, "program");
        answer_print(filter);
        json_array_foreach(program, k, line)
        {
            printf("  %4zu  ", k);
            answer_print_text(line);
            putchar('\n');
        }
        json_decref(program);
        putchar('\n');
    }
    json_decref(all);
    return EXIT_HELD;
}

/* The image's own name, or its path in the checkpoint: "pre-checkpoint/inventory.img" is
 * of another dump than "checkpoint/inventory.img". The statistics may lie elsewhere. */
static struct image *find_image(const struct answer *a, const char *path)
{
    struct bytes all = bytes_str(path);
    size_t slash = bytes_rfind_byte(all, '/');
    const char *name = slash < all.n ? path + slash + 1 : path;
    for (size_t i = 0; i < a->dumps->n && slash < all.n; i++)
        if (bytes_eq(a->dumps->v[i]->folder, bytes_sub(all, 0, slash)))
            return dump_find(a->dumps->v[i], name);
    struct dump *dump = a->describe.checkpoint->dump;
    struct image *image = dump_find(dump, name);
    bool beside = !image && dump->stats && bytes_is(dump->stats->name, name);
    return beside ? dump->stats : image;
}

static int decode(const struct answer *a)
{
    const char *name = a->request->arguments[0];
    struct image *image = name ? find_image(a, name) : NULL;
    struct faults faults = {0};
    if (image && !image_has_records(image))
        return answer_json(a, describe_raw(&a->describe, image));
    if (!image || !image->item->kept) {
        fprintf(stderr, "exhibit checkpoint: %s\n",
                name ? "no such image, or it was too large to keep" : "name an image");
        return EXIT_USAGE;
    }
    json_t *o = decode_image(item_more(image->item)->content, true, &faults);
    int status = EXIT_HELD;
    if (!o) {
        o = json_object();
        status = EXIT_SHORT;
    }
    if (faults.n) {
        json_object_set_new(o, "faults", decode_faults(&faults));
        status = EXIT_SHORT;
    }
    faults_release(&faults);
    int r = answer_json(a, o);
    return r ? r : status;
}

static void print_finding(const struct mask *mask, const struct finding *f)
{
    fputs(severity_name(f->severity), stdout);
    printf("  %s  ", f->kind->id);
    print_masked(stdout, mask, f->subject);
    printf("  %s%s", f->kind->title, f->not_decidable ? " (not decidable)" : "");
    for (size_t i = 0; i < f->argument_count; i++) {
        printf("  %s=", f->arguments[i].name);
        print_masked(stdout, mask, f->arguments[i].value);
    }
    putchar('\n');
}

static json_t *finding_json(const struct finding *f)
{
    json_t *o = json_object(), *spans = json_array(), *arguments = json_object();
    json_object_set_new(o, "id", json_string(f->kind->id));
    json_object_set_new(o, "severity", json_string(severity_name(f->severity)));
    json_object_set_new(o, "title", json_string(f->kind->title));
    json_object_set_new(o, "attack", json_string(f->kind->attack));
    json_object_set_new(o, "subject", json_evidence(f->subject));
    json_object_set_new(o, "confidence", json_string(confidence_name(f->confidence)));
    json_object_set_new(o, "not_decidable", json_boolean(f->not_decidable));
    for (size_t i = 0; i < f->argument_count; i++)
        json_object_set_new(arguments, f->arguments[i].name,
                            json_evidence(f->arguments[i].value));
    json_object_set_new(o, "arguments", arguments);
    for (size_t i = 0; i < f->span_count; i++)
        json_array_append_new(spans, json_span(f->spans[i]));
    json_object_set_new(o, "spans", spans);
    return o;
}

static bool has_word(struct bytes text, const char *word)
{
    struct bytes part;
    while (bytes_split(&text, ' ', &part))
        if (bytes_is(part, word))
            return true;
    return false;
}

/* "pid 14 (sh)", or, of what stands in memory, one of its processes. */
static bool is_about(const struct finding *f, const struct checkpoint_request *r)
{
    char pid[16];
    struct bytes subject = f->subject, first = BYTES_NONE, second = BYTES_NONE;
    snprintf(pid, sizeof pid, "%u", r->pid);
    for (size_t i = 0; i < f->argument_count; i++)
        if (strcmp(f->arguments[i].name, "pids") == 0)
            return has_word(f->arguments[i].value, pid);
    bytes_split(&subject, ' ', &first);
    bytes_split(&subject, ' ', &second);
    return bytes_is(first, "pid") && bytes_is(second, pid);
}

static int findings(const struct answer *a)
{
    struct findings all = {0};
    struct detect d = {
        .describe = a->describe, .findings = &all, .threads = opening_threads(0)};
    json_t *list = json_array();
    detect_all(&d);
    findings_sort(&all);
    for (size_t i = 0; i < all.n; i++) {
        if (a->request->one_pid && !is_about(all.v[i], a->request))
            continue;
        if (a->request->json)
            json_array_append_new(list, finding_json(all.v[i]));
        else
            print_finding(a->describe.mask, all.v[i]);
    }
    findings_release(&all);
    if (a->request->json)
        return answer_json(a, list);
    json_decref(list);
    return EXIT_HELD;
}

/* -- the table ------------------------------------------------------------------------
 */

static const struct {
    const char *what;
    int (*answer)(const struct answer *a);
    bool needs_memory;
} answers[] = {
    {"ps", ps, true},
    {"info", info, false},
    {"env", env, true},
    {"files", files, false},
    {"sockets", sockets, false},
    {"mounts", mounts, false},
    {"network", network, false},
    {"cgroups", cgroups, false},
    {"maps", maps, false},
    {"threads", threads, false},
    {"seccomp", seccomp, false},
    {"decode", decode, false},
    {"findings", findings, true},
    {"strings", answer_strings, false},
    {"search", answer_search, false},
    {"extract", answer_extract, false},
    {"core", answer_core, true},
};

bool checkpoint_knows(const char *what)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(answers[i].what, what) == 0)
            return true;
    return false;
}

static int answer(struct package *p, struct dumps *dumps,
                  const struct checkpoint_request *r)
{
    struct checkpoint c;
    struct mask mask = package_mask(p, r->reveal);
    checkpoint_load(dumps->v[r->dump], &c);
    struct memory *m = memory_open(&c);
    struct metadata metadata;
    metadata_read(dumps->v[r->dump], &metadata);
    struct answer a = {{&c, m, &mask, &metadata}, r, dumps};
    int status = EXIT_USAGE;
    if (r->one_pid && !checkpoint_process(&c, r->pid))
        fprintf(stderr, "exhibit checkpoint: there is no process %u in it\n", r->pid);
    else
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
            if (strcmp(answers[i].what, r->what) == 0) {
                if (answers[i].needs_memory)
                    memory_read_strings(m, &c);
                status = answers[i].answer(&a);
            }
    memory_close(m);
    metadata_release(&metadata);
    checkpoint_release(&c);
    return status;
}

/* Of several dumps the first that is nobody's parent is the newest one. */
static size_t newest(const struct dumps *all)
{
    for (size_t i = 0; i < all->n; i++) {
        bool is_parent = false;
        for (size_t k = 0; k < all->n; k++)
            is_parent |= all->v[k]->parent == all->v[i];
        if (!is_parent && dump_find(all->v[i], "pstree.img"))
            return i;
    }
    return 0;
}

int checkpoint_command(struct package *p, const struct checkpoint_request *r)
{
    struct dumps dumps;
    struct checkpoint_request request = *r;
    dumps_find(p, &dumps);
    int status = EXIT_USAGE;
    if (dumps.n == 0) {
        fputs("exhibit checkpoint: there is no CRIU image in it\n", stderr);
    } else if (r->dump > dumps.n) {
        fprintf(stderr, "exhibit checkpoint: it holds %zu dumps\n", dumps.n);
    } else {
        request.dump = r->dump ? r->dump - 1 : newest(&dumps);
        status = answer(p, &dumps, &request);
    }
    dumps_release(&dumps);
    return status;
}
