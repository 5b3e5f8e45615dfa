/* How a sentence of a written timeline stands to what it tells of: it was meant to be
 * done, may have been, could not be. Words of the seven languages that are read. */
#ifndef ANALYZE_KUBE_CLAIM_MOOD_H
#define ANALYZE_KUBE_CLAIM_MOOD_H

#include "formats/base/bytes.h"

/* Somebody decided against it: "deletion of the pod rejected by Bo". A machine's refusal
 * is no such thing, it leaves a record (claim_person.c). */
bool claim_turned_down(struct bytes text);
/* A plan, an order, a question, something turned down: it does not say that anything was
 * done. */
bool claim_intends(struct bytes text);
/* The same of all that follows: "Plan: isolate the pod, rotate the secret". */
bool claim_intends_all(struct bytes text);
/* "probably", "may have": what is not so was not claimed. */
bool claim_hedges(struct bytes text);
/* "could not read": it was tried in vain, or never tried. */
bool claim_says_unable(struct bytes text);
/* What it denies was never so, before its time or after it: "never", "no further". */
bool claim_denies_always(struct bytes text);
/* What somebody found, checked or wrote about: that was at another time. */
bool claim_reports(struct bytes text);
/* It speaks of something that is no part of a cluster, a ticket or a laptop: of what was
 * done to that the cluster's log has nothing. */
bool claim_is_outside(struct bytes text);
/* "fully", "completely": nothing is left. */
bool claim_says_wholly(struct bytes text);
/* "is isolated", "now fully isolated": how it was then, and not when it came about. */
bool claim_tells_state(struct bytes text);
/* "only", "nur": nothing else than what is named. */
bool claim_says_only(struct bytes text);

#endif
