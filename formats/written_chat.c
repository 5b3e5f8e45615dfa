#include "formats/written_chat.h"

#include "formats/base/memory.h"
#include "formats/base/text.h"
#include "formats/document.h"
#include "formats/json.h"

/* Of one message: what is longer is a paste, and no account of what was done. */
#define CHAT_LINES 200
/* Nor does what stands between "<" and ">" come to more: a link, the attributes of HTML.
 */
#define CHAT_TAG 2048

static bool has(struct bytes head, const char *name)
{
    struct bytes found = bytes_from(head, bytes_find(head, bytes_str(name)));
    return found.n > 0;
}

/* The members by which each of them is known; NULL ends a row. */
static const char *const kinds[][5] = {
    {"\"ts\"", "\"text\"", "\"user_profile\"", NULL}, /* Slack */
    {"\"ts\"", "\"text\"", "\"type\": \"message\"",
     NULL}, /* the same, without profiles */
    {"\"ts\"", "\"text\"", "\"type\":\"message\"", NULL},
    {"\"date_unixtime\"", "\"text\"", NULL},                              /* Telegram */
    {"\"messages\"", "\"timestamp\"", "\"content\"", "\"author\"", NULL}, /* Discord */
    {"\"createdDateTime\"", "\"body\"", "\"contentType\"", NULL},         /* Teams */
    {"\"create_at\"", "\"message\"", "\"user", NULL},                     /* Mattermost */
};

bool chat_probe(struct bytes head)
{
    if (!json_looks_like(head))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t found = 0;
        while (kinds[i][found] && has(head, kinds[i][found]))
            found++;
        if (!kinds[i][found])
            return true;
    }
    return false;
}

/* -- one message -----------------------------------------------------------------------
 */

static bool message_time(const json_t *m, instant *out)
{
    static const char *const counted[] = {"ts", "date_unixtime"};
    static const char *const written[] = {"createdDateTime", "timestamp"};
    enum precision ignored;
    int64_t milliseconds;
    for (size_t i = 0; i < 2; i++)
        if (instant_parse_epoch(tree_string(m, counted[i]), out, &ignored))
            return true;
    for (size_t i = 0; i < 2; i++)
        if (instant_parse(tree_string(m, written[i]), out, &ignored))
            return true;
    return tree_integer(m, "create_at", &milliseconds) &&
           instant_from_epoch(milliseconds, PRECISION_MILLISECOND, out);
}

/* Slack's "U02AB3CD" is no name. */
static bool is_number_of_user(struct bytes name)
{
    bool number = name.n >= 8 && memchr("UWB", name.p[0], 3);
    for (size_t i = 1; i < name.n; i++)
        number &= is_digit(name.p[i]) || (name.p[i] >= 'A' && name.p[i] <= 'Z');
    return number;
}

static struct bytes message_author(const json_t *m)
{
    static const char *const members[] = {"user_profile/real_name",
                                          "user_profile/display_name",
                                          "user_profile/name",
                                          "from/user/displayName",
                                          "author/nickname",
                                          "author/name",
                                          "username",
                                          "from",
                                          "user"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct bytes name = bytes_trim(tree_string(m, members[i]));
        if (name.n && !is_number_of_user(name))
            return name;
    }
    return BYTES_NONE;
}

/* Telegram has parts: texts, and objects with a text and what it is. */
static void add_parts(const json_t *parts, struct text *out)
{
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        text_add(out, tree_string(part, json_is_string(part) ? "" : "text"));
    }
}

static void message_text(const json_t *m, struct text *out)
{
    static const char *const members[] = {"text", "content", "body/content", "message"};
    for (size_t i = 0; i < sizeof members / sizeof *members && !out->n; i++) {
        text_add(out, tree_string(m, members[i]));
        add_parts(tree_get(m, members[i]), out);
    }
}

/* "<@U1|bo>", "<https://x|the page>", "<https://x>"; what else stands so is HTML. */
static void add_tag(struct bytes inside, struct text *out)
{
    size_t bar = bytes_find_byte(inside, '|');
    bool own = inside.n && (inside.p[0] == '@' || bytes_starts(inside, BYTES("http")));
    if (bar < inside.n)
        text_add(out, bytes_from(inside, bar + 1));
    else if (own)
        text_add(out, inside);
    else if (bytes_starts(inside, BYTES("br")) || bytes_starts(inside, BYTES("/p")) ||
             bytes_starts(inside, BYTES("/div")) || bytes_starts(inside, BYTES("/li")))
        text_byte(out, '\n');
}

static size_t add_entity(struct bytes rest, struct text *out)
{
    static const struct {
        const char *name, *means;
    } entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&nbsp;", " "}};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (bytes_starts(rest, bytes_str(entities[i].name))) {
            text_str(out, entities[i].means);
            return strlen(entities[i].name);
        }
    text_byte(out, '&');
    return 1;
}

static void plain(struct bytes written, struct text *out)
{
    for (size_t i = 0; i < written.n;) {
        struct bytes rest = bytes_from(written, i);
        struct bytes tag = bytes_sub(rest, 0, rest.p[0] == '<' ? CHAT_TAG : 0);
        size_t end = bytes_find_byte(tag, '>');
        if (end < tag.n) {
            add_tag(bytes_sub(rest, 1, end - 1), out);
            i += end + 1;
        } else if (rest.p[0] == '&') {
            i += add_entity(rest, out);
        } else {
            text_byte(out, (char)rest.p[0]);
            i++;
        }
    }
}

/* -- all of them -----------------------------------------------------------------------
 */

struct reading {
    struct bytes text;
    const struct document *document;
    struct timeline *out;
};

static void add_line(const struct reading *r, const struct timeline_statement *like,
                     struct bytes author, struct bytes line)
{
    struct timeline *out = r->out;
    struct timeline_statement s = *like;
    struct text said = {0};
    text_add(&said, author);
    text_str(&said, author.n ? " | " : "");
    text_add(&said, line);
    s.text = arena_copy(&out->arena, text_bytes(&said));
    text_release(&said);
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = s;
}

static void read_message(const struct reading *r, const json_t *m)
{
    struct timeline_statement s = {.precision = PRECISION_SECOND, .said = true};
    struct text written = {0}, told = {0};
    struct bytes subtype = tree_string(m, "subtype"), rest, line;
    bool own = !bytes_starts(subtype, BYTES("channel_")) &&
               !bytes_starts(subtype, BYTES("group_"));
    if (!own || !message_time(m, &s.time) ||
        !document_span(r->document, m, &s.offset, &s.length))
        return;
    s.end = s.time;
    s.place = bytes_sub(r->text, s.offset, s.length);
    message_text(m, &written);
    plain(text_bytes(&written), &told);
    rest = text_bytes(&told);
    for (size_t n = 0; n < CHAT_LINES && bytes_split(&rest, '\n', &line); n++)
        if (bytes_trim(line).n)
            add_line(r, &s, message_author(m), bytes_trim(line));
    text_release(&written);
    text_release(&told);
}

static void read_messages(const struct reading *r, const json_t *root)
{
    static const char *const lists[] = {"messages", "value", "posts"};
    const json_t *all = root;
    for (size_t i = 0; i < 3 && !json_is_array(all); i++)
        if (json_is_array(tree_get(root, lists[i])))
            all = tree_get(root, lists[i]);
    if (!json_is_array(all)) /* a message on each line */
        read_message(r, json_is_object(tree_get(root, "post")) ? tree_get(root, "post")
                                                               : root);
    for (size_t i = 0; i < json_array_size(all); i++)
        read_message(r, json_array_get(all, i));
}

void chat_read(struct bytes text, struct timeline *out)
{
    struct documents all = {0};
    json_read(text, &all);
    for (size_t i = 0; i < all.n; i++)
        read_messages(&(struct reading){text, &all.v[i], out}, all.v[i].root);
    for (size_t i = 0; i < all.faults.n; i++)
        faults_add(&out->faults, all.faults.v[i]);
    documents_release(&all);
}
