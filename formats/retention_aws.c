/* What the AWS CLI prints for people: --output text (lines of values between tabs, most
 * under a heading in capitals) and --output table (frames). Source: awscli/text.py,
 * awscli/table.py and awscli/formatter.py of 1.45 and 2.9. */
#include "formats/retention_columns.h"
#include "formats/retention_private.h"

/* The answer that is being put together, as --output json would have it; the sections
 * stand beside each other, because what is in them is known by its own name. */
struct answer {
    struct retention_reading *r;
    struct bytes content;
    json_t *top; /* NULL before the first */
    const char *operation;
    size_t offset;
};

/* Hands out the answer, which ends before `end`. */
static void end_answer(struct answer *a, size_t end)
{
    if (a->top)
        retention_take(a->r, a->top, a->offset, end - a->offset);
    json_decref(a->top);
    a->top = NULL;
}

static void begin_answer(struct answer *a, const char *operation, size_t at)
{
    end_answer(a, at);
    a->top = json_object();
    a->operation = operation;
    a->offset = at;
}

/* The object that the members of a section go into: borrowed. */
static json_t *open_section(struct answer *a, const struct retention_section *s)
{
    json_t *list, *object = json_object();
    if (strcmp(s->name, s->operation) == 0) {
        json_decref(object);
        return a->top;
    }
    if (!s->is_list) {
        json_object_set_new(a->top, s->name, object);
        return object;
    }
    list = json_object_get(a->top, s->name);
    if (!list) {
        list = json_array();
        json_object_set_new(a->top, s->name, list);
    }
    json_array_append_new(list, object);
    return object;
}

static void set_member(json_t *object, const char *name, struct bytes value)
{
    bool yes = bytes_is(value, "True");
    if (value.n == 0 || bytes_is(value, "None"))
        return;
    json_object_set_new(object, name,
                        yes || bytes_is(value, "False")
                            ? json_boolean(yes)
                            : json_stringn((const char *)value.p, value.n));
}

static void fault_at(const struct answer *a, size_t at)
{
    faults_add(a->r->sink->faults, (struct fault){FAULT_SYNTAX, at, 0, 0});
}

/* The next line without its end, taken off; *at is where it begins. */
static bool next_line(struct bytes content, size_t *end, struct bytes *line, size_t *at)
{
    if (*end >= content.n)
        return false;
    *at = *end;
    struct bytes rest = bytes_from(content, *at);
    *line = bytes_sub(rest, 0, bytes_find_byte(rest, '\n'));
    *end = *at + line->n + 1;
    *line = bytes_without_cr(*line);
    return true;
}

/* -- text ------------------------------------------------------------------------------
 */

/* What says nothing of locks or bytes. */
static bool is_aside(struct bytes heading)
{
    static const char *const asides[] = {"METADATA",       "OWNER", "CHECKSUMALGORITHM",
                                         "COMMONPREFIXES", "None",  "NEXTTOKEN",
                                         "RESTORESTATUS"};
    for (size_t i = 0; i < sizeof asides / sizeof *asides; i++) {
        if (bytes_is(heading, asides[i]))
            return true;
    }
    return false;
}

/* A line in parts. */
struct row {
    struct bytes values[RETENTION_VALUES + 1];
    const char *names[RETENTION_VALUES];
    size_t n, first; /* the first value, behind the heading */
    const struct retention_section *section;
};

static bool read_row(struct bytes line, struct row *row)
{
    struct bytes part;
    row->n = 0;
    while (row->n <= RETENTION_VALUES && bytes_split(&line, '\t', &part))
        row->values[row->n++] = part;
    row->section = row->n ? retention_section_headed(row->values[0]) : NULL;
    row->first = row->section ? 1 : 0;
    if (!row->section)
        row->section = retention_section_of(row->values, row->n);
    return row->section && retention_columns(row->section, row->values + row->first,
                                             row->n - row->first, row->names);
}

/* A section that is no list stands once in an answer. */
static bool begins_answer(const struct answer *a, const struct retention_section *s)
{
    return !a->top || strcmp(a->operation, s->operation) != 0 ||
           strcmp(s->name, s->operation) == 0 ||
           (!s->is_list && json_object_get(a->top, s->name));
}

static void take_row(struct answer *a, const struct row *row, size_t at)
{
    if (begins_answer(a, row->section))
        begin_answer(a, row->section->operation, at);
    json_t *object = open_section(a, row->section);
    for (size_t i = row->first; i < row->n; i++) {
        if (row->names[i - row->first])
            set_member(object, row->names[i - row->first], row->values[i]);
    }
}

void retention_read_rows(struct retention_reading *r, struct bytes content)
{
    struct answer a = {.r = r, .content = content};
    struct bytes line;
    struct row row;
    size_t at, end = 0;
    while (next_line(content, &end, &line, &at)) {
        if (read_row(line, &row))
            take_row(&a, &row, at);
        else if (bytes_trim(line).n && !(row.n && is_aside(row.values[0])))
            fault_at(&a, at);
    }
    end_answer(&a, content.n);
}

/* By one of the first lines: a list of versions begins with what is not in it. */
bool retention_is_rows(struct bytes head)
{
    enum { BEGINNING = 1024 };
    struct bytes line, begin = bytes_sub(head, 0, BEGINNING);
    struct row row;
    size_t at, end = 0;
    /* Every answer has two values in one line; most text is not asked for more. */
    if (bytes_find_byte(begin, '\t') == begin.n)
        return false;
    for (int i = 0; i < 3 && next_line(head, &end, &line, &at); i++) {
        bool fits = read_row(line, &row);
        if (fits && strcmp(row.section->name, "ListObjectVersions") != 0)
            return true;
        if (!fits && bytes_trim(line).n && !(row.n && is_aside(row.values[0])))
            return false;
    }
    return false;
}

/* -- table -----------------------------------------------------------------------------
 */

/* A row of more than one cell, and the line below it a border, is a heading when another
 * such row follows; else it is a name and its value. */
struct table {
    struct answer answer;
    const struct retention_section *section; /* NULL: one that is passed over */
    json_t *object;                          /* of the section; NULL before its first */
    struct bytes names[RETENTION_VALUES];    /* of the heading, or of that which may be */
    size_t n;
    bool is_heading;
    bool border; /* the line before was one */
};

static bool is_border(struct bytes line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '|' && line.p[i] != '+' && line.p[i] != '-')
            return false;
    }
    return line.n > 0;
}

/* Without the frame, whose bars are as many as the section is deep. */
static struct bytes without_frame(struct bytes line)
{
    size_t depth = 0;
    while (depth < line.n && line.p[depth] == '|')
        depth++;
    return line.n < 2 * depth ? BYTES_NONE : bytes_sub(line, depth, line.n - 2 * depth);
}

static size_t split_cells(struct bytes row, struct bytes *cells)
{
    size_t n = 0;
    struct bytes part;
    while (n < RETENTION_VALUES && bytes_split(&row, '|', &part))
        cells[n++] = bytes_trim(part);
    return n;
}

/* Only members that the section has count: a table is printed for people. */
static void set_cell(struct table *t, struct bytes name, struct bytes value)
{
    char text[64];
    if (!t->section || name.n >= sizeof text)
        return;
    if (!t->object)
        t->object = open_section(&t->answer, t->section);
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    set_member(t->object, text, value);
}

/* The only row of its section was a name and a value. */
static void settle(struct table *t)
{
    if (t->n == 2 && !t->is_heading)
        set_cell(t, t->names[0], t->names[1]);
    t->n = 0;
    t->is_heading = false;
}

static void take_title(struct table *t, struct bytes title, size_t at)
{
    settle(t);
    t->section = retention_section(title);
    t->object = NULL;
    if (!t->section)
        return;
    if (!t->answer.top || strcmp(t->section->name, t->section->operation) == 0)
        begin_answer(&t->answer, t->section->operation, at);
}

static void take_cells(struct table *t, const struct bytes *cells, size_t n)
{
    if (t->border && t->n == n && !t->is_heading)
        t->is_heading = true;
    if (t->is_heading && t->n == n) {
        t->object = NULL;
        for (size_t i = 0; i < n; i++)
            set_cell(t, t->names[i], cells[i]);
        return;
    }
    settle(t);
    memcpy(t->names, cells, n * sizeof *cells);
    t->n = n;
}

/* A key with a bar in it. */
static size_t join_value(struct bytes row, struct bytes *cells)
{
    size_t bar = bytes_find_byte(row, '|');
    cells[0] = bytes_trim(bytes_sub(row, 0, bar));
    cells[1] = bytes_trim(bytes_from(row, bar + 1));
    return 2;
}

void retention_read_table(struct retention_reading *r, struct bytes content)
{
    struct table t = {.answer = {.r = r, .content = content}};
    struct bytes line, cells[RETENTION_VALUES];
    size_t at, end = 0;
    while (next_line(content, &end, &line, &at)) {
        line = bytes_trim(line);
        bool border = is_border(line);
        struct bytes row = without_frame(line);
        size_t n = border || row.n == 0 ? 0 : split_cells(row, cells);
        if (n > 2 && !t.is_heading && !t.border)
            n = join_value(row, cells);
        if (n == 1)
            take_title(&t, cells[0], at);
        else if (n > 1)
            take_cells(&t, cells, n);
        else if (!border && line.n)
            fault_at(&t.answer, at);
        t.border = border;
    }
    settle(&t);
    end_answer(&t.answer, content.n);
}

bool retention_is_table(struct bytes head)
{
    struct bytes line, title;
    size_t at, end = 0;
    if (!bytes_starts(head, BYTES("---")) || !next_line(head, &end, &line, &at) ||
        !is_border(line) || !next_line(head, &end, &title, &at))
        return false;
    const struct retention_section *s =
        retention_section(bytes_trim(without_frame(bytes_trim(title))));
    return s && strcmp(s->name, s->operation) == 0;
}
