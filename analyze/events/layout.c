#include "analyze/events/layout.h"

/* A chunk from the middle of a pretty-printed document begins inside a value. */
static bool is_inside_value(struct bytes text)
{
    struct bytes line = text;
    while (line.n && (line.p[0] == '\n' || line.p[0] == '\r'))
        line = bytes_from(line, 1);
    return line.n && memchr(" \t\"}],", line.p[0], 6);
}

enum layout layout_of(const struct log_chunk *chunk)
{
    if (chunk->item->role == ROLE_CONTAINER_LOG)
        return LAYOUT_LINES;
    if (!chunk->first)
        return is_inside_value(chunk->text) ? LAYOUT_JSON : LAYOUT_LINES;
    bool may_be_yaml =
        chunk->item->role == ROLE_AUDIT_LOG || chunk->item->role == ROLE_RUNTIME_LOG;
    if (may_be_yaml && yaml_split_wants(chunk->text))
        return LAYOUT_YAML;
    return json_split_wants(chunk->text) ? LAYOUT_JSON : LAYOUT_LINES;
}
