/* Study: what a diff cannot tell by comparing entries: what the changed files hold, and
 * which packages they belong to.
 *
 * The bytes are read a second time, each archive once, one file in memory at a time.
 */
#ifndef ANALYZE_LAYER_STUDY_H
#define ANALYZE_LAYER_STUDY_H

#include "analyze/layer/comparison.h"
#include "analyze/layer/content.h"
#include "analyze/layer/packages.h"
#include "formats/base/mask.h"
#include "verify/package.h"

/* How much may be read again. */
enum study_extent {
    STUDY_SMALL = 0, /* what costs little beside the comparison itself, else as NOTHING */
    STUDY_NOTHING,
    STUDY_ALL,
};

struct study_options {
    const struct package *base, *changed; /* may be the same one */
    const struct mask *mask;
    enum study_extent extent;
    struct content_rules rules; /* over what changed; borrowed */
};

struct study;
/* `c` is borrowed and must have been made. 0 or < 0; then *out is NULL. */
int study_make(const struct comparison *c, const struct study_options *options,
               struct study **out);
void study_free(struct study *s);

/* What a changed path held before or holds now; NULL where nothing was read. */
const struct content *study_content(const struct study *s, const struct change *x,
                                    bool after);
/* Appends the unified diff of two texts, masked and with every line escaped; false when
 * there is none. */
bool study_patch(const struct study *s, const struct change *x, struct text *out);

/* Does a package that was installed, upgraded or removed explain the change: is the file
 * what the package's database says, or the package manager's own? Or is it compiled
 * Python that fits its source, which is the image's or a package's? */
bool study_is_explained(const struct study *s, const struct change *x);
/* The package of a changed path, now or, where it is gone, before; NULL: nobody's. */
const struct installed *study_package(const struct study *s, const struct change *x);

/* Adds to the object of one change: before.file_type, before.entropy, after. …, "diff"
 * (unified), "elf" {sections, needed, …}. */
void study_describe(const struct study *s, const struct change *x, json_t *change);
/* Adds to the whole document: what was left out. */
void study_summarize(const struct study *s, json_t *document);
/* The same for a terminal: lines that follow the line of the change, with the unified
 * diff when `patch`. */
void study_text(const struct study *s, const struct change *x, bool patch,
                struct text *out);
/* Packages that came and went, and the files of the base that are not what they should
 * be; for a terminal. */
void study_packages_text(const struct study *s, struct text *out);
/* One sentence for each thing that was not done. */
void study_limits(const struct study *s, json_t *sentences);

#endif
