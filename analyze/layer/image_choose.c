#include "analyze/layer/image_choose.h"

bool image_id_matches(struct bytes digest, struct bytes wanted)
{
    struct bytes hex = bytes_from(digest, bytes_find_byte(digest, ':') + 1);
    size_t colon = bytes_rfind_byte(wanted, ':');
    if (colon < wanted.n)
        wanted = bytes_from(wanted, colon + 1);
    return wanted.n >= 12 && bytes_starts(hex, wanted);
}

bool image_reference_matches(struct bytes reference, struct bytes wanted)
{
    bool is_tag = bytes_find_byte(reference, ':') == reference.n;
    if (reference.n == 0 || wanted.n == 0)
        return false;
    if (bytes_eq(reference, wanted))
        return true;
    struct bytes longer = is_tag ? wanted : reference, end = is_tag ? reference : wanted;
    return longer.n > end.n && bytes_ends(longer, end) &&
           longer.p[longer.n - end.n - 1] == (is_tag ? ':' : '/');
}

void platform_text(const struct oci_platform *p, struct text *t)
{
    const struct bytes parts[] = {p->os, p->architecture, p->variant};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n == 0)
            continue;
        if (i)
            text_byte(t, '/');
        text_add(t, parts[i]);
    }
}

static bool same_platform(const struct oci_platform *a, const struct oci_platform *b)
{
    return bytes_eq(a->architecture, b->architecture) && bytes_eq(a->os, b->os) &&
           bytes_eq(a->variant, b->variant);
}

/* 0: for another platform. */
static int platform_score(const struct oci_platform *have,
                          const struct oci_platform *want)
{
    if (want->architecture.n && have->architecture.n &&
        !bytes_eq(have->architecture, want->architecture))
        return 0;
    if (want->os.n && have->os.n && !bytes_eq(have->os, want->os))
        return 0;
    int score = 1 + (have->architecture.n > 0 && want->architecture.n > 0);
    if (want->architecture.n == 0 && bytes_is(have->architecture, "amd64"))
        score++;
    return score + (want->variant.n && bytes_eq(have->variant, want->variant));
}

/* What is asked for by its digest is meant, whatever else fits; then what is here. */
static int score_of(const struct oci_descriptor *d, bool here,
                    const struct image_wish *wish)
{
    int score = platform_score(&d->platform, &wish->platform);
    if (score && here)
        score += 10;
    bool is_wished = image_id_matches(d->digest, wish->id) ||
                     image_reference_matches(d->reference, wish->id);
    return is_wished ? score + 100 : score;
}

void image_choose(const struct oci_index *index, const bool *here,
                  const struct image_wish *wish, struct image_choice *out)
{
    int best = 0;
    const struct oci_descriptor *first = NULL;
    *out = (struct image_choice){0};
    for (size_t k = 0; k < index->n; k++) {
        const struct oci_descriptor *d = &index->v[k];
        if (d->attestation)
            continue;
        out->images++;
        int score = score_of(d, here[k], wish);
        if (score > best) {
            best = score;
            out->taken = d;
        }
        if (!here[k])
            continue;
        first = first ? first : d;
        out->ambiguous |= !same_platform(&first->platform, &d->platform);
    }
    out->ambiguous &= wish->platform.architecture.n == 0 && best < 100;
}
