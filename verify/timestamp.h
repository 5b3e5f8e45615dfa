/* RFC 3161 time-stamp tokens, bare or in a response. Internal to verify/. */
#ifndef VERIFY_TIMESTAMP_H
#define VERIFY_TIMESTAMP_H

#include "verify/cms.h"
#include "verify/trusted_root.h"

/* Judges one token over these bytes (or, when both parts of `over` are empty, over the
 * package's file that has the imprint) and fills the record: all but item and next. */
void timestamp_judge(struct check *c, struct bytes token, struct signed_bytes *over,
                     struct timestamp_record *record);
/* The same by one authority of a trusted root instead of the anchors of --trust. */
void timestamp_judge_by(struct check *c, struct bytes token, struct signed_bytes *over,
                        const struct trusted_authority *authority,
                        struct timestamp_record *record);
/* The imprint of a token, bare or in a response; false when it cannot be read. */
bool timestamp_imprint(struct bytes token, struct digest *out);
/* Is the certificate of a token's signer good at this moment? As certificate_judge. */
enum outcome timestamp_authority_at(struct check *c, struct bytes token, instant at,
                                    const char **why);
/* A request for a token (a .tsq file), which is none itself. */
bool timestamp_is_request(struct bytes content);
/* NULL, or why the token in the record does not answer any of the requests for it that
 * lie beside it. */
const char *timestamp_request_refusal(struct check *c,
                                      const struct timestamp_record *record);

/* An empty record of this format. */
struct timestamp_record timestamp_record_of(const char *format);
/* Puts a record at the end of the verification's. */
void timestamp_record_add(struct check *c, struct timestamp_record *record);

#endif
