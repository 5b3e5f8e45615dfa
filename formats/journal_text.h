/* What journalctl prints for people, brought to the JSON that it prints for machines
 * (journald.h): its short forms (a line: time, host, program, message), `-o verbose` and
 * `-o export` (an entry, as journal_split.h hands it out). So are the files that kubelet
 * (klog) and container runtimes (logrus) write where no journal is, and syslog as it is
 * sent, with its priority (RFC 3164, RFC 5424).
 *
 * Source: systemd journalctl(1), "Output Options"; JOURNAL_EXPORT_FORMATS.
 */
#ifndef FORMATS_JOURNAL_TEXT_H
#define FORMATS_JOURNAL_TEXT_H

#include "formats/base/instant.h"
#include "formats/base/text.h"

struct journal_text {
    enum precision precision; /* as finely as the text states the time */
    const char *assumed;      /* static: what of the time it does not tell; or NULL */
};

/* Appends the object. The short form tells neither year nor zone: the year is that in
 * which the day lies nearest to `near` (INSTANT_NONE: not known, and an entry whose
 * message does not tell it has no time), the zone is taken for UTC. False when it is no
 * journal's. */
bool journal_text_json(struct bytes text, instant near, struct text *out,
                       struct journal_text *about);

/* Is one of the first lines of a kubelet, a container runtime or a distribution that is
 * both? */
bool journal_text_probe(struct bytes head);

#endif
