/* Namespaces: host name, System V IPC, mounts, users, time, network. */
#include "tests/fuzz/criu_family.h"

FUZZ_FAMILY(CRIU_UTSNS, CRIU_IPC_VAR, CRIU_IPCNS_SHM, CRIU_IPCNS_MSG, CRIU_IPCNS_SEM,
            CRIU_MNTS, CRIU_AUTOFS, CRIU_NETDEV, CRIU_NETNS, CRIU_USERNS, CRIU_TIMENS,
            CRIU_PIDNS)
