#include "verify/verification.h"

#include "formats/base/limits.h"
#include "verify/bag.h"
#include "verify/certificate_file.h"
#include "verify/check.h"

const char *outcome_name(enum outcome o)
{
    static const char *const names[] = {
        [OUTCOME_NOT_EXAMINED] = "not examined",
        [OUTCOME_VERIFIED] = "verified",
        [OUTCOME_ASSERTED] = "asserted",
        [OUTCOME_UNTRUSTED] = "untrusted",
        [OUTCOME_FAILED] = "failed",
    };
    return names[o];
}

enum care verification_care(const struct item *item)
{
    static const char *const tag_files[] = {"bagit.txt", "bag-info.txt",
                                            "package-info.txt", "fetch.txt"};
    switch (item->role) {
    case ROLE_MANIFEST:
    case ROLE_SIGNATURE:
    case ROLE_TIMESTAMP:
    case ROLE_RETENTION:
    case ROLE_CUSTODY:
    case ROLE_IMAGE_METADATA:
        return CARE_KEEP;
    default:
        break;
    }
    struct bytes name = item->name;
    size_t slash = bytes_rfind_byte(name, '/');
    name = slash < name.n ? bytes_from(name, slash + 1) : name;
    for (size_t i = 0; i < sizeof tag_files / sizeof *tag_files; i++) {
        if (bytes_is(name, tag_files[i]))
            return CARE_KEEP;
    }
    return CARE_HASH;
}

/* In this order: see check.h. */
static int (*const checks[])(struct check *c) = {
    check_names,      check_manifests,  check_images,    check_bags,
    check_timestamps, check_signatures, check_retention, check_completeness,
    check_custody,    check_seal,
};

/* The digest of a container covers every byte of what is in it: what was read whole in a
 * verified container is verified too. A mismatch is not passed on, because nobody knows
 * which of the members it touched. */
static void inherit_verdicts(const struct package *p)
{
    size_t n;
    struct item *const *files = package_files(p, &n);
    for (size_t i = 0; i < n; i++) {
        if (files[i]->verdict != VERDICT_VERIFIED)
            continue;
        struct item *m = files[i];
        while ((m = item_next(m, files[i]))) {
            if ((m->whole || m->entry.type != ENTRY_FILE) &&
                m->verdict == VERDICT_UNCHECKED)
                item_verdict_set(m, VERDICT_VERIFIED);
        }
    }
}

int verification_run(struct package *p, const struct verification_options *options,
                     struct findings *findings, struct verification *v)
{
    *v = (struct verification){.package = p,
                               .findings = findings,
                               .now = options->now,
                               .sandbox = options->sandbox,
                               .mask = package_mask(p, options->reveal)};
    struct policy *built_in = options->policy ? NULL : policy_default();
    struct check c = {.package = p,
                      .options = options,
                      .policy = built_in ? built_in : options->policy,
                      .v = v};
    walk_findings(p, findings);
    v->has_listing = package_listing(p, &v->listing);
    int status = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks && status == 0; i++)
        status = checks[i](&c);
    inherit_verdicts(p);
    certificate_files_release(&c);
    policy_free(built_in);
    return status;
}

void verification_release(struct verification *v)
{
    arena_release(&v->arena);
    *v = (struct verification){0};
}

int verification_status(const struct verification *v)
{
    return v->verdict == PACKAGE_VERIFIED || v->verdict == PACKAGE_UNSEALED ? 0 : 1;
}

/* -- what the checks share (check.h) ---------------------------------------------------
 */

const char *check_text(struct check *c, struct bytes raw)
{
    struct text t = {0};
    escape_plain(&t, raw);
    const char *text = arena_string(&c->v->arena, text_bytes(&t));
    text_release(&t);
    return text;
}

const char *check_path(struct check *c, const struct item *item)
{
    struct text t = {0};
    if (!item->parent)
        return "the package";
    item_path(item, &t);
    const char *text = check_text(c, text_bytes(&t));
    text_release(&t);
    return text;
}

void check_finding_at(struct check *c, enum integrity_finding which, struct bytes subject,
                      struct span span, const char *why)
{
    struct finding f = finding_of(integrity_kind(which), subject, span);
    finding_argument(&f, "why", bytes_str(why));
    findings_add_some(c->v->findings, &f);
}

void check_finding(struct check *c, enum integrity_finding which, const struct item *item,
                   const char *why)
{
    struct text path = {0};
    item_path(item, &path);
    check_finding_at(c, which, text_bytes(&path), (struct span){item, 0, item->size},
                     why);
    text_release(&path);
}

void check_reason(struct check *c, enum package_verdict verdict, const char *text)
{
    struct reason **end = &c->v->reasons;
    for (size_t n = 1; *end && (*end)->verdict >= verdict; n++) {
        if (n == LIMIT_REASONS || strcmp((*end)->text, text) == 0)
            return;
        end = &(*end)->next;
    }
    struct reason *r = arena_new(&c->v->arena, struct reason);
    *r = (struct reason){verdict, text, *end};
    *end = r;
}
