#include "formats/falco_text.h"

static const char *const priorities[] = {"Emergency",     "Alert",   "Critical",
                                         "Error",         "Warning", "Notice",
                                         "Informational", "Debug",   "unknown"};

const char *falco_priority_name(enum falco_priority p)
{
    return priorities[p];
}

bool falco_priority_of(struct bytes word, enum falco_priority *out)
{
    for (int p = FALCO_EMERGENCY; p <= FALCO_DEBUG; p++) {
        if (bytes_eq_nocase(word, bytes_str(priorities[p]))) {
            *out = (enum falco_priority)p;
            return true;
        }
    }
    if (!bytes_eq_nocase(word, BYTES("info")))
        return false;
    *out = FALCO_INFORMATIONAL;
    return true;
}

void falco_add_field(struct falco_alert *a, struct falco_field field)
{
    if (a->field_count < FALCO_FIELDS)
        a->fields[a->field_count++] = field;
    else
        a->more_fields++;
}

/* -- fields ------------------------------------------------------------------------- */

/* The words of the default rules' outputs, and the fields that they print. */
static const struct {
    const char *word, *field;
} words[] = {
    {"user", "user.name"},
    {"user_name", "user.name"},
    {"user_uid", "user.uid"},
    {"user_loginuid", "user.loginuid"},
    {"process", "proc.name"},
    {"shell", "proc.name"},
    {"program", "proc.name"},
    {"proc_exepath", "proc.exepath"},
    {"exe", "proc.exe"},
    {"parent", "proc.pname"},
    {"command", "proc.cmdline"},
    {"cmdline", "proc.cmdline"},
    {"pcmdline", "proc.pcmdline"},
    {"gparent", "proc.aname[2]"},
    {"ggparent", "proc.aname[3]"},
    {"gggparent", "proc.aname[4]"},
    {"terminal", "proc.tty"},
    {"tty", "proc.tty"},
    {"pid", "proc.pid"},
    {"file", "fd.name"},
    {"connection", "fd.name"},
    {"fd_name", "fd.name"},
    {"evt_type", "evt.type"},
    {"id", "container.id"},
    {"container_id", "container.id"},
    {"container", "container.name"},
    {"container_name", "container.name"},
    {"image", "container.image.repository"},
    {"images", "ka.req.pod.containers.image"},
    {"container_image", "container.image.repository"},
    {"container_image_repository", "container.image.repository"},
    {"container_image_tag", "container.image.tag"},
    {"ns", "k8s.ns.name"},
    {"k8s_ns", "k8s.ns.name"},
    {"k8s_ns_name", "k8s.ns.name"},
    {"pod", "k8s.pod.name"},
    {"k8s_pod", "k8s.pod.name"},
    {"k8s_pod_name", "k8s.pod.name"},
};

static struct bytes field_name(struct bytes word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bytes_is(word, words[i].word))
            return bytes_str(words[i].field);
    }
    return word;
}

static bool is_word(uint8_t c)
{
    return is_digit(c) || c == '_' || c == '.' || c == '-' || c == '[' || c == ']' ||
           (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/* The next "word=" that stands at the start of a word; its place, or text.n. */
static size_t next_word(struct bytes text, size_t from, size_t *length)
{
    for (size_t at = from; at < text.n; at++) {
        bool starts = at == 0 || memchr(" (|,", text.p[at - 1], 4);
        if (!starts)
            continue;
        size_t n = 0;
        while (at + n < text.n && is_word(text.p[at + n]))
            n++;
        if (n && at + n < text.n && text.p[at + n] == '=') {
            *length = n;
            return at;
        }
    }
    return text.n;
}

/* A value ends before the next word; the bracket that closes the list is not part of it,
 * one that the value opened is. */
static struct bytes trim_value(struct bytes value)
{
    value = bytes_trim(value);
    while (value.n && memchr("|,", value.p[value.n - 1], 2))
        value = bytes_trim(bytes_sub(value, 0, value.n - 1));
    bool closes = value.n && value.p[value.n - 1] == ')';
    if (closes && !bytes_contains(value, BYTES("(")))
        value.n--;
    return value;
}

void falco_text_fields(struct bytes output, struct falco_alert *out)
{
    size_t length = 0;
    size_t at = next_word(output, 0, &length);
    while (at < output.n) {
        struct bytes word = bytes_sub(output, at, length);
        size_t start = at + length + 1, next_length = 0;
        size_t next = next_word(output, start, &next_length);
        struct bytes value = trim_value(bytes_sub(output, start, next - start));
        if (value.n && !bytes_is(value, "<NA>"))
            falco_add_field(out,
                            (struct falco_field){field_name(word), value, JSONL_NOTHING});
        at = next;
        length = next_length;
    }
}

/* -- time and priority --------------------------------------------------------------- */

static bool two_digits(struct bytes b, size_t at, int64_t below, int64_t *out)
{
    uint64_t value;
    if (!bytes_to_u64(bytes_sub(b, at, 2), &value) || b.n < at + 2 ||
        (int64_t)value >= below)
        return false;
    *out = (int64_t)value;
    return true;
}

/* "16:07:57.881781397": nanoseconds since midnight; how many bytes it took, or 0. */
static size_t time_of_day(struct bytes b, int64_t *out)
{
    int64_t hour, minute, second, fraction = 0;
    if (b.n < 8 || b.p[2] != ':' || b.p[5] != ':' || !two_digits(b, 0, 24, &hour) ||
        !two_digits(b, 3, 60, &minute) || !two_digits(b, 6, 61, &second))
        return 0;
    size_t at = 8, digits = 0;
    if (at < b.n && b.p[at] == '.') {
        for (at++; at < b.n && is_digit(b.p[at]) && digits < 9; at++, digits++)
            fraction = fraction * 10 + (b.p[at] - '0');
    }
    while (digits++ < 9)
        fraction *= 10;
    *out = ((hour * 60 + minute) * 60 + second) * NANOSECONDS + (digits ? fraction : 0);
    return at;
}

/* How many bytes the time before the ": " takes, or 0. */
static size_t read_time(struct bytes text, struct falco_alert *out)
{
    size_t used;
    instant t;
    enum precision p;
    if (instant_parse_prefix(text, &used, &t, &p)) {
        if (out->time_from == FALCO_TIME_NONE) {
            out->time = t;
            out->precision = p;
            out->time_from = FALCO_TIME_OUTPUT;
        }
        return used;
    }
    return time_of_day(text, &out->time_of_day);
}

void falco_text_time(struct bytes output, struct falco_alert *out)
{
    read_time(output, out);
}

/* The default rules' alerts begin with words of their own. */
static struct bytes rule_of(struct bytes output)
{
    static const struct {
        const char *words, *rule;
    } outputs[] = {
#define FALCO_OUTPUT(words, rule) {words, rule},
#include "formats/falco_outputs.def"
#undef FALCO_OUTPUT
    };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (bytes_starts(output, bytes_str(outputs[i].words)))
            return bytes_str(outputs[i].rule);
    return BYTES_NONE;
}

static bool read_alert(struct bytes text, struct falco_alert *out)
{
    if (text.n == 0 || !is_digit(text.p[0])) /* most texts that are tried are no alert */
        return false;
    struct falco_alert probe = {.time_of_day = -1};
    size_t used = read_time(text, &probe);
    struct bytes rest = bytes_from(text, used);
    if (!used || !bytes_starts(rest, BYTES(": ")))
        return false;
    rest = bytes_from(rest, 2);
    struct bytes word = bytes_sub(rest, 0, bytes_find_byte(rest, ' '));
    if (!falco_priority_of(word, &out->priority))
        return false;
    out->priority_word = word;
    out->output = text;
    out->rule = rule_of(bytes_trim(bytes_from(rest, word.n)));
    out->time_of_day = probe.time_of_day;
    if (out->time_from == FALCO_TIME_NONE && probe.time_from) {
        out->time = probe.time;
        out->precision = probe.precision;
        out->time_from = FALCO_TIME_OUTPUT;
    }
    return true;
}

/* "2026-11-23T09:45:26.065105458Z stdout F ": of the runtime, or of kubectl. */
static struct bytes without_runtime_prefix(struct bytes line, struct falco_alert *out)
{
    size_t used;
    instant t;
    enum precision p;
    if (!instant_parse_prefix(line, &used, &t, &p) || used >= line.n ||
        line.p[used] != ' ')
        return line;
    out->time = t;
    out->precision = p;
    out->time_from = FALCO_TIME_RECORD;
    line = bytes_from(line, used + 1);
    if (bytes_starts(line, BYTES("stdout F ")) || bytes_starts(line, BYTES("stderr F ")))
        line = bytes_from(line, 9);
    return line;
}

bool falco_text_read(struct bytes line, struct falco_alert *out)
{
    line = bytes_trim(line);
    struct bytes text = without_runtime_prefix(line, out);
    bool found = read_alert(text, out);
    /* Behind "Nov 23 09:45:32 worker-2 falco[7]: " or "<13>…: ". */
    for (size_t at = 0; !found && at < text.n && at < 256;) {
        at += bytes_find(bytes_sub(text, at, 256), BYTES(": ")) + 2;
        found = read_alert(bytes_from(text, at), out);
    }
    if (!found)
        return false;
    out->text = true;
    falco_text_fields(out->output, out);
    return true;
}
