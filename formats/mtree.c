#include "formats/mtree.h"

#include "formats/base/limits.h"
#include "formats/base/text.h"

struct mtree {
    struct arena *arena;
    const struct manifest_sink *sink;
    struct text folder;   /* of the classic form: where names without '/' stand */
    size_t path_bytes;    /* of all names that were put together with it */
    struct text joined;   /* of several lines, the last one that there was */
    bool file_by_default; /* `/set type=file`, and where nothing is said */
};

bool mtree_probe(struct bytes head)
{
    return bytes_starts(head, BYTES("#mtree")) || bytes_starts(head, BYTES("/set ")) ||
           bytes_starts(head, BYTES("./ type=")) || bytes_starts(head, BYTES(". type="));
}

static bool is_octal(struct bytes b, size_t at)
{
    for (size_t i = 0; i < 3; i++) {
        if (at + i >= b.n || b.p[at + i] < '0' || b.p[at + i] > '7')
            return false;
    }
    return true;
}

/* strvis(3)'s letters, in VIS_CSTYLE. */
static int c_style(uint8_t letter)
{
    static const char letters[] = "nrtabvfs0", values[] = "\n\r\t\a\b\v\f ";
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? values[at - letters] : -1;
}

static struct bytes unescape(struct bytes name, struct arena *arena)
{
    uint8_t *to = arena_alloc(arena, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] != '\\' || i + 1 == name.n) {
            to[n++] = name.p[i];
        } else if (is_octal(name, i + 1)) {
            to[n++] = (uint8_t)((name.p[i + 1] - '0') << 6 | (name.p[i + 2] - '0') << 3 |
                                (name.p[i + 3] - '0'));
            i += 3;
        } else {
            int value = c_style(name.p[++i]);
            to[n++] = value >= 0 ? (uint8_t)value : name.p[i];
        }
    }
    return bytes_of(to, n);
}

/* The keywords that name a digest: "sha256", "sha256digest", "md5digest", "rmd160" … */
static bool digest_keyword(struct bytes key, enum digest_algorithm *out)
{
    struct bytes suffix = BYTES("digest");
    if (bytes_ends(key, suffix))
        key = bytes_sub(key, 0, key.n - suffix.n);
    return digest_by_name(key, out);
}

struct entry_words {
    bool is_file, is_folder, bad;
};

static void take_word(struct mtree *m, struct bytes word, struct manifest_entry *e,
                      struct entry_words *w)
{
    size_t equals = bytes_find_byte(word, '=');
    struct bytes key = bytes_sub(word, 0, equals), value = bytes_from(word, equals + 1);
    enum digest_algorithm algorithm;
    if (bytes_is(key, "type")) {
        w->is_file = bytes_is(value, "file");
        w->is_folder = bytes_is(value, "dir");
    } else if (bytes_is(key, "size")) {
        e->has_size = bytes_to_u64(value, &e->size);
        w->bad = w->bad || !e->has_size;
    } else if (digest_keyword(key, &algorithm) && e->digest_count < MANIFEST_DIGESTS) {
        bool good =
            manifest_digest(value, algorithm, m->arena, &e->digests[e->digest_count]);
        e->digest_count += good;
        w->bad = w->bad || !good;
    }
}

static void take_defaults(struct mtree *m, struct bytes rest)
{
    struct bytes word;
    while (bytes_word(&rest, &word)) {
        if (bytes_starts(word, BYTES("type=")))
            m->file_by_default = bytes_is(word, "type=file");
    }
}

static void leave_folder(struct mtree *m)
{
    size_t slash = bytes_rfind_byte(text_bytes(&m->folder), '/');
    m->folder.n = slash < m->folder.n ? slash : 0;
}

static void enter_folder(struct mtree *m, struct bytes name)
{
    if (bytes_is(name, "."))
        return;
    if (m->folder.n)
        text_byte(&m->folder, '/');
    text_add(&m->folder, name);
}

/* False when the names, put together, are more than a manifest could hold that writes
 * each of them out: a short line in a deep folder is a long path. */
static bool full_path(struct mtree *m, struct bytes name, struct bytes *path)
{
    *path = name;
    if (bytes_find_byte(name, '/') < name.n || m->folder.n == 0)
        return true;
    size_t n = m->folder.n + 1 + name.n;
    if (n > LIMIT_MANIFEST - m->path_bytes)
        return false;
    m->path_bytes += n;
    uint8_t *to = arena_alloc(m->arena, n);
    memcpy(to, m->folder.p, m->folder.n);
    to[m->folder.n] = '/';
    memcpy(to + m->folder.n + 1, name.p, name.n);
    *path = bytes_of(to, n);
    return true;
}

static void hand_out(struct mtree *m, struct bytes name, struct manifest_entry *e)
{
    if (full_path(m, name, &e->path))
        m->sink->entry(m->sink->context, e);
    else
        faults_add(m->sink->faults,
                   (struct fault){FAULT_LIMIT, e->offset, LIMIT_MANIFEST, e->line});
}

static void take_entry(struct mtree *m, struct bytes line, struct manifest_entry *e)
{
    struct bytes rest = line, name, word;
    struct entry_words w = {.is_file = m->file_by_default};
    if (!bytes_word(&rest, &name))
        return;
    bool classic = bytes_find_byte(name, '/') == name.n;
    name = unescape(name, m->arena);
    if (bytes_is(name, "..")) {
        leave_folder(m);
        return;
    }
    while (bytes_word(&rest, &word))
        take_word(m, word, e, &w);
    if (w.is_folder && classic)
        enter_folder(m, name);
    if (w.bad)
        faults_add(m->sink->faults, (struct fault){FAULT_VALUE, e->offset, 0, e->line});
    else if (w.is_file && !w.is_folder)
        hand_out(m, name, e);
}

/* Joins lines that end in a backslash. Valid until the next call. */
static struct bytes logical_line(struct mtree *m, struct manifest_lines *lines)
{
    static const struct bytes continued = {(const uint8_t *)"\\", 1};
    if (!bytes_ends(lines->text, continued))
        return lines->text;
    text_clear(&m->joined);
    do {
        text_add(&m->joined, bytes_sub(lines->text, 0, lines->text.n - 1));
        if (!manifest_line(lines))
            return text_bytes(&m->joined);
    } while (bytes_ends(lines->text, continued));
    text_add(&m->joined, lines->text);
    return text_bytes(&m->joined);
}

void mtree_read(struct bytes content, struct arena *arena,
                const struct manifest_sink *sink)
{
    struct mtree m = {.arena = arena, .sink = sink, .file_by_default = true};
    struct manifest_lines lines = {.rest = content, .enough = sink->enough};
    while (manifest_line(&lines)) {
        struct manifest_entry e = {.line = lines.number, .offset = lines.offset};
        struct bytes line = bytes_trim(logical_line(&m, &lines));
        e.length = lines.next - e.offset;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (bytes_starts(line, BYTES("/set")))
            take_defaults(&m, bytes_from(line, 4));
        else if (bytes_starts(line, BYTES("/unset")))
            m.file_by_default = true;
        else if (bytes_find_byte(line, '\0') < line.n)
            faults_add(sink->faults, (struct fault){FAULT_SYNTAX, e.offset, 0, e.line});
        else
            take_entry(&m, line, &e);
    }
    text_release(&m.folder);
    text_release(&m.joined);
}
