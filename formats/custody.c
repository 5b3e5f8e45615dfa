#include "formats/custody.h"

#include <jansson.h>

static const char schema[] = "exhibit.custody/1";

bool custody_probe(struct bytes head)
{
    return bytes_starts(head, BYTES("{")) && bytes_contains(head, bytes_str(schema));
}

static struct bytes member(const json_t *entry, const char *name)
{
    const json_t *value = json_object_get(entry, name);
    if (!json_is_string(value))
        return BYTES_NONE;
    return bytes_of(json_string_value(value), json_string_length(value));
}

static enum fault_code check_link(const json_t *entry, const struct custody_chain *chain)
{
    char hex[2 * DIGEST_MAX + 1];
    const json_t *sequence = json_object_get(entry, "sequence");
    const json_t *previous = json_object_get(entry, "previous");
    if (!bytes_is(member(entry, "schema"), schema) || !json_is_integer(sequence))
        return FAULT_MISSING_FIELD;
    if ((uint64_t)json_integer_value(sequence) != chain->entries + 1)
        return FAULT_ORDER;
    if (chain->entries == 0)
        return json_is_null(previous) ? FAULT_NONE : FAULT_REFERENCE;
    return bytes_is(member(entry, "previous"), digest_hex(&chain->head, hex))
               ? FAULT_NONE
               : FAULT_REFERENCE;
}

static enum fault_code read_entry(struct bytes line, struct custody_chain *chain)
{
    instant time = INSTANT_NONE;
    json_t *entry =
        json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    enum fault_code code = entry ? check_link(entry, chain) : FAULT_SYNTAX;
    if (!code && !instant_parse(member(entry, "time"), &time, NULL))
        code = FAULT_MISSING_FIELD;
    if (!code && chain->entries && time < chain->last_time)
        code = FAULT_ORDER;
    json_decref(entry);
    if (code)
        return code;
    chain->last_time = time;
    chain->head = digest_bytes(DIGEST_SHA256, line);
    chain->entries++;
    return FAULT_NONE;
}

struct custody_chain custody_read(struct bytes content)
{
    struct custody_chain chain = {.last_time = INSTANT_NONE};
    struct bytes rest = content, line;
    while (!chain.fault.code) {
        size_t offset = content.n - rest.n;
        if (!bytes_split(&rest, '\n', &line))
            break;
        if (bytes_ends(line, BYTES("\r")))
            line = bytes_sub(line, 0, line.n - 1);
        chain.fault.code = read_entry(line, &chain);
        chain.fault.offset = offset;
        chain.fault.have = chain.entries + 1;
    }
    if (!chain.fault.code && content.n && content.p[content.n - 1] != '\n')
        chain.fault = (struct fault){FAULT_TRUNCATED, content.n, 0, chain.entries};
    return chain;
}

bool custody_read_head(struct bytes content, uint64_t *sequence, struct digest *out)
{
    struct bytes rest = bytes_trim(content), number;
    struct digest d = {.algorithm = DIGEST_SHA256};
    if (!bytes_split(&rest, ' ', &number) || !bytes_to_u64(number, sequence) ||
        !bytes_from_hex(rest, d.octets, digest_size(DIGEST_SHA256)))
        return false;
    *out = d;
    return true;
}
