/* Processes and threads: tree, registers, credentials, signals, timers, limits. */
#include "tests/fuzz/criu_family.h"

FUZZ_FAMILY(CRIU_PSTREE, CRIU_CORE, CRIU_IDS, CRIU_CREDS, CRIU_FS, CRIU_FDINFO,
            CRIU_SIGACT, CRIU_SIGNAL, CRIU_ITIMERS, CRIU_POSIX_TIMERS, CRIU_RLIMIT)
