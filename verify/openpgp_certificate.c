#include "verify/openpgp_certificate.h"

#include "formats/base/limits.h"

const char openpgp_compromised[] =
    "its key was revoked, and not only because another took its place";

/* A key of the certificate, and what signatures say of it. */
struct component {
    struct openpgp_key key;
    struct openpgp_signature binding, aside; /* the one that counts, and of the other */
    bool bound, has_aside;                   /* kind (bind) */
    bool wants; /* a subkey: it signed that it belongs to the primary key */
    bool compromised;
    instant revoked; /* INSTANT_NONE: never, or `compromised` */
};

/* A user ID, and the newest signatures over it. */
struct user {
    struct openpgp_packet packet; /* type 0: none */
    struct openpgp_signature binding;
    bool bound;
    instant revoked;
};

struct reading {
    struct component primary, subkey;
    bool has_subkey; /* `subkey` is the key that is asked for, else the primary key is */
    struct user user, best_user; /* the one that signatures are over now, if any */
    bool at_subkey;              /* signatures are over `subkey` now */
    uint64_t cost;               /* of the signatures that were verified */
};

/* What is signed: the primary key, and one of these, or neither. */
struct binding {
    const struct openpgp_key *primary, *subkey;
    const struct openpgp_packet *user;
};

/* SHA-1 is enough here: who could make two bindings of one digest has the key. */
static bool is_made(const struct openpgp_signature *s, const struct binding *b,
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

static bool holds(struct reading *r, const struct openpgp_signature *s,
                  const struct binding *b)
{
    bool yes = r->cost < LIMIT_OPENPGP_BINDINGS && is_made(s, b, b->primary);
    r->cost += yes ? 1 : LIMIT_OPENPGP_FAILED;
    return yes;
}

/* -- what signatures say ---------------------------------------------------------------
 */

/* The properties of a key of version 6 stand in a signature over the key alone, those of
 * version 4 in the one of its user ID (RFC 9580, 5.2.3.10); of equal ones the newest. */
static void bind(struct component *c, const struct openpgp_signature *s)
{
    bool counts = s->type == OPENPGP_BINDS_SUBKEY ||
                  (s->type == OPENPGP_DIRECT) == (c->key.version == 6);
    bool *has = counts ? &c->bound : &c->has_aside;
    struct openpgp_signature *kept = counts ? &c->binding : &c->aside;
    if (!*has || s->made > kept->made)
        *kept = *s;
    *has = true;
}

/* What the one does not say the other may: an end, what the key is for. */
static void complete(struct component *c)
{
    if (!c->bound)
        c->binding = c->aside;
    c->bound |= c->has_aside;
    if (c->has_aside && !c->binding.key_lifetime)
        c->binding.key_lifetime = c->aside.key_lifetime;
    if (c->has_aside && !c->binding.has_flags) {
        c->binding.has_flags = c->aside.has_flags;
        c->binding.flags = c->aside.flags;
    }
}

/* RFC 9580, 5.2.3.31: superseded and retired keys were good before. */
static void revoke(struct component *c, const struct openpgp_signature *s)
{
    if (s->reason != 1 && s->reason != 3)
        c->compromised = true;
    else if (c->revoked == INSTANT_NONE || s->made < c->revoked)
        c->revoked = s->made;
}

static void over_user(struct reading *r, const struct openpgp_signature *s)
{
    struct user *u = &r->user;
    const struct binding named = {.primary = &r->primary.key, .user = &u->packet};
    bool certifies = s->type >= OPENPGP_CERTIFIES && s->type <= OPENPGP_CERTIFIES_LAST;
    if ((!certifies && s->type != OPENPGP_REVOKES_CERTIFICATION) || !holds(r, s, &named))
        return;
    if (!certifies) {
        u->revoked =
            u->revoked == INSTANT_NONE || s->made > u->revoked ? s->made : u->revoked;
        return;
    }
    bind(&r->primary, s);
    if (!u->bound || s->made > u->binding.made)
        u->binding = *s;
    u->bound = true;
}

/* Behind the last signature over it. Of those that their owner did not take back, the one
 * that he marked, else the newest. */
static void end_user(struct reading *r)
{
    const struct user *u = &r->user, *best = &r->best_user;
    bool marked = u->binding.primary_user, newer = u->binding.made > best->binding.made;
    bool counts = u->packet.type == OPENPGP_USER_ID && u->bound &&
                  (u->revoked == INSTANT_NONE || u->revoked < u->binding.made);
    if (counts &&
        (!best->bound || (marked != best->binding.primary_user ? marked : newer)))
        r->best_user = *u;
    r->user = (struct user){.revoked = INSTANT_NONE};
}

static void bind_subkey(struct reading *r, const struct openpgp_signature *s)
{
    struct component *c = &r->subkey;
    const struct binding both = {.primary = &r->primary.key, .subkey = &c->key};
    struct openpgp_signature back;
    if (!holds(r, s, &both))
        return;
    bind(c, s);
    c->wants |= s->embedded.n && openpgp_signature_read(s->embedded, &back) &&
                back.type == OPENPGP_BINDS_PRIMARY && is_made(&back, &both, &c->key);
}

/* What is over the primary key alone, and every revocation, counts wherever it stands:
 * whoever adds one to a file puts it at its end. */
static void take_signature(struct reading *r, struct bytes body)
{
    const struct binding alone = {.primary = &r->primary.key};
    const struct binding both = {.primary = &r->primary.key, .subkey = &r->subkey.key};
    struct openpgp_signature s;
    /* Those of other people, of whom a famous key has thousands, cost nothing. */
    if (!openpgp_signature_read(body, &s) || !openpgp_key_is_of(&r->primary.key, &s))
        return;
    if (s.type == OPENPGP_DIRECT && holds(r, &s, &alone))
        bind(&r->primary, &s);
    else if (s.type == OPENPGP_REVOKES_KEY && holds(r, &s, &alone))
        revoke(&r->primary, &s);
    else if (s.type == OPENPGP_REVOKES_SUBKEY && r->has_subkey && holds(r, &s, &both))
        revoke(&r->subkey, &s);
    else if (s.type == OPENPGP_BINDS_SUBKEY && r->at_subkey)
        bind_subkey(r, &s);
    else if (r->user.packet.type)
        over_user(r, &s);
}

/* -- the certificate -------------------------------------------------------------------
 */

static bool begin_key(struct component *c, struct bytes body)
{
    *c = (struct component){.revoked = INSTANT_NONE};
    return openpgp_key_read(body, &c->key);
}

/* Which of the keys is named? Asked before any signature is verified: of a ring with many
 * certificates one is meant. */
static bool find_key(struct bytes rest, const struct openpgp_signature *s,
                     struct reading *r)
{
    struct openpgp_packet p;
    if (openpgp_key_is_of(&r->primary.key, s))
        return true;
    while (!r->has_subkey && openpgp_next(&rest, &p))
        r->has_subkey = p.type == OPENPGP_PUBLIC_SUBKEY &&
                        begin_key(&r->subkey, p.body) &&
                        openpgp_key_is_of(&r->subkey.key, s);
    return r->has_subkey;
}

/* `s` may be NULL: then the primary key is asked for. */
static bool read_certificate(struct bytes rest, const struct openpgp_signature *s,
                             struct reading *r)
{
    struct openpgp_packet p;
    *r = (struct reading){.user.revoked = INSTANT_NONE};
    if (!openpgp_next(&rest, &p) || !begin_key(&r->primary, p.body) ||
        (s && !find_key(rest, s, r)))
        return false;
    while (openpgp_next(&rest, &p)) {
        if (p.type == OPENPGP_SIGNATURE) {
            take_signature(r, p.body);
            continue;
        }
        end_user(r);
        r->at_subkey = p.type == OPENPGP_PUBLIC_SUBKEY && r->has_subkey &&
                       bytes_eq(p.body, r->subkey.key.body);
        if (p.type == OPENPGP_USER_ID || p.type == OPENPGP_USER_ATTRIBUTE)
            r->user.packet = p;
    }
    end_user(r);
    complete(&r->primary);
    return true;
}

static bool is_usable(const struct openpgp_key *k)
{
    EVP_PKEY *key = openpgp_public_key(k);
    EVP_PKEY_free(key);
    return key;
}

static const char unusable[] =
    "the key is of an algorithm or a length that is not accepted";
static const char damaged[] =
    "the certificate has too many signatures of its own, or that do not hold";

static const char *refusal_of(const struct reading *r)
{
    const struct component *k = r->has_subkey ? &r->subkey : &r->primary;
    if (!is_usable(&k->key))
        return unusable;
    if (r->cost >= LIMIT_OPENPGP_BINDINGS)
        return damaged;
    if (!r->primary.bound)
        return "the certificate of its key has no signature of its own that holds";
    if (!k->bound)
        return "no signature that holds binds its subkey to the certificate";
    if (r->primary.compromised || k->compromised)
        return openpgp_compromised;
    if (k->binding.has_flags && !(k->binding.flags & OPENPGP_MAY_SIGN))
        return "its key is not one for signing";
    if (r->has_subkey && !k->wants)
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
    const struct component *k = r.has_subkey ? &r.subkey : &r.primary;
    *out = (struct openpgp_signer){
        .primary = r.primary.key,
        .key = k->key,
        .user = r.best_user.packet.body,
        .refusal = refusal_of(&r),
        .until = earlier(end_of(&r.primary), end_of(k)),
        .revoked = earlier(r.primary.revoked, k->revoked),
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
    if (r.cost >= LIMIT_OPENPGP_BINDINGS)
        return damaged;
    return r.primary.bound ? NULL
                           : "the OpenPGP key has no signature of its own that holds";
}
