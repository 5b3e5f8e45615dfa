/* Network policies of every kind, put to pods and addresses. A JSON list of policies. */
#include <stdlib.h>

#include "analyze/kube/network/space.h"
#include "formats/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct netplan *p, const json_t *object)
{
    struct policy as = {.kind = "NetworkPolicy",
                        .namespace = tree_string(object, "metadata/namespace"),
                        .name = tree_string(object, "metadata/name"),
                        .object = object};
    struct bytes version = tree_string(object, "apiVersion");
    if (bytes_starts(version, BYTES("policy.")))
        admin_add(p, as);
    else if (bytes_starts(version, BYTES("cilium.io")))
        cilium_add(p, as);
    else if (bytes_starts(version, BYTES("projectcalico.org")))
        calico_add(p, as, 100, false);
    else
        netpol_add(p, as);
}

/* Whatever is asked has an answer, and all ports together have every port once. */
static void ask(const struct netplan *p, enum direction d, const struct peer *e)
{
    struct port_answers answers = {0};
    netplan_ports(p, d, e, &answers);
    int64_t next = 1;
    unsigned protocol = PROTOCOL_TCP;
    for (size_t i = 0; i < answers.n; i++) {
        const struct port_answer *a = &answers.v[i];
        if (next > UINT16_MAX) {
            next = 1;
            protocol <<= 1;
        }
        if (a->protocol != protocol || a->first != next || a->last < a->first ||
            !a->outcome || a->outcome > (OUTCOME_ALLOW | OUTCOME_DENY))
            __builtin_trap();
        next = a->last + 1;
    }
    if (protocol != PROTOCOL_SCTP || next != UINT16_MAX + 1)
        __builtin_trap();
    netplan_why(p, d, e);
    free(answers.v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *policies = json_loadb((const char *)data, size, 0, NULL);
    json_t *labels = json_pack("{ss}", "app", "web");
    struct arena arena = ARENA_INIT;
    struct ip ip = {.n = 4, .b = {10, 1, 2, 3}};
    struct peer own = {.kind = PEER_POD,
                       .namespace = BYTES("alpha"),
                       .labels = {.v = labels},
                       .addresses = &ip,
                       .address_count = 1};
    struct peer unknown = {
        .kind = PEER_POD, .labels.partial = true, .namespace_labels.partial = true};
    uint64_t steps = 0;
    struct netplan plan = {.arena = &arena, .own = &own, .steps = &steps};
    struct address_ranges ranges = {0};
    for (size_t i = 0; i < json_array_size(policies); i++)
        add(&plan, json_array_get(policies, i));
    netplan_settle(&plan);
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        ask(&plan, (enum direction)d, &own);
        ask(&plan, (enum direction)d, &unknown);
        netplan_addresses(&plan, (enum direction)d, &ranges);
        netplan_doubt(&plan, (enum direction)d);
    }
    free(ranges.v);
    netplan_release(&plan);
    arena_release(&arena);
    json_decref(labels);
    json_decref(policies);
    return 0;
}
