#include "formats/posix_acl.h"

#include <stdlib.h>

#include "formats/base/cursor.h"

#define VERSION 2

static int by_tag(const void *pa, const void *pb)
{
    const struct acl_entry *a = pa, *b = pb;
    if (a->tag != b->tag)
        return a->tag < b->tag ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void put(struct text *t, uint32_t n, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++)
        text_byte(t, (char)(n >> 8 * i & 0xff));
}

void posix_acl_encode(struct acl_entry *entries, size_t n, struct text *out)
{
    if (n)
        qsort(entries, n, sizeof *entries, by_tag);
    put(out, VERSION, 4);
    for (size_t i = 0; i < n; i++) {
        put(out, entries[i].tag, 2);
        put(out, entries[i].permissions, 2);
        put(out, entries[i].id, 4);
    }
}

static const char *name_of(uint16_t tag)
{
    switch (tag) {
    case ACL_USER_OBJ:
    case ACL_USER:
        return "user";
    case ACL_GROUP_OBJ:
    case ACL_GROUP:
        return "group";
    case ACL_MASK:
        return "mask";
    case ACL_OTHER:
        return "other";
    default:
        return NULL;
    }
}

static bool add_entry(struct cursor *c, struct text *out)
{
    uint16_t tag = cursor_u16le(c), p = cursor_u16le(c);
    uint32_t id = cursor_u32le(c);
    const char *name = name_of(tag);
    if (c->failed || !name || p > 7)
        return false;
    text_printf(out, "%s:", name);
    if (tag == ACL_USER || tag == ACL_GROUP)
        text_printf(out, "%u", id);
    text_printf(out, ":%c%c%c", p & 4 ? 'r' : '-', p & 2 ? 'w' : '-', p & 1 ? 'x' : '-');
    return true;
}

bool posix_acl_text(struct bytes value, struct text *out)
{
    struct cursor c = cursor_of(value);
    struct text all = {0};
    bool sound = cursor_u32le(&c) == VERSION && !c.failed;
    while (sound && !cursor_at_end(&c)) {
        if (all.n)
            text_byte(&all, ',');
        sound = add_entry(&c, &all);
    }
    if (sound)
        text_add(out, text_bytes(&all));
    text_release(&all);
    return sound;
}
