/* What the container changed in its file system. */
#include <string.h>

#include "analyze/report/html.h"
#include "analyze/report/words.h"

/* diff.json has all of them. */
#define CHANGES 2000

/* Both states side by side; what differs is marked. */
static void states(struct page *p, const json_t *before, const json_t *after)
{
    json_t *all = json_object();
    const char *key;
    json_t *unused;
    json_object_update(all, (json_t *)(uintptr_t)before);
    json_object_update(all, (json_t *)(uintptr_t)after);
    html_str(p, "<table class=\"states\"><thead><tr><th></th><th scope=\"col\">In the "
                "image</th><th scope=\"col\">In the container</th></tr></thead><tbody>");
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
    html_str(p, "</tbody></table>");
    json_decref(all);
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
    if (*word_of(one, "class")) {
        html_str(p, json_array_size(list) > 0 ? "; " : "");
        html_text(p, bytes_str(word_of(one, "class")));
    }
    html_str(p, "</span>");
    package(p, one);
}

static void change(struct page *p, const json_t *one)
{
    static const char *const shown[] = {"path",   "change", "class", "diff",
                                        "before", "after",  "kinds", NULL};
    html_str(p, "<details class=\"change\"><summary>");
    html_badge(p, bytes_str(word_of(one, "change")));
    html_str(p, " <span class=\"path\">");
    html_text(p, bytes_str(word_of(one, "path")));
    html_str(p, "</span>");
    kinds(p, one);
    html_str(p, "</summary>");
    if (json_object_get(one, "before") || json_object_get(one, "after"))
        states(p, json_object_get(one, "before"), json_object_get(one, "after"));
    html_rest(p, one, shown);
    if (*word_of(one, "diff")) {
        html_str(p, "<pre class=\"diff\">");
        html_text(p, bytes_str(word_of(one, "diff")));
        html_str(p, "</pre>");
    }
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
static void list_changes(struct page *p, const json_t *changes)
{
    size_t shown = 0, more = 0, explained = 0;
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *one = json_array_get(changes, i);
        if (json_is_true(json_object_get(one, "explained_by_packages")) ||
            json_object_get(one, "compiled_from")) {
            explained++;
        } else if (shown < CHANGES) {
            change(p, one);
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

static void comparison(struct page *p, const json_t *d)
{
    static const char *const shown[] = {"schema",  "changes", "added",    "modified",
                                        "deleted", "others",  "packages", NULL};
    const json_t *changes = json_object_get(d, "changes");
    summary(p, changes);
    packages(p, d);
    list_changes(p, changes);
    html_str(p, "<details><summary>What was compared with what</summary>");
    html_rest(p, d, shown);
    html_str(p, "</details>\n");
}

bool section_files(struct page *p)
{
    json_t *d = case_document_json(p->casefile, "diff");
    const json_t *others = json_object_get(d, "others");
    if (!d)
        return false;
    comparison(p, d);
    for (size_t i = 0; i < json_array_size(others); i++) {
        html_str(p, "<h3>Another layer of the package</h3>\n");
        comparison(p, json_array_get(others, i));
    }
    json_decref(d);
    return true;
}
