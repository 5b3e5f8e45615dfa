#include "verify/envelope.h"

#include "formats/dsse.h"
#include "formats/minisign.h"
#include "formats/openpgp.h"
#include "formats/sigstore.h"
#include "verify/cms.h"

static struct bytes cms_payload(struct bytes content, struct arena *arena)
{
    const char *why;
    CMS_ContentInfo *cms = cms_read(content, &why);
    ASN1_OCTET_STRING **inner = cms ? CMS_get0_content(cms) : NULL;
    struct bytes payload = BYTES_NONE;
    if (inner && *inner)
        payload = arena_copy(arena, bytes_of(ASN1_STRING_get0_data(*inner),
                                             (size_t)ASN1_STRING_length(*inner)));
    CMS_ContentInfo_free(cms);
    size_t at = bytes_find(content, payload);
    return payload.n && at < content.n ? bytes_sub(content, at, payload.n) : payload;
}

static struct bytes openpgp_payload(struct bytes content, struct arena *arena)
{
    struct openpgp_message message;
    struct bytes text = openpgp_clear_text(content, arena);
    if (text.n)
        return text;
    return openpgp_message_read(content, arena, &message) == OPENPGP_SIGNED
               ? message.content
               : BYTES_NONE;
}

struct bytes envelope_payload(struct bytes content, struct arena *arena)
{
    struct minisign_signature signature;
    struct fault fault;
    struct sigstore_bundle bundle;
    struct dsse dsse;
    if (minisign_probe(content))
        return minisign_read_signature(content, arena, &signature, &fault)
                   ? signature.message
                   : BYTES_NONE;
    if (sigstore_probe(content))
        return sigstore_read(content, arena, &bundle, &fault) && bundle.enveloped
                   ? bundle.envelope.payload
                   : BYTES_NONE;
    if (openpgp_probe(content))
        return openpgp_payload(content, arena);
    if (dsse_probe(content))
        return dsse_read(content, arena, &dsse) ? dsse.payload : BYTES_NONE;
    return content.n ? cms_payload(content, arena) : BYTES_NONE;
}
