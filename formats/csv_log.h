/* Exports of log stores as comma-separated values: each row is brought to the object that
 * the store's JSON export has, so that one reader serves both.
 *
 * Sources: CloudWatch Logs Insights (@timestamp, @message), Splunk (_raw, _time),
 * Kibana's Discover (message, or dotted fields), Logs Explorer of Google Cloud (dotted
 * fields), Log Analytics and Azure Monitor (log_s, Log, the columns of AKSAudit).
 */
#ifndef FORMATS_CSV_LOG_H
#define FORMATS_CSV_LOG_H

#include "formats/base/arena.h"
#include "formats/base/fault.h"
#include "formats/base/text.h"

/* Kibana exports every field of a data stream when nothing else is asked for. */
#define CSV_COLUMNS 1024

struct csv_header {
    struct bytes *names; /* raw; live as long as the arena of csv_header_read */
    size_t n;
    uint8_t separator;
};

/* The first record of `head`; false when its names are those of no export of logs. */
bool csv_header_read(struct bytes head, struct arena *arena, struct csv_header *out);

/* Appends the row as an object of strings: cells without a value are left out, times as
 * people read them ("3/1/2026, 10:00:00.200 AM") become RFC 3339, in UTC where no zone is
 * told. FAULT_TRUNCATED where a quote is not closed, FAULT_SYNTAX where the row has more
 * cells than the header, FAULT_ENCODING where it is not UTF-8: the object then holds what
 * could be read. */
enum fault_code csv_row_json(const struct csv_header *header, struct bytes row,
                             struct text *out);

#endif
