/* Note: what one record leaves behind for the journal (observe.h). For analyze/kube/. */
#ifndef ANALYZE_KUBE_NOTE_H
#define ANALYZE_KUBE_NOTE_H

#include "analyze/kube/clusters.h"
#include "analyze/kube/journal.h"
#include "analyze/kube/objects/shown.h"

enum note_type {
    NOTE_REQUEST,
    NOTE_ALERT,
    NOTE_SHOWN, /* only what the answer shows, and whose cluster's it is */
};

#define NOTE_IMAGES 4

struct kube_note {
    enum note_type type;
    union {
        struct request request; /* owns its bodies until it is observed */
        struct alert alert;
    };
    struct bytes images[NOTE_IMAGES]; /* that a request says the pod runs */
    size_t image_count;
    struct shown_pods shown; /* in the answer */
    struct cluster_mark cluster;
};

/* Bodies as jansson trees, without managedFields, status and the copy of the last
 * applied configuration. NULL for anything but objects and arrays, or deeper or larger
 * than what the semantics need. Adds the number of its values to *values. */
json_t *note_body(struct jsonl_value v, size_t *values);

/* images.c: which images the pod in question runs, as a record says; and where that is
 * kept.
 */
void note_images(const struct scope *s, const struct audit_event *e, struct arena *arena,
                 struct kube_note *n);
void see_images(struct scope *s, const struct kube_note *n);

#endif
