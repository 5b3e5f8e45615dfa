/* Sockets with their queues. */
#include "tests/fuzz/criu_family.h"

FUZZ_FAMILY(CRIU_INETSK, CRIU_UNIXSK, CRIU_PACKETSK, CRIU_NETLINK_SK, CRIU_TUNFILE,
            CRIU_SK_QUEUES, CRIU_TCP_STREAM)
