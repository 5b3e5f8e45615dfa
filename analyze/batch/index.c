#include "analyze/batch/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/batch/files.h"
#include "analyze/batch/outcome.h"
#include "analyze/batch/searchindex.h"
#include "analyze/evidence_json.h"

/* Shared indicators of a kind, and names of cases that share one, beyond these are not
 * what anybody reads; `exhibit search` has them all. */
#define MOST_SHARED 100
#define MOST_NAMES  1000

/* Cases that come into the search index together. */
#define GROUP 200

/* Time and size of the case file: another analysis writes another one. */
static bool stamp_of(const char *path, struct text *t)
{
    struct stat s;
    if (stat(path, &s) < 0)
        return false;
    text_printf(t, "%lld.%09ld %lld", (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                (long long)s.st_size);
    return true;
}

int index_open_search(const char *out, struct search_index **x)
{
    struct text path = {0};
    text_printf(&path, "%s/search.db", out);
    int r = search_index_open(text_c(&path), x);
    if (r == -EUCLEAN && unlink(text_c(&path)) == 0) /* all of it can be made again */
        r = search_index_open(text_c(&path), x);
    text_release(&path);
    return r;
}

/* A case without a readable case file is not searched, and index.json says its state. */
int index_search(struct search_index *x, const char *out, const struct work *w)
{
    struct text path = {0}, stamp = {0};
    batch_path(out, "cases", w->path, &path);
    text_str(&path, "/case.db");
    int r = w->state == WORK_DONE && stamp_of(text_c(&path), &stamp)
                ? search_index_add(x, w->path, text_c(&stamp), text_c(&path))
                : search_index_remove(x, w->path);
    text_release(&path);
    text_release(&stamp);
    return r == -EINVAL ? 0 : r;
}

struct sharing {
    json_t *to; /* array; borrowed */
    enum indicator kind;
};

static void add_shared(void *context, const struct shared *s)
{
    const struct sharing *sharing = context;
    json_t *o = json_object(), *cases = json_array();
    struct bytes rest = s->cases, name;
    json_object_set_new(o, "kind", json_string(indicator_name(sharing->kind)));
    json_object_set_new(o, "value", json_evidence(s->value));
    json_object_set_new(o, "count", json_integer(s->count));
    while (json_array_size(cases) < MOST_NAMES && bytes_split(&rest, '\n', &name))
        json_array_append_new(cases, json_evidence(name));
    json_object_set_new(o, "cases", cases);
    json_array_append_new(sharing->to, o);
}

/* What tells that cases have to do with each other. A rule or technique that fired in
 * both does not, nor a path: /etc/passwd is in every image. */
static int add_all_shared(struct search_index *x, json_t *to)
{
    static const enum indicator kinds[] = {INDICATOR_ADDRESS, INDICATOR_DOMAIN,
                                           INDICATOR_DIGEST, INDICATOR_IMAGE,
                                           INDICATOR_ACCOUNT};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof kinds / sizeof *kinds; i++) {
        struct sharing sharing = {to, kinds[i]};
        r = search_index_shared(
            x, &(struct shared_query){kinds[i], MOST_SHARED, add_shared, &sharing});
    }
    return r;
}

static int add_all(const char *out, const struct works *all, json_t *document)
{
    struct search_index *x;
    json_t *cases = json_array(), *shared = json_array();
    json_object_set_new(document, "cases", cases);
    json_object_set_new(document, "shared", shared);
    int r = index_open_search(out, &x);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < all->n; i++) {
        json_array_append_new(cases, outcome_of(out, &all->v[i]));
        if (i % GROUP == 0)
            r = search_index_begin(x);
        if (r == 0)
            r = index_search(x, out, &all->v[i]);
        if (r == 0 && (i % GROUP == GROUP - 1 || i + 1 == all->n))
            r = search_index_commit(x);
    }
    if (r == 0)
        r = add_all_shared(x, shared);
    search_index_close(x);
    return r;
}

static int write_file(const char *out, const char *name, struct bytes content)
{
    struct text path = {0};
    text_printf(&path, "%s/%s", out, name);
    int r = file_replace(text_c(&path), content);
    text_release(&path);
    return r;
}

static int write_both(const char *out, const json_t *document)
{
    struct text html = {0};
    char *text = json_dumps(document, JSON_INDENT(2));
    if (!text)
        return -ENOMEM;
    int r = write_file(out, "index.json", bytes_str(text));
    free(text);
    index_html(document, &html);
    if (r == 0)
        r = write_file(out, "index.html", text_bytes(&html));
    text_release(&html);
    return r;
}

int index_write(const char *out, json_t **document, int *status)
{
    struct works all = {0};
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_string("exhibit.batch/1"));
    json_object_set_new(
        o, "tool",
        json_pack("{s:s, s:s}", "name", "exhibit", "version", EXHIBIT_VERSION));
    int r = works_read(out, &all, NULL);
    if (r == 0)
        r = add_all(out, &all, o);
    if (r == 0)
        r = write_both(out, o);
    if (r == 0 && document)
        *document = json_incref(o);
    *status = works_status(&all);
    json_decref(o);
    works_release(&all);
    return r;
}
