/* Places: paths whose change means something wherever it happens. */
#include "analyze/layer/findings_private.h"

const struct finding_kind *layer_finding_kind(enum layer_finding which)
{
    static const struct finding_kind kinds[] = {
#define FINDING(name, id, severity, title, attack, why, refute)                          \
    [LAYER_##name] = {id, SEVERITY_##severity, title, attack, why, refute},
#include "analyze/layer/findings.def"
#undef FINDING
    };
    return &kinds[which];
}

/* Backtracks to the last star only, so that the time is at most the product of both
 * lengths for each kind of star. */
bool path_matches(struct bytes path, struct bytes pattern)
{
    size_t i = 0, k = 0;
    size_t star = SIZE_MAX, star_at = 0, deep = SIZE_MAX, deep_at = 0;
    for (;;) {
        if (k < pattern.n && pattern.p[k] == '*') {
            bool is_deep = k + 1 < pattern.n && pattern.p[k + 1] == '*';
            k += is_deep ? 2 : 1;
            *(is_deep ? &deep : &star) = k;
            *(is_deep ? &deep_at : &star_at) = i;
            if (is_deep)
                star = SIZE_MAX;
        } else if (i < path.n && k < pattern.n && path.p[i] == pattern.p[k]) {
            i++;
            k++;
        } else if (i == path.n && k == pattern.n) {
            return true;
        } else if (star != SIZE_MAX && star_at < path.n && path.p[star_at] != '/') {
            i = ++star_at;
            k = star;
        } else if (deep != SIZE_MAX && deep_at < path.n) {
            i = ++deep_at;
            k = deep;
            star = SIZE_MAX;
        } else {
            return false;
        }
    }
}

struct place {
    enum layer_finding finding;
    const char *pattern, *when;
};

static const struct place places[] = {
#define PLACE(finding, pattern, when) {LAYER_##finding, pattern, when},
#include "analyze/layer/places.def"
#undef PLACE
};

/* A modification counts where contents or what is pointed to changed; of mode and owner
 * other findings tell. */
static char letter_of(enum change_type type, unsigned kinds)
{
    switch (type) {
    case CHANGE_ADDED:
        return 'A';
    case CHANGE_DELETED:
        return 'D';
    case CHANGE_MODIFIED:
        break;
    }
    return kinds & (CHANGED_CONTENT | CHANGED_LINK | CHANGED_TYPE) ? 'M' : '-';
}

const struct finding_kind *layer_place(struct bytes path, enum change_type type,
                                       unsigned kinds)
{
    char letter = letter_of(type, kinds);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct place *p = &places[i];
        if (!strchr(p->when, letter) || !path_matches(path, bytes_str(p->pattern)))
            continue;
        /* Libraries are full of such scripts; what one says is looked at anywhere. */
        if (p->finding == LAYER_WEB_SCRIPT && !path_is_served(path))
            continue;
        return layer_finding_kind(p->finding);
    }
    return NULL;
}

bool layer_is_stub(struct bytes path)
{
    static const char *const stubs[] = {
        "/etc/hosts",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/mtab",
        "/dev",
        "/dev/console",
        "/dev/shm",
        "/dev/pts",
        "/dev/mqueue",
        "/dev/termination-log",
        "/proc",
        "/sys",
        "/.dockerenv",
        "/run/.containerenv",
        "/run/secrets",
        "/run/secrets/kubernetes.io",
        "/run/secrets/kubernetes.io/serviceaccount",
        "/var/run/secrets",
        "/var/run/secrets/kubernetes.io",
        "/var/run/secrets/kubernetes.io/serviceaccount",
    };
    for (size_t i = 0; i < sizeof stubs / sizeof *stubs; i++) {
        if (bytes_is(path, stubs[i]))
            return true;
    }
    return false;
}
