#include "formats/manifest.h"

#include "formats/base/base64.h"

bool manifest_digest(struct bytes text, enum digest_algorithm algorithm,
                     struct arena *arena, struct digest *out)
{
    struct digest d = {.algorithm = algorithm};
    size_t size = digest_size(algorithm);
    struct bytes octets;
    if (bytes_from_hex(text, d.octets, size)) {
        *out = d;
        return true;
    }
    if (!base64_decode(text, BASE64_STRICT, arena, &octets) || octets.n != size)
        return false;
    memcpy(d.octets, octets.p, size);
    *out = d;
    return true;
}

bool manifest_line(struct manifest_lines *l)
{
    size_t before = l->rest.n;
    l->offset = l->next;
    if ((l->enough && *l->enough) || !bytes_split(&l->rest, '\n', &l->text))
        return false;
    l->next += before - l->rest.n;
    l->number++;
    return true;
}
