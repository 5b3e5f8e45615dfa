/* What changed in a case since it was worked on, and what soon will. */
#include <string.h>

#include "analyze/batch/outcome.h"
#include "analyze/batch/reverify.h"
#include "analyze/batch/sunset.h"
#include "analyze/evidence_json.h"

static const char *string_at(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static instant time_at(const json_t *o, const char *key)
{
    instant t = INSTANT_NONE;
    return instant_parse_date(bytes_str(string_at(o, key)), &t, NULL) ? t : INSTANT_NONE;
}

void reverify_add(json_t *changes, const char *what, const struct text *detail,
                  instant until)
{
    char when[INSTANT_TEXT];
    json_t *o = json_object();
    json_object_set_new(o, "what", json_string(what));
    json_object_set_new(o, "detail", json_evidence(text_bytes(detail)));
    json_object_set_new(o, "until",
                        until == INSTANT_NONE
                            ? json_null()
                            : json_string(instant_format(until, PRECISION_SECOND, when)));
    json_array_append_new(changes, o);
}

__attribute__((format(printf, 4, 5))) static void add(json_t *changes, const char *what,
                                                      instant until, const char *format,
                                                      ...);

/* Written with what the verdict says: text already made harmless. */
static void add(json_t *changes, const char *what, instant until, const char *format, ...)
{
    struct text t = {0};
    char buffer[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    text_str(&t, buffer);
    reverify_add(changes, what, &t, until);
    text_release(&t);
}

/* -- what changed ----------------------------------------------------------------------
 */

/* "failed" is worse than "incomplete" is worse than the two that hold. */
static int badness(const char *verdict)
{
    return strcmp(verdict, "failed") == 0       ? 2
           : strcmp(verdict, "incomplete") == 0 ? 1
                                                : 0;
}

static void compare_verdicts(const char *what, const json_t *was, const json_t *is,
                             json_t *changes)
{
    const char *before = string_at(was, "verdict"), *after = string_at(is, "verdict");
    const char *reason =
        json_string_value(json_array_get(json_object_get(is, "reasons"), 0));
    if (strcmp(before, after) != 0)
        add(changes, what, INSTANT_NONE, "%s, was %s%s%s", after, before,
            reason ? ": " : "", reason ? reason : "");
}

/* What a manifest lists and is not there stands among the items, too. */
static bool is_there(const json_t *item)
{
    return strcmp(string_at(item, "verdict"), "missing") != 0;
}

/* Digests of the items by path. */
static void compare_items(const json_t *was, const json_t *is, json_t *changes)
{
    json_t *before = json_object(), *o;
    const char *gone;
    size_t i;
    json_array_foreach(json_object_get(was, "items"), i, o)
    {
        if (is_there(o))
            json_object_set(before, string_at(o, "path"), json_object_get(o, "sha256"));
    }
    json_array_foreach(json_object_get(is, "items"), i, o)
    {
        const char *path = string_at(o, "path");
        json_t *old = json_object_get(before, path);
        if (!is_there(o))
            continue;
        if (!old)
            add(changes, "file-added", INSTANT_NONE, "%s", path);
        else if (!json_equal(old, json_object_get(o, "sha256")))
            add(changes, "file-changed", INSTANT_NONE, "%s", path);
        json_object_del(before, path);
    }
    json_object_foreach(before, gone, o)
        add(changes, "file-missing", INSTANT_NONE, "%s", gone);
    json_decref(before);
}

static bool differs(const json_t *was, const json_t *is, const char *key)
{
    return strcmp(string_at(json_object_get(was, "package"), key),
                  string_at(json_object_get(is, "package"), key)) != 0;
}

/* -- what ends -------------------------------------------------------------------------
 */

static bool ends_soon(instant until, const struct reverify_question *q)
{
    return until != INSTANT_NONE && until <= q->horizon;
}

static const char *tense(instant until, const struct reverify_question *q)
{
    return until <= q->now ? "ended" : "ends";
}

static void look_at_retention(const json_t *is, const struct reverify_question *q,
                              json_t *changes)
{
    size_t i;
    json_t *lock;
    json_array_foreach(json_object_get(is, "retention"), i, lock)
    {
        instant until = time_at(lock, "retain_until");
        if (ends_soon(until, q))
            add(changes, "retention-ends", until, "%s: the lock %s%s",
                string_at(lock, "object"), tense(until, q),
                json_is_true(json_object_get(lock, "legal_hold"))
                    ? "; a legal hold keeps it until that is lifted"
                    : "");
    }
}

/* The latest end among the authorities that time-stamped the same thing: a renewal makes
 * the end of the token that it renews harmless. */
static instant last_end(const json_t *timestamps, const char *over)
{
    instant last = INSTANT_NONE;
    size_t i;
    json_t *t;
    json_array_foreach(timestamps, i, t)
    {
        instant until = time_at(t, "certificate_until");
        if (strcmp(string_at(t, "over"), over) == 0 && until != INSTANT_NONE &&
            (last == INSTANT_NONE || until > last))
            last = until;
    }
    return last;
}

static void look_at_certificates(const json_t *is, const struct reverify_question *q,
                                 json_t *changes)
{
    size_t i;
    json_t *o, *timestamps = json_object_get(is, "timestamps");
    json_array_foreach(json_object_get(is, "signatures"), i, o)
    {
        instant until = time_at(o, "certificate_until");
        /* A time-stamp over the signature carries it beyond its certificate. */
        if (ends_soon(until, q) && strcmp(string_at(o, "time_basis"), "verified") != 0)
            add(changes, "certificate-ends", until,
                "%s: the certificate of %s %s, and no time-stamp over the signature "
                "proves "
                "that it was made before",
                string_at(o, "path"), string_at(o, "signer"), tense(until, q));
    }
    json_array_foreach(timestamps, i, o)
    {
        instant until = time_at(o, "certificate_until");
        if (ends_soon(until, q) && until == last_end(timestamps, string_at(o, "over")))
            add(changes, "timestamp-ends", until,
                "%s: the certificate of %s %s; a new time-stamp over it carries it on",
                string_at(o, "path"), string_at(o, "authority"), tense(until, q));
    }
}

static void look_at_algorithm(const json_t *seal, const char *key,
                              const struct reverify_question *q, json_t *changes)
{
    const char *why = "", *name = string_at(seal, key);
    instant until = strcmp(key, "key") == 0 ? sunset_of_key(bytes_str(name), &why)
                                            : sunset_of_digest(bytes_str(name), &why);
    if (ends_soon(until, q))
        add(changes, "algorithm-ends", until, "%s: %s %s to be relied on (%s)",
            string_at(seal, "path"), name, until <= q->now ? "is no longer" : "soon ends",
            why);
}

/* Files that only algorithms speak for whose collisions have become practical. */
static void look_at_claims(const json_t *item, const struct reverify_question *q,
                           json_t *changes)
{
    size_t c;
    json_t *claim, *claims = json_object_get(item, "claims");
    instant last = INSTANT_NONE;
    const char *why = "";
    json_array_foreach(claims, c, claim)
    {
        instant until = sunset_of_digest(bytes_str(string_at(claim, "algorithm")), &why);
        if (!ends_soon(until, q))
            return;
        last = last == INSTANT_NONE || until > last ? until : last;
    }
    if (json_array_size(claims))
        add(changes, "weak-algorithm-only", last,
            "%s: no digest that its manifests state is to be relied on",
            string_at(item, "path"));
}

static void look_at_algorithms(const json_t *is, const struct reverify_question *q,
                               json_t *changes)
{
    static const char *const seals[] = {"signatures", "timestamps"};
    size_t i;
    json_t *o;
    for (size_t s = 0; s < 2; s++) {
        json_array_foreach(json_object_get(is, seals[s]), i, o)
        {
            look_at_algorithm(o, "key", q, changes);
            look_at_algorithm(o, "digest", q, changes);
        }
    }
    json_array_foreach(json_object_get(is, "items"), i, o) look_at_claims(o, q, changes);
}

/* -- one case --------------------------------------------------------------------------
 */

void reverify_compare(const json_t *was, const json_t *is, const json_t *then,
                      const struct reverify_question *q, json_t *changes)
{
    compare_verdicts("verdict", was, is, changes);
    if (differs(was, is, "listing_sha256"))
        compare_items(was, is, changes);
    else if (differs(was, is, "sha256"))
        add(changes, "archive-changed", INSTANT_NONE,
            "the archive is another, with the same files in it");
    look_at_retention(is, q, changes);
    look_at_certificates(is, q, changes);
    look_at_algorithms(is, q, changes);
    if (then && badness(string_at(then, "verdict")) > badness(string_at(is, "verdict")))
        compare_verdicts("will-not-hold", is, then, changes);
}

bool reverify_something_ends(const json_t *is, const struct reverify_question *q)
{
    json_t *changes = json_array();
    look_at_retention(is, q, changes);
    look_at_certificates(is, q, changes);
    bool ends = json_array_size(changes) > 0;
    json_decref(changes);
    return ends;
}
