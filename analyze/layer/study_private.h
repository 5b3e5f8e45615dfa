/* What the files of the study share. */
#ifndef ANALYZE_LAYER_STUDY_PRIVATE_H
#define ANALYZE_LAYER_STUDY_PRIVATE_H

#include "analyze/layer/patch.h"
#include "analyze/layer/study.h"

struct study {
    const struct comparison *c;
    struct study_options options;
    struct arena arena;
    const struct content **before, **after; /* by the number of the change */
    size_t left_out;                        /* files that were not looked into */
    bool unasked; /* because it would have taken long and nobody asked for it */
    bool untyped; /* libmagic's database is missing */
};

#endif
