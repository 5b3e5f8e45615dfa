/* Values: numbers of the kernel as names. */
#ifndef ANALYZE_PROCESS_VALUES_H
#define ANALYZE_PROCESS_VALUES_H

#include "analyze/evidence_json.h"
#include "verify/item.h"

/* A bit or a number, and what it is called. Tables end with a NULL name. */
struct value_name {
    uint64_t value;
    const char *name;
};

extern const struct value_name value_prot[], value_map_flags[], value_vma_status[],
    value_advice[], value_open_flags[], value_seals[], value_namespaces[],
    value_mount_flags[], value_signals[], value_socket_families[], value_socket_types[],
    value_socket_protocols[], value_tcp_states[], value_netlink_protocols[],
    value_link_protocols[], value_file_systems[], value_rlimits[], value_clocks[],
    value_auxv[], value_scheduler[];

/* The name of exactly that value, or NULL. */
const char *value_find(const struct value_name *names, uint64_t value);
/* Array of the names of all bits; what has none stands as "0x…". */
json_t *value_bits(const struct value_name *names, uint64_t bits);
/* Name, or the number when it has none. */
json_t *value_or_number(const struct value_name *names, uint64_t value);
/* Two words of 32 bits to "CAP_…" names. */
json_t *value_capabilities(const uint32_t *words, size_t n);
uint64_t value_words(const uint32_t *words, size_t n);
const char *value_capability(unsigned bit); /* NULL above the last one */

/* {item, offset, length}; null without an item. */
json_t *json_span(struct span span);
/* "127.0.0.1:8080", "[::1]:22" from the words of an inet socket; family 2 or 10. */
void address_text(struct text *t, uint32_t family, const uint32_t *words, size_t n);
/* Of a network that is not routed on the Internet; also when there is none. */
bool address_is_private(uint32_t family, const uint32_t *words, size_t n);
json_t *json_address(uint32_t family, const uint32_t *words, size_t n);

#endif
