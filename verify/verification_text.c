/* The summary for people: the verdict first, then why, then every seal and lock with its
 * three words apart: verified, asserted, not examined. */
#include "verify/verification.h"

/* Fixed width, so that the findings stand under each other. */
#define LABEL "  %-13s"

static void add_path(const struct verification *v, const struct item *item,
                     struct text *t)
{
    struct text path = {0};
    if (!item) {
        text_str(t, "bytes that are not in the package");
        return;
    }
    if (!item->parent)
        text_str(t, "the package");
    item_path(item, &path);
    mask_terminal(&v->mask, text_bytes(&path), t);
    text_release(&path);
}

static void add_time(struct text *t, instant time)
{
    char room[INSTANT_TEXT];
    enum precision p = time % NANOSECONDS ? PRECISION_MILLISECOND : PRECISION_SECOND;
    text_str(t, time == INSTANT_NONE ? "unknown" : instant_format(time, p, room));
}

static const char *verdict_colour(enum package_verdict v)
{
    return v == PACKAGE_VERIFIED ? "\033[32m"
           : v == PACKAGE_FAILED ? "\033[31m"
                                 : "\033[33m";
}

static void add_head(const struct verification *v, bool colour, struct text *t)
{
    static const char *const meaning[] = {
        [PACKAGE_UNCHECKED] = "nothing was checked",
        [PACKAGE_VERIFIED] = "every digest holds, nothing is missing or unlisted, and an "
                             "accepted seal covers it",
        [PACKAGE_UNSEALED] = "every digest holds and nothing is missing or unlisted; who "
                             "vouches for it was not established",
        [PACKAGE_INCOMPLETE] = "something is missing, unlisted, unreadable or not sealed",
        [PACKAGE_FAILED] = "a digest, a seal or a lock does not hold",
    };
    char hex[2 * DIGEST_MAX + 1];
    mask_terminal(&v->mask, bytes_str(package_name(v->package)), t);
    text_printf(t, ": %s%s%s\n", colour ? verdict_colour(v->verdict) : "",
                package_verdict_name(v->verdict), colour ? "\033[0m" : "");
    text_printf(t, LABEL "%s\n", "meaning", meaning[v->verdict]);
    for (const struct reason *r = v->reasons; r; r = r->next) {
        text_printf(t, LABEL, r == v->reasons ? "because" : "");
        mask_terminal(&v->mask, bytes_str(r->text), t);
        text_byte(t, '\n');
    }
    text_printf(t, LABEL "%llu, %llu bytes\n", "files", (unsigned long long)v->files,
                (unsigned long long)v->bytes);
    text_printf(t, LABEL "%s\n", "listing",
                v->has_listing ? digest_hex(&v->listing, hex)
                               : "not computed: a file could "
                                 "not be read");
    text_printf(t, LABEL, "judged at");
    add_time(t, v->now);
    text_byte(t, '\n');
}

static uint64_t weakly_listed(const struct verification *v)
{
    size_t n;
    uint64_t weak = 0;
    struct item *const *files = package_files(v->package, &n);
    for (size_t i = 0; i < n; i++)
        weak += files[i]->verdict == VERDICT_UNCHECKED && item_more(files[i])->claims;
    return weak;
}

static void add_counts(const struct verification *v, struct text *t)
{
    const uint64_t weak = weakly_listed(v);
    const struct {
        uint64_t n;
        const char *what;
    } counts[] = {
        {v->verified, "verified"},
        {v->mismatched, "mismatch"},
        {v->missing_count, "missing"},
        {v->unlisted, "unlisted"},
        {v->unreadable, "unreadable"},
        {v->unchecked - weak, "seals, not listed themselves"},
        {weak, "not examined: a weak or unknown digest only"},
    };
    bool first = true;
    text_printf(t, LABEL, "digests");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].n == 0 && i > 1)
            continue;
        text_printf(t, "%s%llu %s", first ? "" : ", ", (unsigned long long)counts[i].n,
                    counts[i].what);
        first = false;
    }
    text_byte(t, '\n');
}

static void add_manifests(const struct verification *v, struct text *t)
{
    for (const struct manifest_record *m = v->manifests; m; m = m->next) {
        text_printf(t, LABEL, "manifest");
        add_path(v, m->item, t);
        text_printf(t, " (%s): %llu claims, %llu hold%s%s\n", m->format,
                    (unsigned long long)m->claims, (unsigned long long)m->verified,
                    m->sealed ? ", sealed" : "",
                    m->speaks_for_package ? "" : ", for its own archive");
    }
}

static void add_outcome(const struct verification *v, enum outcome verdict,
                        const char *why, struct text *t)
{
    text_printf(t, ": %s", outcome_name(verdict));
    if (why[0]) {
        text_str(t, ": ");
        mask_terminal(&v->mask, bytes_str(why), t);
    }
    text_byte(t, '\n');
}

static void add_signatures(const struct verification *v, struct text *t)
{
    for (const struct signature_record *s = v->signatures; s; s = s->next) {
        text_printf(t, LABEL, "signature");
        add_path(v, s->item, t);
        text_printf(t, " (%s)", s->format);
        add_outcome(v, s->verdict, s->why, t);
        text_printf(t, LABEL "  over ", "");
        add_path(v, s->over, t);
        if (s->signer[0]) {
            text_str(t, ", by ");
            mask_terminal(&v->mask, bytes_str(s->signer), t);
        }
        if (s->time != INSTANT_NONE) {
            text_str(t, ", ");
            add_time(t, s->time);
            text_printf(t, " (time %s)", basis_name(s->time_basis));
        }
        text_byte(t, '\n');
    }
}

static void add_timestamps(const struct verification *v, struct text *t)
{
    for (const struct timestamp_record *s = v->timestamps; s; s = s->next) {
        text_printf(t, LABEL, "time-stamp");
        add_path(v, s->item, t);
        text_printf(t, " (%s)", s->format);
        add_outcome(v, s->verdict, s->why, t);
        text_printf(t, LABEL "  over ", "");
        add_path(v, s->over, t);
        text_str(t, ", ");
        add_time(t, s->time);
        if (s->accuracy)
            text_printf(t, " +-%lld ms", (long long)(s->accuracy / 1000000));
        if (s->authority[0]) {
            text_str(t, ", by ");
            mask_terminal(&v->mask, bytes_str(s->authority), t);
        }
        if (s->renewals) {
            text_printf(t, ", renewed %llu times until ",
                        (unsigned long long)s->renewals);
            add_time(t, s->renewed);
        }
        text_byte(t, '\n');
    }
}

static void add_retention(const struct verification *v, struct text *t)
{
    for (const struct retention_record *r = v->retention; r; r = r->next) {
        text_printf(t, LABEL, "lock");
        mask_terminal(&v->mask, bytes_str(r->object), t);
        text_printf(t, " (%s)", r->provider);
        add_outcome(v, r->verdict, r->why, t);
        text_printf(t, LABEL "  %s, until ", "", r->mode);
        add_time(t, r->retain_until);
        text_printf(t, "%s, says ",
                    r->legal_hold == HOLD_ON           ? ", legal hold on"
                    : r->legal_hold == HOLD_OFF        ? ", legal hold off"
                    : r->legal_hold == HOLD_UNREADABLE ? ", legal hold unreadable"
                                                       : "");
        add_path(v, r->item, t);
        text_byte(t, '\n');
    }
}

static void add_unlocked(const struct verification *v, struct text *t)
{
    enum { SHOWN = 12 };
    if (v->unlocked_count)
        text_printf(t,
                    LABEL "%zu of %llu files: no captured document says that they are\n",
                    "not locked", v->unlocked_count, (unsigned long long)v->files);
    for (size_t i = 0; i < v->unlocked_count && i < SHOWN; i++) {
        text_printf(t, LABEL "  ", "");
        add_path(v, v->unlocked[i], t);
        text_byte(t, '\n');
    }
    if (v->unlocked_count > SHOWN)
        text_printf(t, LABEL "  and %zu more (--json has all)\n", "",
                    v->unlocked_count - SHOWN);
}

static void add_completeness(const struct verification *v, struct text *t)
{
    bool demanded = false;
    for (const struct completeness_record *r = v->completeness; r; r = r->next)
        demanded = demanded || r->required;
    for (const struct completeness_record *r = v->completeness; r; r = r->next) {
        if (r->present || !demanded)
            continue;
        text_printf(t, LABEL "%s (%s): without it nothing shows %s\n", "absent",
                    r->artefact, r->required ? "required" : "recommended", r->why);
    }
}

static void add_custody(const struct verification *v, struct text *t)
{
    for (const struct custody_record *r = v->custody; r; r = r->next) {
        text_printf(t, LABEL, "custody");
        add_path(v, r->item, t);
        text_printf(t, " (%llu entries)", (unsigned long long)r->entries);
        add_outcome(v, r->verdict, r->why, t);
    }
}

/* The package as a whole has no octets to point to. */
static void add_span(const struct verification *v, const struct span *span,
                     struct text *t)
{
    add_path(v, span->item, t);
    if (span->item->parent)
        text_printf(t, "@%llu+%llu", (unsigned long long)span->offset,
                    (unsigned long long)span->length);
    text_byte(t, '\n');
}

/* One line for what, one for each argument: the expert checks these by hand. */
static void add_findings(const struct verification *v, struct text *t)
{
    for (size_t i = 0; i < v->findings->n; i++) {
        const struct finding *f = v->findings->v[i];
        if (strncmp(f->kind->id, "integrity.", 10) != 0)
            continue;
        text_printf(t, "\n%s: %s%s", severity_name(f->severity), f->kind->title,
                    f->subject.n ? ": " : "");
        mask_terminal(&v->mask, f->subject, t);
        text_byte(t, '\n');
        for (size_t k = 0; k < f->argument_count; k++) {
            text_printf(t, LABEL, f->arguments[k].name);
            mask_terminal(&v->mask, f->arguments[k].value, t);
            text_byte(t, '\n');
        }
        for (size_t k = 0; k < f->span_count; k++) {
            text_printf(t, LABEL, k ? "" : "see");
            add_span(v, &f->spans[k], t);
        }
    }
}

void verification_to_text(const struct verification *v, bool colour, struct text *t)
{
    add_head(v, colour, t);
    add_counts(v, t);
    add_manifests(v, t);
    add_signatures(v, t);
    add_timestamps(v, t);
    add_retention(v, t);
    add_unlocked(v, t);
    add_completeness(v, t);
    add_custody(v, t);
    if (v->sandbox)
        text_printf(t, LABEL "%s\n", "sandbox", v->sandbox);
    add_findings(v, t);
    if (v->findings->more)
        text_printf(t, "\nand %llu more findings of the same kinds\n",
                    (unsigned long long)v->findings->more);
}
