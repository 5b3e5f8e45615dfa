#include "analyze/report/words.h"

void word_json(struct text *t, struct bytes text)
{
    escape_json(t, text);
}

static void add_key(struct text *t, const char *key)
{
    text_str(t, ",\"");
    text_str(t, key);
    text_str(t, "\":");
}

void word_member(struct text *t, const char *key, struct bytes text)
{
    add_key(t, key);
    escape_json(t, text);
}

void word_number(struct text *t, const char *key, int64_t number)
{
    add_key(t, key);
    text_decimal(t, number);
}

bool word_next(struct bytes *list, struct bytes *word)
{
    while (list->n > 0) {
        size_t n = 0;
        while (n < list->n && list->p[n] != ' ' && list->p[n] != ',')
            n++;
        *word = bytes_sub(*list, 0, n);
        *list = bytes_from(*list, n + 1);
        if (word->n > 0)
            return true;
    }
    return false;
}

void word_array(struct text *t, struct bytes list)
{
    struct bytes word;
    const char *comma = "";
    text_byte(t, '[');
    while (word_next(&list, &word)) {
        text_str(t, comma);
        escape_json(t, word);
        comma = ",";
    }
    text_byte(t, ']');
}

void word_place(struct text *t, const struct case_place *p, struct bytes package)
{
    struct text command = {0};
    case_place_command(p, package, &command);
    word_member(t, "item", p->item);
    word_number(t, "item_id", p->item_id);
    if (p->package.n > 0)
        word_member(t, "package", p->package);
    word_number(t, "offset", (int64_t)p->offset);
    word_number(t, "length", (int64_t)p->length);
    word_member(t, "sha256", p->sha256);
    word_member(t, "verdict", p->verdict);
    word_member(t, "show", text_bytes(&command));
    text_release(&command);
}

struct bytes word_package(struct case_reader *r)
{
    struct bytes name = case_meta_get(r, "package");
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = to_lower(name.p[i]);
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !memchr("._-", c, 3))
            return BYTES("PACKAGE");
    }
    return name.n > 0 && name.p[0] != '-' ? name : BYTES("PACKAGE");
}

static void add_word(struct text *t, size_t start, struct bytes word)
{
    if (word.n == 0)
        return;
    if (t->n > start)
        text_byte(t, ' ');
    text_add(t, word);
}

void word_event(struct text *t, const struct case_event_row *e)
{
    size_t start = t->n;
    /* What somebody wrote down is no record of an act, and must not read like one. */
    bool claim = bytes_is(e->kind, "statement");
    if (e->message.n > 0) {
        text_str(t, claim ? "somebody wrote: " : "");
        text_add(t, e->message);
        return;
    }
    add_word(t, start, e->actor);
    add_word(t, start, e->action);
    add_word(t, start, e->object);
    if (t->n == start)
        text_add(t, e->kind);
}

enum precision word_digits(instant time)
{
    if (time % NANOSECONDS == 0)
        return PRECISION_SECOND;
    if (time % (NANOSECONDS / 1000) == 0)
        return PRECISION_MILLISECOND;
    return time % 1000 == 0 ? PRECISION_MICROSECOND : PRECISION_NANOSECOND;
}

const char *word_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

bool word_is_doubtful(struct bytes verdict, bool listed)
{
    return bytes_is(verdict, "mismatch") || bytes_is(verdict, "unreadable") ||
           (listed && bytes_is(verdict, "unlisted"));
}

bool word_listed(struct case_reader *r)
{
    return case_number(r, "SELECT EXISTS (SELECT 1 FROM item WHERE verdict = "
                          "'verified')") > 0;
}
