/* Object answers: what all captured answers about one file say together. A store tells of
 * retention and legal hold by two questions (GetObjectRetention, GetObjectLegalHold),
 * whose answers may lie in two files: neither says by its silence that there is no lock.
 * Internal to verify/. */
#ifndef VERIFY_OBJECT_ANSWERS_H
#define VERIFY_OBJECT_ANSWERS_H

#include "formats/retention.h"
#include "verify/item.h"

struct object_answer {
    const struct item *over;    /* the file that the object is */
    const struct item *lock_in; /* a document that speaks of its lock, or NULL */
    bool held;                  /* one says that a legal hold is on */
    struct bytes held_version;  /* of which version; empty when not said */
    const struct item *free_in; /* a document that says that it is off, or NULL */
    struct bytes free_version;
};

struct object_answers {
    struct object_answer *v; /* sorted by file once object_answers_join was called */
    size_t n, capacity;
};

/* Nothing is added where the file is not known (NULL). */
void object_answers_add(struct object_answers *a, const struct retention_statement *s,
                        const struct item *over, const struct item *document);
void object_answers_join(struct object_answers *a);
/* NULL when nothing was said of the file. */
const struct object_answer *object_answers_find(const struct object_answers *a,
                                                const struct item *over);
void object_answers_release(struct object_answers *a);

#endif
