#include "analyze/layer/machine.h"

#include "formats/criu/image.h"
#include "formats/criu/task.pb-c.h"

bool machine_is_told_by(const struct item *item)
{
    struct bytes name = item_plain_name(item);
    size_t slash = bytes_rfind_byte(name, '/');
    name = bytes_from(name, slash < name.n ? slash + 1 : 0);
    return item->role == ROLE_CRIU_IMAGE && bytes_starts(name, BYTES("core-")) &&
           bytes_ends(name, BYTES(".img"));
}

/* mtype of CRIU's core.proto, in Go's names, which images use. */
static struct bytes architecture_of(uint32_t machine)
{
    static const char *const names[] = {NULL,       "amd64",   "arm",
                                        "arm64",    "ppc64le", "s390x",
                                        "mips64le", "loong64", "riscv64"};
    return machine < sizeof names / sizeof *names ? bytes_str(names[machine])
                                                  : BYTES_NONE;
}

static bool read_machine(const struct item *item, struct oci_platform *out)
{
    struct criu_image image = {0};
    if (!item->kept || !criu_image_read(&image, item_more(item)->content, NULL))
        return false;
    const Criu__CoreEntry *core = criu_message(&image, 0);
    if (core)
        *out = (struct oci_platform){.os = BYTES("linux"),
                                     .architecture = architecture_of(core->mtype)};
    criu_image_release(&image);
    return out->architecture.n > 0;
}

bool machine_platform(const struct item *root, struct oci_platform *out)
{
    *out = (struct oci_platform){0};
    for (const struct item *i = root; i; i = item_next(i, root)) {
        if (machine_is_told_by(i) && read_machine(i, out))
            return true;
    }
    return false;
}
