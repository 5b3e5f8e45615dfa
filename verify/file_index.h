/* File index: the members of one container by normalised path. Internal to verify/. */
#ifndef VERIFY_FILE_INDEX_H
#define VERIFY_FILE_INDEX_H

#include "verify/item.h"

struct file_index {
    struct indexed_file {
        struct bytes path; /* in the arena */
        struct item *item;
    } * v; /* sorted by path, then id; in the arena */
    size_t n;
    struct indexed_file *folded; /* the same by folded path, made when first asked for */
    struct arena *arena;
};

/* Files and hard links of `container`; folders are not in it. */
struct file_index file_index_of(const struct item *container, struct arena *arena);
/* The first file of this path, or NULL. */
struct item *file_index_find(const struct file_index *index, struct bytes path);

/* The first file whose name differs from `path` only in letter case or normal form. */
struct item *file_index_find_folded(struct file_index *index, struct bytes path);

/* `base`/`path` without "." and empty parts, and with ".." taken back. False when it
 * leaves the root, is absolute, or is empty: then nothing was appended. */
bool path_resolve(struct bytes base, struct bytes path, struct text *t);
/* Lexically unsafe wherever it stands: absolute (also in the ways of Windows), a home
 * folder, a variable, or ".." even behind backslashes. */
bool path_is_unsafe(struct bytes path);
/* Everything before the last '/', or nothing. */
struct bytes path_folder(struct bytes path);
/* Everything after it. */
struct bytes path_base(struct bytes path);

#endif
