/* Findings by names: hidden ones, and those that imitate others. */
#include "analyze/layer/findings_private.h"

#include <stdlib.h>

#include "formats/base/intern.h"
#include "formats/base/memory.h"

/* -- what the eye does not see ------------------------------------------------------- */

static bool is_space(uint32_t code)
{
    return code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
           code == 0x202f || code == 0x205f || code == 0x3000;
}

static bool is_deceptive(struct bytes name)
{
    uint32_t code;
    struct bytes rest = name;
    if (name.n && (is_blank(name.p[name.n - 1]) || is_blank(name.p[0])))
        return true;
    while (utf8_next(&rest, &code)) {
        if (code != UTF8_INVALID && (code_is_deceptive(code) || is_space(code)))
            return true;
    }
    return false;
}

/* ".", "..", "...", ". ." look like the folder itself in a listing. */
static bool is_only_dots(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] != '.' && name.p[i] != ' ')
            return false;
    }
    return name.n > 0;
}

/* -- letters that look like others --------------------------------------------------- */

struct twin {
    uint32_t code;
    char looks;
};

/* Of Cyrillic, Greek, Armenian and others, what no font tells from ASCII (Unicode
 * Technical Standard 39, confusables.txt). */
static const struct twin twins[] = {
    {0x0430, 'a'}, {0x0435, 'e'}, {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'},
    {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'},
    {0x04bb, 'h'}, {0x0501, 'd'}, {0x051b, 'q'}, {0x051d, 'w'}, {0x0410, 'A'},
    {0x0412, 'B'}, {0x0415, 'E'}, {0x041a, 'K'}, {0x041c, 'M'}, {0x041d, 'H'},
    {0x041e, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'}, {0x0425, 'X'},
    {0x03bf, 'o'}, {0x03b1, 'a'}, {0x03bd, 'v'}, {0x03c1, 'p'}, {0x03b9, 'i'},
    {0x03ba, 'k'}, {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'}, {0x0396, 'Z'},
    {0x0397, 'H'}, {0x0399, 'I'}, {0x039a, 'K'}, {0x039c, 'M'}, {0x039d, 'N'},
    {0x039f, 'O'}, {0x03a1, 'P'}, {0x03a4, 'T'}, {0x03a5, 'Y'}, {0x03a7, 'X'},
    {0x0585, 'o'}, {0x0578, 'n'}, {0x057d, 'u'}, {0x0261, 'g'}, {0x0131, 'i'},
    {0x01c0, 'l'}, {0x2010, '-'}, {0x2011, '-'}, {0x2012, '-'}, {0x2013, '-'},
    {0x2212, '-'}, {0x2024, '.'}, {0x2044, '/'}, {0x2215, '/'},
};

static char looks_like(uint32_t code)
{
    if (code >= 0xff01 && code <= 0xff5e) /* the wide forms of ASCII */
        return (char)(code - 0xff01 + '!');
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        if (twins[i].code == code)
            return twins[i].looks;
    }
    return code < 0x80 ? (char)code : '\0';
}

/* Digits and capitals that are taken for letters in a terminal. */
static char folded(char c)
{
    return c == '0' ? 'o' : c == '1' || c == 'I' || c == '|' ? 'l' : c;
}

/* How the name looks. `foreign`: it has a letter from another alphabet that looks like
 * ASCII. False when something in it looks like nothing in ASCII. */
static bool skeleton(struct bytes name, bool fold, struct text *out, bool *foreign)
{
    uint32_t code;
    *foreign = false;
    while (utf8_next(&name, &code)) {
        char c = code == UTF8_INVALID ? '\0' : looks_like(code);
        if (c == '\0')
            return false;
        *foreign |= code >= 0x80;
        text_byte(out, fold ? folded(c) : c);
    }
    return true;
}

static void key_of_look(uint32_t folder, struct bytes looks, struct text *out)
{
    text_printf(out, "%u/", folder);
    text_add(out, looks);
}

static void gather_looks(struct work *w)
{
    const struct tree *t = &w->c->tree;
    w->looks = intern_new();
    for (uint32_t i = 1; i < t->n; i++) {
        struct text looks = {0}, key = {0};
        bool foreign;
        if (tree_before(t, i).present &&
            skeleton(node_name(tree_node(t, i)), true, &looks, &foreign)) {
            key_of_look(tree_node(t, i)->parent, text_bytes(&looks), &key);
            uint32_t known = intern_count(w->looks);
            uint32_t number = intern_put(w->looks, text_bytes(&key));
            w->look_nodes = memory_grow(w->look_nodes, &w->look_capacity, number + 1,
                                        sizeof *w->look_nodes);
            if (number == known)
                w->look_nodes[number] = i;
        }
        text_release(&looks);
        text_release(&key);
    }
}

void names_end(struct work *w)
{
    if (w->looks)
        intern_free(w->looks);
    free(w->look_nodes);
    w->looks = NULL;
    w->look_nodes = NULL;
}

/* A name of the base in the folder that looks the same. */
static uint32_t double_of(struct work *w, const struct view *v, struct bytes looks)
{
    struct text key = {0};
    uint32_t number;
    if (!w->looks)
        gather_looks(w);
    key_of_look(v->node->parent, looks, &key);
    bool found = intern_find(w->looks, text_bytes(&key), &number);
    text_release(&key);
    return found ? w->look_nodes[number] : TREE_NONE;
}

static bool has_look_alikes(struct bytes name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] >= 0x80 || folded((char)name.p[i]) != (char)name.p[i])
            return true;
    }
    return false;
}

/* A program beside the one that it looks like; or letters of two alphabets in a word. */
static bool imitates(struct work *w, const struct view *v, struct text *whom)
{
    struct text looks = {0}, plain = {0};
    bool foreign = false, unused;
    bool readable = has_look_alikes(node_name(v->node)) &&
                    skeleton(node_name(v->node), true, &looks, &foreign) &&
                    skeleton(node_name(v->node), false, &plain, &unused);
    bool found = false;
    if (readable && (foreign || state_is_executable(&v->after))) {
        uint32_t other = double_of(w, v, text_bytes(&looks));
        found = other != TREE_NONE || foreign;
        if (other != TREE_NONE)
            tree_path(&w->c->tree, other, whom);
        else
            text_add(whom, text_bytes(&plain));
    }
    text_release(&looks);
    text_release(&plain);
    return found;
}

/* "[kworker/0:1]" */
static bool is_named_as_thread(const struct view *v)
{
    struct bytes name = node_name(v->node);
    return name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']' &&
           state_is_executable(&v->after);
}

/* -- all ----------------------------------------------------------------------------- */

static bool is_hidden(const struct view *v)
{
    struct bytes name = node_name(v->node);
    bool dot = name.n && name.p[0] == '.';
    return is_only_dots(name) ||
           (dot && path_is_temporary(v->path) && !layer_is_stub(v->path)) ||
           (dot && state_is_executable(&v->after));
}

void find_by_name(struct work *w, const struct view *v)
{
    struct text whom = {0};
    if (v->x->type != CHANGE_ADDED || v->explained || v->node->parent == TREE_NONE)
        return;
    if (is_deceptive(node_name(v->node)))
        view_add(w, LAYER_DECEPTIVE_NAME, v, NO_ARGUMENT);
    else if (imitates(w, v, &whom))
        view_add(w, LAYER_IMITATING_NAME, v,
                 argument_of("looks_like", text_bytes(&whom)));
    else if (is_named_as_thread(v))
        view_add(w, LAYER_IMITATING_NAME, v,
                 argument_of("looks_like", BYTES("a kernel thread")));
    else if (is_hidden(v))
        view_add(w, LAYER_HIDDEN_NAME, v, NO_ARGUMENT);
    text_release(&whom);
}
