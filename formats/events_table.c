#include "formats/events_table.h"

#include "formats/base/text.h"
#include "formats/written_time.h"

enum column {
    NAMESPACE,
    LAST_SEEN,
    TYPE,
    REASON,
    OBJECT,
    SUBOBJECT,
    SOURCE,
    MESSAGE,
    FIRST_SEEN,
    COUNT,
    NAME,
    COLUMNS
};

static const char *const headings[COLUMNS] = {
    "NAMESPACE", "LAST SEEN", "TYPE",       "REASON", "OBJECT", "SUBOBJECT",
    "SOURCE",    "MESSAGE",   "FIRST SEEN", "COUNT",  "NAME"};

/* Of `kubectl describe`, whose object is what was described. */
static const char *const described_headings[COLUMNS] = {
    [LAST_SEEN] = "Age", [TYPE] = "Type",       [REASON] = "Reason",
    [SOURCE] = "From",   [MESSAGE] = "Message", [FIRST_SEEN] = "FirstSeen",
    [COUNT] = "Count"};

struct table {
    size_t start[COLUMNS]; /* in characters; SIZE_MAX: there is no such column */
    bool described;
};

/* What the lines before a table describe. */
struct described {
    struct bytes kind, namespace, name;
};

/* -- the header ---------------------------------------------------------------------- */

/* Where a heading stands in the line with blanks around it, or SIZE_MAX. */
static size_t find_heading(struct bytes line, const char *heading)
{
    struct bytes name = bytes_str(heading);
    for (size_t at = 0;; at++) {
        at += bytes_find(bytes_from(line, at), name);
        if (at >= line.n)
            return SIZE_MAX;
        bool begins =
            at == 0 || (line.p[at - 1] == ' ' && (at < 2 || line.p[at - 2] == ' '));
        struct bytes behind = bytes_from(line, at + name.n);
        if (begins && (!behind.n || is_blank(behind.p[0])))
            return at;
    }
}

/* Of lines of anything, all but a few do not have the first word that is looked for. */
static bool read_headings(struct bytes line, const char *const *names, struct table *t)
{
    if (find_heading(line, names[LAST_SEEN]) == SIZE_MAX)
        return false;
    for (size_t c = 0; c < COLUMNS; c++)
        t->start[c] = names[c] ? find_heading(line, names[c]) : SIZE_MAX;
    return t->start[LAST_SEEN] != SIZE_MAX && t->start[REASON] != SIZE_MAX &&
           t->start[MESSAGE] != SIZE_MAX;
}

static bool read_header(struct bytes line, struct table *t)
{
    t->described = false;
    return read_headings(line, headings, t) && t->start[OBJECT] != SIZE_MAX;
}

/* "  Type     Reason     Age                From               Message" */
static bool read_described_header(struct bytes line, struct table *t)
{
    t->described = true;
    return line.n && line.p[0] == ' ' && read_headings(line, described_headings, t) &&
           t->start[TYPE] != SIZE_MAX && t->start[SOURCE] != SIZE_MAX;
}

/* -- cells --------------------------------------------------------------------------- */

/* The octet at which a character stands. */
static size_t octet_of(struct bytes line, size_t character)
{
    struct bytes rest = line;
    uint32_t code;
    while (character-- && utf8_next(&rest, &code))
        ;
    return line.n - rest.n;
}

static struct bytes cell(const struct table *t, struct bytes line, enum column c)
{
    size_t end = SIZE_MAX;
    if (t->start[c] == SIZE_MAX)
        return BYTES_NONE;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (t->start[i] != SIZE_MAX && t->start[i] > t->start[c] && t->start[i] < end)
            end = t->start[i];
    }
    size_t from = octet_of(line, t->start[c]);
    size_t to = end == SIZE_MAX ? line.n : octet_of(line, end);
    return bytes_trim(bytes_sub(line, from, to - from));
}

/* Units from the largest to the smallest. */
static const struct {
    char letter;
    int64_t seconds;
} units[] = {{'y', 365 * 86400}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

/* "5m30s": the sum, and the last unit. */
static struct event_age read_age(struct bytes text)
{
    struct event_age a = {0};
    struct bytes word;
    if (!bytes_word(&text, &word))
        return a;
    while (word.n) {
        size_t digits = 0;
        uint64_t count;
        int64_t seconds = 0;
        while (digits < word.n && is_digit(word.p[digits]))
            digits++;
        if (digits > 6 || digits == word.n ||
            !bytes_to_u64(bytes_sub(word, 0, digits), &count))
            return (struct event_age){0};
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            seconds =
                word.p[digits] == (uint8_t)units[i].letter ? units[i].seconds : seconds;
        if (!seconds)
            return (struct event_age){0};
        a.age += (int64_t)count * seconds * NANOSECONDS;
        a.unit = seconds * NANOSECONDS;
        a.told = true;
        word = bytes_from(word, digits + 1);
    }
    return a;
}

/* "5m (x3 over 10m)", or columns of their own. */
static void read_ages(const struct table *t, struct bytes line, struct event_row *row)
{
    struct bytes last = cell(t, line, LAST_SEEN), count = cell(t, line, COUNT);
    size_t times = bytes_find(last, BYTES("(x")),
           over = bytes_find(last, BYTES(" over "));
    row->last = read_age(bytes_sub(last, 0, times));
    row->first = read_age(cell(t, line, FIRST_SEEN));
    if (times < last.n && over < last.n && over > times) {
        count = bytes_sub(last, times + 2, over - times - 2);
        struct bytes first = bytes_from(last, over + 6);
        row->first = read_age(bytes_sub(first, 0, bytes_find_byte(first, ')')));
    }
    if (!row->first.told)
        row->first = row->last;
    if (!bytes_to_u64(count, &row->event.count) || !row->event.count)
        row->event.count = 1;
}

/* "pod/web-0", "deployment.apps/web": the kind as objects spell it. */
static void read_object(struct bytes object, struct event_row *row)
{
    static const char *const kinds[] = {"Pod",
                                        "Node",
                                        "ReplicaSet",
                                        "Deployment",
                                        "StatefulSet",
                                        "DaemonSet",
                                        "Job",
                                        "CronJob",
                                        "Service",
                                        "Endpoints",
                                        "Namespace",
                                        "Secret",
                                        "ConfigMap",
                                        "ServiceAccount",
                                        "NetworkPolicy",
                                        "PersistentVolumeClaim",
                                        "PersistentVolume",
                                        "Ingress",
                                        "ReplicationController",
                                        "HorizontalPodAutoscaler",
                                        "Lease"};
    size_t slash = bytes_find_byte(object, '/');
    struct bytes kind = bytes_sub(object, 0, slash);
    kind = bytes_sub(kind, 0, bytes_find_byte(kind, '.'));
    row->event.about.name = bytes_from(object, slash + 1);
    row->event.about.kind = kind;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (bytes_eq_nocase(kind, bytes_str(kinds[i])))
            row->event.about.kind = bytes_str(kinds[i]);
    }
}

static bool read_row(const struct table *t, const struct described *d, struct bytes line,
                     struct event_row *row)
{
    struct bytes source = cell(t, line, SOURCE);
    size_t comma = bytes_find(source, BYTES(", "));
    row->event = (struct kevent){
        .first = INSTANT_NONE,
        .last = INSTANT_NONE,
        .type = cell(t, line, TYPE),
        .reason = cell(t, line, REASON),
        .message = cell(t, line, MESSAGE),
        .component = bytes_sub(source, 0, comma),
        .host = bytes_from(source, comma + 2),
    };
    row->event.about.namespace = cell(t, line, NAMESPACE);
    row->event.about.field_path = cell(t, line, SUBOBJECT);
    if (t->described) {
        row->event.about.kind = d->kind;
        row->event.about.namespace = d->namespace;
        row->event.about.name = d->name;
    } else {
        read_object(cell(t, line, OBJECT), row);
    }
    read_ages(t, line, row);
    return row->event.reason.n && row->event.about.name.n;
}

/* A line "Key:   value" of a description, without indent. */
static void read_described(struct bytes line, struct described *d)
{
    size_t colon = bytes_find_byte(line, ':');
    struct bytes key = bytes_sub(line, 0, colon);
    struct bytes value = bytes_trim(bytes_from(line, colon + 1));
    if (colon == line.n)
        return;
    if (bytes_is(key, "Name"))
        *d = (struct described){.name = value};
    else if (bytes_is(key, "Namespace"))
        d->namespace = value;
    else if (bytes_is(key, "Containers"))
        d->kind = BYTES("Pod");
    else if (bytes_is(key, "Taints"))
        d->kind = BYTES("Node");
}

/* "  ----     ------     ----": what a description has under the header. */
static bool is_rule(struct bytes line)
{
    return bytes_starts(bytes_trim(line), BYTES("----"));
}

void events_table_read(struct bytes text,
                       void (*each)(void *context, const struct event_row *row),
                       void *context)
{
    struct table table;
    struct described described = {0};
    struct bytes rest = text, line;
    bool in_table = false;
    while (bytes_split(&rest, '\n', &line)) {
        struct event_row row = {.offset = (uint64_t)(line.p - text.p)};
        line = bytes_without_cr(line);
        row.length = line.n;
        struct table header;
        if (read_header(line, &header) || read_described_header(line, &header)) {
            table = header;
            in_table = true;
            continue;
        }
        /* The next description begins where the indent ends. */
        in_table = in_table && !(table.described && (!line.n || line.p[0] != ' '));
        if (!in_table)
            read_described(line, &described);
        else if (!is_rule(line) && read_row(&table, &described, line, &row))
            each(context, &row);
    }
}

bool events_table_probe(struct bytes head)
{
    struct table table;
    struct bytes line;
    for (int tries = 0; tries < 16 && bytes_split(&head, '\n', &line); tries++) {
        if (read_header(bytes_trim(line), &table))
            return true;
    }
    return false;
}

instant events_table_printed(struct bytes text)
{
    struct table table;
    struct written_time t;
    struct bytes line;
    instant printed = INSTANT_NONE, when;
    while (bytes_split(&text, '\n', &line) && !read_header(line, &table)) {
        for (size_t at = 0; at < line.n;
             at += bytes_find_byte(bytes_from(line, at), ' ') + 1) {
            struct bytes rest = bytes_from(line, at);
            if ((written_time_take(&rest, ORDER_NOT_TOLD, &t) ||
                 written_short_take(&rest, &t)) &&
                t.has_date && t.has_clock &&
                written_time_place(&t, INSTANT_NONE, &when)) {
                printed = when;
                break;
            }
        }
    }
    return printed;
}
