/* The dump as a whole and what it says of its machine. */
#include "tests/fuzz/criu_family.h"

FUZZ_FAMILY(CRIU_INVENTORY, CRIU_STATS, CRIU_CGROUP, CRIU_SECCOMP, CRIU_CPUINFO,
            CRIU_APPARMOR, CRIU_BINFMT_MISC)
