/* Findings about log-in: configuration into which a package that was installed enters its
 * own module, as pam-auth-update(8) and the scripts of libnss-* do.
 *
 * pam.conf(5): "type control module arguments". nsswitch.conf(5): "database: services",
 * each of which is the library libnss_SERVICE.so.2.
 */
#include "analyze/layer/findings_private.h"

/* Every line is held against every other; such files have some tens. */
#define LARGEST_CONFIGURATION (16 * 1024)

struct configuration {
    struct work *work;
    struct bytes before, after;
    struct text modules; /* those that packages brought, for the finding */
};

static void note_module(struct configuration *c, struct bytes module)
{
    text_str(&c->modules, c->modules.n ? ", " : "");
    text_add(&c->modules, module);
}

/* Is there a library of this end of a path that an installed package explains? */
static bool is_brought(const struct configuration *c, struct bytes end)
{
    const struct comparison *of = c->work->c;
    struct text path = {0};
    bool is = false;
    for (size_t i = 0; i < of->diff.n && !is; i++) {
        const struct change *x = &of->diff.v[i];
        if (x->type == CHANGE_DELETED || !study_is_explained(of->study, x))
            continue;
        text_clear(&path);
        tree_path(&of->tree, x->node, &path);
        is = bytes_ends(text_bytes(&path), end);
    }
    text_release(&path);
    return is;
}

static bool is_library_brought(const struct configuration *c, const char *before,
                               struct bytes name, const char *after)
{
    struct text end = {0};
    text_str(&end, before);
    text_add(&end, name);
    text_str(&end, after);
    bool is = is_brought(c, text_bytes(&end));
    text_release(&end);
    return is;
}

/* The next line that says something, trimmed. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
    while (bytes_split(rest, '\n', line)) {
        *line = bytes_trim(*line);
        if (line->n && line->p[0] != '#')
            return true;
    }
    return false;
}

static bool has_line(struct bytes text, struct bytes line)
{
    struct bytes other;
    while (next_line(&text, &other)) {
        if (bytes_eq(other, line))
            return true;
    }
    return false;
}

/* -- PAM ----------------------------------------------------------------------------- */

/* "pam_unix.so" of a line, wherever it lies; *head is what stands before it. */
static struct bytes module_of(struct bytes line, struct bytes *head)
{
    struct bytes rest = line, word;
    *head = BYTES_NONE;
    while (bytes_word(&rest, &word)) {
        size_t slash = bytes_rfind_byte(word, '/');
        struct bytes name = slash < word.n ? bytes_from(word, slash + 1) : word;
        if (!bytes_starts(name, BYTES("pam_")) || !bytes_ends(name, BYTES(".so")))
            continue;
        *head = bytes_sub(line, 0, (size_t)(word.p - line.p));
        return name;
    }
    return BYTES_NONE;
}

/* The next byte that counts: how many lines success jumps over is another number when a
 * line comes in between, and blanks say nothing. */
static bool next_of_head(struct bytes *rest, uint8_t *out)
{
    while (rest->n) {
        *out = rest->p[0];
        *rest = bytes_from(*rest, 1);
        if (!is_blank(*out) && !is_digit(*out))
            return true;
    }
    return false;
}

static bool same_head(struct bytes a, struct bytes b)
{
    uint8_t x = 0, y = 0;
    for (;;) {
        bool more = next_of_head(&a, &x), also = next_of_head(&b, &y);
        if (!more || !also)
            return more == also;
        if (x != y)
            return false;
    }
}

/* Does `text` have a line with this module, and, with `head`, the same type and control?
 */
static bool names_module(struct bytes text, struct bytes module, const struct bytes *head)
{
    struct bytes line, its;
    while (next_line(&text, &line)) {
        if (bytes_eq(module_of(line, &its), module) && (!head || same_head(its, *head)))
            return true;
    }
    return false;
}

/* A new line is of a module that a package brought, or of one that was there and decides
 * as much as before: "sufficient" where "required" stood is nobody's installation. */
static bool pam_is_explained(struct configuration *c)
{
    struct bytes rest = c->after, line, head, module;
    while (next_line(&rest, &line)) {
        if (has_line(c->before, line))
            continue;
        module = module_of(line, &head);
        if (names_module(c->before, module, NULL)) {
            if (!module.n || !names_module(c->before, module, &head))
                return false;
        } else if (module.n && is_library_brought(c, "/security/", module, "")) {
            note_module(c, module);
        } else {
            return false;
        }
    }
    for (rest = c->before; next_line(&rest, &line);) {
        module = module_of(line, &head);
        if (!has_line(c->after, line) && !names_module(c->after, module, &head))
            return false;
    }
    return true;
}

/* -- NSS ----------------------------------------------------------------------------- */

static bool next_word_of(struct bytes *line, struct bytes *word)
{
    return bytes_word(line, word) && word->p[0] != '#';
}

/* The line of a database, "hosts:". */
static struct bytes services_of(struct bytes text, struct bytes database)
{
    struct bytes line;
    while (next_line(&text, &line)) {
        if (bytes_starts(line, database))
            return bytes_from(line, database.n);
    }
    return BYTES_NONE;
}

static bool has_word(struct bytes line, struct bytes word)
{
    struct bytes other;
    while (next_word_of(&line, &other)) {
        if (bytes_eq(other, word))
            return true;
    }
    return false;
}

static bool services_are_explained(struct configuration *c, struct bytes then,
                                   struct bytes now)
{
    struct bytes rest, word;
    for (rest = now; next_word_of(&rest, &word);) {
        if (has_word(then, word) || word.p[0] == '[')
            continue;
        if (!is_library_brought(c, "/libnss_", word, ".so.2"))
            return false;
        note_module(c, word);
    }
    for (rest = then; next_word_of(&rest, &word);) {
        if (!has_word(now, word))
            return false;
    }
    return true;
}

static bool nss_is_explained(struct configuration *c)
{
    struct bytes rest = c->after, line;
    while (next_line(&rest, &line)) {
        size_t colon = bytes_find_byte(line, ':');
        struct bytes database = bytes_sub(line, 0, colon + 1);
        if (colon == line.n ||
            !services_are_explained(c, services_of(c->before, database),
                                    bytes_from(line, colon + 1)))
            return false;
    }
    for (rest = c->before; next_line(&rest, &line);) {
        struct bytes database = bytes_sub(line, 0, bytes_find_byte(line, ':') + 1);
        if (services_of(c->after, database).p == NULL)
            return false;
    }
    return true;
}

/* -- one file ------------------------------------------------------------------------ */

static bool is_read(const struct content *c)
{
    return c && c->whole && c->text.n && c->text.n <= LARGEST_CONFIGURATION;
}

bool authentication_is_told(struct work *w, const struct view *v)
{
    bool nss = bytes_is(v->path, "/etc/nsswitch.conf");
    if ((!nss && !path_begins(v->path, "/etc/pam.d/")) || !w->c->study ||
        v->x->type != CHANGE_MODIFIED || !is_read(v->was) || !is_read(v->is))
        return false;
    struct configuration c = {.work = w, .before = v->was->text, .after = v->is->text};
    bool told = nss ? nss_is_explained(&c) : pam_is_explained(&c);
    if (told && c.modules.n)
        view_add(w, LAYER_AUTHENTICATION_PACKAGE, v,
                 argument_of("modules", text_bytes(&c.modules)));
    told &= c.modules.n > 0;
    text_release(&c.modules);
    return told;
}
