/* The signatures and time-stamps in the package, each over what it stands beside or what
 * has its digest. Seals inside of archived evidence are part of that evidence. */
#include "formats/der.h"
#include "formats/dsse.h"
#include "formats/evidence_record.h"
#include "formats/minisign.h"
#include "formats/openpgp.h"
#include "formats/ots.h"
#include "formats/sshsig.h"
#include "verify/archive_timestamp.h"
#include "verify/opentimestamps.h"
#include "verify/seal_target.h"
#include "verify/seal_times.h"
#include "verify/signature.h"
#include "verify/timestamp.h"
#include "verify/trust.h"

static const struct signature_format formats[] = {
    {"sshsig", sshsig_probe, ssh_judge},
    {"minisign", minisign_probe, minisign_judge},
    {"openpgp", openpgp_probe, openpgp_judge},
    {"sigstore", sigstore_probe, sigstore_judge},
    {"dsse", dsse_probe, dsse_judge},
    {"raw", bare_probe, bare_judge},
    {"cms", cms_probe, cms_judge},
};

const struct signature_format *signature_format_of(struct bytes content)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (formats[i].probe(content))
            return &formats[i];
    }
    return NULL;
}

instant signature_proven_time(const struct check *c, const struct item *signature,
                              const struct item *over)
{
    instant first = INSTANT_NONE;
    for (const struct timestamp_record *t = c->v->timestamps; t; t = t->next) {
        bool covers =
            t->over == signature ||
            (over && t->over == over && c->policy->content_timestamp_dates_signature);
        bool counts = covers && t->verdict == OUTCOME_VERIFIED && t->time != INSTANT_NONE;
        if (counts && (first == INSTANT_NONE || t->time < first))
            first = t->time;
    }
    return first;
}

static const char *name_of(struct check *c, const struct item *over)
{
    return over ? check_path(c, over) : "bytes that are not in the package";
}

/* -- time-stamps -----------------------------------------------------------------------
 */

static void tell_timestamp(struct check *c, const struct timestamp_record *t)
{
    if (t->verdict != OUTCOME_FAILED && t->verdict != OUTCOME_UNTRUSTED)
        return;
    check_finding(c,
                  t->verdict == OUTCOME_FAILED ? INTEGRITY_TIMESTAMP_FAILED
                                               : INTEGRITY_TIMESTAMP_UNTRUSTED,
                  t->item, t->why);
    check_reason(
        c, PACKAGE_FAILED,
        check_printf(c, "the time-stamp %s over %s %s: %s", check_path(c, t->item),
                     name_of(c, t->over),
                     t->verdict == OUTCOME_FAILED ? "does not hold" : "is not trusted",
                     t->why));
}

static void check_timestamp(struct check *c, const struct item *item)
{
    struct timestamp_record *r = arena_new(&c->v->arena, struct timestamp_record);
    struct signed_bytes over = {.package = c->package,
                                .item = seal_target_by_name(c, item)};
    struct bytes content = der_of_text(item_kept(item), &c->v->arena);
    if (ots_probe(content))
        opentimestamps_judge(c, content, &over, r);
    else if (evidence_record_probe(content))
        evidence_record_judge(c, content, &over, r);
    else
        timestamp_judge(c, content, &over, r);
    r->item = item;
    r->over = over.item;
    const char *refusal =
        r->verdict == OUTCOME_FAILED ? NULL : timestamp_request_refusal(c, r);
    if (refusal && strcmp(r->format, "rfc3161") == 0) {
        r->verdict = OUTCOME_FAILED;
        r->why = refusal;
    }
    timestamp_record_add(c, r);
}

static bool is_package_file(const struct check *c, const struct item *item,
                            enum role role)
{
    return item->role == role && item->parent == package_content(c->package) &&
           item->entry.type == ENTRY_FILE;
}

int check_timestamps(struct check *c)
{
    for (struct item *i = item_more(package_content(c->package))->child; i; i = i->next) {
        if (is_package_file(c, i, ROLE_TIMESTAMP) && !timestamp_is_request(item_kept(i)))
            check_timestamp(c, i);
    }
    return 0;
}

/* -- signatures ------------------------------------------------------------------------
 */

/* Another seal of the same file is trusted: then nobody relies on this one. */
static bool is_spare(const struct check *c, const struct signature_record *s)
{
    const struct signature_record *o = c->v->signatures;
    while (o && !(o->over && o->over == s->over && o->verdict == OUTCOME_VERIFIED))
        o = o->next;
    return o && s->verdict == OUTCOME_UNTRUSTED;
}

static void tell_signature(struct check *c, const struct signature_record *s)
{
    if (s->verdict != OUTCOME_FAILED && s->verdict != OUTCOME_UNTRUSTED)
        return;
    bool failed = s->verdict == OUTCOME_FAILED;
    check_finding(c, failed ? INTEGRITY_SIGNATURE_FAILED : INTEGRITY_SIGNATURE_UNTRUSTED,
                  s->item, s->why);
    if (is_spare(c, s))
        return;
    check_reason(c, PACKAGE_FAILED,
                 check_printf(c, "the signature %s over %s%s%s %s: %s",
                              check_path(c, s->item), name_of(c, s->over),
                              s->signer[0] ? " by " : "", s->signer,
                              failed ? "does not hold" : "is not accepted", s->why));
}

/* A signature by a bare key does not say what it is over. When no file is named after it,
 * it is one of the manifests, or nobody can tell. */
static void try_manifests(struct check *c, const struct signature_format *format,
                          struct signature_record *r)
{
    for (const struct manifest_record *m = c->v->manifests; m; m = m->next) {
        struct signed_bytes over = {.package = c->package, .item = m->item};
        struct signature_record trial = *r;
        if (m->item == r->item || !m->speaks_for_package)
            continue;
        format->judge(c, r->item, &over, &trial);
        if (trial.verdict != OUTCOME_VERIFIED)
            continue;
        *r = trial;
        r->over = m->item;
        return;
    }
    r->verdict = OUTCOME_NOT_EXAMINED;
    r->why =
        "no file is named after it, and it is over no manifest by a key that was given";
}

static void check_signature(struct check *c, const struct item *item)
{
    struct signature_record *r = arena_new(&c->v->arena, struct signature_record);
    const struct signature_format *format = signature_format_of(item_kept(item));
    struct signed_bytes over = {.package = c->package,
                                .item = seal_target_by_name(c, item)};
    *r = (struct signature_record){.item = item,
                                   .over = over.item,
                                   .format = format ? format->name : "unknown",
                                   .signer = "",
                                   .issuer = "",
                                   .certificate_sha256 = "",
                                   .certificate_from = INSTANT_NONE,
                                   .certificate_until = INSTANT_NONE,
                                   .claimed = INSTANT_NONE,
                                   .key = "",
                                   .digest = "",
                                   .time = INSTANT_NONE,
                                   .why = "present, not checked: of no format that "
                                          "exhibit checks"};
    bool bare =
        format && (format->judge == ssh_judge || format->judge == minisign_judge ||
                   format->judge == bare_judge || format->judge == openpgp_judge);
    if (format)
        format->judge(c, item, &over, r);
    if (bare && !over.item && !over.raw.n)
        try_manifests(c, format, r);
    struct signature_record **end = &c->v->signatures;
    while (*end)
        end = &(*end)->next;
    *end = r;
}

int check_signatures(struct check *c)
{
    for (struct item *i = item_more(package_content(c->package))->child; i; i = i->next) {
        if (is_package_file(c, i, ROLE_SIGNATURE))
            check_signature(c, i);
    }
    for (const struct signature_record *s = c->v->signatures; s; s = s->next) {
        tell_signature(c, s);
        seal_times_tell(c, s);
    }
    /* Now, because signatures bring time-stamps of their own. */
    for (const struct timestamp_record *t = c->v->timestamps; t; t = t->next)
        tell_timestamp(c, t);
    return 0;
}
