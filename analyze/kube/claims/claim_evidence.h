/* One claim of the written timeline while it is judged; for the files of
 * this room. */
#ifndef ANALYZE_KUBE_CLAIM_EVIDENCE_H
#define ANALYZE_KUBE_CLAIM_EVIDENCE_H

#include "analyze/events/clocks.h"
#include "analyze/kube/claims/claim_requests.h"
#include "analyze/kube/claims/claim_words.h"
#include "analyze/kube/incident/incident.h"

/* People write down when they noticed; machines record when it happened. */
#define CLAIM_NEAR (60 * NANOSECONDS)
/* "About ten", "a little later". */
#define CLAIM_LOOSE (600 * NANOSECONDS)
/* A claim that more evidence fits tells nothing of its writer's clock. */
#define CLAIM_FITS 4
/* Accounts that one sentence can be about. */
#define CLAIM_SUBJECTS 4

/* Who did it, as the claim has it. */
struct claim_actor {
    bool attacker, cluster;             /* cluster: a part of it, "the ReplicaSet" */
    struct bytes users[CLAIM_SUBJECTS]; /* accounts of the log */
    size_t count;
};

/* An account of the log, and one name that people have for it. */
struct claim_user {
    struct bytes user, name;
};

/* What the evidence has, for all claims. */
struct claim_known {
    struct list users, namespaces; /* of the log: struct claim_user *, struct bytes * */
    struct claim_requests requests;
    struct intern *ways_out; /* records of ways out of a container (grave.h) */
};

struct claim_state {
    struct incident *in;
    const struct claim_known *known;
    const struct mark *claim;
    unsigned acts;
    const char *resource;
    struct bytes name;    /* of the object, where it is plain */
    struct bytes place;   /* the namespace that it says it was in */
    struct bytes program; /* that it says was run */
    struct bytes about; /* the act before, whose object is this one's as well; or empty */
    json_t *supports, *contradicts, *why;
    bool names_object; /* one that the log knows: then no other one fits */
    struct bytes home; /* its namespace, where all that have the name are in one */
    /* It happened, but at another time: by who is said to have done it, else by another.
     */
    const struct request *elsewhen;
    /* The same, as far from it as time zones are, where the claim names none. */
    const struct request *zoned;
    struct claim_actor actor;
    /* Near the moment, the first of each: it ended otherwise than the claim has it (was
     * refused, or let through); it was done by another than the claim has it. */
    const struct request *otherwise, *by_another;
    const struct request
        *other_program; /* a session of that moment, of another program */
    const struct request
        *untold_program; /* a session of that moment; what it ran is not recorded */
    int64_t shift;       /* of the writer's clock, where it is known */
    /* The time of the sentence is not that of this act: it fits at any. */
    bool any_time;
    bool goes_on;  /* a part of a sentence, whose act or object another part tells */
    bool intended; /* it hangs on what was only meant to be done */
    /* What supports it, by the reference clock: the first and the last. `sources`: the
     * kinds of events, a bit of each. */
    instant first, last;
    unsigned sources;
    /* A denial is of what was done in [since, until] alone. */
    instant since, until;
    struct clock_moment fits[CLAIM_FITS]; /* what fits, at any time */
    size_t fit_count;                     /* may be more than CLAIM_FITS */
};

enum claim_verdict { CLAIM_NEITHER, CLAIM_SUPPORTED, CLAIM_CONTRADICTED, CLAIM_PARTLY };

const char *claim_verdict_name(enum claim_verdict v);

/* claims.c: a claim about to be judged, released with claim_release(). */
struct claim_state claim_state_of(struct incident *in, const struct claim_known *known,
                                  const struct mark *m);
void claim_release(struct claim_state *c);
/* One act, or a sentence that tells of one. */
enum claim_verdict claim_judge_act(struct claim_state *c);

/* Accounts of the log (struct claim_user *) that the text says did it, or the attacker.
 */
struct claim_actor claim_actor_of(struct bytes text, const struct list *users);
/* Does the text name whose rights counted, as people write names? */
bool claim_names_user(struct bytes text, const struct request *r);
/* What a request does, in the words of claims: enum claimed_act. */
unsigned claim_acts_of(const struct request *r);
/* Is it about what the claim speaks of: pods, webhooks? */
bool claim_is_resource(const struct claim_state *c, const struct request *r);
/* Is the request about the thing that the claim names? */
bool claim_is_object(const struct claim_state *c, const struct request *r);
/* Nobody is said to have done it, or it was them. */
bool claim_is_by_actor(const struct claim_state *c, const struct request *r);
/* Does the request do what is claimed, at whatever time, and end as is claimed? */
bool claim_request_fits(const struct claim_state *c, const struct request *r);
/* Takes the reference; what is too much to show is let go. */
void claim_show(json_t *array, json_t *o);
/* Does it say plainly when it was? */
bool claim_is_timed(const struct claim_state *c);
/* When the claim says that it was, and when that ends at the latest, by the reference
 * clock. The claim has a time. */
instant claim_placed(const struct claim_state *c);
instant claim_ends(const struct claim_state *c);
/* Is the moment the claim's, by the reference clock? */
bool claim_is_near(const struct claim_state *c, instant t);
/* The record of this moment supports it, and is shown as `o` (the reference is taken). */
void claim_support(struct claim_state *c, struct clock_moment m, json_t *o);
/* It fits, at whatever time. */
void claim_add_fit(struct claim_state *c, struct clock_moment m);
/* Fill supports, contradicts and fits: from requests, and from alerts, log lines,
 * checkpoints and the cloud (claim_others.c). */
void claim_try_requests(struct claim_state *c);
void claim_try_others(struct claim_state *c);

/* Is what the sensor saw what is claimed, by its kind: a shell, something fetched? */
bool claim_alert_does(const struct claim_state *c, const struct alert *a);
bool claim_process_does(const struct claim_state *c, const struct mark *m);

/* Why it is judged as it is, in words. */
void claim_because(struct claim_state *c, const char *why);
/* What is supported, by the number that it tells of (claim_counts.c). */
enum claim_verdict claim_judge_count(struct claim_state *c);
/* Does the evidence speak against it (claim_against.c), and against that something was
 * not done (claim_denial.c)? Both say why. */
bool claim_is_contradicted(struct claim_state *c);
bool claim_denial_is_refuted(struct claim_state *c);

#endif
