#include "verify/openpgp_certificate.h"

/* A key of the certificate, and what signatures say of it. */
struct component {
    struct openpgp_key key;
    struct openpgp_signature binding; /* the one that counts, if `bound` */
    bool bound;
    bool wants; /* a subkey: it signed that it belongs to the primary key */
    bool compromised;
    instant revoked; /* INSTANT_NONE: never, or `compromised` */
};

struct reading {
    struct component primary, current;
    bool at_subkey;             /* `current` is one */
    struct openpgp_packet user; /* the user ID that signatures are over; type 0: none */
    struct openpgp_signature user_binding;
    struct bytes best_user;
};

/* What is signed: the primary key, and one of these, or neither. */
struct binding {
    const struct openpgp_key *primary, *subkey;
    const struct openpgp_packet *user;
};

/* SHA-1 is enough here: who could make two bindings of one digest has the key. */
static bool holds(const struct openpgp_signature *s, const struct binding *b,
                  const struct openpgp_key *by)
{
    enum digest_algorithm a;
    if (s->unknown_critical || !openpgp_digest(s, &a) || a == DIGEST_MD5 ||
        s->version == 5 || (by->version == 6) != (s->version == 6))
        return false;
    struct digest_state *state = digest_state_new(DIGEST_BIT(a));
    digest_state_update(state, s->salt);
    openpgp_key_feed(b->primary, state);
    if (b->subkey)
        openpgp_key_feed(b->subkey, state);
    if (b->user)
        openpgp_user_feed(b->user, state);
    openpgp_signature_end(s, state);
    digest_state_final(state);
    bool yes = openpgp_value_holds(by, s, digest_state_result(state, a));
    digest_state_free(state);
    return yes;
}

/* -- what signatures say ---------------------------------------------------------------
 */

/* The properties of a key of version 6 stand in a signature over the key alone, those of
 * version 4 in the one of its user ID (RFC 9580, 5.2.3.10); of equal ones the newest. */
static void bind(struct component *c, const struct openpgp_signature *s)
{
    bool direct_counts = c->key.version == 6;
    bool fits = (s->type == OPENPGP_DIRECT) == direct_counts;
    bool fitted = (c->binding.type == OPENPGP_DIRECT) == direct_counts;
    if (!c->bound || (fits != fitted ? fits : s->made > c->binding.made))
        c->binding = *s;
    c->bound = true;
}

/* RFC 9580, 5.2.3.31: superseded and retired keys were good before. */
static void revoke(struct component *c, const struct openpgp_signature *s)
{
    if (s->reason != 1 && s->reason != 3)
        c->compromised = true;
    else if (c->revoked == INSTANT_NONE || s->made < c->revoked)
        c->revoked = s->made;
}

static void take_user(struct reading *r, const struct openpgp_signature *s)
{
    const struct openpgp_signature *best = &r->user_binding;
    if (r->user.type == OPENPGP_USER_ID &&
        (!r->best_user.n ||
         (s->primary_user != best->primary_user ? s->primary_user
                                                : s->made > best->made))) {
        r->best_user = r->user.body;
        r->user_binding = *s;
    }
}

static void over_primary(struct reading *r, const struct openpgp_signature *s)
{
    const struct openpgp_key *primary = &r->primary.key;
    const struct binding alone = {.primary = primary};
    const struct binding named = {.primary = primary, .user = &r->user};
    bool certifies = s->type >= OPENPGP_CERTIFIES && s->type <= OPENPGP_CERTIFIES_LAST;
    if (s->type == OPENPGP_DIRECT && holds(s, &alone, primary)) {
        bind(&r->primary, s);
    } else if (s->type == OPENPGP_REVOKES_KEY && holds(s, &alone, primary)) {
        revoke(&r->primary, s);
    } else if (r->user.type && certifies && holds(s, &named, primary)) {
        bind(&r->primary, s);
        take_user(r, s);
    }
}

static void over_subkey(struct reading *r, const struct openpgp_signature *s)
{
    struct component *c = &r->current;
    const struct binding both = {.primary = &r->primary.key, .subkey = &c->key};
    struct openpgp_signature back;
    if (s->type == OPENPGP_REVOKES_SUBKEY && holds(s, &both, both.primary))
        revoke(c, s);
    if (s->type != OPENPGP_BINDS_SUBKEY || !holds(s, &both, both.primary))
        return;
    bind(c, s);
    c->wants |= s->embedded.n && openpgp_signature_read(s->embedded, &back) &&
                back.type == OPENPGP_BINDS_PRIMARY && holds(&back, &both, &c->key);
}

static void take_signature(struct reading *r, struct bytes body)
{
    struct openpgp_signature s;
    /* Those of other people, of whom a famous key has thousands, cost nothing. */
    if (!openpgp_signature_read(body, &s) || !openpgp_key_is_of(&r->primary.key, &s))
        return;
    if (r->at_subkey)
        over_subkey(r, &s);
    else
        over_primary(r, &s);
}

/* -- the certificate -------------------------------------------------------------------
 */

static bool begin_key(struct component *c, struct bytes body)
{
    *c = (struct component){.revoked = INSTANT_NONE};
    return openpgp_key_read(body, &c->key);
}

/* Reads up to the end, and keeps of the subkeys the one that made `s`. */
static bool read_certificate(struct bytes rest, const struct openpgp_signature *s,
                             struct reading *r)
{
    struct openpgp_packet p;
    bool known = false, found = false;
    *r = (struct reading){0};
    if (!openpgp_next(&rest, &p) || !begin_key(&r->primary, p.body))
        return false;
    while (openpgp_next(&rest, &p)) {
        if (p.type == OPENPGP_SIGNATURE && (known || !r->at_subkey))
            take_signature(r, p.body);
        if (p.type == OPENPGP_USER_ID || p.type == OPENPGP_USER_ATTRIBUTE)
            r->user = p;
        if (p.type != OPENPGP_PUBLIC_SUBKEY)
            continue;
        if (found)
            break;
        r->at_subkey = true;
        known = begin_key(&r->current, p.body);
        found = known && s && openpgp_key_is_of(&r->current.key, s);
    }
    if (!found)
        r->current = r->primary;
    return found || (s && openpgp_key_is_of(&r->primary.key, s));
}

static bool is_usable(const struct openpgp_key *k)
{
    EVP_PKEY *key = openpgp_public_key(k);
    EVP_PKEY_free(key);
    return key;
}

static const char unusable[] =
    "the key is of an algorithm or a length that is not accepted";

static const char *refusal_of(const struct reading *r)
{
    const struct component *k = &r->current;
    bool subkey = k->binding.type == OPENPGP_BINDS_SUBKEY;
    if (!is_usable(&k->key))
        return unusable;
    if (!r->primary.bound)
        return "the certificate of its key has no signature of its own that holds";
    if (!k->bound)
        return "no signature that holds binds its subkey to the certificate";
    if (r->primary.compromised || k->compromised)
        return "its key was revoked, and not only because another took its place";
    if (k->binding.has_flags && !(k->binding.flags & OPENPGP_MAY_SIGN))
        return "its key is not one for signing";
    if (subkey && !k->wants)
        return "its subkey has not signed that it belongs to the certificate";
    return NULL;
}

static instant later(instant from, uint32_t seconds)
{
    instant t;
    return from == INSTANT_NONE || seconds == 0 ||
                   __builtin_add_overflow(from, seconds * NANOSECONDS, &t)
               ? INSTANT_NONE
               : t;
}

static instant earlier(instant a, instant b)
{
    return a == INSTANT_NONE || (b != INSTANT_NONE && b < a) ? b : a;
}

/* A key ends by its own word, or with the signature that binds it. */
static instant end_of(const struct component *c)
{
    return earlier(later(c->key.made, c->binding.key_lifetime),
                   later(c->binding.made, c->binding.lifetime));
}

bool openpgp_signer_of(struct bytes certificate, const struct openpgp_signature *s,
                       struct openpgp_signer *out)
{
    struct reading r;
    if (!read_certificate(certificate, s, &r))
        return false;
    *out = (struct openpgp_signer){
        .primary = r.primary.key,
        .key = r.current.key,
        .user = r.best_user,
        .refusal = refusal_of(&r),
        .until = earlier(end_of(&r.primary), end_of(&r.current)),
        .revoked = earlier(r.primary.revoked, r.current.revoked),
    };
    return true;
}

const char *openpgp_certificate_refusal(struct bytes certificate,
                                        struct openpgp_key *primary)
{
    struct reading r;
    (void)read_certificate(certificate, NULL, &r);
    *primary = r.primary.key;
    if (!r.primary.key.body.n)
        return "a key of OpenPGP of another version than 4 and 6";
    if (!is_usable(primary))
        return unusable;
    return r.primary.bound ? NULL
                           : "the OpenPGP key has no signature of its own that holds";
}
