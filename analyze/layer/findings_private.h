/* What the files of findings share: the work, and one change under examination. */
#ifndef ANALYZE_LAYER_FINDINGS_PRIVATE_H
#define ANALYZE_LAYER_FINDINGS_PRIVATE_H

#include "analyze/layer/findings.h"
#include "analyze/layer/study.h"

/* Files of the base by their time of modification. */
struct dated {
    instant time;
    uint32_t node;
};

/* A new file with an old time, and when the kernel says that it was made, where it does.
 */
struct suspect {
    instant changed;
    const struct change *x;
    enum layer_finding which; /* what it is when it is alone */
    enum confidence confidence;
};

/* A program or library that came, and the folder with which it came. */
struct program {
    const struct change *x;
    enum layer_finding which;
    uint32_t folder;
};

struct work {
    const struct comparison *c;
    struct findings *all;
    instant now;
    instant image; /* when the base was there: stated, else its newest file; or NONE */
    struct dated *dated;
    size_t dated_count, dated_capacity;
    struct suspect *suspects;
    size_t suspect_count, suspect_capacity;
    struct program *programs;
    size_t program_count, program_capacity;
    struct intern
        *certificates;    /* digests of those that packages brought; NULL: not yet */
    struct intern *looks; /* how names of the base look, with their folder */
    uint32_t *look_nodes; /* the first node of each */
    size_t look_capacity;
    struct arena paths; /* of the views at hand */
};

/* One change, and what is known of it. Its path lives until work.paths is reset. */
struct view {
    const struct change *x;
    const struct node *node;
    struct bytes path;
    struct relations relations;
    struct state before, after;
    const struct content *was, *is; /* NULL: not read */
    bool explained;                 /* by packages */
};

struct view view_of(struct work *w, const struct change *x);

/* A finding in the making; its texts live until view_finish. */
struct making {
    struct finding f;
    struct text kinds, package;
};
void view_begin(const struct work *w, enum layer_finding which, const struct view *v,
                struct making *m);
void view_finish(struct work *w, struct making *m);
/* Both at once, with one argument or none. */
#define NO_ARGUMENT ((struct argument){NULL, BYTES_NONE})
static inline struct argument argument_of(const char *name, struct bytes value)
{
    return (struct argument){name, value};
}
void view_add(struct work *w, enum layer_finding which, const struct view *v,
              struct argument argument);
/* About some bytes of the file as it is now. */
struct span view_span(const struct view *v, uint64_t offset, uint64_t length);

bool path_begins(struct bytes path, const char *folder);
/* Folders where everybody may write and nothing is installed. */
bool path_is_temporary(struct bytes path);
/* Folders that web servers hand out. */
bool path_is_served(struct bytes path);
bool change_has_content(const struct change *x);

/* findings_*.c: each looks at one change. */
void find_by_content(struct work *w, const struct view *v);
void find_by_name(struct work *w, const struct view *v);
void find_by_time(struct work *w, const struct view *v);
void find_accounts(struct work *w, const struct view *v);
void find_programs(struct work *w, const struct view *v);
/* Told by programs_end(), with the others of its folder where they are many. */
void program_added(struct work *w, const struct view *v, enum layer_finding which);
/* About all of them. */
void find_packages(struct work *w);
void times_begin(struct work *w);
void times_end(struct work *w);
void names_end(struct work *w);
void programs_end(struct work *w);

/* True when the contents tell what the change of accounts means, so that the place alone
 * says nothing more. */
bool accounts_are_told(const struct view *v);
/* Tells which certificates of a bundle are new and of no package; false when the contents
 * are not known, so that the place alone must tell. */
bool certificates_are_told(struct work *w, const struct view *v);
/* Tells that a configuration of PAM or NSS has a module more that a package brought;
 * false when that does not explain all that differs in it, so that the place must tell.
 */
bool authentication_is_told(struct work *w, const struct view *v);

#endif
