/* The record of a verification, sealed: verdict.json, a certificate of verification as
 * text and as HTML, and a detached CMS signature over each. */
#ifndef VERIFY_SEAL_WRITER_H
#define VERIFY_SEAL_WRITER_H

#include "verify/verification.h"

struct seal_writer;

/* Reads key and certificate (PEM) and opens the folder (made when it is not there),
 * before the sandbox. NULL, or a sentence that says why it cannot be done. */
const char *seal_writer_open(const char *key, const char *certificate, const char *folder,
                             struct seal_writer **out);
/* Writes the six files. 0 or < 0. */
int seal_writer_write(struct seal_writer *w, const struct verification *v);
void seal_writer_close(struct seal_writer *w);

/* The certificate of verification, for people, as text and as one HTML page. */
void certificate_of_verification(const struct verification *v, struct text *t);
void certificate_of_verification_html(const struct verification *v, struct text *t);

#endif
