/* DSSE envelopes, whose payload is a manifest (an in-toto Statement) of its own. */
#include "formats/dsse.h"
#include "verify/raw_signature.h"
#include "verify/signature.h"
#include "verify/trust_store.h"

void dsse_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
                struct signature_record *r)
{
    struct dsse d;
    const struct trusted_key *k = c->options->trust ? c->options->trust->keys : NULL;
    r->verdict = OUTCOME_FAILED;
    r->why = "not a DSSE envelope";
    if (!dsse_read(item_kept(signature), &c->v->arena, &d))
        return;
    *over = (struct signed_bytes){.package = c->package, .raw = d.payload};
    r->over = signature;
    r->verdict = OUTCOME_NOT_EXAMINED;
    r->why = "no public key was given to check it (--key)";
    struct bytes data = dsse_signed_data(&d, &c->v->arena);
    for (; k; k = k->next) {
        if (k->format != KEY_PEM)
            continue;
        for (size_t i = 0; i < d.count; i++) {
            if (raw_signature_holds(k->key, data, d.signatures[i])) {
                r->signer = check_text(c, bytes_str(k->name));
                r->verdict = OUTCOME_VERIFIED;
                r->why = "";
                return;
            }
        }
        r->verdict = OUTCOME_FAILED;
        r->why = "no given key made any of its signatures over this payload";
    }
}
