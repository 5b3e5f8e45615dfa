#include "verify/split.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "formats/base/limits.h"
#include "formats/container.h"
#include "verify/storage.h"

/* After a gap so many names are tried: more is not a lost part but another archive. */
#define GAP 16

/* -- names -----------------------------------------------------------------------------
 */

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* Where the counter at the end of a name begins: digits, or letters of split(1). */
static size_t counter_of(struct bytes name)
{
    size_t at = name.n;
    if (at && is_digit(name.p[at - 1])) {
        while (at && is_digit(name.p[at - 1]))
            at--;
        return at;
    }
    while (at && name.p[at - 1] == 'a')
        at--;
    /* "part" ends with no "a" of its own, but "…data" would. */
    return at;
}

/* Without "part" and the sign before it; the name itself when it has neither. */
static struct bytes stem_of(struct bytes name, bool *is_part)
{
    struct bytes word = bytes_sub(name, name.n > 4 ? name.n - 4 : 0, 4);
    *is_part = bytes_eq_nocase(word, BYTES("part"));
    if (*is_part)
        name = bytes_sub(name, 0, name.n - 4);
    bool has_sign =
        name.n &&
        (name.p[name.n - 1] == '.' ||
         (*is_part && (name.p[name.n - 1] == '-' || name.p[name.n - 1] == '_')));
    if (!has_sign)
        return BYTES_NONE;
    name.n--;
    return name;
}

/* "x.z01": where its counter begins, or 0. */
static size_t zip_counter(struct bytes name)
{
    size_t at = name.n;
    while (at && is_digit(name.p[at - 1]))
        at--;
    bool is_volume = name.n - at >= 2 && at > 2 && name.p[at - 2] == '.' &&
                     (name.p[at - 1] | 0x20) == 'z' && name.p[at - 3] != '/';
    return is_volume ? at : 0;
}

bool split_zip_last(struct bytes volume, struct text *last)
{
    size_t at = zip_counter(volume);
    if (at == 0)
        return false;
    text_clear(last);
    text_add(last, bytes_sub(volume, 0, at));
    text_str(last, volume.p[at - 1] == 'z' ? "ip" : "IP");
    return true;
}

bool split_zip_first(struct bytes last, struct text *first)
{
    bool is_last = last.n > 4 &&
                   bytes_eq_nocase(bytes_from(last, last.n - 4), BYTES(".zip")) &&
                   last.p[last.n - 5] != '/';
    if (!is_last)
        return false;
    text_clear(first);
    text_add(first, bytes_sub(last, 0, last.n - 2));
    text_str(first, "01");
    return true;
}

bool split_first(struct bytes name, struct bytes *stem)
{
    enum { LONGEST = 6 };
    size_t at = counter_of(name), width = name.n - at;
    size_t volume = zip_counter(name);
    bool is_part;
    struct bytes whole = stem_of(bytes_sub(name, 0, at), &is_part);
    if (volume)
        whole = bytes_sub(name, 0, volume - 2);
    if (width == 0 || width > LONGEST || whole.n == 0 || whole.p[whole.n - 1] == '/')
        return false;
    /* "audit.log.1" is a rotated log: without "part" a counter has two digits. */
    if (width < 2 && !is_part)
        return false;
    if (is_digit(name.p[at])) {
        for (size_t i = at; i + 1 < name.n; i++) {
            if (name.p[i] != '0')
                return false;
        }
        if (name.p[name.n - 1] > '1')
            return false;
    }
    *stem = whole;
    return true;
}

bool split_next(struct text *name)
{
    char *first = name->p, *at = name->p + name->n;
    while (at > first) {
        char *digit = --at;
        bool is_number = is_digit((uint8_t)*digit);
        if (!is_number && !is_lower((uint8_t)*digit))
            break;
        if (*digit != '9' && *digit != 'z') {
            ++*digit;
            return true;
        }
        *digit = is_number ? '0' : 'a';
        bool more = digit > first && (is_number ? is_digit((uint8_t)digit[-1])
                                                : is_lower((uint8_t)digit[-1]));
        if (more)
            continue;
        if (!is_number) /* "zz": split(1) begins names of another form */
            return false;
        /* "part9" is followed by "part10", ".999" by ".1000". */
        struct text wider = {0};
        text_add(&wider, bytes_of(first, (size_t)(digit - first)));
        text_byte(&wider, '1');
        text_add(&wider, bytes_from(text_bytes(name), (size_t)(digit - first)));
        text_release(name);
        *name = wider;
        return true;
    }
    return false;
}

/* -- files -----------------------------------------------------------------------------
 */

static bool is_file(int folder, const char *path)
{
    struct stat status;
    return fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

static enum container kind_of(int folder, struct bytes path)
{
    struct source *s = storage_open(folder, path);
    struct bytes block;
    enum container kind =
        source_next(s, &block) > 0 ? container_sniff(block) : CONTAINER_NONE;
    storage_close(s);
    return kind;
}

bool split_is_zip_last(int folder, struct bytes path)
{
    struct text first = {0};
    bool is_last = split_zip_first(path, &first) && is_file(folder, text_c(&first)) &&
                   kind_of(folder, text_bytes(&first)) == CONTAINER_ZIP;
    text_release(&first);
    return is_last;
}

/* The part behind the first: of two volumes of zip, the last. */
static bool has_second(int folder, struct bytes first, struct text *second)
{
    text_clear(second);
    text_add(second, first);
    return (split_next(second) && is_file(folder, text_c(second))) ||
           (split_zip_last(first, second) && is_file(folder, text_c(second)));
}

bool split_is_archive(int folder, struct bytes path)
{
    struct bytes stem;
    struct text next = {0};
    if (!split_first(path, &stem))
        return false;
    bool split = has_second(folder, path, &next);
    enum container first = split ? kind_of(folder, path) : CONTAINER_NONE;
    /* The second part of a tar can well begin with a header, and so can a volume. */
    if (first != CONTAINER_NONE && first != CONTAINER_TAR && first != CONTAINER_CPIO &&
        !zip_counter(path))
        split = kind_of(folder, text_bytes(&next)) != first;
    text_release(&next);
    return split && first != CONTAINER_NONE;
}

bool split_is_later(int folder, struct bytes path, struct text *first)
{
    struct bytes stem;
    size_t n = path.n;
    while (n && (is_digit(path.p[n - 1]) || is_lower(path.p[n - 1])))
        n--;
    for (size_t at = n; at < path.n; at++) {
        bool is_number = is_digit(path.p[at]);
        /* The counter, with 1, 0 or all "a" in it. */
        for (char last = '1'; last >= '0'; last--) {
            text_clear(first);
            text_add(first, bytes_sub(path, 0, at));
            for (size_t i = at; i + 1 < path.n; i++)
                text_byte(first, is_number ? '0' : 'a');
            text_byte(first, is_number ? last : 'a');
            if (!bytes_eq(text_bytes(first), path) &&
                split_first(text_bytes(first), &stem) && is_file(folder, text_c(first)))
                return kind_of(folder, path) == CONTAINER_NONE;
        }
    }
    return false;
}

bool split_has_gap(struct bytes missing, bool (*is_there)(void *, const struct text *),
                   void *context)
{
    struct text name = {0};
    bool found = false;
    text_add(&name, missing);
    for (int i = 0; i < GAP && !found && split_next(&name); i++)
        found = is_there(context, &name);
    text_release(&name);
    return found;
}

static bool is_in_folder(void *folder, const struct text *name)
{
    return is_file(*(int *)folder, text_c(name));
}

/* The last of zip's volumes, behind the others. */
static bool add_zip_last(struct source *whole, struct bytes volume)
{
    struct text last = {0};
    bool added =
        split_zip_last(volume, &last) && storage_join_add(whole, text_bytes(&last));
    text_release(&last);
    return added;
}

struct source *split_open(int folder, struct bytes part)
{
    struct source *whole = storage_join(folder);
    struct text name = {0};
    bool more = true;
    if (!split_zip_first(part, &name))
        text_add(&name, part);
    while (more && storage_join_add(whole, text_bytes(&name)))
        more = split_next(&name);
    bool gap = more && split_has_gap(text_bytes(&name), is_in_folder, &folder);
    bool volumes = zip_counter(text_bytes(&name)) > 0;
    if (gap || (volumes && !add_zip_last(whole, text_bytes(&name))))
        storage_join_gap(whole);
    text_release(&name);
    return whole;
}
