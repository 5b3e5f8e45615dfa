#include "verify/manifest_names.h"

#include "formats/base/limits.h"
#include "verify/identify_name.h"

/* Replaces *path by what `name` means; false when that leads out of the package. */
static bool look_up(const struct manifest_names *names, struct bytes name,
                    struct text *path, struct item **item)
{
    struct text resolved = {0};
    if (names->strip.n && bytes_starts(name, names->strip))
        name = bytes_from(name, names->strip.n);
    bool inside = path_resolve(names->base, name, &resolved);
    if (inside) {
        *item = file_index_find(names->index, text_bytes(&resolved));
        text_clear(path);
        text_add(path, text_bytes(&resolved));
    }
    text_release(&resolved);
    return inside;
}

static struct text with_slashes(struct bytes name)
{
    struct text t = {0};
    text_add(&t, name);
    for (size_t i = 0; i < t.n; i++)
        t.p[i] = t.p[i] == '\\' ? '/' : t.p[i];
    return t;
}

/* By the name with slashes; *path stays what it was unless that is what is meant. */
static void look_up_windows(const struct manifest_names *names, struct bytes name,
                            struct text *path, struct item **item)
{
    struct text slashed = with_slashes(name), other = {0};
    bool inside = look_up(names, text_bytes(&slashed), &other, item);
    if (inside && (*item || names->backslashes)) {
        text_clear(path);
        text_add(path, text_bytes(&other));
    }
    text_release(&slashed);
    text_release(&other);
}

bool manifest_names_find(const struct manifest_names *names,
                         const struct manifest_entry *entry, struct text *path,
                         struct item **item)
{
    struct bytes name = entry->path, other = entry->other_path;
    *item = NULL;
    if (!look_up(names, name, path, item))
        return false;
    if (!*item && other.n && !bytes_eq(name, other))
        look_up(names, other, path, item);
    if (!*item && bytes_find_byte(name, '\\') < name.n)
        look_up_windows(names, name, path, item);
    if (!*item && bytes_find_byte(other, '\\') < other.n)
        look_up_windows(names, other, path, item);
    return true;
}

/* -- where names are relative to -------------------------------------------------------
 */

static void count_entry(void *context, const struct manifest_entry *entry)
{
    struct manifest_names *names = context;
    struct text path = {0}, slashed = with_slashes(entry->path);
    struct item *item;
    names->entries++;
    bool is_here = manifest_names_find(names, entry, &path, &item) && item;
    names->found += is_here;
    names->any = names->any || is_here;
    names->backslashes = names->backslashes ||
                         (is_here && bytes_find_byte(entry->path, '\\') < entry->path.n &&
                          bytes_find_byte(text_bytes(&path), '\\') == path.n);
    if (names->first.n == 0 && bytes_find_byte(text_bytes(&slashed), '/') < slashed.n)
        names->first = arena_copy(names->index->arena, text_bytes(&slashed));
    text_release(&path);
    text_release(&slashed);
}

/* Reads all of the manifest, or, for `any`, until a name was found. A path is chosen by
 * whoever wrote it, and each of its folders would cost a reading: some are enough. */
static void count(struct manifest_names *names, bool any)
{
    names->found = names->entries = 0;
    names->any = false;
    if (names->readings++ >= LIMIT_MANIFEST_READINGS)
        return;
    struct arena arena = ARENA_INIT;
    const struct manifest_sink sink = {
        .context = names, .entry = count_entry, .enough = any ? &names->any : NULL};
    names->format->read(names->content, names->path, &arena, &sink);
    arena_release(&arena);
}

static bool most_are_found(struct manifest_names *names)
{
    count(names, false);
    return names->found && names->found >= names->entries - names->found;
}

static bool find_strip(struct manifest_names *names)
{
    struct bytes name = names->first;
    for (size_t i = 0; i < name.n && names->readings <= LIMIT_MANIFEST_READINGS; i++) {
        if (name.p[i] != '/')
            continue;
        names->strip = bytes_sub(name, 0, i + 1);
        if (most_are_found(names))
            return true;
    }
    names->strip = BYTES_NONE;
    names->any = false;
    return false;
}

void manifest_names_settle(struct manifest_names *names)
{
    const struct bytes nearest = path_folder(names->path);
    names->strip = names->first = BYTES_NONE;
    names->readings = 0;
    /* As the names stand, from the nearest folder up; then without what they begin with.
     */
    for (int strips = 0; strips < 2; strips++)
        for (names->base = nearest;; names->base = path_folder(names->base)) {
            if (strips == 0)
                count(names, true);
            if (names->any || (strips && names->first.n && find_strip(names)))
                return;
            if (names->base.n == 0)
                break;
        }
    names->base = nearest;
}

/* -- is it a manifest? -----------------------------------------------------------------
 */

static bool is_named_so(const struct item *item)
{
    static const char *const words[] = {
        "manifest", "sum", "digest", "hash", "sha1",   "sha2",  "sha3",
        "sha5",     "md5", "blake",  "b2",   ".mtree", "bagit", "integrity"};
    struct bytes name = path_base(item_plain_name(item));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (name_holds(name, words[i]))
            return true;
    }
    return false;
}

/* "list.json.p7s" beside "list.json". */
static bool has_seal_beside(const struct item *item)
{
    for (const struct item *i = item_more(item->parent)->child; i; i = i->next) {
        if ((i->role == ROLE_SIGNATURE || i->role == ROLE_TIMESTAMP) &&
            i->name.n > item->name.n && bytes_starts(i->name, item->name) &&
            i->name.p[item->name.n] == '.')
            return true;
    }
    return false;
}

bool manifest_names_meant(struct manifest_names *names, const struct item *item)
{
    const char *format = names->format->name;
    if (item->role != ROLE_MANIFEST || item->how == BY_OPTION || is_named_so(item) ||
        strcmp(format, "in-toto") == 0 || has_seal_beside(item))
        return true;
    return strcmp(format, "json") == 0 ? most_are_found(names) : names->any;
}
