#include "formats/layer_toc.h"

#include <criterion/criterion.h>

#include "formats/json.h"

/* As docs/estargz.md has it: footer with the offset 0x1234. */
static const char footer[] = "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0"
                             "0000000000001234STARGZ\x01\0\0\xff\xff\0\0\0\0\0\0\0\0";

Test(layer_toc, the_footer_of_estargz)
{
    uint64_t offset = 0;
    char blob[60] = "what is before";
    struct bytes tail = bytes_of(footer, STARGZ_FOOTER);
    cr_assert_eq(sizeof footer - 1, STARGZ_FOOTER);
    cr_expect(stargz_footer_read(tail, &offset));
    cr_expect_eq(offset, 0x1234);
    memcpy(blob + 9, footer, STARGZ_FOOTER);
    cr_expect(stargz_footer_read(bytes_of(blob, sizeof blob), &offset));
    cr_expect_not(stargz_footer_read(bytes_from(tail, 1), &offset));
    cr_expect_not(stargz_footer_read(BYTES_NONE, &offset));
    for (size_t i = 0; i < 38; i++) {
        char spoilt[STARGZ_FOOTER];
        memcpy(spoilt, footer, STARGZ_FOOTER);
        spoilt[i] = '~';
        bool may_differ = i >= 4 && i < 12; /* time, system, length of the extra field */
        cr_expect_eq(stargz_footer_read(bytes_of(spoilt, STARGZ_FOOTER), &offset),
                     may_differ, "%zu", i);
    }
}

Test(layer_toc, the_place_of_zstd_chunked)
{
    struct toc_place p;
    cr_expect(zstd_chunked_place_read(BYTES("686:370:1232:1"), &p));
    cr_expect(p.offset == 686 && p.length == 370 && p.inflated == 1232);
    static const char *const bad[] = {"",
                                      "686:370:1232",
                                      "686:370:1232:2",
                                      "686:370:1232:1:0",
                                      "-1:370:1232:1",
                                      "686:x:1232:1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(zstd_chunked_place_read(bytes_str(bad[i]), &p), "%s", bad[i]);
}

/* The end of a layer that skopeo 1.9.3 wrote (xxd), and the longer one of later versions.
 */
Test(layer_toc, the_footer_of_zstd_chunked)
{
    static const char of_skopeo[] = "P*M\x18(\0\0\0\x19U\1\0\0\0\0\0#\4\0\0\0\0\0\0]"
                                    "\x0e\0\0\0\0\0\0\1\0\0\0\0\0\0\0GnUlInUx";
    uint8_t later[ZSTD_CHUNKED_FOOTER] = "P*M\x18@", spoilt[48];
    struct toc_place p;
    cr_assert_eq(sizeof of_skopeo - 1, sizeof spoilt);
    cr_expect(zstd_chunked_footer_read(bytes_of(of_skopeo, 48), &p));
    cr_expect(p.offset == 87321 && p.length == 1059 && p.inflated == 3677);
    memcpy(later + 8, of_skopeo + 8, 32);
    memcpy(later + 64, "GnUlInUx", 8);
    cr_expect(zstd_chunked_footer_read(bytes_of(later, sizeof later), &p));
    cr_expect_eq(p.offset, 87321);
    for (size_t i = 0; i < 48; i++) {
        bool is_number = i >= 8 && i < 32;
        memcpy(spoilt, of_skopeo, 48);
        spoilt[i] ^= 1;
        cr_expect_eq(zstd_chunked_footer_read(bytes_of(spoilt, 48), &p), is_number);
        cr_expect_not(zstd_chunked_footer_read(bytes_of(of_skopeo, i), &p));
    }
}

Test(layer_toc, entries_by_name)
{
    static const char json[] =
        "{\"version\":1,\"entries\":["
        "{\"type\":\"dir\",\"name\":\"usr/\",\"mode\":493},"
        "{\"type\":\"reg\",\"name\":\"./etc/a\",\"size\":5,\"mode\":33261,\"uid\":7,"
        "\"offset\":9,\"digest\":\"sha256:ab\"},"
        "{\"type\":\"chunk\",\"name\":\"etc/a\",\"offset\":99},"
        "{\"type\":\"symlink\",\"name\":\"l\",\"linkName\":\"etc/a\"},"
        "{\"type\":\"reg\",\"name\":\"etc/a\",\"size\":6},"
        "{\"type\":\"nonsense\",\"name\":\"x\"}]}";
    struct documents docs = {0};
    struct arena arena = ARENA_INIT;
    struct toc t;
    json_read(bytes_str(json), &docs);
    cr_assert(toc_read(docs.v[0].root, &arena, &t));
    cr_assert_eq(t.n, 4);
    cr_expect_eq(t.v[0].mode, 0755);
    cr_expect_eq(t.v[0].uid, 7);
    cr_expect_eq(t.v[0].offset, 9);
    cr_expect_eq(toc_find(&t, BYTES("etc/a"))->size, 6);
    cr_expect_eq(toc_find(&t, BYTES("usr"))->type, ENTRY_DIRECTORY);
    cr_expect(bytes_is(toc_find(&t, BYTES("l"))->link, "etc/a"));
    cr_expect_null(toc_find(&t, BYTES("x")));
    cr_expect_null(toc_find(&t, BYTES("")));
    documents_release(&docs);
    docs = (struct documents){0};
    json_read(BYTES("{\"entries\":{}}"), &docs);
    cr_expect_not(toc_read(docs.v[0].root, &arena, &t));
    documents_release(&docs);
    arena_release(&arena);
}

Test(layer_toc, what_cannot_be_inflated_is_nothing)
{
    struct arena arena = ARENA_INIT;
    bool large = false;
    cr_expect_eq(zstd_toc_inflate(BYTES("no zstd"), &arena, &large).n, 0);
    cr_expect_eq(stargz_toc_inflate(BYTES("no gzip"), &arena, &large).n, 0);
    cr_expect_eq(stargz_toc_inflate(bytes_of(footer, STARGZ_FOOTER), &arena, &large).n,
                 0);
    cr_expect_not(large);
    arena_release(&arena);
}
