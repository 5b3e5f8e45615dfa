/* Document: a JSON value or YAML document as a tree, and where its nodes stand.
 *
 * The tree is jansson's. Objects and arrays have a span in the text, so that whatever is
 * read from a document can cite its bytes. Trees may share nodes (YAML aliases); they
 * never have cycles.
 */
#ifndef FORMATS_DOCUMENT_H
#define FORMATS_DOCUMENT_H

#include <jansson.h>

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

struct document_node {
    const json_t *node;
    uint64_t offset, length; /* bytes in the text that was read */
};

struct document {
    json_t *root;
    uint64_t offset, length;
    bool partial; /* cut off or broken: what stands before the place was saved */
    struct document_node *nodes; /* objects and arrays, sorted for document_span */
    size_t node_count, capacity;
};

/* What stands in one text: any number of JSON values after each other, or the documents
 * of a YAML stream. Faults carry offsets in the text. Zero-initialise. */
struct documents {
    struct document *v;
    size_t n, capacity;
    struct faults faults;
};
void documents_release(struct documents *all);

/* True, with the span of an object or array of the tree. */
bool document_span(const struct document *d, const json_t *node, uint64_t *offset,
                   uint64_t *length);

/* Used by the readers: takes over the reference of `root`. */
struct document *documents_add(struct documents *all, json_t *root);
void document_add_node(struct document *d, struct document_node node);
void document_finish(struct document *d);

/* -- reading a tree; every function takes NULL and wrong types and gives nothing ---- */

/* Follows member names, "/" between them: "metadata/labels". Elements by number. */
const json_t *tree_get(const json_t *node, const char *path);
/* The string at a path (empty path: the node itself); borrowed from the tree. */
struct bytes tree_string(const json_t *node, const char *path);
/* False when there is no integer at the path. */
bool tree_integer(const json_t *node, const char *path, int64_t *out);
bool tree_true(const json_t *node, const char *path);

#endif
