#include "formats/dsse.h"

#include "formats/base/base64.h"

bool dsse_probe(struct bytes head)
{
    return bytes_contains(head, BYTES("\"payloadType\"")) &&
           bytes_contains(head, BYTES("\"payload\"")) &&
           bytes_starts(bytes_trim(head), BYTES("{"));
}

static bool decode(const json_t *value, struct arena *arena, struct bytes *out)
{
    return json_is_string(value) &&
           base64_decode(bytes_of(json_string_value(value), json_string_length(value)),
                         BASE64_LENIENT, arena, out);
}

bool dsse_of_json(const json_t *envelope, struct arena *arena, struct dsse *out)
{
    const json_t *type = json_object_get(envelope, "payloadType");
    const json_t *signatures = json_object_get(envelope, "signatures");
    struct dsse d = {.count = json_array_size(signatures)};
    if (!json_is_string(type) || d.count == 0 || d.count > DSSE_SIGNATURES ||
        !decode(json_object_get(envelope, "payload"), arena, &d.payload))
        return false;
    d.type =
        arena_copy(arena, bytes_of(json_string_value(type), json_string_length(type)));
    for (size_t i = 0; i < d.count; i++) {
        if (!decode(json_object_get(json_array_get(signatures, i), "sig"), arena,
                    &d.signatures[i]))
            return false;
    }
    *out = d;
    return true;
}

bool dsse_read(struct bytes content, struct arena *arena, struct dsse *out)
{
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    bool good = text && dsse_of_json(text, arena, out);
    json_decref(text);
    return good;
}

struct bytes dsse_signed_data(const struct dsse *d, struct arena *arena)
{
    const char *head =
        arena_printf(arena, "DSSEv1 %zu %.*s %zu ", d->type.n, (int)d->type.n,
                     (const char *)d->type.p, d->payload.n);
    size_t n = strlen(head);
    uint8_t *all = arena_alloc(arena, n + d->payload.n);
    memcpy(all, head, n);
    memcpy(all + n, d->payload.p, d->payload.n);
    return bytes_of(all, n + d->payload.n);
}
