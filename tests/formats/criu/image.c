/* Framing, messages, payloads and pagemaps on bytes written here by hand. */
#include "formats/criu/image.h"

#include <criterion/criterion.h>

#include "formats/base/limits.h"
#include "formats/criu/filter.h"
#include "formats/criu/host.pb-c.h"
#include "formats/criu/pagemap.h"
#include "formats/criu/payload.h"

#define COMMON "\x19\x43\x56\x54"
#define PSTREE COMMON "\x30\x30\x27\x50"
#define MAP    COMMON "\x25\x40\x08\x56"
/* size word, pid 7, ppid 1 */
#define RECORD                                                                           \
    "\x04\0\0\0"                                                                         \
    "\x08\x07\x10\x01"

static struct criu_image read_image(struct bytes b, struct faults *faults)
{
    struct criu_image image;
    criu_image_read(&image, b, faults);
    return image;
}

Test(criu_image, both_framings_and_inventory)
{
    struct faults faults = {0};
    struct criu_image image = read_image(BYTES(PSTREE RECORD), &faults);
    cr_assert_eq(image.count, 1);
    cr_assert_not(image.frame.v1);
    cr_assert_eq(((const Criu__PstreeEntry *)criu_message(&image, 0))->pid, 7);
    cr_assert_eq(image.records[0].offset, 8);
    cr_assert_eq(image.records[0].length, 8);
    criu_image_release(&image);
    image = read_image(BYTES("\x30\x30\x27\x50" RECORD), &faults); /* version 1.0 */
    cr_assert(image.frame.v1);
    cr_assert_eq(image.records[0].offset, 4);
    criu_image_release(&image);
    image = read_image(BYTES("\x16\x31\x31\x58\x02\0\0\0\x08\x02"), &faults);
    cr_assert_not(image.frame.v1); /* inventory never has a class word */
    cr_assert_eq(((const Criu__InventoryEntry *)criu_message(&image, 0))->img_version, 2);
    criu_image_release(&image);
    cr_assert_eq(faults.n, 0);
}

Test(criu_image, big_endian)
{
    struct faults faults = {0};
    struct criu_image image = read_image(
        BYTES("\x54\x56\x43\x19\x50\x27\x30\x30\0\0\0\x04\x08\x07\x10\x01"), &faults);
    cr_assert(image.frame.big_endian);
    cr_assert_eq(image.count, 1);
    cr_assert_eq(faults.n, 0);
    criu_image_release(&image);
}

Test(criu_image, reading_goes_on_after_a_broken_message)
{
    struct faults faults = {0};
    struct criu_image image =
        read_image(BYTES(PSTREE "\x03\0\0\0\xff\xff\xff" RECORD), &faults);
    cr_assert_eq(image.count, 2);
    cr_assert_null(image.records[0].message);
    cr_assert_not_null(image.records[1].message);
    cr_assert_eq(faults.n, 1);
    cr_assert_eq(faults.v[0].offset, 12);
    criu_image_release(&image);
    faults_release(&faults);
}

Test(criu_image, cut_off_and_trailing)
{
    struct faults faults = {0};
    struct criu_image image =
        read_image(BYTES(PSTREE RECORD "\xff\xff\xff\x7f\x08"), &faults);
    cr_assert_eq(image.count, 1);
    cr_assert_eq(faults.v[0].code, FAULT_TRUNCATED);
    cr_assert_eq(faults.v[0].offset, 16);
    criu_image_release(&image);
    faults_release(&faults);
    image = read_image(BYTES(PSTREE RECORD "\x01\x02"), &faults);
    cr_assert_eq(faults.v[0].code, FAULT_TRAILING);
    criu_image_release(&image);
    faults_release(&faults);
}

Test(criu_image, unknown_fields_are_counted_at_every_depth)
{
    struct faults faults = {0};
    /* inventory_entry.root_ids (3) holds field 100, and field 101 stands beside it. */
    struct criu_image image = read_image(
        BYTES("\x16\x31\x31\x58\x09\0\0\0\x1a\x03\xa0\x06\x01\xa8\x06\x02\x08"), &faults);
    cr_assert_eq(image.count, 1);
    cr_assert_null(image.records[0].message); /* the last byte is half a field */
    criu_image_release(&image);
    faults_release(&faults);
    image = read_image(
        BYTES("\x16\x31\x31\x58\x08\0\0\0\x1a\x03\xa0\x06\x01\xa8\x06\x02"), &faults);
    cr_assert_eq(image.unknown, 2);
    cr_assert_eq(faults.v[0].code, FAULT_UNKNOWN_FIELD);
    cr_assert_eq(faults.v[0].offset, 10);
    criu_image_release(&image);
    faults_release(&faults);
}

Test(criu_image, nesting_is_bounded)
{
    uint8_t wire[4096];
    size_t n = 0;
    /* cgroup_dir_entry.children (2) in itself, from the inside out */
    for (int depth = 0; depth < 200; depth++) {
        uint8_t head[4] = {0x12, 0, 0, 0};
        size_t more = n < 128 ? 2 : 3;
        head[1] = (uint8_t)(n < 128 ? n : (n & 127) | 128);
        head[2] = (uint8_t)(n >> 7);
        memmove(wire + more, wire, n);
        memcpy(wire, head, more);
        n += more;
    }
    struct criu_measure m =
        criu_message_measure(&criu__cgroup_dir_entry__descriptor, bytes_of(wire, n));
    cr_assert_eq(m.fault.code, FAULT_LIMIT);
}

Test(criu_image, floods_of_empty_messages_are_refused)
{
    size_t n = 4 * MIB;
    uint8_t *image = calloc(1, n + 16);
    struct faults faults = {0};
    struct criu_image out;
    memcpy(image, COMMON "\x20\x28\x49\x57", 8); /* mm */
    image[8] = 0, image[9] = 0, image[10] = 0x40;
    for (size_t i = 0; i < n; i += 2)
        image[12 + i] = 0x72; /* vmas (14), empty */
    criu_image_read(&out, bytes_of(image, n + 12), &faults);
    cr_assert_eq(out.count, 1);
    cr_assert_null(out.records[0].message);
    cr_assert_eq(faults.v[0].code, FAULT_LIMIT);
    criu_image_release(&out);
    faults_release(&faults);
    free(image);
}

Test(criu_payload, tcp_queues)
{
    struct faults faults = {0};
    /* inq_len 2, outq_len 3 */
    struct criu_image image =
        read_image(BYTES(COMMON "\x06\x55\x46\x51\x04\0\0\0\x08\x02\x18\x03"
                                "abXYZ"),
                   &faults);
    struct criu_tcp_queues q = criu_tcp_queues(&image.records[0]);
    cr_assert(bytes_is(q.unread, "ab"));
    cr_assert(bytes_is(q.unacknowledged, "XYZ"));
    criu_image_release(&image);
    image = read_image(BYTES(COMMON "\x06\x55\x46\x51\x04\0\0\0\x08\x02\x18\x03"
                                    "a"),
                       &faults);
    cr_assert_eq(faults.v[0].code, FAULT_TRUNCATED);
    cr_assert_eq(faults.v[0].want, 5);
    criu_image_release(&image);
    faults_release(&faults);
}

Test(criu_pagemap, kinds_counts_and_places)
{
    struct faults faults = {0};
    struct criu_pagemap map;
    /* pages_id 9; 0x1000 present, 2 pages by the new field; 0x3000 by the old one, in the
     * parent; 0x4000 lazy; 0x5000 old, without flags: present; 0x5000 again: overlaps */
    cr_assert(
        criu_pagemap_read(&map,
                          BYTES(MAP "\x02\0\0\0\x08\x09"
                                    "\x07\0\0\0\x08\x80\x20\x20\x04\x28\x02"
                                    "\x07\0\0\0\x08\x80\x60\x10\x01\x20\x01"
                                    "\x0a\0\0\0\x08\x80\x80\x01\x20\x02\x28\x01\x10\x00"
                                    "\x06\0\0\0\x08\x80\xa0\x01\x10\x01"
                                    "\x06\0\0\0\x08\x80\xa0\x01\x10\x01"),
                          4096, &faults));
    cr_assert_eq(map.pages_id, 9);
    cr_assert_eq(map.count, 4);
    cr_assert_eq(map.extents[0].kind, CRIU_EXTENT_PRESENT);
    cr_assert_eq(map.extents[0].size, 8192);
    cr_assert_eq(map.extents[1].kind, CRIU_EXTENT_PARENT);
    cr_assert_eq(map.extents[1].start, 0x3000);
    cr_assert_eq(map.extents[2].kind, CRIU_EXTENT_LAZY);
    cr_assert_eq(map.extents[3].at, 8192); /* only what is present takes room */
    cr_assert_eq(map.present, 3 * 4096 + 4096);
    cr_assert_eq(faults.v[0].code, FAULT_ORDER);
    cr_assert_eq(criu_pagemap_at(&map, 0x2fff), &map.extents[0]);
    cr_assert_eq(criu_pagemap_at(&map, 0x3000), &map.extents[1]);
    cr_assert_null(criu_pagemap_at(&map, 0x6000));
    criu_pagemap_release(&map);
    faults_release(&faults);
}

Test(criu_filter, assembly)
{
    struct text t = {0};
    /* ld [nr]; jeq #59, next, skip one; ret errno(1); ret allow */
    struct bytes p = BYTES("\x20\0\0\0\0\0\0\0"
                           "\x15\0\0\x01\x3b\0\0\0"
                           "\x06\0\0\0\x01\0\x05\0"
                           "\x06\0\0\0\0\0\xff\x7f");
    for (size_t i = 0; i < filter_count(p); i++) {
        filter_line(filter_at(p, i), i, true, &t);
        text_byte(&t, '\n');
    }
    cr_assert_str_eq(text_c(&t), "ld [nr]\njeq #0x3b, 2, 3\nret errno(1)\nret allow\n");
    cr_assert_eq(filter_actions(p), 1u << FILTER_ERRNO | 1u << FILTER_ALLOW);
    text_release(&t);
}
