/* Render: the small pieces that the documents of analyze/kube are made of. Text is masked
 * and escaped here, and nowhere else in this room. Every function gives new references.
 */
#ifndef ANALYZE_KUBE_RENDER_H
#define ANALYZE_KUBE_RENDER_H

#include "analyze/kube/group.h"
#include "analyze/kube/objects/objects.h"

/* Evidence text: credentials masked, harmless characters. */
json_t *render_text(const struct scope *s, struct bytes b);
/* A value that is known to be secret. */
json_t *render_secret(const struct scope *s, const char *kind, struct bytes value);
/* "2026-11-23T09:45:32.043382926Z", or null. */
json_t *render_time(instant t, enum precision p);
json_t *render_span(const struct scope *s, struct span span);
json_t *render_spans(const struct scope *s, const struct span *spans, size_t n);

/* Members that are left out when there is nothing to say. */
void put_text(json_t *object, const char *key, const struct scope *s, struct bytes b);
void put_word(json_t *object, const char *key, const char *word);
void put_time(json_t *object, const char *key, instant t, enum precision p);
void put_span(json_t *object, const struct scope *s, struct span span);

/* "namespace/name", "name": raw, appended. */
void name_object(struct text *t, struct bytes namespace, struct bytes name);
/* "create pods/exec", "list secrets": raw, appended. */
void name_action(struct text *t, const struct request *r);
/* "payments/stripe", "all namespaces": raw, appended. */
void name_target(struct text *t, const struct request *r);

/* One action as it stands in every list of requests. */
json_t *render_request(const struct scope *s, const struct request *r);
json_t *render_alert(const struct scope *s, const struct alert *a);
json_t *render_mark(const struct scope *s, const struct mark *m);

/* Counts words in an object, in order of first sight: {"get pods": 5}. */
void count_word(json_t *object, struct bytes word, const struct scope *s, uint64_t n);
/* Appends to an array unless it is there; at most `limit` elements. */
void add_distinct(json_t *array, struct bytes word, const struct scope *s, size_t limit);

#endif
