/* Note: what one record leaves behind for the journal (observe.h). For analyze/kube/. */
#ifndef ANALYZE_KUBE_NOTE_H
#define ANALYZE_KUBE_NOTE_H

#include "analyze/kube/journal.h"

enum note_type { NOTE_REQUEST, NOTE_ALERT };

struct kube_note {
    enum note_type type;
    union {
        struct request request; /* owns its bodies until it is observed */
        struct alert alert;
    };
};

/* Bodies as jansson trees, without managedFields, status and the copy of the last
 * applied configuration. NULL for anything but objects and arrays, or deeper or larger
 * than what the semantics need. Adds the number of its values to *values. */
json_t *note_body(struct jsonl_value v, size_t *values);

#endif
