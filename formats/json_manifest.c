#include "formats/json_manifest.h"

#include <jansson.h>

#include "formats/base/limits.h"
#include "formats/base/text.h"

struct reading {
    struct bytes content;
    struct arena *arena;
    const struct manifest_sink *sink;
    size_t from; /* where the next name is looked for: names mostly come in order */
};

/* Lists of other formats are long, and not to be searched for words. */
static bool is_json(struct bytes head)
{
    struct bytes first = bytes_trim(bytes_sub(head, 0, 256));
    return bytes_starts(first, BYTES("{")) || bytes_starts(first, BYTES("["));
}

bool json_manifest_is_statement(struct bytes head)
{
    return is_json(head) && bytes_contains(head, BYTES("in-toto.io/Statement"));
}

static struct bytes string_of(const json_t *value)
{
    if (!json_is_string(value))
        return BYTES_NONE;
    return bytes_of(json_string_value(value), json_string_length(value));
}

/* "sha256:abc…", "SHA-256=abc…" or bare hex, whose length then tells the algorithm. */
static bool read_digest(struct reading *r, const char *algorithm_name, struct bytes text,
                        struct manifest_entry *e)
{
    enum digest_algorithm algorithm;
    size_t colon = bytes_find_byte(text, ':');
    bool known = algorithm_name && digest_by_name(bytes_str(algorithm_name), &algorithm);
    if (!known && colon < text.n &&
        digest_by_name(bytes_sub(text, 0, colon), &algorithm)) {
        text = bytes_from(text, colon + 1);
        known = true;
    }
    for (unsigned a = 0; !known && a < DIGEST_COUNT; a++) {
        algorithm = (enum digest_algorithm)a;
        known = text.n == 2 * digest_size(algorithm);
    }
    if (!known || e->digest_count == MANIFEST_DIGESTS ||
        !manifest_digest(text, algorithm, r->arena, &e->digests[e->digest_count]))
        return false;
    e->digest_count++;
    return true;
}

static bool is_digest_word(const char *name)
{
    static const char *const words[] = {"digest", "hash", "checksum"};
    enum digest_algorithm ignored;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bytes_eq_nocase(bytes_str(name), bytes_str(words[i])))
            return true;
    }
    return digest_by_name(bytes_str(name), &ignored);
}

static void read_digests(struct reading *r, json_t *object, struct manifest_entry *e)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (json_is_object(value) &&
            (is_digest_word(name) || strcmp(name, "hashes") == 0 ||
             strcmp(name, "digests") == 0))
            read_digests(r, value, e);
        else if (is_digest_word(name))
            (void)read_digest(r, name, string_of(value), e);
        else if (strcmp(name, "size") == 0 && json_is_integer(value) &&
                 json_integer_value(value) >= 0) {
            e->has_size = true;
            e->size = (uint64_t)json_integer_value(value);
        }
    }
}

static struct bytes name_of(json_t *object)
{
    static const char *const words[] = {"path", "name", "file", "filename", "Path"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct bytes name = string_of(json_object_get(object, words[i]));
        if (name.n)
            return name;
    }
    return BYTES_NONE;
}

/* jansson does not say where a value stood: the first place that has the quoted name. */
static void locate(struct reading *r, struct manifest_entry *e)
{
    const char *quoted =
        arena_printf(r->arena, "\"%.*s\"", (int)e->path.n, (const char *)e->path.p);
    size_t at = r->from + bytes_find(bytes_from(r->content, r->from), bytes_str(quoted));
    if (at >= r->content.n)
        at = bytes_find(r->content, bytes_str(quoted));
    if (at < r->content.n)
        r->from = at;
    e->offset = at < r->content.n ? at : 0;
    e->length = at < r->content.n ? strlen(quoted) : r->content.n;
}

static void hand_out(struct reading *r, struct manifest_entry *e)
{
    e->path = arena_copy(r->arena, e->path);
    locate(r, e);
    if (e->path.n && bytes_find_byte(e->path, '\0') == e->path.n)
        r->sink->entry(r->sink->context, e);
    else
        faults_add(r->sink->faults, (struct fault){FAULT_MISSING_FIELD, e->offset, 0, 0});
}

static struct manifest_entry entry_of(struct reading *r, json_t *object)
{
    struct manifest_entry e = {.path = name_of(object)};
    read_digests(r, object, &e);
    return e;
}

static bool is_entry(struct reading *r, json_t *object)
{
    struct manifest_entry e = entry_of(r, object);
    return e.path.n && e.digest_count;
}

/* By PowerShell, of a single file. */
static bool is_file_hash(json_t *text)
{
    return json_is_string(json_object_get(text, "Path")) &&
           json_is_string(json_object_get(text, "Hash"));
}

static void read_list(struct reading *r, json_t *list)
{
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value)
    {
        struct manifest_entry e = entry_of(r, value);
        hand_out(r, &e);
    }
}

/* {path: "digest"} or {path: {digests}} */
static bool read_map(struct reading *r, json_t *map, bool hand)
{
    const char *name;
    json_t *value;
    bool all = json_object_size(map) > 0;
    json_object_foreach(map, name, value)
    {
        struct manifest_entry e = {.path = bytes_str(name)};
        if (json_is_object(value))
            read_digests(r, value, &e);
        else
            (void)read_digest(r, NULL, string_of(value), &e);
        all = all && e.digest_count > 0;
        if (hand)
            hand_out(r, &e);
    }
    return all;
}

static json_t *list_of(json_t *text)
{
    static const char *const words[] = {"subject",   "files", "entries", "artifacts",
                                        "artefacts", "items", "manifest"};
    if (json_is_array(text))
        return text;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        json_t *list = json_object_get(text, words[i]);
        if (json_is_array(list))
            return list;
    }
    return NULL;
}

static json_t *map_of(struct reading *r, json_t *text)
{
    static const char *const words[] = {"files", "digests", "checksums", "sha256",
                                        "manifest"};
    if (read_map(r, text, false))
        return text;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        json_t *map = json_object_get(text, words[i]);
        if (json_is_object(map) && read_map(r, map, false))
            return map;
    }
    return NULL;
}

static bool is_manifest(struct bytes content)
{
    struct arena arena = ARENA_INIT;
    struct reading r = {.content = content, .arena = &arena};
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    json_t *list = text ? list_of(text) : NULL;
    bool is_one = (list && is_entry(&r, json_array_get(list, 0))) ||
                  (json_is_object(text) && (map_of(&r, text) || is_file_hash(text)));
    json_decref(text);
    arena_release(&arena);
    return is_one;
}

/* -- the beginning of a document that goes on ------------------------------------------
 */

/* Deeper than lists of files are. */
#define HEAD_DEPTH 8

/* The last comma on each level, where the document can be cut and closed. */
struct cuts {
    size_t at[HEAD_DEPTH + 1]; /* 0: there was none */
    uint8_t closers[HEAD_DEPTH];
};

static void find_cuts(struct bytes head, struct cuts *cuts)
{
    bool in_string = false;
    size_t depth = 0;
    for (size_t i = 0; i < head.n; i++) {
        uint8_t c = head.p[i];
        if (c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (in_string)
            continue;
        else if ((c == '{' || c == '[') && depth == HEAD_DEPTH)
            return;
        else if (c == '{' || c == '[')
            cuts->closers[depth++] = c == '{' ? '}' : ']';
        else if ((c == '}' || c == ']') && depth)
            cuts->at[depth--] = 0;
        else if (c == ',')
            cuts->at[depth] = i;
    }
}

static bool cut_is_manifest(struct bytes head, const struct cuts *cuts, size_t depth)
{
    struct text closed = {0};
    text_add(&closed, bytes_sub(head, 0, cuts->at[depth]));
    for (size_t i = depth; i-- > 0;)
        text_byte(&closed, (char)cuts->closers[i]);
    bool is_one = is_manifest(text_bytes(&closed));
    text_release(&closed);
    return is_one;
}

bool json_manifest_probe(struct bytes head)
{
    struct cuts cuts = {0};
    if (!is_json(head))
        return false;
    if (json_manifest_is_statement(head) || is_manifest(head))
        return true;
    if (head.n < LIMIT_HEAD)
        return false;
    find_cuts(head, &cuts);
    for (size_t depth = HEAD_DEPTH; depth > 0; depth--) {
        if (cuts.at[depth] && cut_is_manifest(head, &cuts, depth))
            return true;
    }
    return false;
}

void json_manifest_read(struct bytes content, struct arena *arena,
                        const struct manifest_sink *sink)
{
    struct reading r = {.content = content, .arena = arena, .sink = sink};
    json_error_t error;
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, &error);
    json_t *list = text ? list_of(text) : NULL;
    json_t *map = !list && json_is_object(text) ? map_of(&r, text) : NULL;
    if (!text)
        faults_add(sink->faults,
                   (struct fault){FAULT_SYNTAX,
                                  error.position > 0 ? (uint64_t)error.position : 0, 0,
                                  0});
    else if (list)
        read_list(&r, list);
    else if (map)
        (void)read_map(&r, map, true);
    else if (is_file_hash(text)) {
        struct manifest_entry e = entry_of(&r, text);
        hand_out(&r, &e);
    }
    json_decref(text);
}
