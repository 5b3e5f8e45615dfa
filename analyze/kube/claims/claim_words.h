/* What a sentence of a written timeline claims: the kind of act, and on what. */
#ifndef ANALYZE_KUBE_CLAIM_WORDS_H
#define ANALYZE_KUBE_CLAIM_WORDS_H

#include "formats/base/bytes.h"

enum claimed_act {
    CLAIMED_DELETE = 1 << 0,
    CLAIMED_CREATE = 1 << 1,
    CLAIMED_LIST = 1 << 2,
    CLAIMED_READ = 1 << 3,
    CLAIMED_CHANGE = 1 << 4,
    CLAIMED_LABEL = 1 << 5,
    CLAIMED_CORDON = 1 << 6,
    CLAIMED_ISOLATE = 1 << 7,
    CLAIMED_ENTER = 1 << 8,
    CLAIMED_BIND = 1 << 9,
    CLAIMED_ROTATE = 1 << 10,
    CLAIMED_DENIED = 1 << 11,
    CLAIMED_SHELL = 1 << 12,
    CLAIMED_INJECTION = 1 << 13,
    CLAIMED_DOWNLOAD = 1 << 14,
    CLAIMED_CHECKPOINT = 1 << 15,
    CLAIMED_SCALE = 1 << 16,
    CLAIMED_EFFECT = 1 << 17, /* the pod was isolated, not only a policy written */
    CLAIMED_TRIED = 1 << 18,  /* whether it came about is not claimed */
    CLAIMED_INSIDE = 1 << 19, /* somebody entered, by whatever way */
    CLAIMED_RESTART = 1 << 20,
    CLAIMED_ESCAPE = 1 << 21, /* out of the container, onto its node */
    CLAIMED_LOGIN = 1 << 22,
};
/* How an act ended, rather than which it was. */
#define CLAIMED_OUTCOME (CLAIMED_DENIED | CLAIMED_TRIED)
/* Acts that leave a request in the audit log. */
#define CLAIMED_API                                                                      \
    (CLAIMED_DELETE | CLAIMED_CREATE | CLAIMED_LIST | CLAIMED_CHANGE | CLAIMED_LABEL |   \
     CLAIMED_CORDON | CLAIMED_ENTER | CLAIMED_BIND | CLAIMED_ROTATE | CLAIMED_SCALE)

/* Does `word` stand in `text` as a word of its own? ASCII case does not matter; letters,
 * digits and "-" belong to words. */
bool claim_has_word(struct bytes text, struct bytes word);
/* Position after an occurrence of `word` that begins a word, from `from` on; text.n + 1
 * when there is none. The last part of a compound is one in German ("Debug-Pod"); names
 * have no capitals. */
size_t claim_find(struct bytes text, struct bytes word, size_t from);
/* The acts whose words stand in the text. */
unsigned claim_acts(struct bytes text);
/* The API resource that the text speaks of ("nodes"), or NULL. */
const char *claim_resource(struct bytes text);
/* The same of a text in which an account is who did it, and no object. */
const char *claim_resource_beside_account(struct bytes text);
/* The name behind its noun, "pay-0" of "pod payments/pay-0"; empty where none is plain.
 */
struct bytes claim_object_name(struct bytes text);
/* Does the text say that it was in that namespace: "secrets of vault", "in namespace x"?
 */
bool claim_says_in(struct bytes text, struct bytes namespace);
/* The one that it calls so, "in namespace x", whether or not anything knows it; or empty.
 */
struct bytes claim_named_namespace(struct bytes text);
/* A word without the quotes and marks around it, and without a namespace before it. */
struct bytes claim_bare_name(struct bytes word);
/* Can it only be an object's name? */
bool claim_is_name(struct bytes word);
/* Is it a namespace and a name in it, "shop/db"? */
bool claim_is_placed(struct bytes word);
/* Does one stand in the text? */
bool claim_has_name(struct bytes text);
/* Is the word in a list that ends with NULL? */
bool word_is_one_of(struct bytes word, const char *const *words);
/* The program that it says was run, "pg_dump" of "executed pg_dump in db-0"; empty where
 * none is plain (claim_program.c). */
struct bytes claim_program(struct bytes text);
/* It says that something did not happen: "no secret was read", "nicht isoliert". */
bool claim_denies(struct bytes text);
/* It speaks of the attacker. */
bool claim_blames_attacker(struct bytes text);
/* It says that the attacker did it: "attacker listed", "deleted by the attacker", and not
 * "attacker's pod deleted". */
bool claim_says_attacker_did(struct bytes text);
/* "deleted by NAME" */
bool claim_says_by(struct bytes text, struct bytes name);
/* The same of a user by name. A workload's account is said to have done it only where
 * what it did it to follows: "web created" tells who made web. */
bool claim_says_did(struct bytes text, struct bytes name, bool workload);

/* The person whom it names behind its act, "deleted by Dave", "by ana.sousa"; empty where
 * it is none that a person's name can be told from (claim_person.c). */
struct bytes claim_by_person(struct bytes text);
/* Who speaks of himself: "Bo Lang | I deleted the pod", "Bo: I deleted …"; or empty. */
struct bytes claim_self(struct bytes text);
/* Its first word, where that is an account as one writes it: "ana@corp.example". */
struct bytes claim_login_at_head(struct bytes text);
/* Any of them: "ana.sousa deleted", "deleted by Dave"; empty where there is none. */
struct bytes claim_unknown_actor(struct bytes text);

#endif
