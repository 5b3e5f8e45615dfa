#include "formats/yaml_split.h"

#include "formats/base/limits.h"

/* -- lines ------------------------------------------------------------------------------
 */

static size_t column_of(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

static bool is_mark(struct bytes line, const char *mark)
{
    return bytes_starts(line, bytes_str(mark)) && (line.n == 3 || is_blank(line.p[3]));
}

/* An element begins: a dash and a blank, or a dash alone. */
static bool is_element(struct bytes line)
{
    struct bytes rest = bytes_from(line, column_of(line));
    return rest.n && rest.p[0] == '-' && (rest.n == 1 || is_blank(rest.p[1]));
}

static bool is_empty(struct bytes line)
{
    struct bytes rest = bytes_trim(line);
    return !rest.n || rest.p[0] == '#';
}

/* -- records ----------------------------------------------------------------------------
 */

static void hand_out(struct yaml_split *s)
{
    struct bytes text = text_bytes(&s->text);
    if (bytes_trim(text).n)
        s->each(s->context, &(struct yaml_split_record){text, s->start, !s->too_long});
    text_clear(&s->text);
    s->too_long = false;
}

static void keep(struct yaml_split *s, const struct line *line)
{
    if (!s->text.n)
        s->start = line->offset;
    else
        text_byte(&s->text, '\n');
    s->too_long |= line->cut || s->text.n + line->text.n > LIMIT_LINE;
    if (!s->too_long)
        text_add(&s->text, line->text);
}

static void begin_document(struct yaml_split *s)
{
    hand_out(s);
    s->in_list = s->was_items = s->behind_list = false;
}

/* What stood before the first element is the list's wrapper, no record. */
static void begin_list(struct yaml_split *s, size_t column)
{
    text_clear(&s->text);
    s->too_long = false;
    s->in_list = true;
    s->column = column;
}

static void on_line(void *context, const struct line *line)
{
    struct yaml_split *s = context;
    size_t column = column_of(line->text);
    if (is_mark(line->text, "---") || is_mark(line->text, "...")) {
        begin_document(s);
        return;
    }
    if (is_empty(line->text)) {
        if (s->text.n)
            keep(s, line); /* it may stand in a block of text */
        return;
    }
    bool element = is_element(line->text);
    if (!s->in_list && element && (s->was_items || !s->text.n))
        begin_list(s, column);
    else if (s->in_list && element && column == s->column)
        hand_out(s);
    else if (s->in_list && column <= s->column && !s->behind_list) {
        hand_out(s);
        s->behind_list = true;
    }
    s->was_items = column == 0 && bytes_is(bytes_trim(line->text), "items:");
    if (!s->behind_list)
        keep(s, line);
}

void yaml_split_begin(struct yaml_split *s,
                      void (*each)(void *context, const struct yaml_split_record *r),
                      void *context)
{
    *s = (struct yaml_split){.each = each, .context = context};
    lines_init(&s->lines, on_line, s);
}

void yaml_split_feed(struct yaml_split *s, struct bytes block)
{
    lines_feed(&s->lines, block);
}

void yaml_split_end(struct yaml_split *s)
{
    lines_end(&s->lines);
    hand_out(s);
    text_release(&s->text);
}

/* "name:" with nothing or a blank behind it. */
static bool is_member(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && (to_lower(line.p[n]) >= 'a' && to_lower(line.p[n]) <= 'z'))
        n++;
    return n && n < line.n && line.p[n] == ':' &&
           (n + 1 == line.n || is_blank(line.p[n + 1]));
}

bool yaml_split_wants(struct bytes head)
{
    struct bytes line;
    while (bytes_split(&head, '\n', &line)) {
        if (!is_empty(line))
            return is_mark(line, "---") || is_member(line) || is_element(line);
    }
    return false;
}
