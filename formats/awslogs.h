/* CloudWatch Logs subscriptions, as their targets get them: gzip in base64 in JSON. The
 * event of a Lambda function ({"awslogs":{"data":"H4sI…"}}), records of a Kinesis stream
 * ({"Records":[{"kinesis":{"data":"H4sI…"}}]}) and of a Firehose transformation
 * ({"records":[{"recordId":…,"data":"H4sI…"}]}), one or many in a file.
 *
 * Source of the format: Amazon CloudWatch Logs User Guide, subscription filters.
 */
#ifndef FORMATS_AWSLOGS_H
#define FORMATS_AWSLOGS_H

#include "formats/base/source.h"

bool awslogs_sniff(struct bytes head);

/* The octets of all such members of `from`, one after the other: gzip members. `from`
 * must outlive it. A member that is no base64 is FAULT_VALUE at its place. */
struct source *awslogs_source_new(struct source *from);
void awslogs_source_free(struct source *s); /* may be NULL */

#endif
