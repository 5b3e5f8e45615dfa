/* allowed_signers files: ssh-keygen(1), "ALLOWED SIGNERS". */
#include "formats/sshsig.h"
#include "verify/key_file.h"

/* A field of options or principals: up to a blank that is outside of quotes. */
static struct bytes take_field(struct bytes *rest)
{
    bool quoted = false;
    size_t n = 0;
    while (n < rest->n && (quoted || (rest->p[n] != ' ' && rest->p[n] != '\t'))) {
        if (rest->p[n] == '"')
            quoted = !quoted;
        n++;
    }
    struct bytes field = bytes_sub(*rest, 0, n);
    *rest = bytes_trim(bytes_from(*rest, n));
    return field;
}

/* The next option of a comma-separated list; commas in quotes do not separate. */
static struct bytes take_option(struct bytes *rest)
{
    bool quoted = false;
    size_t n = 0;
    while (n < rest->n && (quoted || rest->p[n] != ',')) {
        if (rest->p[n] == '"')
            quoted = !quoted;
        n++;
    }
    struct bytes option = bytes_sub(*rest, 0, n);
    *rest = bytes_from(*rest, n + 1);
    return option;
}

static bool option_value(struct bytes option, struct bytes name, struct bytes *value)
{
    if (option.n < name.n || !bytes_eq_nocase(bytes_sub(option, 0, name.n), name))
        return false;
    struct bytes rest = bytes_from(option, name.n);
    if (rest.n < 2 || rest.p[0] != '"' || rest.p[rest.n - 1] != '"')
        return false;
    *value = bytes_sub(rest, 1, rest.n - 2);
    return true;
}

/* YYYYMMDD[HHMM[SS]][Z]. Without Z ssh-keygen takes local time; a verdict must not depend
 * on the examiner's zone, so it is read as UTC. */
static bool read_time(struct bytes text, instant *out)
{
    if (text.n && text.p[text.n - 1] == 'Z')
        text.n--;
    if (text.n != 8 && text.n != 12 && text.n != 14)
        return false;
    char iso[] = "0000-00-00T00:00:00Z";
    static const uint8_t places[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
    for (size_t i = 0; i < text.n; i++)
        iso[places[i]] = (char)text.p[i];
    return instant_parse(bytes_str(iso), out, NULL);
}

static const char *read_options(struct bytes options, struct allowed_signer *s)
{
    while (options.n) {
        struct bytes option = take_option(&options), value;
        if (bytes_eq_nocase(option, BYTES("cert-authority")))
            s->authority = true;
        else if (option_value(option, BYTES("namespaces="), &value))
            s->namespaces = value;
        else if (option_value(option, BYTES("valid-after="), &value)) {
            if (!read_time(value, &s->valid_after))
                return "valid-after is not YYYYMMDD[HHMM[SS]][Z]";
        } else if (option_value(option, BYTES("valid-before="), &value)) {
            if (!read_time(value, &s->valid_before))
                return "valid-before is not YYYYMMDD[HHMM[SS]][Z]";
        } else {
            return "an option that ssh-keygen(1) does not know";
        }
    }
    return NULL;
}

static bool is_key_type(struct bytes field)
{
    return bytes_starts(field, BYTES("ssh-")) || bytes_starts(field, BYTES("ecdsa-")) ||
           bytes_starts(field, BYTES("sk-"));
}

static const char *read_line(struct trust *t, struct bytes line)
{
    struct allowed_signer *s = arena_new(&t->arena, struct allowed_signer);
    struct bytes rest = line, comment;
    struct ssh_key key;
    s->valid_after = s->valid_before = INSTANT_NONE;
    s->principals = take_field(&rest);
    if (s->principals.n >= 2 && s->principals.p[0] == '"')
        s->principals = bytes_sub(s->principals, 1, s->principals.n - 2);
    struct bytes before = rest, field = take_field(&rest);
    if (is_key_type(field)) {
        rest = before;
    } else {
        const char *reason = read_options(field, s);
        if (reason)
            return reason;
    }
    if (!ssh_key_line(rest, &t->arena, &s->blob, &comment))
        return "expected: principals [options] key-type base64-key";
    if (ssh_key_read(s->blob, &key) && key.ed25519.n && ed25519_key_weak(key.ed25519.p))
        return "the Ed25519 key is of small order: any message would verify";
    struct allowed_signer **end = &t->signers;
    while (*end)
        end = &(*end)->next;
    *end = s;
    return NULL;
}

const char *allowed_signers_read(struct trust *t, struct bytes all, uint64_t *line_number)
{
    struct bytes rest = all, line;
    while (bytes_split(&rest, '\n', &line)) {
        ++*line_number;
        line = bytes_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        const char *reason = read_line(t, line);
        if (reason)
            return reason;
    }
    return t->signers ? NULL : "no signer in it";
}
