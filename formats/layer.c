#include "formats/layer.h"

#include "formats/base/cursor.h"

/* -- whiteouts ----------------------------------------------------------------------- */

enum whiteout whiteout_of(struct bytes name, struct bytes *hidden)
{
    static const struct bytes prefix = {(const uint8_t *)".wh.", 4};
    if (!bytes_starts(name, prefix))
        return WHITEOUT_NONE;
    if (bytes_is(name, ".wh..wh..opq"))
        return WHITEOUT_OPAQUE;
    struct bytes rest = bytes_from(name, prefix.n);
    if (bytes_starts(rest, prefix))
        return WHITEOUT_METADATA;
    if (rest.n == 0 || bytes_is(rest, ".") || bytes_is(rest, ".."))
        return WHITEOUT_INVALID;
    *hidden = rest;
    return WHITEOUT_FILE;
}

/* -- overlayfs ----------------------------------------------------------------------- */

const struct bytes *entry_xattr(const struct entry *e, const char *name)
{
    for (const struct xattr *x = e->rare->traits->xattrs; x; x = x->next) {
        if (bytes_is(x->name, name))
            return &x->value;
    }
    return NULL;
}

/* The name behind the prefix of the driver. Nested overlays write "trusted.overlay.
 * overlay.*"; those belong to the inner one, which is not the layer at hand. */
static struct bytes overlay_name(struct bytes name)
{
    static const struct bytes prefixes[] = {
        {(const uint8_t *)"trusted.overlay.", 16},
        {(const uint8_t *)"user.overlay.", 13},
        {(const uint8_t *)"user.fuseoverlayfs.", 19},
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (bytes_starts(name, prefixes[i]))
            return bytes_from(name, prefixes[i].n);
    }
    return BYTES_NONE;
}

bool xattr_is_driver(struct bytes name)
{
    return overlay_name(name).n > 0 || bytes_is(name, "user.containers.override_stat");
}

static void take_mark(struct bytes mark, struct bytes value, struct overlay_marks *out)
{
    if (bytes_is(mark, "opaque")) {
        /* "x" says only that whiteouts may be attributes of the files in it. */
        out->opaque |= bytes_is(value, "y");
        out->malformed |= !bytes_is(value, "y") && !bytes_is(value, "x");
    } else if (bytes_is(mark, "redirect")) {
        bool sound = value.n && bytes_find_byte(value, '\0') == value.n;
        out->malformed |= !sound;
        out->redirect = sound ? value : BYTES_NONE;
    } else if (bytes_is(mark, "metacopy")) {
        out->metacopy = true;
    } else if (bytes_is(mark, "origin")) {
        out->copied_up = true;
    } else if (bytes_is(mark, "whiteout")) {
        out->whiteout = true;
    } else if (bytes_is(mark, "impure")) {
        out->impure = true;
    } else if (bytes_is(mark, "nlink")) {
        out->has_nlink = true;
    }
}

bool overlay_marks_of(const struct entry *e, struct overlay_marks *out)
{
    bool any = false;
    *out = (struct overlay_marks){0};
    for (const struct xattr *x = e->rare->traits->xattrs; x; x = x->next) {
        struct bytes mark = overlay_name(x->name);
        if (mark.n == 0)
            continue;
        any = true;
        take_mark(mark, x->value, out);
    }
    if (e->type == ENTRY_CHARACTER && e->rare->traits->rdev_major == 0 &&
        e->rare->traits->rdev_minor == 0)
        out->whiteout = any = true;
    return any;
}

/* -- rootless storage ---------------------------------------------------------------- */

static bool take_number(struct bytes text, unsigned base, uint32_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = text.p[i] - (unsigned)'0';
        n = n * base + digit;
        if (digit >= base || n > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)n;
    return text.n > 0;
}

/* "char-1-3" */
static bool take_device(struct bytes text, struct override_stat *out)
{
    struct bytes part;
    bytes_split(&text, '-', &part);
    out->type = bytes_is(part, "char") ? ENTRY_CHARACTER : ENTRY_BLOCK;
    return (bytes_is(part, "char") || bytes_is(part, "block")) &&
           bytes_split(&text, '-', &part) && take_number(part, 10, &out->rdev_major) &&
           bytes_split(&text, '-', &part) && take_number(part, 10, &out->rdev_minor);
}

static bool take_type(struct bytes text, struct override_stat *out)
{
    static const struct {
        const char *name;
        enum entry_type type;
    } types[] = {{"file", ENTRY_FILE},
                 {"dir", ENTRY_DIRECTORY},
                 {"symlink", ENTRY_SYMLINK},
                 {"pipe", ENTRY_FIFO},
                 {"socket", ENTRY_SOCKET}};
    out->has_type = true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        out->type = types[i].type;
        if (bytes_is(text, types[i].name))
            return true;
    }
    return take_device(text, out);
}

bool override_stat_read(struct bytes value, struct override_stat *out)
{
    struct bytes part;
    *out = (struct override_stat){0};
    bool sound = bytes_split(&value, ':', &part) && take_number(part, 10, &out->uid) &&
                 bytes_split(&value, ':', &part) && take_number(part, 10, &out->gid) &&
                 bytes_split(&value, ':', &part) && take_number(part, 8, &out->mode);
    out->mode &= 07777;
    return sound && (!bytes_split(&value, ':', &part) || take_type(part, out));
}

/* -- capabilities -------------------------------------------------------------------- */

static const char *const capabilities[] = {
    "cap_chown",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_fowner",
    "cap_fsetid",
    "cap_kill",
    "cap_setgid",
    "cap_setuid",
    "cap_setpcap",
    "cap_linux_immutable",
    "cap_net_bind_service",
    "cap_net_broadcast",
    "cap_net_admin",
    "cap_net_raw",
    "cap_ipc_lock",
    "cap_ipc_owner",
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_sys_chroot",
    "cap_sys_ptrace",
    "cap_sys_pacct",
    "cap_sys_admin",
    "cap_sys_boot",
    "cap_sys_nice",
    "cap_sys_resource",
    "cap_sys_time",
    "cap_sys_tty_config",
    "cap_mknod",
    "cap_lease",
    "cap_audit_write",
    "cap_audit_control",
    "cap_setfcap",
    "cap_mac_override",
    "cap_mac_admin",
    "cap_syslog",
    "cap_wake_alarm",
    "cap_block_suspend",
    "cap_audit_read",
    "cap_perfmon",
    "cap_bpf",
    "cap_checkpoint_restore",
};

const char *capability_name(unsigned number)
{
    return number < sizeof capabilities / sizeof *capabilities ? capabilities[number]
                                                               : NULL;
}

bool file_capabilities_read(struct bytes value, struct file_capabilities *out)
{
    /* VFS_CAP_REVISION_1 to 3: octets of each. */
    static const size_t sizes[] = {0, 12, 20, 24};
    struct cursor c = cursor_of(value);
    struct file_capabilities f = {0};
    uint32_t magic = cursor_u32le(&c);
    f.revision = magic >> 24;
    f.effective = magic & 1;
    if (f.revision < 1 || f.revision > 3 || value.n != sizes[f.revision])
        return false;
    f.permitted = cursor_u32le(&c);
    f.inheritable = cursor_u32le(&c);
    if (f.revision > 1) {
        f.permitted |= (uint64_t)cursor_u32le(&c) << 32;
        f.inheritable |= (uint64_t)cursor_u32le(&c) << 32;
    }
    if (f.revision == 3)
        f.root_id = cursor_u32le(&c);
    *out = f;
    return true;
}

static void add_set(uint64_t set, const char *flags, struct text *t)
{
    bool first = true;
    if (set == 0)
        return;
    if (t->n && t->p[t->n - 1] != ' ')
        text_byte(t, ' ');
    for (unsigned i = 0; i < 64; i++) {
        if (!(set >> i & 1))
            continue;
        if (!first)
            text_byte(t, ',');
        first = false;
        if (capability_name(i))
            text_str(t, capability_name(i));
        else
            text_printf(t, "%u", i);
    }
    text_printf(t, "=%s", flags);
}

void file_capabilities_text(const struct file_capabilities *c, struct text *t)
{
    uint64_t both = c->permitted & c->inheritable;
    add_set(both, c->effective ? "eip" : "ip", t);
    add_set(c->permitted & ~both, c->effective ? "ep" : "p", t);
    add_set(c->inheritable & ~both, "i", t);
    if (t->n == 0)
        text_str(t, "=");
    if (c->root_id)
        text_printf(t, " [rootid=%u]", c->root_id);
}
