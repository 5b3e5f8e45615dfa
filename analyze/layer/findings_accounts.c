/* Findings by what changed in the files of accounts: passwd(5), shadow(5), group(5),
 * sudoers(5). */
#include "analyze/layer/findings_private.h"

#include <stdlib.h>

#include "formats/base/intern.h"
#include "formats/base/memory.h"

#define FIELDS 9

/* One line of a table with ':' between its fields. */
struct row {
    struct bytes line, field[FIELDS];
    size_t n;
};

static struct row row_of(struct bytes line)
{
    struct row r = {.line = line};
    struct bytes rest = line;
    while (r.n < FIELDS && bytes_split(&rest, ':', &r.field[r.n]))
        r.n++;
    return r;
}

/* The lines of a table, found by their names. */
struct table {
    struct row *v;
    size_t n, capacity;
    struct intern *names; /* the number of a name is that of its first row */
};

static void table_read(struct bytes text, struct table *out)
{
    struct bytes line;
    *out = (struct table){.names = intern_new()};
    while (bytes_split(&text, '\n', &line)) {
        struct row r = row_of(line);
        uint32_t known = intern_count(out->names);
        if (r.n < 2 || line.p[0] == '#' || intern_put(out->names, r.field[0]) != known)
            continue;
        out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
        out->v[out->n++] = r;
    }
}

static void table_release(struct table *t)
{
    free(t->v);
    intern_free(t->names);
}

static const struct row *table_find(const struct table *t, struct bytes name)
{
    uint32_t number;
    return intern_find(t->names, name, &number) ? &t->v[number] : NULL;
}

/* Findings about one file: who adds more does not add them to use them. */
#define ROWS_TOLD 64

struct reading {
    struct work *w;
    const struct view *v;
    struct bytes was, is;
    size_t told;
};

static void tell(struct reading *r, enum layer_finding which, const struct row *row,
                 struct argument argument)
{
    struct making m;
    uint64_t offset = (uint64_t)(row->line.p - r->is.p);
    if (r->told++ >= ROWS_TOLD)
        return;
    view_begin(r->w, which, r->v, &m);
    m.f.spans[0] = view_span(r->v, offset, row->line.n);
    finding_argument(&m.f, "account", row->field[0]);
    if (argument.name)
        finding_argument(&m.f, argument.name, argument.value);
    view_finish(r->w, &m);
}

static void tell_gone(struct reading *r, const struct row *row)
{
    struct making m;
    if (r->told++ >= ROWS_TOLD)
        return;
    view_begin(r->w, LAYER_ACCOUNT, r->v, &m);
    m.f.confidence = CONFIDENCE_MEDIUM;
    finding_argument(&m.f, "removed_account", row->field[0]);
    view_finish(r->w, &m);
}

/* -- passwd -------------------------------------------------------------------------- */

static bool may_log_in(struct bytes shell)
{
    static const char *const none[] = {"/nologin", "/false", "/sync", "/halt",
                                       "/shutdown"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (bytes_ends(shell, bytes_str(none[i])))
            return false;
    }
    return true;
}

/* crypt(5): "$6$…", or thirteen characters of DES. */
static bool is_hash(struct bytes field)
{
    return (field.n > 3 && field.p[0] == '$') ||
           (field.n == 13 && bytes_find_byte(field, '*') == 13 && field.p[0] != '!');
}

static void passwd_row(struct reading *r, const struct row *now, const struct row *then,
                       bool is_new)
{
    uint64_t uid = UINT64_MAX;
    bool root = bytes_to_u64(now->field[2], &uid) && uid == 0;
    bool was_root = !is_new && bytes_is(then->field[2], "0");
    bool logs_in = may_log_in(now->field[6]);
    struct argument shell = argument_of("shell", now->field[6]);
    bool told = true;
    if (root && !was_root && !bytes_is(now->field[0], "root"))
        tell(r, LAYER_ROOT_ACCOUNT, now, shell);
    else if (now->field[1].n == 0 && (is_new || then->field[1].n))
        tell(r, LAYER_NO_PASSWORD, now, shell);
    else if (is_hash(now->field[1]) && !bytes_eq(now->field[1], then->field[1]))
        tell(r, LAYER_PASSWORD_SET, now, NO_ARGUMENT);
    else
        told = false;
    if (told)
        return;
    if (is_new && !logs_in)
        tell(r, LAYER_SYSTEM_ACCOUNT, now, shell);
    else if (is_new || (logs_in && !may_log_in(then->field[6])))
        tell(r, LAYER_ACCOUNT, now, shell);
    else if (!bytes_eq(now->field[2], then->field[2]) ||
             !bytes_eq(now->field[6], then->field[6]))
        tell(r, LAYER_ACCOUNT, now, shell);
}

/* -- shadow -------------------------------------------------------------------------- */

static void shadow_row(struct reading *r, const struct row *now, const struct row *then,
                       bool is_new)
{
    bool changed = is_new || !bytes_eq(now->field[1], then->field[1]);
    if (changed && now->n > 1 && now->field[1].n == 0)
        tell(r, LAYER_NO_PASSWORD, now, NO_ARGUMENT);
    else if (changed && is_hash(now->field[1]))
        tell(r, LAYER_PASSWORD_SET, now, NO_ARGUMENT);
    else if (is_new)
        tell(r, LAYER_SYSTEM_ACCOUNT, now, NO_ARGUMENT);
}

/* -- group --------------------------------------------------------------------------- */

/* Members of these are root, or nearly. */
static bool is_powerful(struct bytes group)
{
    static const char *const names[] = {"root", "sudo",   "wheel",  "admin",
                                        "adm",  "shadow", "docker", "disk",
                                        "lxd",  "kmem",   "staff"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bytes_is(group, names[i]))
            return true;
    }
    return false;
}

static bool is_member(struct bytes list, struct bytes who)
{
    struct bytes one;
    while (bytes_split(&list, ',', &one)) {
        if (bytes_eq(one, who))
            return true;
    }
    return false;
}

static void group_row(struct reading *r, const struct row *now, const struct row *then,
                      bool is_new)
{
    struct bytes members = now->field[3], one;
    (void)is_new;
    while (bytes_split(&members, ',', &one)) {
        if (is_powerful(now->field[0]) && one.n && !is_member(then->field[3], one))
            tell(r, LAYER_ADMIN_GROUP, now, argument_of("member", one));
    }
}

/* -- tables -------------------------------------------------------------------------- */

typedef void row_fn(struct reading *r, const struct row *now, const struct row *then,
                    bool is_new);

static void each_row(struct reading *r, row_fn *each, bool tell_removed)
{
    static const struct row nobody;
    struct table was, is;
    table_read(r->was, &was);
    table_read(r->is, &is);
    for (size_t i = 0; i < is.n; i++) {
        const struct row *then = table_find(&was, is.v[i].field[0]);
        if (!then || !bytes_eq(is.v[i].line, then->line))
            each(r, &is.v[i], then ? then : &nobody, !then);
    }
    for (size_t i = 0; tell_removed && i < was.n; i++) {
        if (!table_find(&is, was.v[i].field[0]))
            tell_gone(r, &was.v[i]);
    }
    table_release(&was);
    table_release(&is);
}

/* -- sudoers ------------------------------------------------------------------------- */

/* "svc ALL=(ALL) NOPASSWD: ALL", "Defaults !authenticate" */
static bool gives_all(struct bytes line)
{
    return bytes_contains(line, BYTES("NOPASSWD")) ||
           bytes_contains(line, BYTES("!authenticate")) ||
           (bytes_contains(line, BYTES("ALL=")) && bytes_ends(line, BYTES("ALL")));
}

static void sudoers(struct reading *r)
{
    struct intern *known = intern_new();
    struct bytes rest = r->was, line;
    uint32_t unused;
    while (bytes_split(&rest, '\n', &line))
        intern_put(known, bytes_trim(line));
    rest = r->is;
    while (bytes_split(&rest, '\n', &line)) {
        struct row row = {.line = line};
        line = bytes_trim(line);
        bool include = bytes_starts(line, BYTES("#include"));
        if (line.n == 0 || (line.p[0] == '#' && !include) ||
            intern_find(known, line, &unused))
            continue;
        row.field[0] = bytes_sub(line, 0, bytes_find_byte(line, ' '));
        tell(r, gives_all(line) ? LAYER_SUDO_ALL : LAYER_SUDO, &row,
             argument_of("rule", line));
    }
    intern_free(known);
}

/* -- all ----------------------------------------------------------------------------- */

enum account_file { TABLE_NONE, TABLE_PASSWD, TABLE_SHADOW, TABLE_GROUP, TABLE_SUDOERS };

static enum account_file table_of(struct bytes path)
{
    if (bytes_is(path, "/etc/passwd"))
        return TABLE_PASSWD;
    if (bytes_is(path, "/etc/shadow"))
        return TABLE_SHADOW;
    if (bytes_is(path, "/etc/group") || bytes_is(path, "/etc/gshadow"))
        return TABLE_GROUP; /* members are the fourth field of both */
    return bytes_is(path, "/etc/sudoers") || path_begins(path, "/etc/sudoers.d/")
               ? TABLE_SUDOERS
               : TABLE_NONE;
}

static bool is_known(const struct content *c)
{
    return c && (c->text.n || c->size == 0);
}

bool accounts_are_told(const struct view *v)
{
    bool before = v->x->type == CHANGE_ADDED || is_known(v->was);
    return v->x->type != CHANGE_DELETED && table_of(v->path) != TABLE_NONE &&
           is_known(v->is) && before;
}

void find_accounts(struct work *w, const struct view *v)
{
    struct reading r = {w, v, v->was ? v->was->text : BYTES_NONE,
                        v->is ? v->is->text : BYTES_NONE, 0};
    if (!accounts_are_told(v))
        return;
    switch (table_of(v->path)) {
    case TABLE_PASSWD:
        each_row(&r, passwd_row, true);
        break;
    case TABLE_SHADOW:
        each_row(&r, shadow_row, false);
        break;
    case TABLE_GROUP:
        each_row(&r, group_row, false);
        break;
    case TABLE_SUDOERS:
        sudoers(&r);
        break;
    case TABLE_NONE:
        break;
    }
}
