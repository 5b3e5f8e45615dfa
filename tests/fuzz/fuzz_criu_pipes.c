/* Pipes and terminals with what waits in them. */
#include "tests/fuzz/criu_family.h"

FUZZ_FAMILY(CRIU_PIPES, CRIU_PIPES_DATA, CRIU_FIFO, CRIU_FIFO_DATA, CRIU_TTY_FILES,
            CRIU_TTY_INFO, CRIU_TTY_DATA)
