#include "formats/change_list.h"

#include "formats/json.h"

/* -- lines --------------------------------------------------------------------------- */

static bool line_of(struct bytes line, struct listed *out)
{
    static const struct bytes letters = {(const uint8_t *)"ACD", 3};
    line = bytes_without_cr(line);
    if (line.n < 3 || line.p[1] != ' ' || line.p[2] != '/')
        return false;
    size_t which = bytes_find_byte(letters, line.p[0]);
    if (which == letters.n)
        return false;
    out->change = (enum listed_change)which;
    out->path = bytes_from(line, 2);
    return true;
}

static bool probe_lines(struct bytes head)
{
    struct bytes line;
    struct listed ignored;
    size_t n = 0;
    /* The last line may be cut by the end of the head. */
    while (bytes_split(&head, '\n', &line)) {
        bool cut = head.n == 0 && n > 0;
        if (!line_of(line, &ignored) && !cut)
            return false;
        n++;
    }
    return n > 0;
}

static void read_lines(struct bytes text,
                       void (*each)(void *context, const struct listed *entry),
                       void *context, struct faults *faults)
{
    struct bytes rest = text, line;
    for (uint64_t at = 0; bytes_split(&rest, '\n', &line); at += line.n + 1) {
        struct listed entry = {.offset = at};
        if (line_of(line, &entry))
            each(context, &entry);
        else if (line.n)
            faults_add(faults, (struct fault){FAULT_SYNTAX, at, 0, 0});
    }
}

/* -- JSON: {"changed": [...], "added": [...], "deleted": [...]} -----------------------
 */

static const char *const lists[] = {"added", "changed", "deleted"};

static bool probe_json(struct bytes head)
{
    struct bytes first = bytes_sub(bytes_trim(head), 0, 256);
    if (first.n == 0 || first.p[0] != '{')
        return false;
    first = bytes_trim(bytes_from(first, 1));
    for (size_t i = 0; i < 3; i++) {
        struct bytes name = bytes_str(lists[i]);
        if (first.n > name.n + 2 && first.p[0] == '"' &&
            bytes_starts(bytes_from(first, 1), name) && first.p[name.n + 1] == '"')
            return bytes_contains(first, BYTES("[")) &&
                   bytes_contains(first, BYTES("\"/"));
    }
    return false;
}

static void read_json(struct bytes text,
                      void (*each)(void *context, const struct listed *entry),
                      void *context, struct faults *faults)
{
    struct documents docs = {0};
    json_read(text, &docs);
    for (size_t i = 0; i < 3 && docs.n; i++) {
        const json_t *list = json_object_get(docs.v[0].root, lists[i]);
        for (size_t k = 0; k < json_array_size(list); k++) {
            struct listed entry = {(enum listed_change)i,
                                   tree_string(json_array_get(list, k), ""),
                                   docs.v[0].offset};
            if (entry.path.n && entry.path.p[0] == '/')
                each(context, &entry);
            else
                faults_add(faults, (struct fault){FAULT_VALUE, entry.offset, 0, 0});
        }
    }
    documents_release(&docs);
}

/* -- both ---------------------------------------------------------------------------- */

bool change_list_probe(struct bytes head)
{
    return probe_lines(head) || probe_json(head);
}

void change_list_read(struct bytes text,
                      void (*each)(void *context, const struct listed *entry),
                      void *context, struct faults *faults)
{
    if (probe_json(text))
        read_json(text, each, context, faults);
    else
        read_lines(text, each, context, faults);
}
