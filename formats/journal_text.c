#include "formats/journal_text.h"

#include <stdio.h>

#include "formats/base/marked_text.h"
#include "formats/json_scan.h"
#include "formats/written_time.h"
#include "formats/written_words.h"

static void add_member(const char *name, struct bytes value, struct text *out)
{
    if (!value.n)
        return;
    text_str(out, out->p[out->n - 1] == '{' ? "" : ",");
    json_quote(bytes_str(name), out);
    text_byte(out, ':');
    json_quote(value, out);
}

static void add_time(instant t, struct text *out)
{
    char micro[24];
    if (t == INSTANT_NONE)
        return;
    snprintf(micro, sizeof micro, "%lld", (long long)(t / 1000));
    add_member("__REALTIME_TIMESTAMP", bytes_str(micro), out);
}

/* -- short forms --------------------------------------------------------------------- */

struct line {
    instant time;
    struct written_time written; /* has_date without a year: year is 0 */
    struct bytes host, program, pid, message;
};

static bool read_sender(struct bytes rest, struct line *l)
{
    struct bytes tag;
    size_t colon = bytes_find(rest, BYTES(": "));
    if (!bytes_word(&rest, &l->host) || colon > 256)
        return false;
    rest = bytes_trim(rest);
    colon = bytes_find_byte(rest, ':');
    tag = bytes_sub(rest, 0, colon);
    if (colon == rest.n || bytes_find_byte(tag, ' ') < tag.n)
        return false;
    size_t open = bytes_find_byte(tag, '[');
    l->program = bytes_sub(tag, 0, open);
    l->pid = bytes_sub(bytes_from(tag, open + 1), 0,
                       bytes_find_byte(bytes_from(tag, open + 1), ']'));
    l->message = bytes_trim(bytes_from(rest, colon + 1));
    return l->program.n > 0;
}

/* "1795427132.123456 host …" */
static bool read_unix(struct bytes *rest, struct line *l, struct journal_text *about)
{
    struct bytes r = *rest, word;
    if (r.n == 0 || !is_digit(r.p[0]) || !bytes_word(&r, &word) ||
        bytes_find_byte(word, '.') == word.n ||
        !instant_parse_epoch(word, &l->time, &about->precision))
        return false;
    *rest = r;
    return true;
}

static bool read_iso(struct bytes *rest, struct line *l, struct journal_text *about)
{
    size_t used;
    if (rest->n < 20 || rest->p[10] != 'T' ||
        !instant_parse_prefix(*rest, &used, &l->time, &about->precision))
        return false;
    *rest = bytes_from(*rest, used);
    return true;
}

/* Words of dates are many, and a line without a clock is not compared with them. */
static bool has_clock(struct bytes begin)
{
    for (size_t i = 1; i + 1 < begin.n; i++) {
        if (begin.p[i] == ':' && is_digit(begin.p[i - 1]) && is_digit(begin.p[i + 1]))
            return true;
    }
    return false;
}

/* "Nov 23 09:45:32.123456", "Mon 2026-11-23 09:45:32 UTC" */
static bool read_words(struct bytes *rest, struct line *l, struct journal_text *about)
{
    enum { BEGINNING = 40 };
    struct written_time *t = &l->written;
    struct bytes r = *rest;
    if (!has_clock(bytes_sub(r, 0, BEGINNING)))
        return false;
    if (written_weekday(&r))
        written_spaces(&r);
    if (!written_time_take(&r, ORDER_NOT_TOLD, t) && !written_short_take(&r, t))
        return false;
    if (!t->has_date || !t->has_clock)
        return false;
    about->precision = t->precision;
    about->assumed = !t->year ? "year and zone" : !t->has_zone ? "zone" : NULL;
    *rest = r;
    return true;
}

/* -- logs that the programs write themselves ----------------------------------------- */

static int two_digits(const uint8_t *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* klog: "I0301 10:00:00.123456    1234 kubelet.go:2100] message", in the node's zone.
 * Source: k8s.io/klog, "Log lines have this form". */
static bool read_klog(struct bytes text, struct line *l, struct journal_text *about)
{
    static const char form[] = "?0000 00:00:00.000000 ";
    if (text.n < sizeof form || !memchr("IWEF", text.p[0], 4))
        return false;
    for (size_t i = 1; i < sizeof form - 1; i++)
        if (form[i] == '0' ? !is_digit(text.p[i]) : text.p[i] != (uint8_t)form[i])
            return false;
    if (!bytes_contains(bytes_from(text, sizeof form - 1), BYTES("] ")))
        return false;
    uint64_t fraction = 0;
    bytes_to_u64(bytes_sub(text, 15, 6), &fraction);
    int64_t seconds = two_digits(text.p + 6) * 3600 + two_digits(text.p + 9) * 60 +
                      two_digits(text.p + 12);
    l->written =
        (struct written_time){.has_date = true,
                              .has_clock = true,
                              .precision = PRECISION_MICROSECOND,
                              .month = two_digits(text.p + 1),
                              .day = two_digits(text.p + 3),
                              .clock = seconds * NANOSECONDS + (int64_t)fraction * 1000};
    about->precision = PRECISION_MICROSECOND;
    about->assumed = "year and zone";
    l->program = BYTES("kubelet");
    l->message = text;
    return true;
}

/* logrus: time="2026-03-01T10:00:00.123456789Z" level=info msg="…" */
static bool read_logrus(struct bytes text, struct line *l, struct journal_text *about)
{
    size_t used;
    if (!bytes_starts(text, BYTES("time=\"")) ||
        !bytes_contains(text, BYTES(" level=")) ||
        !instant_parse_prefix(bytes_from(text, 6), &used, &l->time, &about->precision))
        return false;
    bool crio = bytes_contains(text, BYTES("pod sandbox")) ||
                bytes_contains(text, BYTES("containerID="));
    l->program = crio ? BYTES("crio") : BYTES("containerd");
    l->message = text;
    return true;
}

/* -- syslog as it is sent ------------------------------------------------------------ */

/* "<30>": takes it off the line. */
static bool take_priority(struct bytes *text)
{
    size_t n = 1;
    while (n < text->n && n < 4 && is_digit(text->p[n]))
        n++;
    if (n < 2 || n >= text->n || text->p[0] != '<' || text->p[n] != '>')
        return false;
    *text = bytes_from(*text, n + 1);
    return true;
}

/* What a program adds in brackets, or "-". */
static struct bytes behind_data(struct bytes text)
{
    size_t end = bytes_find(text, BYTES("] "));
    if (bytes_starts(text, BYTES("- ")))
        return bytes_from(text, 2);
    return bytes_starts(text, BYTES("[")) ? bytes_from(text, end + 2) : BYTES_NONE;
}

/* RFC 5424: "1 2026-03-01T10:00:00Z host program pid message-id data message" */
static bool read_protocol(struct bytes text, struct line *l, struct journal_text *about)
{
    struct bytes id;
    text = bytes_from(text, 2);
    if (!read_iso(&text, l, about) || !bytes_word(&text, &l->host) ||
        !bytes_word(&text, &l->program) || !bytes_word(&text, &l->pid) ||
        !bytes_word(&text, &id))
        return false;
    if (bytes_is(l->pid, "-"))
        l->pid = BYTES_NONE;
    l->message = behind_data(bytes_trim(text));
    l->message = bytes_trim(bytes_from(l->message, utf8_mark(l->message)));
    return l->message.n > 0;
}

static bool read_line(struct bytes text, struct line *l, struct journal_text *about)
{
    *l = (struct line){.time = INSTANT_NONE};
    *about = (struct journal_text){0};
    if (take_priority(&text) && bytes_starts(text, BYTES("1 ")))
        return read_protocol(text, l, about);
    if (read_klog(text, l, about) || read_logrus(text, l, about))
        return true;
    return (read_iso(&text, l, about) || read_unix(&text, l, about) ||
            read_words(&text, l, about)) &&
           text.n && text.p[0] == ' ' && read_sender(text, l);
}

/* containerd and CRI-O tell the whole time in what they say. */
static instant time_in(struct bytes message)
{
    size_t at = bytes_find(message, BYTES("time=\"")), used;
    instant t;
    struct bytes rest = bytes_from(message, at + 6);
    return at < message.n && instant_parse_prefix(rest, &used, &t, NULL) ? t
                                                                         : INSTANT_NONE;
}

static void place_line(struct line *l, instant near)
{
    if (l->time != INSTANT_NONE)
        return;
    instant said = time_in(l->message);
    written_time_place(&l->written, said != INSTANT_NONE ? said : near, &l->time);
}

static void add_line(const struct line *l, struct text *out)
{
    text_byte(out, '{');
    add_time(l->time, out);
    add_member("_HOSTNAME", l->host, out);
    add_member("SYSLOG_IDENTIFIER", l->program, out);
    add_member("_PID", l->pid, out);
    add_member("MESSAGE", l->message, out);
    text_byte(out, '}');
}

/* OpenShift starts the kubelet by kubenswrapper, earlier by hyperkube; MicroK8s has it in
 * kubelite. */
static bool names_program(struct bytes text)
{
    static const char *const programs[] = {
        "kubelet", "containerd", "crio",          "cri-o",     "dockerd", "k3s",
        "rke2",    "k0s",        "kubenswrapper", "hyperkube", "kubelite"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (bytes_contains(text, bytes_str(programs[i])))
            return true;
    }
    return false;
}

/* What only those programs say: logrus and klog are libraries of many others. */
static bool is_of_program(const struct line *l, struct bytes line)
{
    static const char *const said[] = {"PodSandbox",
                                       "StartContainer",
                                       "PullImage",
                                       "CreateContainer",
                                       "containerd",
                                       "cri-o",
                                       "pod sandbox",
                                       "] \"SyncLoop",
                                       " kubelet.go:",
                                       " kubelet_pods.go:",
                                       " pod_workers.go:",
                                       " kuberuntime_",
                                       " pod_startup_latency_tracker.go:",
                                       " reconciler_common.go:"};
    if (l->message.p != line.p)
        return names_program(l->program);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (bytes_contains(line, bytes_str(said[i])))
            return true;
    return false;
}

bool journal_text_probe(struct bytes head)
{
    enum { LINES = 64, FIRST = 3 };
    struct line l;
    struct journal_text about;
    struct bytes line;
    bool any = false;
    /* Notes of journalctl may stand first; most texts have no line of a journal then. */
    for (int tries = 0; tries < (any ? LINES : FIRST) && bytes_split(&head, '\n', &line);
         tries++) {
        bool is_line = read_line(line, &l, &about);
        if (is_line && is_of_program(&l, line))
            return true;
        any |= is_line;
    }
    return false;
}

/* -- entries of fields --------------------------------------------------------------- */

/* A field that is no text has its length before it; false where it is cut off. */
static bool binary_field(struct bytes *rest, struct bytes *value)
{
    uint64_t length = 0;
    for (size_t i = 0; i < 8 && i < rest->n; i++)
        length |= (uint64_t)rest->p[i] << (8 * i);
    if (rest->n < 8 || length > rest->n - 8)
        return false;
    *value = bytes_sub(*rest, 8, (size_t)length);
    *rest = bytes_from(*rest, 8 + (size_t)length + 1);
    return true;
}

static bool add_fields(struct bytes rest, bool verbose, struct text *out)
{
    bool any = false;
    struct bytes line, value;
    char name[128];
    while (bytes_split(&rest, '\n', &line)) {
        if (verbose)
            line = bytes_trim(line);
        size_t equals = bytes_find_byte(line, '=');
        if (!line.n || bytes_sub(line, 0, equals).n >= sizeof name)
            continue;
        memcpy(name, line.p, equals);
        name[equals] = '\0';
        value = bytes_from(line, equals + 1);
        if (equals == line.n && (verbose || !binary_field(&rest, &value)))
            continue;
        any |= bytes_is(bytes_str(name), "MESSAGE");
        add_member(name, value, out);
    }
    return any;
}

static bool verbose_time(struct bytes *rest, instant *out, struct journal_text *about)
{
    struct line l = {.time = INSTANT_NONE};
    struct bytes first;
    if (!bytes_split(rest, '\n', &first) || !read_words(&first, &l, about))
        return false;
    return written_time_place(&l.written, INSTANT_NONE, out);
}

static bool read_entry(struct bytes text, struct text *out, struct journal_text *about)
{
    instant time = INSTANT_NONE;
    *about = (struct journal_text){.precision = PRECISION_MICROSECOND};
    bool export = bytes_starts(text, BYTES("__"));
    if (!export && !verbose_time(&text, &time, about))
        return false;
    text_byte(out, '{');
    add_time(time, out);
    bool any = add_fields(text, !export, out);
    text_byte(out, '}');
    return any;
}

bool journal_text_json(struct bytes text, instant near, struct text *out,
                       struct journal_text *about)
{
    struct line l;
    if (bytes_find_byte(bytes_trim(text), '\n') < bytes_trim(text).n)
        return read_entry(text, out, about);
    if (!read_line(bytes_trim(text), &l, about))
        return false;
    place_line(&l, near);
    add_line(&l, out);
    return true;
}
