/* Storage: the file system below a package. With package.c the only opener of evidence.
 *
 * Everything is opened read-only, below one descriptor, without following any link, and
 * without changing access times where the kernel lets us.
 */
#ifndef VERIFY_STORAGE_H
#define VERIFY_STORAGE_H

#include "formats/archive.h"

struct stored {
    struct bytes path; /* relative to the folder, raw, without leading "./" */
    const struct entry *entry;
    int error; /* errno of a folder that could not be listed or of a failed stat, else 0
                */
};

struct stored_list {
    struct stored **v;
    size_t n, capacity;
    struct arena arena; /* of what `v` points to */
};
void stored_list_release(struct stored_list *l);

/* Everything below `folder` (a descriptor), bytewise by path; folders too. Of regular
 * files only the type is known when the file system tells it with the name: the rest by
 * storage_entry. What they point to is borrowed from `into`. */
void storage_list(int folder, struct arena *into, struct stored_list *out);

/* A regular file below `folder`, or the file `folder` itself when path is empty. Always
 * returns a source: when it cannot be opened, its fault says so at once. Seeks. */
struct source *storage_open(int folder, struct bytes path);
void storage_close(struct source *s);
/* Whoever reads many small files hands the block of one on to the next: it is at hand in
 * his processor, and the pool is not asked twice for each. What is given may be NULL, and
 * is taken over; several files as one have blocks of their own, and hand on NULL. */
void storage_give_block(struct source *s, struct block *b);
struct block *storage_take_block(struct source *s);
/* What is read of a source of storage_open or storage_join does not stay in the page
 * cache: for evidence larger than memory. Before the first byte is read. */
void storage_pass(struct source *s);

/* Several files below `folder`, one after the other; freed by storage_close. Seeks. */
struct source *storage_join(int folder);
/* False when there is no such regular file. */
bool storage_join_add(struct source *join, struct bytes path);
/* A part is missing behind the last one: there the source ends with FAULT_PART. */
void storage_join_gap(struct source *join);

/* What the file system said about a file when storage_open opened it, or failed to; all
 * but the extended attributes. */
void storage_entry(const struct source *s, struct arena *into, struct entry *entry);
/* Adds those, sorted by name. */
void storage_xattrs(const struct source *s, struct arena *into, struct entry *entry);

#endif
