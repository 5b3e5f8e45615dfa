/* Names and attributes of layers. */
#include "formats/layer.h"
#include "formats/posix_acl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size), hidden, name;
    struct file_capabilities capabilities;
    struct text t = {0};
    size_t line = bytes_find_byte(all, '\n');
    name = bytes_sub(all, 0, line);
    struct xattr x = {name, bytes_from(all, line + 1), NULL};
    struct entry_traits traits = entry_traits_none;
    struct entry_rare rare = {INSTANT_NONE, INSTANT_NONE, &traits};
    traits.xattrs = &x;
    struct entry e = {.type = ENTRY_DIRECTORY, .rare = &rare};
    struct overlay_marks marks;
    struct override_stat stat;
    whiteout_of(name, &hidden);
    overlay_marks_of(&e, &marks);
    override_stat_read(x.value, &stat);
    if (file_capabilities_read(x.value, &capabilities))
        file_capabilities_text(&capabilities, &t);
    posix_acl_text(x.value, &t);
    text_release(&t);
    return 0;
}
