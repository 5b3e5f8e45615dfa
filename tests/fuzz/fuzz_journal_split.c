/* The splitter of journals, and what is made of their text. */
#include "formats/journal_split.h"

#include "formats/journal_text.h"
#include "formats/json_scan.h"
#include "tests/fuzz/split.h"

/* What is made is JSON that a strict parser takes. */
static void check_text(struct bytes text)
{
    struct text json = {0};
    struct journal_text about;
    if (journal_text_json(text, 0, &json, &about) && json_check(text_bytes(&json)).code)
        abort();
    text_release(&json);
}

#define journal_split_wants(text) (check_text(text), journal_split_wants(text))
FUZZ_SPLIT(journal)
