/* The splitter of JSON. */
#include "formats/json_split.h"
#include "tests/fuzz/split.h"

FUZZ_SPLIT(json)
