/* Processes as a tree, and their sockets. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* Deeper trees are shown flat from there: a page is no place for a fork bomb. */
#define TREE_DEPTH 64

struct tree {
    struct page *page;
    const json_t *processes;
};

static int64_t number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

static bool has_parent(const struct tree *t, const json_t *process)
{
    int64_t parent = number_of(process, "ppid");
    for (size_t i = 0; i < json_array_size(t->processes); i++) {
        const json_t *other = json_array_get(t->processes, i);
        if (other != process && number_of(other, "pid") == parent)
            return true;
    }
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

static void process(struct tree *t, const json_t *one, unsigned depth);

static void children(struct tree *t, const json_t *parent, unsigned depth)
{
    int64_t pid = number_of(parent, "pid");
    bool any = false;
    for (size_t i = 0; depth < TREE_DEPTH && i < json_array_size(t->processes); i++) {
        const json_t *child = json_array_get(t->processes, i);
        if (child == parent || number_of(child, "ppid") != pid)
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

static void process(struct tree *t, const json_t *one, unsigned depth)
{
    struct page *p = t->page;
    text_printf(p->out,
                "<li><details class=\"process\" id=\"p%lld\"><summary>"
                "<span class=\"pid\">%lld</span> ",
                (long long)number_of(one, "pid"), (long long)number_of(one, "pid"));
    command_line(p, one);
    exe_marks(p, one);
    html_str(p, "</summary>");
    details(p, one);
    html_str(p, "</details>\n");
    output_spill(&p->report->out);
    children(t, one, depth);
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

bool section_processes(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "processes");
    struct tree t = {p, json_object_get(d, "processes")};
    bool any = json_array_size(t.processes) > 0;
    if (any) {
        html_str(p, "<ul class=\"tree root\">\n");
        for (size_t i = 0; i < json_array_size(t.processes); i++)
            if (!has_parent(&t, json_array_get(t.processes, i)))
                process(&t, json_array_get(t.processes, i), 0);
        html_str(p, "</ul>\n<h3>The checkpoint</h3>\n");
        dumps(p, json_object_get(d, "checkpoints"));
    }
    json_decref(d);
    return any;
}

/* -- network --------------------------------------------------------------------------
 */

static void endpoint(struct page *p, const json_t *v)
{
    html_str(p, "<td class=\"path\">");
    if (json_is_object(v)) {
        html_text(p, bytes_str(word_of(v, "address")));
        text_printf(p->out, ":%lld", (long long)number_of(v, "port"));
    } else if (v) {
        html_value(p, v);
    }
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

static void socket_row(struct page *p, const json_t *s, int64_t pid)
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
    if (pid >= 0)
        text_printf(p->out, "<a href=\"#p%lld\">pid %lld</a>", (long long)pid,
                    (long long)pid);
    html_str(p, "</td><td>");
    html_cite_json(p, json_object_get(s, "span"));
    html_str(p, "</td></tr>\n");
    output_spill(&p->report->out);
}

static size_t socket_rows(struct page *p, const json_t *list, int64_t pid)
{
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++)
        socket_row(p, json_array_get(list, i), pid);
    return n;
}

/* Sockets of the whole dump where it lists them, else those of each process. */
static size_t all_sockets(struct page *p, const json_t *d)
{
    const json_t *dumped = json_object_get(d, "checkpoints");
    const json_t *processes = json_object_get(d, "processes");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(dumped); i++)
        n += socket_rows(p, json_object_get(json_array_get(dumped, i), "sockets"), -1);
    for (size_t i = 0; !dumped && i < json_array_size(processes); i++) {
        const json_t *one = json_array_get(processes, i);
        n += socket_rows(p, json_object_get(one, "sockets"), number_of(one, "pid"));
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
