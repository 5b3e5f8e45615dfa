/* SSHSIG signatures against --allowed-signers and --key. */
#include "formats/sshsig.h"
#include "verify/certificate.h"
#include "verify/raw_signature.h"
#include "verify/signature.h"

/* One pattern of ssh_config(5): '*' and '?'. */
static bool matches_pattern(struct bytes pattern, struct bytes text)
{
    if (pattern.n == 0)
        return text.n == 0;
    if (pattern.p[0] == '*') {
        for (size_t i = 0; i <= text.n; i++) {
            if (matches_pattern(bytes_from(pattern, 1), bytes_from(text, i)))
                return true;
        }
        return false;
    }
    return text.n && (pattern.p[0] == '?' || pattern.p[0] == text.p[0]) &&
           matches_pattern(bytes_from(pattern, 1), bytes_from(text, 1));
}

/* A comma-separated list, "!" refuses. */
static bool matches_list(struct bytes list, struct bytes text)
{
    struct bytes pattern;
    bool matched = false;
    while (bytes_split(&list, ',', &pattern)) {
        bool refuses = pattern.n && pattern.p[0] == '!';
        if (!matches_pattern(refuses ? bytes_from(pattern, 1) : pattern, text))
            continue;
        if (refuses)
            return false;
        matched = true;
    }
    return matched;
}

static bool policy_names(const struct check *c, struct bytes principals)
{
    const char *const *list = c->policy->signers;
    while (list && *list && !matches_list(principals, bytes_str(*list)))
        list++;
    return !list || *list;
}

static const char *refuse_signer(struct check *c, const struct allowed_signer *s,
                                 const struct sshsig *sig, instant at)
{
    if (s->authority)
        return "its line is for certificates, and this is a bare key";
    if (s->namespaces.n && !matches_list(s->namespaces, sig->signature_namespace))
        return "it is not allowed to sign in this namespace";
    if (s->valid_after != INSTANT_NONE && at < s->valid_after)
        return check_printf(c, "it is allowed to sign only after %s",
                            check_instant(c, s->valid_after));
    if (s->valid_before != INSTANT_NONE && at >= s->valid_before)
        return check_printf(c, "it was allowed to sign only before %s",
                            check_instant(c, s->valid_before));
    if (!policy_names(c, s->principals))
        return "the policy does not name this signer";
    return NULL;
}

static void judge_trust(struct check *c, const struct sshsig *sig, instant at,
                        struct signature_record *r)
{
    const struct trust *t = c->options->trust;
    bool any = t && t->signers;
    for (const struct allowed_signer *s = t ? t->signers : NULL; s; s = s->next) {
        if (!bytes_eq(s->blob, sig->key))
            continue;
        r->signer = check_text(c, s->principals);
        r->why = refuse_signer(c, s, sig, at);
        r->verdict = r->why ? OUTCOME_UNTRUSTED : OUTCOME_VERIFIED;
        if (!r->why) {
            r->why = "";
            return;
        }
    }
    for (const struct trusted_key *k = t ? t->keys : NULL; k; k = k->next) {
        any = any || k->format == KEY_SSH;
        if (k->format == KEY_SSH && bytes_eq(k->blob, sig->key)) {
            r->signer = check_text(c, bytes_str(k->name));
            r->verdict = OUTCOME_VERIFIED;
            r->why = "";
            return;
        }
    }
    if (r->verdict == OUTCOME_UNTRUSTED)
        return;
    r->verdict = any ? OUTCOME_UNTRUSTED : OUTCOME_NOT_EXAMINED;
    r->why = any ? "no allowed signer has this key"
                 : "it matches the bytes, but no allowed signers were given "
                   "(--allowed-signers), so who made it is not established";
}

void ssh_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
               struct signature_record *r)
{
    struct sshsig sig;
    struct fault fault;
    struct digest digest;
    char hex[65];
    r->verdict = OUTCOME_FAILED;
    r->why = "not an SSH signature of a known version";
    if (!sshsig_read(item_kept(signature), &c->v->arena, &sig, &fault))
        return;
    digest = digest_bytes(DIGEST_SHA256, sig.key);
    r->certificate_sha256 = check_printf(c, "%s", digest_hex(&digest, hex));
    r->issuer = check_printf(c, "namespace %s", check_text(c, sig.signature_namespace));
    r->why = "no file is named after it, so what it is over is not known";
    if (!over->item || !signed_bytes_digest(over, sig.hash, &digest))
        return;
    struct bytes data = sshsig_signed_data(
        &sig, bytes_of(digest.octets, digest_size(sig.hash)), &c->v->arena);
    r->why = "the signature was not made over these bytes with its key";
    if (!ssh_signature_holds(&sig, data))
        return;
    instant proven = signature_proven_time(c, signature, over->item);
    r->verdict = OUTCOME_NOT_EXAMINED;
    judge_trust(c, &sig, proven == INSTANT_NONE ? c->v->now : proven, r);
    if (proven != INSTANT_NONE) {
        r->time = proven;
        r->time_basis = BASIS_VERIFIED;
    }
}
