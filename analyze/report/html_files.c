/* What the container changed in its file system. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* diff.json has all of them. */
#define CHANGES 2000

/* A comparison, and what the findings say of its paths, and of their own rules:
 * {"/etc/passwd": {title: severity, …}, "layer.account": {…}}. */
struct files {
    struct page *page;
    json_t *found;
    bool other; /* not the first layer: in print, one line for each change */
};

/* "file 4755 0:0, 37960 bytes" */
static json_t *entry(const json_t *state)
{
    const json_t *size = json_object_get(state, "size");
    json_int_t uid = json_integer_value(json_object_get(state, "uid"));
    json_int_t gid = json_integer_value(json_object_get(state, "gid"));
    const char *type = word_of(state, "type"), *mode = word_of(state, "mode");
    if (size)
        return json_sprintf("%s %s %lld:%lld, %lld bytes", type, mode, (long long)uid,
                            (long long)gid, (long long)json_integer_value(size));
    return json_sprintf("%s %s %lld:%lld", type, mode, (long long)uid, (long long)gid);
}

/* A state with its type, mode, owner, group and size in one row. */
static json_t *condensed(const json_t *state)
{
    static const char *const joined[] = {"type", "mode", "uid", "gid", "size", NULL};
    json_t *o = json_object();
    if (*word_of(state, "type"))
        json_object_set_new(o, "entry", entry(state));
    json_t *rest = json_copy((json_t *)(uintptr_t)state);
    for (const char *const *k = joined; *word_of(state, "type") && *k; k++)
        json_object_del(rest, *k);
    json_object_update(o, rest);
    json_decref(rest);
    return o;
}

static void states_rows(struct page *p, const json_t *before, const json_t *after)
{
    json_t *all = json_copy((json_t *)(uintptr_t)before);
    const char *key;
    json_t *unused;
    json_object_update(all, (json_t *)(uintptr_t)after);
    json_object_foreach(all, key, unused)
    {
        const json_t *was = json_object_get(before, key);
        const json_t *is = json_object_get(after, key);
        bool differs = was && is && !json_equal(was, is);
        html_str(p, differs ? "<tr class=\"marked\"><th scope=\"row\">"
                            : "<tr><th scope=\"row\">");
        html_label(p, key);
        html_str(p, "</th><td>");
        if (was)
            html_value(p, was);
        html_str(p, "</td><td>");
        if (is)
            html_value(p, is);
        html_str(p, "</td></tr>");
    }
    json_decref(all);
}

/* Both states side by side, what differs marked; of one alone, its terms. */
static void states(struct page *p, const json_t *one)
{
    json_t *before = condensed(json_object_get(one, "before"));
    json_t *after = condensed(json_object_get(one, "after"));
    if (json_object_size(before) > 0 && json_object_size(after) > 0) {
        html_str(p, "<div class=\"scroll\"><table "
                    "class=\"states\"><thead><tr><td></td><th scope=\"col\">In "
                    "the image</th><th scope=\"col\">In the container</th></tr></thead>"
                    "<tbody>");
        states_rows(p, before, after);
        html_str(p, "</tbody></table></div>");
    } else {
        html_rest(p, json_object_size(before) > 0 ? before : after, NULL);
    }
    json_decref(before);
    json_decref(after);
}

/* "dpkg coreutils 9.1", and whether the file is what the package brought. */
static void package(struct page *p, const json_t *one)
{
    const json_t *package = json_object_get(one, "package");
    if (!package)
        return;
    html_str(p, " <span class=\"class\">");
    html_text(p, bytes_str(word_of(package, "system")));
    html_str(p, " ");
    html_text(p, bytes_str(word_of(package, "name")));
    html_str(p, " ");
    html_text(p, bytes_str(word_of(package, "version")));
    if (json_is_true(json_object_get(one, "explained_by_packages")))
        html_str(p, ", as its database says");
    else if (strcmp(word_of(package, "digest"), "differs") == 0)
        html_str(p, ", <strong>not what its database says</strong>");
    html_str(p, "</span>");
}

static void kinds(struct page *p, const json_t *one)
{
    const json_t *list = json_object_get(one, "kinds");
    html_str(p, " <span class=\"class\">");
    for (size_t i = 0; i < json_array_size(list); i++) {
        html_str(p, i > 0 ? ", " : "");
        html_value(p, json_array_get(list, i));
    }
    html_str(p, "</span>");
    package(p, one);
}

/* What the findings say of it; else the class that it was put into. */
static void said_of(struct files *f, const json_t *one)
{
    struct page *p = f->page;
    json_t *list = json_object_get(f->found, word_of(one, "path"));
    if (!list)
        list = json_object_get(f->found, word_of(one, "class"));
    const char *title;
    json_t *severity;
    json_object_foreach(list, title, severity)
    {
        html_str(p, " ");
        html_badge(p, bytes_str(json_string_value(severity)));
        html_str(p, " <span class=\"class\">");
        html_text(p, bytes_str(title));
        html_str(p, "</span>");
    }
    if (json_object_size(list) == 0 && *word_of(one, "class")) {
        html_str(p, " <span class=\"class\">");
        html_text(p, bytes_str(word_of(one, "class")));
        html_str(p, "</span>");
    }
}

/* A unified diff, line by line: added, removed, where. */
static void patch(struct page *p, struct bytes diff)
{
    struct bytes rest = diff;
    html_str(p, "<pre class=\"diff\">");
    while (rest.n > 0) {
        size_t end = bytes_find_byte(rest, '\n');
        struct bytes line = bytes_sub(rest, 0, end);
        const char *kind = line.n > 0 && line.p[0] == '+'   ? "<ins>"
                           : line.n > 0 && line.p[0] == '-' ? "<del>"
                           : line.n > 0 && line.p[0] == '@' ? "<b>"
                                                            : "<i>";
        html_str(p, kind);
        html_text(p, line);
        text_printf(p->out, "</%s\n", kind + 1);
        rest = bytes_from(rest, end < rest.n ? end + 1 : end);
    }
    html_str(p, "</pre>");
}

static void change(struct files *f, const json_t *one)
{
    static const char *const shown[] = {"path",   "change", "class", "diff",
                                        "before", "after",  "kinds", NULL};
    struct page *p = f->page;
    html_str(p, f->other ? "<details class=\"change brief\"><summary>"
                         : "<details class=\"change\"><summary>");
    html_badge(p, bytes_str(word_of(one, "change")));
    html_str(p, " <span class=\"path\">");
    html_text(p, bytes_str(word_of(one, "path")));
    html_str(p, "</span>");
    kinds(p, one);
    said_of(f, one);
    html_str(p, "</summary>");
    states(p, one);
    html_rest(p, one, shown);
    if (*word_of(one, "diff"))
        patch(p, bytes_str(word_of(one, "diff")));
    html_str(p, "</details>\n");
    output_spill(&p->report->out);
}

static void summary(struct page *p, const json_t *changes)
{
    static const char *const words[] = {"added", "modified", "deleted"};
    size_t counts[3] = {0};
    for (size_t i = 0; i < json_array_size(changes); i++)
        for (size_t k = 0; k < 3; k++)
            counts[k] +=
                strcmp(word_of(json_array_get(changes, i), "change"), words[k]) == 0;
    text_printf(p->out, "<p>%zu added, %zu modified, %zu deleted.</p>\n", counts[0],
                counts[1], counts[2]);
}

static void package_list(struct page *p, const json_t *list, const char *title)
{
    static const char *const two[] = {"system",  "name",         "version_before",
                                      "version", "architecture", NULL};
    static const char *const one[] = {"system", "name", "version", "architecture", NULL};
    bool changed = json_object_get(json_array_get(list, 0), "version_before") != NULL;
    if (json_array_size(list) == 0)
        return;
    text_printf(p->out, "<details%s><summary>%zu packages %s</summary>",
                json_array_size(list) > 20 ? "" : " open", json_array_size(list), title);
    html_table(p, list, changed ? two : one);
    html_str(p, "</details>\n");
}

/* What was installed, and whether the base is what its own databases say. */
static void packages(struct page *p, const json_t *d)
{
    static const char *const columns[] = {"path", "system", "name", "version", NULL};
    const json_t *all = json_object_get(d, "packages");
    const json_t *check = json_object_get(all, "base_check");
    const json_t *differing = json_object_get(check, "differing");
    json_int_t checked = json_integer_value(json_object_get(check, "checked"));
    package_list(p, json_object_get(all, "installed"), "installed");
    package_list(p, json_object_get(all, "changed"), "changed");
    package_list(p, json_object_get(all, "removed"), "removed");
    if (checked == 0)
        return;
    text_printf(
        p->out,
        "<p class=\"note\">%lld files of the base were compared with the databases "
        "of its packages: %zu differ.</p>\n",
        (long long)checked, json_array_size(differing));
    if (json_array_size(differing))
        html_table(p, differing, columns);
}

/* What packages explain was told with them, and is thousands of files. */
static void list_changes(struct files *f, const json_t *changes)
{
    struct page *p = f->page;
    size_t shown = 0, more = 0, explained = 0;
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *one = json_array_get(changes, i);
        if (json_is_true(json_object_get(one, "explained_by_packages")) ||
            json_object_get(one, "compiled_from")) {
            explained++;
        } else if (shown < CHANGES) {
            change(f, one);
            shown++;
        } else {
            more++;
        }
    }
    if (more)
        text_printf(p->out, "<p class=\"note\">And %zu more; diff.json has all.</p>\n",
                    more);
    if (explained)
        text_printf(p->out,
                    "<p class=\"note\">%zu changes are what the databases of packages "
                    "say, or compiled from sources that are; diff.json lists them.</p>\n",
                    explained);
}

static void comparison(struct files *f, const json_t *d)
{
    static const char *const shown[] = {"schema",  "changes", "added",    "modified",
                                        "deleted", "others",  "packages", NULL};
    struct page *p = f->page;
    const json_t *changes = json_object_get(d, "changes");
    summary(p, changes);
    packages(p, d);
    list_changes(f, changes);
    html_str(p, f->other ? "<details class=\"brief\">" : "<details>");
    html_str(p, "<summary>What was compared with what</summary>");
    html_rest(p, d, shown);
    html_str(p, "</details>\n");
}

static void add_saying(json_t *found, struct bytes key, const struct case_finding_row *f)
{
    json_t *list = json_object_getn(found, (const char *)key.p, key.n);
    if (!list) {
        list = json_object();
        json_object_setn_new(found, (const char *)key.p, key.n, list);
    }
    if (!json_object_getn(list, (const char *)f->title.p, f->title.n))
        json_object_setn_new(list, (const char *)f->title.p, f->title.n,
                             json_stringn((const char *)f->severity.p, f->severity.n));
}

/* Findings by the path that they are about, and by their rule. */
static json_t *findings_of_paths(struct page *p)
{
    struct case_walk *w = case_findings(p->casefile);
    struct case_finding_row f;
    json_t *found = json_object();
    while (case_next_finding(w, &f)) {
        if (bytes_starts(f.subject, BYTES("/"))) {
            add_saying(found, f.subject, &f);
            add_saying(found, f.rule, &f);
        }
    }
    case_end(w);
    return found;
}

bool section_files(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "diff");
    const json_t *others = json_object_get(d, "others");
    struct files f = {.page = p};
    if (!d)
        return false;
    f.found = findings_of_paths(p);
    comparison(&f, d);
    f.other = true;
    for (size_t i = 0; i < json_array_size(others); i++) {
        const json_t *one = json_array_get(others, i);
        html_str(p, "<h3>Another layer of the package</h3>\n<p class=\"path\">");
        html_text(p, bytes_str(word_of(json_object_get(one, "subject"), "item")));
        html_str(p, "</p>\n");
        comparison(&f, one);
    }
    json_decref(f.found);
    json_decref(d);
    return true;
}
