/* Layout: what keeps the records of a log apart. */
#ifndef ANALYZE_EVENTS_LAYOUT_H
#define ANALYZE_EVENTS_LAYOUT_H

#include "formats/json_split.h"
#include "formats/yaml_split.h"
#include "verify/walk.h"

enum layout { LAYOUT_LINES, LAYOUT_JSON, LAYOUT_YAML };

/* Of an item's first chunk its layout; of another one whether it may go on in a document
 * (LAYOUT_JSON) or holds lines. */
enum layout layout_of(const struct log_chunk *chunk);

#endif
