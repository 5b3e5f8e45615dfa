/* Credentials in the query of a URI, where no search by form can see them: an exec's
 * words are "command=curl&command=-u&command=admin%3Asecret", and an encoded "://" is no
 * "://".
 */
#include "formats/base/mask.h"

/* What ends a URI in a log line, a JSON string or a quoted argument. */
static bool ends_uri(uint8_t c)
{
    return c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' ||
           c == '`';
}

static struct bytes query_at(struct bytes b, size_t at)
{
    size_t end = at;
    while (end < b.n && !ends_uri(b.p[end]))
        end++;
    return bytes_sub(b, at, end - at);
}

/* The words of a command after each other, as a shell would show them. */
static void as_words(struct bytes query, struct text *out)
{
    struct bytes part;
    while (bytes_split(&query, '&', &part)) {
        bool word = bytes_starts(part, BYTES("command="));
        text_byte(out, word ? ' ' : '&');
        unescape_url(out, bytes_from(part, word ? 8 : 0));
    }
}

static bool hides_credential(struct bytes query, struct credential *out)
{
    struct text words = {0};
    bool encoded =
        bytes_find_byte(query, '%') < query.n || bytes_contains(query, BYTES("command="));
    if (!encoded)
        return false;
    as_words(query, &words);
    bool found = credential_find(text_bytes(&words), 0, out);
    text_release(&words);
    return found;
}

/* The first query from `from` on that hides one: all of it is the credential. */
static bool find_query(struct bytes b, size_t from, struct credential *out)
{
    struct credential found;
    for (size_t at = from; at < b.n; at++) {
        at += bytes_find_byte(bytes_from(b, at), '?');
        struct bytes query = at < b.n ? query_at(b, at + 1) : BYTES_NONE;
        if (query.n && hides_credential(query, &found)) {
            *out = (struct credential){found.kind, at + 1, query.n};
            return true;
        }
        at += query.n;
    }
    return false;
}

bool credential_next(struct bytes b, size_t from, struct credential *out)
{
    struct credential plain, query;
    bool has_plain = credential_find(b, from, &plain);
    bool has_query = find_query(b, from, &query);
    if (has_query && (!has_plain || query.offset <= plain.offset))
        *out = query;
    else if (has_plain)
        *out = plain;
    return has_plain || has_query;
}
