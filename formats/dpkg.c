#include "formats/dpkg.h"

/* -- stanzas ------------------------------------------------------------------------- */

struct reading {
    struct bytes all;
    const struct package_sink *sink;
};

static void fault(const struct reading *r, enum fault_code code, struct bytes at)
{
    faults_add(r->sink->faults,
               (struct fault){code, (uint64_t)(at.p - r->all.p), 0, at.n});
}

static bool goes_on(struct bytes line)
{
    return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* The stanza's lines: up to an empty one. */
static struct bytes next_stanza(struct bytes *rest)
{
    struct bytes line, begin = *rest;
    while (bytes_line(rest, &line) && bytes_trim(line).n == 0)
        begin = *rest;
    struct bytes end = *rest;
    while (bytes_line(rest, &line) && bytes_trim(line).n)
        end = *rest;
    return bytes_sub(begin, 0, begin.n - end.n);
}

static void take_field(struct package_record *p, struct bytes name, struct bytes value)
{
    if (bytes_eq_nocase(name, BYTES("Package")))
        p->name = value;
    else if (bytes_eq_nocase(name, BYTES("Version")))
        p->version = value;
    else if (bytes_eq_nocase(name, BYTES("Architecture")))
        p->architecture = value;
    else if (bytes_eq_nocase(name, BYTES("Status")))
        p->removed = !bytes_ends(value, BYTES(" installed"));
}

/* " /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d obsolete" */
static void take_conffile(const struct reading *r, struct bytes line)
{
    struct package_file f = {.config = true};
    struct bytes rest = bytes_trim(line), digest = BYTES_NONE;
    size_t space = bytes_rfind_byte(rest, ' ');
    struct bytes last = bytes_from(rest, space + 1);
    while (space < rest.n &&
           (bytes_is(last, "obsolete") || bytes_is(last, "remove-on-upgrade"))) {
        rest = bytes_trim(bytes_sub(rest, 0, space));
        space = bytes_rfind_byte(rest, ' ');
        last = bytes_from(rest, space + 1);
    }
    if (space < rest.n) {
        digest = last;
        rest = bytes_trim(bytes_sub(rest, 0, space));
    }
    f.path = rest;
    f.digest.algorithm = DIGEST_MD5;
    f.has_digest = bytes_from_hex(digest, f.digest.octets, 16);
    if (!f.has_digest && !bytes_is(digest, "newconffile"))
        fault(r, FAULT_SYNTAX, line);
    if (rest.n)
        r->sink->file(r->sink->context, &f);
}

static void read_stanza(const struct reading *r, struct bytes stanza)
{
    struct package_record p = {0};
    struct bytes line, rest = stanza, conffiles = BYTES_NONE;
    while (bytes_line(&rest, &line)) {
        size_t colon = bytes_find_byte(line, ':');
        if (goes_on(line))
            continue;
        if (colon == line.n) {
            fault(r, FAULT_SYNTAX, line);
            continue;
        }
        struct bytes name = bytes_sub(line, 0, colon);
        take_field(&p, name, bytes_trim(bytes_from(line, colon + 1)));
        if (bytes_eq_nocase(name, BYTES("Conffiles")))
            conffiles = rest;
    }
    if (p.name.n == 0) {
        fault(r, FAULT_MISSING_FIELD, stanza);
        return;
    }
    r->sink->package(r->sink->context, &p);
    while (bytes_line(&conffiles, &line) && goes_on(line))
        take_conffile(r, line);
}

void dpkg_status_read(struct bytes text, const struct package_sink *sink)
{
    const struct reading r = {text, sink};
    while (text.n) {
        struct bytes stanza = next_stanza(&text);
        if (stanza.n)
            read_stanza(&r, stanza);
    }
}

/* -- lists --------------------------------------------------------------------------- */

void dpkg_md5sums_read(struct bytes text, const struct package_sink *sink)
{
    const struct reading r = {text, sink};
    struct bytes line;
    while (bytes_line(&text, &line)) {
        struct package_file f = {.has_digest = true, .digest = {.algorithm = DIGEST_MD5}};
        if (line.n == 0)
            continue;
        f.path = bytes_from(line, 34);
        if (f.path.n == 0 || line.p[32] != ' ' || line.p[33] != ' ' ||
            !bytes_from_hex(bytes_sub(line, 0, 32), f.digest.octets, 16))
            fault(&r, FAULT_SYNTAX, line);
        else
            sink->file(sink->context, &f);
    }
}

void dpkg_list_read(struct bytes text, const struct package_sink *sink)
{
    const struct reading r = {text, sink};
    struct bytes line;
    while (bytes_line(&text, &line)) {
        const struct package_file f = {.path = line};
        if (line.n && line.p[0] != '/')
            fault(&r, FAULT_SYNTAX, line);
        else if (line.n)
            sink->file(sink->context, &f);
    }
}

void dpkg_diversions_read(struct bytes text, void *context,
                          void (*each)(void *context, const struct dpkg_diversion *d))
{
    struct dpkg_diversion d;
    while (bytes_line(&text, &d.from) && bytes_line(&text, &d.to) &&
           bytes_line(&text, &d.by))
        each(context, &d);
}

bool dpkg_info_name(struct bytes file, const char *suffix, struct bytes *name,
                    struct bytes *architecture)
{
    struct bytes end = bytes_str(suffix);
    if (!bytes_ends(file, end) || file.n == end.n)
        return false;
    struct bytes whole = bytes_sub(file, 0, file.n - end.n);
    size_t colon = bytes_find_byte(whole, ':');
    *name = bytes_sub(whole, 0, colon);
    *architecture = bytes_from(whole, colon + 1);
    return true;
}
