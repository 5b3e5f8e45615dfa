/* The text of a Falco alert: "TIME: Priority words (key=value key=value)". For falco.c
 * and its tests. */
#ifndef FORMATS_FALCO_TEXT_H
#define FORMATS_FALCO_TEXT_H

#include "formats/falco.h"

/* Fills time of day or time, priority, output and fields from a line of text output, with
 * or without the prefix of syslog, of a container runtime or of kubectl. False when it is
 * no alert. */
bool falco_text_read(struct bytes line, struct falco_alert *out);
/* The fields that the words of `output` tell, under the names of Falco's own fields where
 * the default rules' words are known. */
void falco_text_fields(struct bytes output, struct falco_alert *out);
/* Reads the time before the first ": " of an output: a full one, or that of the day. */
void falco_text_time(struct bytes output, struct falco_alert *out);

bool falco_priority_of(struct bytes word, enum falco_priority *out);
void falco_add_field(struct falco_alert *a, struct falco_field field);

#endif
