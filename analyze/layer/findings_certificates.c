/* Findings about trusted certificates: which ones are new in a bundle.
 *
 * update-ca-certificates(8) makes one file of all that is installed. What is in it and
 * in no package is somebody's own.
 */
#include "analyze/layer/findings_private.h"

#include "formats/base/digest.h"
#include "formats/base/intern.h"

static const struct bytes begin = {(const uint8_t *)"-----BEGIN CERTIFICATE-----", 27};
static const struct bytes end = {(const uint8_t *)"-----END CERTIFICATE-----", 25};

/* The base64 of the next certificate; *rest goes behind it. */
static bool next_certificate(struct bytes *rest, struct bytes *out)
{
    size_t at = bytes_find(*rest, begin);
    struct bytes body = bytes_from(*rest, at + begin.n);
    size_t length = bytes_find(body, end);
    if (at == rest->n || length == body.n)
        return false;
    *out = bytes_sub(body, 0, length);
    *rest = bytes_from(body, length + end.n);
    return true;
}

/* Without line ends, because bundles break lines anew. */
static struct digest digest_of(struct bytes base64)
{
    struct text plain = {0};
    for (size_t i = 0; i < base64.n; i++) {
        if (!is_blank(base64.p[i]))
            text_byte(&plain, (char)base64.p[i]);
    }
    struct digest d = digest_bytes(DIGEST_SHA256, text_bytes(&plain));
    text_release(&plain);
    return d;
}

static void learn(struct intern *known, struct bytes text)
{
    struct bytes one;
    while (next_certificate(&text, &one)) {
        struct digest d = digest_of(one);
        intern_put(known, bytes_of(d.octets, 32));
    }
}

/* What packages brought, gathered once. */
static const struct intern *of_packages(struct work *w)
{
    if (w->certificates)
        return w->certificates;
    w->certificates = intern_new();
    for (size_t i = 0; i < w->c->diff.n; i++) {
        const struct change *x = &w->c->diff.v[i];
        const struct content *c = study_content(w->c->study, x, true);
        if (c && study_is_explained(w->c->study, x))
            learn(w->certificates, c->text);
    }
    return w->certificates;
}

static bool is_bundle(const struct view *v)
{
    const struct finding_kind *kind = layer_place(v->path, v->x->type, v->x->kinds);
    return kind == layer_finding_kind(LAYER_CERTIFICATE) && v->is &&
           bytes_contains(v->is->text, begin);
}

bool certificates_are_told(struct work *w, const struct view *v)
{
    bool before = v->x->type == CHANGE_ADDED || (v->was && v->was->text.n);
    uint32_t unused;
    struct bytes rest, one;
    if (!w->c->study || !is_bundle(v) || !before)
        return false;
    struct intern *known = intern_new();
    learn(known, v->was ? v->was->text : BYTES_NONE);
    rest = v->is->text;
    while (next_certificate(&rest, &one)) {
        struct digest d = digest_of(one);
        struct bytes key = bytes_of(d.octets, 32);
        struct making m;
        if (intern_find(known, key, &unused) || intern_find(of_packages(w), key, &unused))
            continue;
        intern_put(known, key);
        view_begin(w, LAYER_CERTIFICATE, v, &m);
        m.f.spans[0] = view_span(v, (uint64_t)(one.p - v->is->text.p) - begin.n,
                                 one.n + begin.n + end.n);
        view_finish(w, &m);
    }
    intern_free(known);
    return true;
}
