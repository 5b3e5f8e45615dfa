#include "verify/blob_index.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t key[BLOB_KEY] = {1, 2, 3};
static const char hex[65] =
    "0101010101010101010101010101010101010101010101010101010101010101";

/* *more is where the blob says what is in it. */
static struct item blob_with(struct item_more *more, struct item *members, size_t n)
{
    *more = (struct item_more){.child = members, .children = (uint32_t)n};
    struct item blob = {.container = CONTAINER_TAR,
                        .size = 1024,
                        .hashed = true,
                        .more = more,
                        .entry.rare = &entry_rare_none};
    memset(blob.sha256, 1, sizeof blob.sha256);
    return blob;
}

Test(blob_index, what_was_written_is_read_again)
{
    struct xattr x = {BYTES("user.a"), bytes_of("\0b", 2), NULL};
    struct entry_traits traits = entry_traits_none;
    struct entry_rare rare = {INSTANT_NONE, INSTANT_NONE, &traits};
    traits.xattrs = &x;
    rare.ctime = -5;
    struct item_more broken = {.fault = {FAULT_LENGTH, 7, 8, 9}}, more, less;
    struct item m[2] = {
        {.name = BYTES("etc/a\377"), .size = 3, .hashed = true, .next = &m[1]},
        {.name = BYTES("dev/x"), .more = &broken}};
    m[0].entry = (struct entry){
        .mode = 04755, .uid = 7, .mtime = 1700000000123456789, .rare = &rare};
    m[1].entry = (struct entry){
        .type = ENTRY_SYMLINK, .mtime = INSTANT_NONE, .rare = &entry_rare_none};
    entry_set_link(&m[1].entry, BYTES("/etc"));
    struct item blob = blob_with(&more, m, 2), again = blob_with(&less, NULL, 0);
    m[0].parent = m[1].parent = &blob;
    struct text record = {0};
    struct arena arena = ARENA_INIT;
    blob_index_write(&blob, key, &record);
    cr_assert(blob_index_is_sound(text_bytes(&record), hex, key));
    cr_assert(blob_index_attach(text_bytes(&record), &again, &arena));
    cr_assert_eq(item_more(&again)->children, 2);
    const struct item *a = item_more(&again)->child, *b = a->next;
    cr_expect(bytes_eq(a->name, m[0].name) && a->size == 3 && a->hashed &&
              a->parent == &again);
    cr_expect(a->entry.mode == 04755 && a->entry.uid == 7 &&
              a->entry.mtime == m[0].entry.mtime);
    cr_expect(a->entry.rare->ctime == -5 &&
              bytes_eq(a->entry.rare->traits->xattrs->value, x.value));
    cr_expect(b->entry.type == ENTRY_SYMLINK && bytes_is(entry_link(&b->entry), "/etc"));
    cr_expect(b->entry.mtime == INSTANT_NONE && item_more(b)->fault.want == 8 &&
              !b->hashed && !b->next);
    for (struct item *member = less.child; member; member = member->next)
        item_release(member);
    text_release(&record);
    arena_release(&arena);
}

Test(blob_index, no_bit_of_a_record_may_change)
{
    struct item m = {.name = BYTES("a"), .entry.rare = &entry_rare_none};
    struct item_more more;
    struct item blob = blob_with(&more, &m, 1);
    struct text record = {0};
    m.parent = &blob;
    blob_index_write(&blob, key, &record);
    for (size_t i = 0; i < record.n * 8; i++) {
        record.p[i / 8] = (char)(record.p[i / 8] ^ 1 << i % 8);
        cr_assert_not(blob_index_is_sound(text_bytes(&record), hex, key));
        record.p[i / 8] = (char)(record.p[i / 8] ^ 1 << i % 8);
    }
    uint8_t other[BLOB_KEY] = {1, 2, 4};
    cr_assert_not(blob_index_is_sound(text_bytes(&record), hex, other));
    text_release(&record);
}

Test(blob_index, names_that_are_digests)
{
    char out[65];
    cr_expect(blob_name(bytes_str(hex), out));
    cr_expect(
        blob_name(
            BYTES("blobs/sha256/0101010101010101010101010101010101010101010101010101"
                  "010101010101"),
            out) &&
        strcmp(out, hex) == 0);
    cr_expect(
        blob_name(BYTES("0101010101010101010101010101010101010101010101010101010101010101"
                        ".tar"),
                  out));
    cr_expect_not(blob_name(BYTES("0101"), out));
    cr_expect_not(
        blob_name(BYTES("0101010101010101010101010101010101010101010101010101010101010"
                        "10A"),
                  out));
}
