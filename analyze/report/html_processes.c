/* Processes as a tree, and their sockets. */
#include <stdlib.h>
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"
#include "formats/base/memory.h"

/* Deeper trees are shown flat from there: a page is no place for a fork bomb. */
#define TREE_DEPTH 64

/* A process as far as its place in the tree needs it; the rest is read when it is shown.
 */
struct node {
    int64_t element, checkpoint, pid, ppid;
    bool shown;
};

struct tree {
    struct page *page;
    struct node *nodes;
    size_t count, capacity;
};

static int64_t number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

static void load_tree(struct tree *t)
{
    struct case_walk *w = case_elements(t->page->casefile, "processes");
    struct case_element_row row;
    while (case_next_element(w, &row)) {
        json_t *o = json_loadb((const char *)row.content.p, row.content.n, 0, NULL);
        t->nodes = memory_grow(t->nodes, &t->capacity, t->count + 1, sizeof *t->nodes);
        t->nodes[t->count++] =
            (struct node){row.id, number_of(o, "checkpoint"), number_of(o, "pid"),
                          number_of(o, "ppid"), false};
        json_decref(o);
    }
    case_end(w);
}

/* Processes of two dumps have the same numbers: they are two trees. */
static bool is_child(const struct node *n, const struct node *parent)
{
    return n != parent && n->ppid == parent->pid && n->checkpoint == parent->checkpoint;
}

static bool has_parent(const struct tree *t, const struct node *n)
{
    for (size_t i = 0; i < t->count; i++)
        if (is_child(n, &t->nodes[i]))
            return true;
    return false;
}

static void command_line(struct page *p, const json_t *process)
{
    const json_t *argv = json_object_get(process, "argv");
    html_str(p, "<code class=\"argv\">");
    if (json_array_size(argv) > 0) {
        for (size_t i = 0; i < json_array_size(argv); i++) {
            html_str(p, i > 0 ? " " : "");
            html_value(p, json_array_get(argv, i));
        }
    } else {
        html_text(p, bytes_str(word_of(process, "comm")));
    }
    html_str(p, "</code>");
}

/* A process can write any title: what it really runs stands beside it. */
static void exe_of(struct page *p, const json_t *process)
{
    const json_t *exe = json_object_get(process, "exe");
    const char *path =
        json_is_string(exe) ? json_string_value(exe) : word_of(exe, "path");
    const char *title =
        json_string_value(json_array_get(json_object_get(process, "argv"), 0));
    if (!*path || (title && strcmp(path, title) == 0))
        return;
    html_str(p, " <span class=\"runs\">runs <code>");
    html_text(p, bytes_str(path));
    html_str(p, "</code></span>");
}

static void exe_marks(struct page *p, const json_t *process)
{
    const json_t *exe = json_object_get(process, "exe");
    const json_t *deleted =
        json_object_get(json_is_object(exe) ? exe : process,
                        json_is_object(exe) ? "deleted" : "exe_deleted");
    const json_t *memfd = json_object_get(json_is_object(exe) ? exe : process,
                                          json_is_object(exe) ? "memfd" : "exe_memfd");
    if (json_is_true(deleted))
        html_str(p, " <span class=\"badge high\">executable deleted</span>");
    if (json_is_true(memfd))
        html_str(p, " <span class=\"badge critical\">executable in memory only</span>");
}

static void process(struct tree *t, struct node *n, unsigned depth);

static void children(struct tree *t, const struct node *parent, unsigned depth)
{
    bool any = false;
    for (size_t i = 0; depth < TREE_DEPTH && i < t->count; i++) {
        struct node *child = &t->nodes[i];
        if (child->shown || !is_child(child, parent))
            continue;
        html_str(t->page, any ? "" : "<ul class=\"tree\">\n");
        any = true;
        process(t, child, depth + 1);
    }
    html_str(t->page, any ? "</ul>\n" : "");
}

static void open_term(struct page *p, const char *label)
{
    text_printf(p->out, "<div><dt>%s</dt><dd>", label);
}

static void close_term(struct page *p)
{
    html_str(p, "</dd></div>");
}

/* "0", or "0 (real 33)" where real and effective differ. */
static void owner_term(struct page *p, const json_t *one, const char *key,
                       const char *label)
{
    const json_t *o = json_object_get(one, key);
    if (!o)
        return;
    open_term(p, label);
    if (!json_is_object(o)) {
        html_value(p, o);
    } else {
        html_value(p, json_object_get(o, "effective"));
        if (number_of(o, "effective") != number_of(o, "real"))
            text_printf(p->out, " (real %lld)", (long long)number_of(o, "real"));
    }
    close_term(p);
}

static void exe_term(struct page *p, const json_t *one)
{
    const json_t *exe = json_object_get(one, "exe");
    if (!exe)
        return;
    open_term(p, "Executable");
    html_str(p, "<span class=\"path\">");
    html_text(p, bytes_str(json_is_object(exe) ? word_of(exe, "path")
                                               : json_string_value(exe)));
    html_str(p, "</span> ");
    html_cite_json(p, json_object_get(exe, "span"));
    close_term(p);
}

static void environment_term(struct page *p, const json_t *one)
{
    const json_t *list = json_object_get(one, "environment");
    if (json_array_size(list) == 0)
        return;
    open_term(p, "Environment");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        html_str(p, "<span class=\"word\">");
        html_text(
            p, bytes_str(json_is_object(v) ? word_of(v, "name") : json_string_value(v)));
        if (*word_of(v, "value")) {
            html_str(p, "=");
            html_text(p, bytes_str(word_of(v, "value")));
        }
        html_str(p, "</span> ");
    }
    close_term(p);
}

static void files_table(struct page *p, const json_t *files)
{
    if (json_array_size(files) == 0)
        return;
    html_str(p, "<table><thead><tr><th scope=\"col\">Descriptor</th><th "
                "scope=\"col\">Refers to</th><th scope=\"col\">Evidence</th></tr>"
                "</thead><tbody>\n");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *f = json_array_get(files, i);
        const json_t *file = json_object_get(f, "file");
        const char *target = word_of(f, "target");
        html_str(p, "<tr><td>");
        html_value(p, json_object_get(f, "fd"));
        html_str(p, "</td><td class=\"path\">");
        html_text(p, bytes_str(*target ? target : word_of(f, "path")));
        if (json_is_true(json_object_get(file, "deleted")))
            html_str(p, " <span class=\"badge high\">deleted</span>");
        html_str(p, "</td><td>");
        html_cite_json(p, json_object_get(file ? file : f, "span"));
        html_str(p, "</td></tr>\n");
    }
    html_str(p, "</tbody></table>\n");
}

/* The members of `one` that are there, as terms, in the order of `keys` (NULL ends). */
static void terms(struct page *p, const json_t *one, const char *const *keys)
{
    for (const char *const *k = keys; *k; k++) {
        const json_t *v = json_object_get(one, *k);
        if (!v || json_is_null(v))
            continue;
        html_str(p, "<div><dt>");
        html_label(p, *k);
        html_str(p, "</dt><dd>");
        html_value(p, v);
        close_term(p);
    }
}

static void details(struct page *p, const json_t *one)
{
    static const char *const plain[] = {"command", "execfn",       "cwd",        "root",
                                        "state",   "started",      "start_time", "sid",
                                        "pgid",    "no_new_privs", NULL};
    html_str(p, "<dl class=\"terms\">");
    exe_term(p, one);
    terms(p, one, plain);
    owner_term(p, one, "uid", "User id");
    owner_term(p, one, "gid", "Group id");
    const json_t *capabilities =
        json_object_get(json_object_get(one, "capabilities"), "effective");
    if (capabilities) {
        open_term(p, "Capabilities");
        html_value(p, capabilities);
        close_term(p);
    }
    environment_term(p, one);
    text_printf(p->out, "<div><dt>Threads</dt><dd>%zu</dd></div>",
                json_array_size(json_object_get(one, "threads")));
    open_term(p, "Evidence");
    html_cite_json(p, json_object_get(one, "span"));
    html_str(p, " ");
    html_cite_json(p, json_object_get(one, "argv_span"));
    close_term(p);
    html_str(p, "</dl>\n");
    files_table(p, json_object_get(one, "files"));
}

static void process(struct tree *t, struct node *n, unsigned depth)
{
    struct page *p = t->page;
    json_t *one = case_element_json(p->casefile, n->element);
    n->shown = true;
    text_printf(p->out,
                "<li><details class=\"process\" id=\"p%lld\"><summary>"
                "<span class=\"pid\">%lld</span> ",
                (long long)n->pid, (long long)n->pid);
    command_line(p, one);
    exe_of(p, one);
    exe_marks(p, one);
    html_str(p, "</summary>");
    details(p, one);
    html_str(p, "</details>\n");
    json_decref(one);
    output_spill(&p->report->out);
    children(t, n, depth);
    html_str(p, "</li>\n");
}

/* What the container mounted is for a screen: a page of its own in print. */
static void mounts(struct page *p, const json_t *container)
{
    const json_t *list = json_object_get(container, "mounts");
    if (json_array_size(list) == 0)
        return;
    html_str(p, "<details class=\"screen-only\"><summary>What it mounted</summary>");
    html_value(p, list);
    html_str(p, "</details>\n");
}

/* Containers have one tree each; what else a dump says is in processes.json. */
static void dumps(struct page *p, const json_t *list)
{
    static const char *const shown[] = {
        "container_item", "folder",       "container",           "processes", "images",
        "has_parent",     "parent_found", "network_lock_method", NULL};
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *one = json_copy(json_array_get(list, i));
        json_t *container = json_object_get(one, "container");
        json_t *rest = json_is_object(container) ? json_copy(container) : NULL;
        json_object_del(rest, "mounts");
        if (rest)
            json_object_set_new(one, "container", rest);
        html_str(p, "<dl class=\"terms\">");
        terms(p, one, shown);
        html_str(p, "</dl>\n");
        mounts(p, json_object_get(json_array_get(list, i), "container"));
        json_decref(one);
    }
}

/* Those without a parent first; then what a loop or the depth of the tree kept away. */
static void roots(struct tree *t)
{
    html_str(t->page, "<ul class=\"tree root\">\n");
    for (size_t i = 0; i < t->count; i++)
        if (!t->nodes[i].shown && !has_parent(t, &t->nodes[i]))
            process(t, &t->nodes[i], 0);
    for (size_t i = 0; i < t->count; i++)
        if (!t->nodes[i].shown)
            process(t, &t->nodes[i], 0);
    html_str(t->page, "</ul>\n");
}

bool section_processes(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "processes");
    struct tree t = {.page = p};
    load_tree(&t);
    bool any = t.count > 0;
    if (any) {
        roots(&t);
        html_str(p, "<h3>The checkpoint</h3>\n");
        dumps(p, json_object_get(d, "checkpoints"));
    }
    free(t.nodes);
    json_decref(d);
    return any;
}

/* -- network --------------------------------------------------------------------------
 */

/* "10.0.0.7:443", "[::1]:22", "0.0.0.0:*"; of ICMP there is no port. */
static void endpoint_text(struct page *p, const json_t *v)
{
    const char *address = word_of(v, "address");
    bool six = strchr(address, ':') != NULL;
    int64_t port = number_of(v, "port");
    html_str(p, six ? "[" : "");
    html_text(p, bytes_str(address));
    html_str(p, six ? "]" : "");
    if (port > 0)
        text_printf(p->out, ":%lld", (long long)port);
    else if (port == 0)
        html_str(p, ":*");
}

static void endpoint(struct page *p, const json_t *v)
{
    html_str(p, "<td class=\"path\">");
    if (json_is_object(v))
        endpoint_text(p, v);
    else if (v)
        html_value(p, v);
    html_str(p, "</td>");
}

static void owners(struct page *p, const json_t *socket)
{
    const json_t *list = json_object_get(socket, "owners");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        text_printf(p->out, "%s<a href=\"#p%lld\">pid %lld</a> fd %lld",
                    i > 0 ? ", " : "", (long long)number_of(o, "pid"),
                    (long long)number_of(o, "pid"), (long long)number_of(o, "fd"));
    }
}

static void socket_row(struct page *p, const json_t *s)
{
    html_str(p, "<tr><td>");
    html_text(p, bytes_str(*word_of(s, "protocol") ? word_of(s, "protocol")
                                                   : word_of(s, "family")));
    html_str(p, "</td><td>");
    html_text(p, bytes_str(word_of(s, "state")));
    html_str(p, "</td>");
    endpoint(p, json_object_get(s, "local"));
    endpoint(p, json_object_get(s, "remote"));
    html_str(p, "<td>");
    owners(p, s);
    html_str(p, "</td><td>");
    html_cite_json(p, json_object_get(s, "span"));
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

/* Those that ended, or that processes outside of the dump hold. */
static size_t kept_connections(struct page *p, const json_t *list)
{
    size_t i, n = 0;
    json_t *c;
    json_array_foreach(list, i, c)
    {
        const json_t *real = json_object_get(c, "translated_destination");
        if (json_is_true(json_object_get(c, "held")))
            continue;
        n++;
        html_str(p, "<tr><td>");
        html_text(p, bytes_str(word_of(c, "protocol")));
        html_str(p, "</td><td>");
        html_text(p, bytes_str(word_of(c, "state")));
        html_str(p, "</td>");
        endpoint(p, json_object_get(c, "source"));
        endpoint(p, json_object_get(c, "destination"));
        html_str(p, "<td>no process here, the kernel kept it in mind");
        if (real) {
            html_str(p, "; translated to ");
            endpoint_text(p, real);
        }
        html_str(p, "</td><td>");
        html_cite_json(p, json_object_get(c, "span"));
        html_str(p, "</td></tr>\n");
    }
    return n;
}

static size_t all_sockets(struct page *p, const json_t *d)
{
    const json_t *dumped = json_object_get(d, "checkpoints");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(dumped); i++) {
        const json_t *list = json_object_get(json_array_get(dumped, i), "sockets");
        n += json_array_size(list);
        for (size_t k = 0; k < json_array_size(list); k++)
            socket_row(p, json_array_get(list, k));
        n += kept_connections(
            p, json_object_get(json_object_get(json_array_get(dumped, i), "network"),
                               "connections"));
    }
    return n;
}

bool section_network(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "processes");
    if (!d)
        return false;
    html_str(p, "<p>Sockets at the moment of the checkpoint.</p>\n"
                "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Protocol</th>"
                "<th scope=\"col\">State</th><th scope=\"col\">Local</th><th "
                "scope=\"col\">Remote</th><th scope=\"col\">Held by</th><th "
                "scope=\"col\">Evidence</th></tr></thead><tbody>\n");
    size_t n = all_sockets(p, d);
    html_str(p, "</tbody></table></div>\n");
    json_decref(d);
    return n > 0;
}
