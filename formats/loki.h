/* Answers and pushes of Grafana Loki: streams of lines under their labels.
 *
 *   {"status":"success","data":{"resultType":"streams","result":[
 *     {"stream":{"namespace":"shop","pod":"web-0"},"values":[["1772359200000000000","…"]]}]}}
 *   {"streams":[{"stream":{…},"values":[…]}]}
 *
 * Source: Loki's HTTP API, "Query logs within a range of time", "Ingest logs".
 */
#ifndef FORMATS_LOKI_H
#define FORMATS_LOKI_H

#include "formats/base/text.h"

/* Does the text begin as one? */
bool loki_probe(struct bytes head);
/* Appends the first line of it, or what of that is in `head`; false when there is none.
 */
bool loki_first_line(struct bytes head, struct text *out);
/* Appends what an entry (["nanoseconds", "line", …]) holds as a line of a log with its
 * time before it. A line that begins with a time of its own stays as it is. False when it
 * is no entry. */
bool loki_entry(struct bytes entry, struct text *out);
/* Appends "[pod/NAME/CONTAINER] ", as kubectl writes it, where the labels ({"stream":{…})
 * tell them. */
void loki_place(struct bytes labels, struct text *out);

#endif
