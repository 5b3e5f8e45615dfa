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

static void process(struct tree *t, const json_t *one, unsigned depth)
{
    static const char *const shown[] = {"pid", "ppid", "comm", "argv", "sockets", NULL};
    struct page *p = t->page;
    text_printf(p->out,
                "<li><details class=\"process\" id=\"p%lld\"><summary>"
                "<span class=\"pid\">%lld</span> ",
                (long long)number_of(one, "pid"), (long long)number_of(one, "pid"));
    command_line(p, one);
    exe_marks(p, one);
    html_str(p, "</summary>");
    html_rest(p, one, shown);
    html_str(p, "</details>\n");
    output_spill(&p->report->out);
    children(t, one, depth);
    html_str(p, "</li>\n");
}

bool section_processes(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "processes");
    static const char *const shown[] = {"schema", "processes", NULL};
    struct tree t = {p, json_object_get(d, "processes")};
    if (!d)
        return false;
    html_str(p, "<ul class=\"tree root\">\n");
    for (size_t i = 0; i < json_array_size(t.processes); i++)
        if (!has_parent(&t, json_array_get(t.processes, i)))
            process(&t, json_array_get(t.processes, i), 0);
    html_str(p, "</ul>\n");
    html_rest(p, d, shown);
    json_decref(d);
    return true;
}

/* -- network --------------------------------------------------------------------------
 */

bool section_network(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "processes");
    const json_t *processes = json_object_get(d, "processes");
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(processes); i++) {
        const json_t *one = json_array_get(processes, i);
        const json_t *sockets = json_object_get(one, "sockets");
        for (size_t k = 0; k < json_array_size(sockets); k++) {
            json_t *row = json_object();
            json_object_set(row, "pid", json_object_get(one, "pid"));
            json_object_set(row, "command", json_object_get(one, "comm"));
            json_object_update(row, json_array_get(sockets, k));
            json_array_append_new(all, row);
        }
    }
    bool any = json_array_size(all) > 0;
    if (any)
        html_value(p, all);
    json_decref(all);
    json_decref(d);
    return any;
}
