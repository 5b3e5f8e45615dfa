#include "analyze/rules/facts.h"

#include <stdio.h>

#include "analyze/rules/rules.h"
#include "formats/document.h"
#include "verify/package.h"

/* The span that a document cites: {item or item_id, offset, length}. */
static bool read_span(const struct package *p, const json_t *cited, struct span *out)
{
    char number[24];
    int64_t id, offset = 0, length = 0;
    if (!tree_integer(cited, "item_id", &id) && !tree_integer(cited, "item", &id))
        return false;
    tree_integer(cited, "offset", &offset);
    tree_integer(cited, "length", &length);
    snprintf(number, sizeof number, "%lld", (long long)id);
    *out = (struct span){package_find(p, bytes_str(number)), (uint64_t)offset,
                         (uint64_t)length};
    return out->item != NULL;
}

/* A process was started once: under the names of Sigma's taxonomy (started.h). */
static void apply_start(struct rules_run *run, const json_t *process,
                        const struct event *e)
{
    struct bytes path = tree_string(process, "exe/path");
    struct bytes directory = tree_string(process, "cwd");
    struct fact facts[3];
    size_t n = 0;
    facts[n++] = (struct fact){"CommandLine", tree_string(process, "command")};
    if (path.n)
        facts[n++] = (struct fact){"Image", path};
    if (directory.n)
        facts[n++] = (struct fact){"CurrentDirectory", directory};
    struct record record = record_of_facts(LOG_SOURCE_STARTED, facts, n);
    rules_apply(run, &record, e);
}

void rules_apply_process(struct rules_run *run, const struct package *p,
                         const json_t *process)
{
    struct event e = {.kind = EVENT_PROCESS_START,
                      .time = INSTANT_NONE,
                      .action = tree_string(process, "command")};
    struct record record = record_of_json(LOG_SOURCE_PROCESS, process);
    struct bytes comm = tree_string(process, "comm");
    struct text object = {0};
    int64_t pid = 0;
    if (!run || !read_span(p, tree_get(process, "span"), &e.span))
        return;
    tree_integer(process, "pid", &pid);
    text_printf(&object, "pid %lld (", (long long)pid);
    text_add(&object, comm);
    text_byte(&object, ')');
    e.object = text_bytes(&object);
    rules_apply(run, &record, &e);
    apply_start(run, process, &e);
    text_release(&object);
}

void rules_apply_change(struct rules_run *run, const struct package *p,
                        const json_t *change)
{
    struct event e = {.kind = EVENT_FILE_TIME,
                      .time = INSTANT_NONE,
                      .action = tree_string(change, "change"),
                      .object = tree_string(change, "path")};
    struct record record = record_of_json(LOG_SOURCE_LAYER, change);
    if (!run || !read_span(p, tree_get(change, "evidence"), &e.span))
        return;
    instant_parse(tree_string(change, "after/mtime"), &e.time, NULL);
    rules_apply(run, &record, &e);
}
