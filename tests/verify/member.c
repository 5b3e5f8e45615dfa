/* Second readings: every way from one member to another. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/limits.h"
#include "verify/walk.h"

/* Two archives and a file beside them; member N holds the numbers from N on, in lines. */
static char folder[] = "/tmp/exhibit-member-XXXXXX";

static void make(void)
{
    char command[512];
    cr_assert(mkdtemp(folder));
    snprintf(
        command, sizeof command,
        "cd %s && for i in 1 2 3 4 5 6; do seq $i 60000 > m$i; done && "
        "tar -czf a.tar.gz m1 m2 m3 m4 m5 m6 && tar -cf b.tar m4 m5 && mv m2 plain && "
        "rm m?",
        folder);
    cr_assert_eq(system(command), 0);
}

static void take_away(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

static enum care tail_of(void *context, const struct item *item)
{
    (void)context;
    (void)item;
    return CARE_TAIL;
}

static struct package *walked(enum care (*care)(void *context, const struct item *item))
{
    struct package *p;
    const char *why;
    struct walk_options options = {.threads = 1, .care = care};
    cr_assert_eq(package_open(folder, &p, &why), 0);
    cr_assert_eq(walk_package(p, &options), 0);
    return p;
}

/* What `s` gives from now on is what the walk hashed. */
static void gives(struct source *s, const struct item *item)
{
    struct digest_state *state = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    struct bytes block;
    cr_assert(s);
    while (source_next(s, &block) > 0)
        digest_state_update(state, block);
    digest_state_final(state);
    cr_assert_eq(s->fault.code, FAULT_NONE);
    cr_assert_eq(
        memcmp(digest_state_result(state, DIGEST_SHA256)->octets, item->sha256, 32), 0,
        "the bytes of %.*s", (int)item->name.n, (const char *)item->name.p);
    digest_state_free(state);
}

static const char *const names[] = {
    "a.tar.gz//m1", "a.tar.gz//m2", "a.tar.gz//m3", "a.tar.gz//m6",
    "b.tar//m4",    "b.tar//m5",    "plain",        "b.tar",
};
#define NAMES (sizeof names / sizeof *names)

Test(member, from_each_to_each)
{
    make();
    struct package *p = walked(NULL);
    for (size_t i = 0; i < NAMES * NAMES; i++) {
        struct item *from = package_find(p, bytes_str(names[i / NAMES]));
        struct item *to = package_find(p, bytes_str(names[i % NAMES]));
        struct source *s = item_source_move(p, NULL, from);
        struct bytes block;
        if (i % 2)
            gives(s, from);
        else
            cr_assert_gt(source_next(s, &block), 0); /* left in the middle */
        s = item_source_move(p, s, to);
        gives(s, to);
        item_source_close(s);
    }
    package_close(p);
    take_away();
}

Test(member, the_end_is_kept)
{
    uint8_t end[LIMIT_KEPT_TAIL];
    make();
    struct package *p = walked(tail_of);
    for (size_t i = 0; i < NAMES - 1; i++) {
        const struct item *item = package_find(p, bytes_str(names[i]));
        struct bytes tail = item_tail(item);
        cr_assert_eq(tail.n, sizeof end, "the end of %s", names[i]);
        struct span last = {item, item->size - sizeof end, sizeof end};
        cr_assert(bytes_eq(tail, item_copy(p, last, end)), "the end of %s", names[i]);
        cr_assert_not(item->kept);
        cr_assert(item->hashed);
        struct source *s = item_source_open(p, item);
        gives(s, item);
        item_source_close(s);
    }
    package_close(p);
    take_away();
}
