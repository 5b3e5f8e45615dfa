/* Loading: files to texts to documents to rules, in a fixed order. */
#include "analyze/rules/rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/data.h"
#include "analyze/rules/private.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/yaml.h"

struct rules *rules_new(void)
{
    struct rules *r = memory_new(1, sizeof *r);
    r->last = &r->files;
    r->regex_texts = intern_new();
    return r;
}

static void own(struct rules *r, void *p)
{
    r->owned =
        memory_grow(r->owned, &r->owned_capacity, r->owned_count + 1, sizeof(void *));
    r->owned[r->owned_count++] = p;
}

void rules_free(struct rules *r)
{
    if (!r)
        return;
    for (struct rule_file *f = r->files; f; f = f->next) {
        documents_release(&f->documents);
        json_decref(f->collected);
    }
    for (size_t i = 0; i < r->regex_count; i++)
        regex_free(r->regexes[i]);
    for (size_t i = 0; i < r->rule_count; i++)
        free(r->rules[i]->feeds);
    for (size_t i = 0; i < r->owned_count; i++)
        free(r->owned[i]);
    for (size_t s = 0; s < LOG_SOURCE_COUNT; s++) {
        free(r->sources[s].fields);
        free(r->sources[s].rules);
    }
    free(r->owned);
    free(r->regexes);
    intern_free(r->regex_texts);
    free(r->placeholders);
    free(r->problems);
    free(r->rules);
    arena_release(&r->arena);
    free(r);
}

/* -- documents ---------------------------------------------------------------------- */

static void tell_fault(struct rules *r, const struct rule_file *f,
                       const struct fault *fault)
{
    struct reading reading = {.rules = r, .file = f};
    struct document at = {.offset = fault->offset};
    reading.document = &at;
    reading_problem(place_at(&reading, NULL, NULL), RULE_ERROR,
                    "the YAML cannot be read: %s", fault_text(fault->code));
}

void rules_add(struct rules *r, const char *file, struct bytes yaml)
{
    struct rule_file *f = arena_new(&r->arena, struct rule_file);
    f->name = file;
    f->text = yaml;
    f->builtin = r->loading_builtin;
    yaml_read(yaml, &f->documents);
    for (size_t i = 0; i < f->documents.faults.n; i++)
        tell_fault(r, f, &f->documents.faults.v[i]);
    collection_read(r, f);
    *r->last = f;
    r->last = &f->next;
}

/* "placeholders: {NAME: [value, …]}" */
static void read_placeholders(struct reading *r, const json_t *document)
{
    const json_t *map = json_object_get(document, "placeholders");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        struct rules *rules = r->rules;
        if (!json_is_array(value)) {
            reading_problem(place_at(r, map, key), RULE_ERROR,
                            "the values of a placeholder must be a list");
            continue;
        }
        rules->placeholders =
            memory_grow(rules->placeholders, &rules->placeholder_capacity,
                        rules->placeholder_count + 1, sizeof *rules->placeholders);
        rules->placeholders[rules->placeholder_count++] =
            (struct placeholder){bytes_str(key), value};
    }
}

enum pass { PASS_PLACEHOLDERS, PASS_RULES, PASS_FILTERS };

static void read_document(struct reading *r, const json_t *document, enum pass pass)
{
    if (json_is_null(document))
        return; /* an empty document, as between two "---" */
    bool map = json_is_object(document);
    bool placeholders = json_object_get(document, "placeholders") != NULL;
    bool filter = json_object_get(document, "filter") != NULL;
    bool correlation = json_object_get(document, "correlation") != NULL;
    if (pass == PASS_PLACEHOLDERS && placeholders)
        read_placeholders(r, document);
    else if (pass == PASS_FILTERS && filter)
        read_filter(r, document);
    else if (pass != PASS_RULES || placeholders || filter)
        return;
    else if (!map)
        reading_problem(place_at(r, document, NULL), RULE_ERROR, "a rule must be a map");
    else if (correlation)
        read_correlation(r, document);
    else
        read_rule(r, document);
}

static void read_all(struct rules *r, enum pass pass)
{
    for (struct rule_file *f = r->files; f; f = f->next)
        for (size_t i = 0; i < f->documents.n; i++) {
            struct reading reading = {
                .rules = r, .file = f, .document = &f->documents.v[i]};
            read_document(&reading, f->documents.v[i].root, pass);
        }
}

void rules_compile(struct rules *r)
{
    read_all(r, PASS_PLACEHOLDERS);
    read_all(r, PASS_RULES);
    link_correlations(r);
    read_all(r, PASS_FILTERS);
    for (size_t i = 0; i < r->rule_count; i++) {
        struct compiled *c = r->rules[i];
        struct source_rules *s = &r->sources[c->rule.source];
        c->rule.number = i;
        if (c->rule.correlation)
            continue;
        s->rules = memory_grow(s->rules, &s->rule_capacity, s->rule_count + 1,
                               sizeof(struct compiled *));
        s->rules[s->rule_count++] = c;
    }
    for (size_t s = 0; s < LOG_SOURCE_COUNT; s++) {
        share_conditions(&r->sources[s]);
        index_rules(r, &r->sources[s]);
        mark_kinds(&r->sources[s]);
        collect_bodies(&r->sources[s], &r->arena);
    }
}

const struct rule_problem *rules_problems(const struct rules *r, size_t *count)
{
    *count = r->problem_count;
    return r->problems;
}

bool rules_ask(const struct rules *r, enum log_source source)
{
    return r && r->sources[source].rule_count > 0;
}

/* A struct rule is the first member of a struct compiled. */
const struct rule *const *rules_all(const struct rules *r, size_t *count)
{
    *count = r->rule_count;
    return (const struct rule *const *)(const void *)r->rules;
}

/* -- files -------------------------------------------------------------------------- */

struct names {
    char **v;
    size_t n, capacity;
};

static void names_add(struct names *to, char *name)
{
    to->v = memory_grow(to->v, &to->capacity, to->n + 1, sizeof *to->v);
    to->v[to->n++] = name;
}

static bool is_yaml(const char *name)
{
    struct bytes b = bytes_str(name);
    return bytes_ends(b, BYTES(".yml")) || bytes_ends(b, BYTES(".yaml"));
}

static int find_files(const char *folder, struct names *to, size_t depth)
{
    DIR *d = opendir(folder);
    int result = d ? 0 : -errno;
    for (struct dirent *e; d && result == 0 && (e = readdir(d));) {
        char *path = NULL;
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        if (asprintf(&path, "%s/%s", folder, e->d_name) < 0)
            return closedir(d), -ENOMEM;
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && depth < LIMIT_RULE_DEPTH)
            result = find_files(path, to, depth + 1);
        else if (is_yaml(path))
            names_add(to, strdup(path));
        free(path);
    }
    if (d)
        closedir(d);
    return result;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rules are small; whatever is larger than LIMIT_RULE_FILE is no rule. */
#define LIMIT_RULE_FILE (16 * MIB)

static int read_file(const char *path, uint8_t **out, size_t *n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = {0};
    int result = 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        result = -errno;
    else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > LIMIT_RULE_FILE)
        result = -EFBIG;
    if (result == 0) {
        *out = memory_new((size_t)st.st_size + 1, 1);
        *n = 0;
        ssize_t got = 1;
        while (*n < (size_t)st.st_size && got > 0) {
            got = read(fd, *out + *n, (size_t)st.st_size - *n);
            *n += got > 0 ? (size_t)got : 0;
        }
        result = got < 0 ? -errno : 0;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static int add_file(struct rules *r, const char *path)
{
    uint8_t *text = NULL;
    size_t n = 0;
    int result = read_file(path, &text, &n);
    if (text)
        own(r, text);
    if (result == 0)
        rules_add(r, arena_string(&r->arena, bytes_str(path)), bytes_of(text, n));
    return result;
}

static int add_path(struct rules *r, const char *path)
{
    struct names names = {0};
    struct stat st;
    int result = stat(path, &st) < 0 ? -errno : 0;
    if (result == 0 && S_ISDIR(st.st_mode))
        result = find_files(path, &names, 0);
    else if (result == 0)
        names_add(&names, strdup(path));
    if (names.n)
        qsort(names.v, names.n, sizeof *names.v, by_name);
    for (size_t i = 0; i < names.n; i++) {
        if (result == 0)
            result = add_file(r, names.v[i]);
        free(names.v[i]);
    }
    free(names.v);
    return result;
}

static void add_builtin(struct rules *r)
{
    r->loading_builtin = true;
    for (const struct data_file *f = data_files; f->name; f++)
        if (bytes_starts(bytes_str(f->name), BYTES("analyze/rules/builtin/")))
            rules_add(r, f->name, f->content);
    r->loading_builtin = false;
}

int rules_load(const char *const *paths, bool builtin, struct rules **out,
               const char **why)
{
    struct rules *r = rules_new();
    *out = r;
    if (builtin)
        add_builtin(r);
    for (; paths && *paths; paths++) {
        int result = add_path(r, *paths);
        if (result < 0) {
            *why = arena_printf(&r->arena, "%s: %s", *paths, strerror(-result));
            return result;
        }
    }
    rules_compile(r);
    return 0;
}
