/* What walk.c (the package), walk_files.c (its files, beside each other) and walk_item.c
 * (one item, at any depth) share. */
#ifndef VERIFY_WALK_PRIVATE_H
#define VERIFY_WALK_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "formats/base/hashing.h"
#include "formats/base/workers.h"
#include "verify/package_private.h"
#include "verify/walk.h"

struct walk {
    struct package *package;
    const struct walk_options *options;
    struct hashing *hashing;
    atomic_uint_fast64_t expanded, entries, kept; /* against their limits */
    atomic_uint_fast64_t done;                    /* bytes of the package itself */
    atomic_uint_fast64_t total;
    atomic_bool has_parts; /* of split archives, in archives: walk_joins() */
    /* Files that wait until all sizes are known; of the thread that finishes jobs, until
     * the jobs that take from it have begun. */
    struct item **later;
    size_t later_n, later_capacity;
    atomic_size_t later_at; /* the next one to be taken */
    uint64_t large;         /* a file of more octets goes beside one other only */
    pthread_mutex_t telling;
    int error; /* the first failure of our own */
};

/* Files go to a worker together, so that they are hashed beside each other. */
#define BATCH_FILES 256

/* Package-level files on their way through a worker. Their items live in its arena. */
struct walk_job {
    struct job job;
    struct walk *walk;
    /* Of a first look, when nothing is known of the files but their names: which they
     * are. Later all jobs take from walk->later. */
    bool is_first;
    struct item *files[BATCH_FILES];
    size_t count, at;
    size_t waiting;      /* the first so many of `files` are for later */
    size_t lanes;        /* so many at most beside each other */
    struct block *spare; /* of the file before, or NULL */
    struct arena_list *memory;
    int error;
};

/* Runs a job. */
void walk_files(struct job *job);

/* The first bytes of an item, by which it is told. */
struct head {
    struct bytes bytes;
    struct block *held; /* they stand in this block, */
    uint8_t *buffer;    /* or in this memory, or are borrowed */
};

/* Reads on until LIMIT_HEAD bytes or the end are there. 0 or < 0. */
int walk_read_head(struct source *from, struct head *head);
void walk_release_head(struct head *head);
/* Container, role and how that was found, from its first bytes and its name. */
void walk_identify(const struct walk *w, struct item *item, struct bytes head,
                   unsigned depth);
enum care walk_care(const struct walk *w, const struct item *item);
/* Reads an identified item of the package to its end: hashes it, keeps it, walks what is
 * in it. `from` begins at its first byte. 0 or < 0. */
int walk_identified(struct walk_job *j, struct item *item, struct source *from);
/* The first part of a split archive: hashed as the file that it is, then the whole is
 * read and walked as what is in it. */
int walk_split(struct walk_job *j, struct item *first, struct source *from);
/* In archives: what looked like a first part is joined with the others that came behind
 * it, or walked alone. By one thread, when all else was walked. 0 or < 0. */
int walk_joins(struct walk_job *j);

struct tee;
/* Where an item was found. */
struct walk_place {
    const struct tee *container;         /* NULL: what it is read from is counted */
    const struct archive_reader *reader; /* as in struct tee */
    unsigned depth;
};
/* An item at any depth, from its first byte. 0 or < 0. */
int walk_item(struct walk_job *j, struct item *item, struct source *from,
              const struct walk_place *place);
struct item *walk_add_member(struct walk_job *j, struct item *container,
                             struct item **last, struct bytes name);
/* What an archive is follows from what is in it. */
void walk_identify_members(const struct walk *w, struct item *item);
/* Counts bytes of the package that are done. */
void walk_tell(struct walk *w, const struct item *item, uint64_t n);

#endif
