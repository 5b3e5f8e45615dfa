#include <stdlib.h>

#include "analyze/evidence_json.h"
#include "analyze/layer/study.h"
#include "analyze/layer/times.h"
#include "formats/base/mask.h"
#include "formats/posix_acl.h"
#include "verify/json_list.h"
#include "verify/json_mask.h"

/* Bytes of a binary attribute that are shown. */
#define XATTR_SHOWN 1024

/* -- small values -------------------------------------------------------------------- */

static void set_string(json_t *o, const char *key, struct bytes value)
{
    if (value.n)
        json_object_set_new(o, key, json_evidence(value));
}

static json_t *path_of(const struct tree *t, uint32_t node)
{
    struct text path = {0};
    tree_path(t, node, &path);
    json_t *s = json_evidence(text_bytes(&path));
    text_release(&path);
    return s;
}

static json_t *item_name(const struct item *item)
{
    struct text path = {0};
    item_path(item, &path);
    json_t *s = json_evidence(text_bytes(&path));
    text_release(&path);
    return s;
}

/* The entry itself: its whole content. */
static json_t *evidence_of(const struct item *item, const struct casefile *casefile)
{
    struct span span = {item, 0, item->size};
    if (casefile)
        return case_span(casefile, span);
    json_t *o = json_object();
    json_object_set_new(o, "item", item_name(item));
    json_object_set_new(o, "item_id", json_integer((json_int_t)item->id));
    json_object_set_new(o, "offset", json_integer(0));
    json_object_set_new(o, "length", json_integer((json_int_t)item->size));
    return o;
}

static json_t *digest_of(const struct item *item)
{
    char hex[65];
    bytes_to_hex(bytes_of(item->sha256, sizeof item->sha256), hex);
    return json_string(hex);
}

static void set_time(json_t *o, const char *key, instant t)
{
    char text[INSTANT_TEXT];
    if (t != INSTANT_NONE)
        json_object_set_new(o, key,
                            json_string(instant_format(t, PRECISION_NANOSECOND, text)));
}

/* -- one state ----------------------------------------------------------------------- */

static bool is_printable(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] < 0x20 || b.p[i] >= 0x7f)
            return false;
    }
    return true;
}

static void add_hex(struct text *t, struct bytes value)
{
    text_str(t, "0x");
    for (size_t i = 0; i < value.n; i++)
        text_printf(t, "%02x", value.p[i]);
}

/* Text and other bytes in turn: what is text can be masked, as hexadecimal it is not seen
 * to hold a credential. */
static void add_runs(struct text *t, struct bytes value)
{
    size_t from = 0;
    while (from < value.n) {
        size_t to = from + 1;
        bool text = is_printable(bytes_sub(value, from, 1));
        while (to < value.n && is_printable(bytes_sub(value, to, 1)) == text)
            to++;
        text_str(t, from ? " " : "");
        if (text)
            text_add(t, bytes_sub(value, from, to - from));
        else
            add_hex(t, bytes_sub(value, from, to - from));
        from = to;
    }
}

/* Text as it is; other bytes as "0x…", like getfattr. */
static json_t *xattr_value(struct bytes value)
{
    struct credential credential;
    struct text t = {0};
    if (is_printable(value))
        return json_evidence(value);
    if (credential_find(value, 0, &credential))
        add_runs(&t, bytes_sub(value, 0, XATTR_SHOWN));
    else
        add_hex(&t, bytes_sub(value, 0, XATTR_SHOWN));
    json_t *s = json_evidence(text_bytes(&t));
    text_release(&t);
    return s;
}

static void set_acl(json_t *o, const char *key, const struct bytes *value)
{
    struct text t = {0};
    if (value && posix_acl_text(*value, &t))
        json_object_set_new(o, key, json_string(text_c(&t)));
    text_release(&t);
}

static void set_xattrs(json_t *o, const struct item *inode)
{
    json_t *all = json_object();
    struct file_capabilities capabilities;
    for (const struct xattr *x = inode->entry.rare->traits->xattrs; x; x = x->next) {
        struct text name = {0};
        if (xattr_is_driver(x->name))
            continue;
        escape_plain(&name, x->name);
        json_object_set_new(all, text_c(&name), xattr_value(x->value));
        text_release(&name);
    }
    if (json_object_size(all))
        json_object_set(o, "xattrs", all);
    json_decref(all);
    set_acl(o, "acl", entry_xattr(&inode->entry, "system.posix_acl_access"));
    set_acl(o, "default_acl", entry_xattr(&inode->entry, "system.posix_acl_default"));
    const struct bytes *value = entry_xattr(&inode->entry, "security.capability");
    if (value && file_capabilities_read(*value, &capabilities)) {
        struct text t = {0};
        file_capabilities_text(&capabilities, &t);
        json_object_set_new(o, "capabilities", json_string(text_c(&t)));
        text_release(&t);
    }
}

static void set_inode(json_t *o, const struct item *inode, enum entry_type type)
{
    char mode[8];
    const struct entry *e = &inode->entry;
    snprintf(mode, sizeof mode, "%04o", e->mode & 07777u);
    json_object_set_new(o, "mode", json_string(mode));
    json_object_set_new(o, "uid", json_integer(e->uid));
    json_object_set_new(o, "gid", json_integer(e->gid));
    set_time(o, "mtime", e->mtime);
    set_time(o, "ctime", e->rare->ctime);
    if (type == ENTRY_SYMLINK)
        json_object_set_new(o, "link", json_evidence(entry_link(e)));
    if (type == ENTRY_CHARACTER || type == ENTRY_BLOCK) {
        json_object_set_new(o, "major", json_integer(e->rare->traits->rdev_major));
        json_object_set_new(o, "minor", json_integer(e->rare->traits->rdev_minor));
    }
    set_xattrs(o, inode);
}

static json_t *state_json(const struct state *s)
{
    json_t *o = json_object();
    enum entry_type type = state_type(s);
    json_object_set_new(o, "type", json_string(state_type_name(s)));
    if (s->claimed)
        return o;
    if (!s->inode) {
        json_object_set_new(o, "implied", json_true());
        return o;
    }
    set_inode(o, s->inode, type);
    if (type != ENTRY_FILE)
        return o;
    if (s->data) {
        json_object_set_new(o, "size", json_integer((json_int_t)s->data->size));
        if (s->data->hashed)
            json_object_set_new(o, "sha256", digest_of(s->data));
    } else {
        json_object_set_new(o, "size", json_integer((json_int_t)s->inode->entry.size));
    }
    return o;
}

/* -- one change ---------------------------------------------------------------------- */

static const char *absence_name(enum absence a)
{
    static const char *const names[] = {"never",  "whiteout", "parent-deleted",
                                        "opaque", "replaced", "absent"};
    return names[a];
}

static json_t *kinds_json(unsigned kinds)
{
    json_t *all = json_array();
    for (unsigned k = 0; k < CHANGE_KINDS; k++) {
        if (kinds >> k & 1)
            json_array_append_new(all, json_string(change_kind_name(k)));
    }
    return all;
}

static void set_relations(json_t *o, const struct comparison *c, const struct change *x)
{
    const struct tree *t = &c->tree;
    const struct relations *of = change_relations(&c->diff, x);
    if (of->renamed_from != TREE_NONE)
        json_object_set_new(o, "renamed_from", path_of(t, of->renamed_from));
    else if (of->copied_from != TREE_NONE)
        json_object_set_new(o, "copied_from", path_of(t, of->copied_from));
    if (of->linked_with != TREE_NONE)
        json_object_set_new(o, "hard_link_with", path_of(t, of->linked_with));
}

static json_t *change_json(const struct comparison *c, const struct change *x,
                           const struct casefile *casefile)
{
    const struct state before = tree_before(&c->tree, x->node);
    const struct state after = tree_after(&c->tree, x->node);
    json_t *o = json_object();
    json_object_set_new(o, "path", path_of(&c->tree, x->node));
    json_object_set_new(o, "change", json_string(change_type_name(x->type)));
    json_object_set_new(o, "kinds", kinds_json(x->kinds));
    if (x->content_unknown)
        json_object_set_new(o, "content", json_string("not-decidable"));
    if (x->type == CHANGE_DELETED) {
        struct bounds bounds;
        json_object_set_new(o, "deleted_by", json_string(absence_name(after.absence)));
        if (deletion_bounds(c, x, &bounds)) {
            set_time(o, "not_before", bounds.from);
            set_time(o, "not_after", bounds.until);
        }
    }
    set_relations(o, c, x);
    const struct mounted *mount = comparison_mount(c, x);
    if (mount) {
        json_object_set_new(o, "mount", json_string(mount->kind));
        json_object_set_new(o, "mounted_at", json_evidence(mount->path));
    }
    if (after.present && after.copied_up)
        json_object_set_new(o, "copied_up", json_true());
    if (x->type != CHANGE_ADDED) {
        json_object_set_new(o, "before", state_json(&before));
        json_object_set_new(o, "base_layer", json_integer(before.layer));
    }
    if (x->type != CHANGE_DELETED)
        json_object_set_new(o, "after", state_json(&after));
    if (after.item)
        json_object_set_new(o, "evidence", evidence_of(after.item, casefile));
    if (c->study)
        study_describe(c->study, x, o);
    return o;
}

static int by_string(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a),
                  json_string_value(*(json_t *const *)b));
}

static json_t *unchanged_json(const struct comparison *c)
{
    size_t n = c->diff.unchanged_count;
    json_t *all = json_array(), **paths = calloc(n + 1, sizeof *paths);
    for (size_t i = 0; paths && i < n; i++)
        paths[i] = path_of(&c->tree, c->diff.unchanged[i]);
    if (paths)
        qsort(paths, n, sizeof *paths, by_string);
    for (size_t i = 0; paths && i < n; i++)
        json_array_append_new(all, paths[i]);
    free(paths);
    return all;
}

/* -- the sides ----------------------------------------------------------------------- */

static void add_oddities(json_t *all, const struct layer *l)
{
    for (size_t i = 0; i < l->oddities.n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "what", json_string(oddity_name(l->oddities.v[i].kind)));
        json_object_set_new(o, "item", item_name(l->oddities.v[i].item));
        json_array_append_new(all, o);
    }
}

static json_t *toc_json(const struct image_toc *t)
{
    json_t *o = json_object(), *all = json_array();
    json_object_set_new(o, "form", json_string(t->form));
    json_object_set_new(o, "check", json_string(blob_check_name(t->check)));
    json_object_set_new(o, "entries", json_integer((json_int_t)t->entries));
    for (size_t i = 0; i < t->n; i++) {
        json_t *d = json_object();
        json_object_set_new(d, "what", json_string(t->v[i].what));
        set_string(d, "path", t->v[i].path);
        json_array_append_new(all, d);
    }
    json_object_set_new(o, "differences", all);
    json_object_set_new(o, "differences_in_all", json_integer((json_int_t)t->in_all));
    return o;
}

static json_t *image_layer_json(const struct image_layer *l)
{
    json_t *o = json_object();
    json_object_set_new(o, "number", json_integer(l->layer.number));
    set_string(o, "digest", l->digest);
    json_object_set_new(o, "digest_check", json_string(blob_check_name(l->blob_check)));
    set_string(o, "diff_id", l->diff_id);
    json_object_set_new(o, "diff_id_check", json_string(blob_check_name(l->diff_check)));
    set_string(o, "media_type", l->media_type);
    set_string(o, "created_by", l->created_by);
    set_time(o, "created", l->created);
    if (l->toc.form)
        json_object_set_new(o, "table_of_contents", toc_json(&l->toc));
    if (l->foreign)
        json_object_set_new(o, "foreign", json_true());
    if (l->blob && l->blob->recalled)
        json_object_set_new(o, "from_index", json_true());
    if (l->blob) {
        json_object_set_new(o, "item", item_name(l->blob));
        json_object_set_new(o, "size", json_integer((json_int_t)l->blob->size));
    }
    json_object_set_new(o, "entries", json_integer((json_int_t)l->layer.entries));
    return o;
}

static json_t *image_json(const struct image *i)
{
    char chain[65];
    json_t *o = json_object(), *layers = json_array(), *odd = json_array();
    json_object_set_new(o, "form", json_string(image_form_name(i->form)));
    if (i->container)
        json_object_set_new(o, "item", item_name(i->container));
    set_string(o, "reference", i->reference);
    set_string(o, "manifest_digest", i->manifest_digest);
    if (i->manifest_digest.n)
        json_object_set_new(o, "manifest_check",
                            json_string(blob_check_name(i->manifest_check)));
    set_string(o, "index_digest", i->index_digest);
    if (i->index_digest.n)
        json_object_set_new(o, "index_check",
                            json_string(blob_check_name(i->index_check)));
    set_string(o, "image_id", i->config_digest);
    if (i->config_digest.n)
        json_object_set_new(o, "image_id_check",
                            json_string(blob_check_name(i->config_check)));
    set_string(o, "os", i->platform.os);
    set_string(o, "architecture", i->platform.architecture);
    set_string(o, "variant", i->platform.variant);
    set_string(o, "platforms", i->platforms);
    set_time(o, "created", i->created);
    set_string(o, "built_on", i->base_digest);
    if (i->layer_count && image_chain_id(i, i->layer_count, chain))
        json_object_set_new(o, "chain_id", json_sprintf("sha256:%s", chain));
    for (size_t k = 0; k < i->layer_count; k++) {
        json_array_append_new(layers, image_layer_json(&i->layers[k]));
        add_oddities(odd, &i->layers[k].layer);
    }
    json_object_set_new(o, "layers", layers);
    if (i->choices)
        json_object_set_new(o, "other_images", json_integer((json_int_t)i->choices));
    if (json_array_size(odd))
        json_object_set(o, "oddities", odd);
    json_decref(odd);
    return o;
}

static json_t *subject_json(const struct comparison *c)
{
    const struct layer *l = &c->subject.layer;
    if (c->subject.is_image)
        return image_json(&c->subject.image);
    json_t *o = json_object(), *odd = json_array();
    json_object_set_new(o, "form", json_string("layer"));
    json_object_set_new(o, "item", item_name(c->subject.item));
    json_object_set_new(o, "dialect", json_string(dialect_name(l->dialect)));
    json_object_set_new(o, "entries", json_integer((json_int_t)l->entries));
    json_object_set_new(o, "times",
                        json_string(l->whole_seconds ? "seconds" : "nanoseconds"));
    json_object_set_new(o, "xattrs_recorded", json_boolean(l->has_xattrs));
    add_oddities(odd, l);
    if (json_array_size(odd))
        json_object_set(o, "oddities", odd);
    json_decref(odd);
    return o;
}

/* -- the whole ------------------------------------------------------------------------
 */

static json_t *document_of(const struct comparison *c, json_t *changes, json_t *unchanged)
{
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_string("exhibit.diff/1"));
    json_object_set_new(o, "base", image_json(&c->base));
    json_object_set_new(o, "subject", subject_json(c));
    json_object_set_new(o, "compared", json_integer((json_int_t)c->diff.compared));
    json_object_set_new(o, "added", json_integer((json_int_t)c->diff.added));
    json_object_set_new(o, "modified", json_integer((json_int_t)c->diff.modified));
    json_object_set_new(o, "deleted", json_integer((json_int_t)c->diff.deleted));
    json_object_set_new(o, "changes", changes);
    json_object_set_new(o, "unchanged", unchanged);
    json_object_set_new(o, "limits", comparison_limits(c));
    if (c->study)
        study_summarize(c->study, o);
    return o;
}

json_t *comparison_json(const struct comparison *c, const struct casefile *casefile)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < c->diff.n; i++)
        json_array_append_new(changes, change_json(c, &c->diff.v[i], casefile));
    return document_of(c, changes, unchanged_json(c));
}

void comparison_print_json(const struct comparison *c, const struct mask *mask, FILE *to)
{
    json_t *document = document_of(c, json_array(), unchanged_json(c));
    struct json_list list;
    json_mask(mask, document);
    json_list_begin(&list, document, "changes", to);
    for (size_t i = 0; i < c->diff.n; i++) {
        json_t *change = change_json(c, &c->diff.v[i], NULL);
        json_mask(mask, change);
        json_list_add(&list, change);
    }
    json_list_end(&list);
    json_decref(document);
}
