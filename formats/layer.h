/* Layers: how deletions, opaque directories and renames are written in the layer of a
 * container, and what the kernel's extended attributes of files say.
 *
 * Sources: OCI Image Format Specification 1.1, layer.md (whiteouts); the kernel's
 * Documentation/filesystems/overlayfs.rst (trusted.overlay.*, user.overlay.*);
 * fuse-overlayfs(1); AUFS; linux/capability.h (security.capability).
 */
#ifndef FORMATS_LAYER_H
#define FORMATS_LAYER_H

#include "formats/archive.h"
#include "formats/base/text.h"

/* What a name means in a layer of the OCI dialect. */
enum whiteout {
    WHITEOUT_NONE = 0,
    WHITEOUT_FILE,     /* ".wh.NAME": NAME of the lower layers is deleted */
    WHITEOUT_OPAQUE,   /* ".wh..wh..opq": everything below its folder is */
    WHITEOUT_METADATA, /* ".wh..wh.*": AUFS's own, no file of the container */
    WHITEOUT_INVALID,  /* ".wh." alone names nothing */
};
/* `name` is one path component; *hidden is NAME, a view of it. */
enum whiteout whiteout_of(struct bytes name, struct bytes *hidden);

/* What overlayfs keeps in extended attributes of an upper layer. */
struct overlay_marks {
    bool whiteout;  /* character device 0/0, or the attribute that stands for it */
    bool opaque;    /* the lower folder of this name is hidden */
    bool metacopy;  /* only metadata was changed: the data is in the lower layer */
    bool copied_up; /* "origin": began as a file of a lower layer */
    bool impure, has_nlink; /* seen, of no consequence */
    bool malformed;         /* a mark has a value that the kernel does not write */
    struct bytes redirect;  /* renamed from here: "/from/root" or "sibling" */
};
/* True when the entry has any mark at all, which proves an overlay upper layer. */
bool overlay_marks_of(const struct entry *e, struct overlay_marks *out);
/* An attribute that the storage driver owns, and not the container. */
bool xattr_is_driver(struct bytes name);

/* The value of an attribute, or NULL when the entry does not have it. */
const struct bytes *entry_xattr(const struct entry *e, const char *name);

/* "user.containers.override_stat" of containers/storage and fuse-overlayfs: what a file
 * of rootless storage is to the container. */
struct override_stat {
    uint32_t uid, gid, mode; /* mode: as in struct entry */
    bool has_type;           /* older writers state no type */
    enum entry_type type;
    uint32_t rdev_major, rdev_minor;
};
/* "uid:gid:octal mode[:type]"; false when the value is none. */
bool override_stat_read(struct bytes value, struct override_stat *out);

/* security.capability, all three revisions. */
struct file_capabilities {
    uint64_t permitted, inheritable; /* a bit for each CAP_* number */
    bool effective;
    unsigned revision; /* 1, 2, 3 */
    uint32_t root_id;  /* revision 3: root of which user namespace; else 0 */
};
/* False when the value is none: wrong length for its revision, or an unknown one. */
bool file_capabilities_read(struct bytes value, struct file_capabilities *out);
/* As getcap prints it: "cap_net_raw,cap_sys_admin=ep". */
void file_capabilities_text(const struct file_capabilities *c, struct text *t);
/* "cap_setuid"; NULL above the last one that is known. */
const char *capability_name(unsigned number);

#endif
