#include "verify/attachment.h"

#include <openssl/pem.h>

#include "formats/base/limits.h"
#include "formats/der.h"
#include "verify/certificate_file.h"
#include "verify/key_file.h"
#include "verify/seal_target.h"
#include "verify/signature.h"

/* -- public keys -----------------------------------------------------------------------
 */

/* Does the signature hold by this trust? What is judged leaves no trace: it is about the
 * file, and the examiner did not bring it. */
static bool made_with(struct check *c, const struct signature_record *s,
                      const struct trust *t)
{
    struct findings ignored = {0};
    struct policy anyone = *c->policy;
    struct verification_options options = *c->options;
    struct verification v = *c->v;
    struct check trial = *c;
    struct signed_bytes over = {.package = c->package, .item = s->over};
    struct signature_record r = *s;
    const struct signature_format *format = signature_format_of(item_kept(s->item));
    if (!format || format->judge == cms_judge)
        return false;
    if (s->over == s->item)
        over.item = NULL; /* it holds what it signs */
    anyone.signers = NULL;
    options.trust = t;
    v.findings = &ignored;
    v.timestamps = NULL;
    trial.policy = &anyone;
    trial.options = &options;
    trial.v = &v;
    r.verdict = OUTCOME_NOT_EXAMINED;
    format->judge(&trial, s->item, &over, &r);
    c->v->arena = v.arena;
    findings_release(&ignored);
    return r.verdict == OUTCOME_VERIFIED;
}

static const char *as_key(struct check *c, const struct item *file, struct bytes all)
{
    struct trust *t = trust_new();
    uint64_t line = 0;
    const char *what = NULL;
    bool signers = key_file_read(t, all, "") != NULL;
    if (signers && allowed_signers_read(t, all, &line) != NULL) {
        trust_free(t);
        return NULL;
    }
    for (const struct signature_record *s = c->v->signatures; s && !what; s = s->next) {
        if (s->item != file && made_with(c, s, t))
            what = check_printf(c, "%s of %s; it vouches for nobody",
                                signers ? "the allowed signers" : "the public key",
                                check_path(c, s->item));
    }
    trust_free(t);
    return what;
}

/* -- what certificates need ------------------------------------------------------------
 */

static X509_CRL *read_list(struct bytes all)
{
    struct arena arena = ARENA_INIT;
    struct bytes der = der_of_text(all, &arena);
    const uint8_t *at = der.p;
    X509_CRL *list = der.n ? d2i_X509_CRL(NULL, &at, (long)der.n) : NULL;
    arena_release(&arena);
    return list;
}

static const char *as_revocation_list(struct check *c, struct bytes all)
{
    X509_CRL *list = read_list(all);
    bool fits = list && certificate_files_issuer(c, X509_CRL_get_issuer(list));
    X509_CRL_free(list);
    return fits ? "a revocation list of the authority of a seal; it counts with --crl"
                : NULL;
}

/* What a signature of such a format needs that this program does not take from inside. */
static const char *as_companion(const struct check *c, struct bytes all)
{
    static const struct {
        const char *text, *format, *what;
    } companions[] = {
        {"application/vnd.dev.sigstore.trustedroot+json", "sigstore",
         "a trusted root of Sigstore; it counts with --trusted-root"},
    };
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) {
        const struct signature_record *s = c->v->signatures;
        while (s && strcmp(s->format, companions[i].format) != 0)
            s = s->next;
        if (s && bytes_contains(all, bytes_str(companions[i].text)))
            return companions[i].what;
    }
    return NULL;
}

static const char *what_is(struct check *c, const struct item *file, struct bytes all)
{
    /* Nobody attaches that on purpose. */
    if (bytes_contains(all, BYTES("PRIVATE KEY-----")))
        return NULL;
    if (certificate_file_is_used(c, file))
        return "a certificate of a seal or of its authority; it vouches for nobody";
    const char *what = as_key(c, file, all);
    if (!what)
        what = as_revocation_list(c, all);
    return what ? what : as_companion(c, all);
}

const char *attachment_of(struct check *c, const struct item *file)
{
    struct arena arena = ARENA_INIT;
    bool seals = c->v->signatures || c->v->timestamps;
    if (!seals || file->entry.type != ENTRY_FILE || file->container != CONTAINER_NONE ||
        file->size == 0 || file->size > LIMIT_CERTIFICATES ||
        c->attachments_tried == LIMIT_ATTACHMENTS)
        return NULL;
    c->attachments_tried++;
    struct bytes all = item_copy(c->package, (struct span){file, 0, file->size},
                                 arena_alloc(&arena, file->size + 1));
    const char *what = what_is(c, file, all);
    arena_release(&arena);
    return what;
}
