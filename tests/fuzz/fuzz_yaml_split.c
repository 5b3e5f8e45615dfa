/* The splitter of YAML. */
#include "formats/yaml_split.h"
#include "tests/fuzz/split.h"

FUZZ_SPLIT(yaml)
