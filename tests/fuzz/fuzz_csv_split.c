/* The splitter of comma-separated values, and what is made of its rows. */
#include "formats/csv_split.h"

#include "formats/csv_log.h"
#include "formats/json_scan.h"
#include "tests/fuzz/split.h"

/* Every row becomes JSON that a strict parser takes. */
static void check_rows(struct bytes text)
{
    struct arena arena = ARENA_INIT;
    struct csv_header header;
    struct bytes rest = bytes_from(text, bytes_find_byte(text, '\n') + 1), row;
    bool of_logs = csv_header_read(text, &arena, &header);
    while (of_logs && bytes_split(&rest, '\n', &row)) {
        struct text json = {0};
        csv_row_json(&header, row, &json);
        if (json_check(text_bytes(&json)).code)
            abort();
        text_release(&json);
    }
    arena_release(&arena);
}

#define csv_split_wants(text) (check_rows(text), csv_split_wants(text))
FUZZ_SPLIT(csv)
