#include "formats/oci_descriptors.h"

#include <jansson.h>

struct reading {
    struct bytes content;
    struct arena *arena;
    const struct manifest_sink *sink;
    size_t next; /* descriptors are mostly read in the order in which they stand */
};

bool oci_descriptors_probe(struct bytes head)
{
    return bytes_contains(head, BYTES("\"schemaVersion\"")) &&
           bytes_contains(head, BYTES("\"digest\"")) &&
           (bytes_contains(head, BYTES("\"manifests\"")) ||
            bytes_contains(head, BYTES("\"layers\"")));
}

/* Where the digest stands: after those before it, else anywhere. */
static size_t place_of(struct reading *r, struct bytes digest)
{
    size_t at = r->next + bytes_find(bytes_from(r->content, r->next), digest);
    if (at >= r->content.n)
        at = bytes_find(r->content, digest);
    if (at >= r->content.n)
        return 0;
    r->next = at + digest.n;
    return at;
}

static void read_descriptor(struct reading *r, const json_t *descriptor, bool optional)
{
    const json_t *digest = json_object_get(descriptor, "digest");
    const json_t *size = json_object_get(descriptor, "size");
    struct bytes text = bytes_str(json_string_value(digest));
    size_t colon = bytes_find_byte(text, ':');
    struct manifest_entry e = {
        .digest_count = 1, .optional = optional || json_object_get(descriptor, "urls")};
    enum digest_algorithm algorithm;
    e.offset = place_of(r, text);
    if (!digest_by_name(bytes_sub(text, 0, colon), &algorithm) ||
        !manifest_digest(bytes_from(text, colon + 1), algorithm, r->arena,
                         &e.digests[0]) ||
        !json_is_integer(size) || json_integer_value(size) < 0) {
        faults_add(r->sink->faults, (struct fault){FAULT_VALUE, e.offset, 0, 0});
        return;
    }
    e.length = text.n;
    e.has_size = true;
    e.size = (uint64_t)json_integer_value(size);
    e.path = bytes_str(arena_printf(r->arena, "blobs/%.*s/%.*s", (int)colon,
                                    (const char *)text.p, (int)(text.n - colon - 1),
                                    (const char *)text.p + colon + 1));
    r->sink->entry(r->sink->context, &e);
}

static void read_all(struct reading *r, const json_t *list, bool optional)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        read_descriptor(r, json_array_get(list, i), optional);
}

void oci_descriptors_read(struct bytes content, struct arena *arena,
                          const struct manifest_sink *sink)
{
    struct reading r = {content, arena, sink, 0};
    json_error_t error;
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, &error);
    const json_t *config = json_object_get(text, "config");
    if (!text)
        faults_add(sink->faults, (struct fault){.code = FAULT_SYNTAX});
    read_all(&r, json_object_get(text, "manifests"), true);
    if (config)
        read_descriptor(&r, config, false);
    read_all(&r, json_object_get(text, "layers"), false);
    json_decref(text);
}
