/* What the files of the study share. */
#ifndef ANALYZE_LAYER_STUDY_PRIVATE_H
#define ANALYZE_LAYER_STUDY_PRIVATE_H

#include "analyze/layer/packages.h"
#include "analyze/layer/patch.h"
#include "analyze/layer/study.h"

/* A package that one state has and the other has not, or has in another version. */
struct package_change {
    const struct installed *before, *after; /* one of them may be NULL */
};

/* What a file is beside what its package's database says. */
enum holding { HOLDING_UNKNOWN = 0, HOLDING_YES, HOLDING_NO };

enum explanation { EXPLAINED_NOT = 0, EXPLAINED_BY_PACKAGES, EXPLAINED_BY_SOURCE };

/* The files of the base against the databases of the base. */
struct base_check {
    bool done;
    size_t checked, differing, configured; /* configured: differs, but is meant to */
    struct base_difference {
        uint32_t node;
        const struct owned *owner;
    } * v; /* those that differ, bytewise by path */
    size_t n, capacity;
};

struct study {
    const struct comparison *c;
    struct study_options options;
    struct arena arena;
    const struct content **before, **after; /* by the number of the change */
    size_t left_out;                        /* files that were not looked into */
    bool unasked; /* because it would have taken long and nobody asked for it */
    bool untyped; /* libmagic's database is missing */

    struct packages packages[2]; /* of the states before and after */
    struct package_change *package_changes;
    size_t package_change_count;
    bool *changed_in[2]; /* by number: the package is new, gone, or of another version */
    uint8_t *holding[2]; /* enum holding, by the number of the change */
    uint8_t *explained;  /* enum explanation, by the number of the change */
    struct base_check check;
};

enum { BEFORE, AFTER };

/* study_packages.c. Each 0 or < 0. */
int study_read_packages(struct study *s, uint64_t budget);
int study_check_base(struct study *s, uint64_t budget);
void study_release_packages(struct study *s);
/* What the bytes at hand are beside the claim of the owner. */
enum holding study_holds(const struct owned *o, const struct loaded *l);
/* The claim on a changed path in one of the states, or NULL. */
const struct owned *study_owner(const struct study *s, const struct change *x, int side);

/* The source that a compiled file is named after, or TREE_NONE. */
uint32_t study_source(const struct study *s, const struct change *x);
/* study_explain.c: which changes are what a package that was installed, upgraded or
 * removed explains. After all contents were read. */
void study_explain(struct study *s);

#endif
