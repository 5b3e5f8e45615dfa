/* Credentials in the query of a URI, where no search by form can see them: an exec's
 * words are "command=curl&command=-u&command=admin%3Asecret", and an encoded "://" is no
 * "://".
 */
#include "formats/base/mask.h"
#include "formats/base/wide_text.h"

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

/* The first credential at or after `from` in one run of UTF-16; its length is in bytes of
 * the run. */
static bool find_in_run(struct bytes b, struct wide_run run, size_t from,
                        struct credential *out)
{
    struct text letters = {0};
    wide_narrow(b, run, &letters);
    size_t at = from > run.at ? (from - run.at + 1) / 2 : 0;
    bool found = credential_find(text_bytes(&letters), at, out);
    text_release(&letters);
    if (!found || out->length == 0)
        return false;
    out->offset = run.at + 2 * out->offset;
    out->length = 2 * out->length - 1;
    return true;
}

/* What names a value may stand so far before it. */
#define WIDE_BEFORE 1024

/* Memory and files of Java, .NET and Windows hold text in UTF-16. */
static bool find_wide(struct bytes b, size_t from, struct credential *out)
{
    size_t start = from > WIDE_BEFORE ? from - WIDE_BEFORE : 0;
    struct bytes rest = bytes_from(b, start);
    struct wide_walk wide = wide_walk(rest);
    struct wide_run run;
    while (wide_next(&wide, &run)) {
        if (!find_in_run(rest, run, from - start, out))
            continue;
        out->offset += start;
        return true;
    }
    return false;
}

bool credential_next(struct bytes b, size_t from, struct credential *out)
{
    struct credential query, wide;
    bool found = credential_find(b, from, out);
    if (find_query(b, from, &query) && (!found || query.offset <= out->offset)) {
        *out = query;
        found = true;
    }
    /* Only what stands before the others counts, so all calls together are linear. */
    if (find_wide(bytes_sub(b, 0, found ? out->offset : b.n), from, &wide)) {
        *out = wide;
        found = true;
    }
    return found;
}
