#include "verify/identify_lines.h"

#include "formats/base/instant.h"
#include "formats/loki.h"

static bool is_of_log(enum role role)
{
    return role == ROLE_AUDIT_LOG || role == ROLE_FALCO_ALERTS ||
           role == ROLE_RUNTIME_LOG || role == ROLE_CLOUD_LOG;
}

/* Records begin with a brace, the rest with a time: most lines of other texts are not
 * looked at any further. */
static bool may_be_of_log(struct bytes line)
{
    enum { BEGINNING = 32 };
    if (memchr("{[", line.p[0], 2) || bytes_starts(line, BYTES("time=\"")))
        return true;
    for (size_t i = 1; i + 1 < line.n && i < BEGINNING; i++)
        if (line.p[i] == ':' && is_digit(line.p[i - 1]) && is_digit(line.p[i + 1]))
            return true;
    return false;
}

/* Of containers only what no person writes: a stream, or a time in all its digits. */
static bool is_of_container(struct bytes line)
{
    enum { ALL_DIGITS = 30 };
    size_t used;
    instant t;
    return line.p[0] == '[' || line.p[0] == '{' ||
           bytes_contains(line, BYTES(" stdout ")) ||
           bytes_contains(line, BYTES(" stderr ")) ||
           (instant_parse_prefix(line, &used, &t, NULL) && used >= ALL_DIGITS);
}

static enum role role_of_line(struct bytes line, role_of_text_fn *of_text)
{
    enum role role = may_be_of_log(line) ? of_text(line) : ROLE_UNKNOWN;
    bool container = role == ROLE_CONTAINER_LOG && is_of_container(line);
    return is_of_log(role) || container ? role : ROLE_UNKNOWN;
}

enum role identify_lines(struct bytes head, role_of_text_fn *of_text)
{
    enum { LINES = 64 };
    static const enum role roles[] = {ROLE_AUDIT_LOG, ROLE_FALCO_ALERTS, ROLE_RUNTIME_LOG,
                                      ROLE_CLOUD_LOG, ROLE_CONTAINER_LOG};
    size_t count[sizeof roles / sizeof *roles] = {0}, lines = 0;
    struct bytes line;
    while (lines < LINES && bytes_split(&head, '\n', &line)) {
        line = bytes_trim(line);
        if (!line.n)
            continue;
        enum role role = role_of_line(line, of_text);
        lines++;
        for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
            count[i] += role == roles[i];
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (count[i] && 2 * count[i] >= lines)
            return roles[i];
    return ROLE_UNKNOWN;
}

enum role identify_stream(struct bytes head, role_of_text_fn *of_text)
{
    struct text line = {0};
    enum role role = ROLE_UNKNOWN;
    if (loki_probe(head) && loki_first_line(head, &line)) {
        role = of_text(text_bytes(&line));
        role = is_of_log(role) ? role : ROLE_CONTAINER_LOG;
    }
    text_release(&line);
    return role;
}
