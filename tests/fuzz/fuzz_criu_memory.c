/* Address spaces: areas, pagemaps. */
#include "tests/fuzz/criu_family.h"

FUZZ_FAMILY(CRIU_MM, CRIU_VMAS, CRIU_PAGEMAP)
