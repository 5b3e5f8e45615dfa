#include "analyze/batch/plan.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct plan *p, const char *path, uint64_t size)
{
    p->v = realloc(p->v, (p->n + 1) * sizeof *p->v);
    struct planned c = {.path = strdup(path), .size = size, .settled = size % 2};
    memset(c.stamp, 'a', sizeof c.stamp - 1);
    memset(c.shape, '7', sizeof c.shape - 1);
    p->v[p->n++] = c;
    p->size += size;
}

Test(plan, written_and_read_back)
{
    char name[] = "/tmp/planXXXXXX";
    struct plan out = {0}, in = {0};
    close(mkstemp(name));
    add(&out, "a b/\xff%\n", 3);
    add(&out, "c", 2);
    cr_assert_eq(plan_write(&out, name), 0);
    cr_assert_eq(plan_read(&in, name), 0);
    cr_assert_eq(in.n, 2);
    cr_expect_str_eq(in.v[0].path, "a b/\xff%\n");
    cr_expect_eq(in.v[0].size, 3);
    cr_expect_str_eq(in.v[0].stamp, out.v[0].stamp);
    cr_expect_str_eq(in.v[0].shape, out.v[0].shape);
    cr_expect(in.v[0].settled && !in.v[1].settled);
    cr_expect_eq(in.size, 5);
    plan_release(&out);
    plan_release(&in);
    unlink(name);
    cr_expect_eq(plan_read(&in, name), -ENOENT);
}

Test(plan, the_part_with_the_least_to_do_takes_the_next)
{
    /* One case as large as all the others: the other part does those. */
    struct plan p = {0};
    add(&p, "big", 600000000);
    add(&p, "x", 200000000);
    add(&p, "y", 200000000);
    add(&p, "z", 200000000);
    plan_shard(&p, 2, 2);
    cr_assert_eq(p.n, 3);
    cr_expect_str_eq(p.v[0].path, "x");
    cr_expect_eq(p.size, 600000000);
    plan_release(&p);
}

Test(plan, paths_that_leave_the_root_are_refused)
{
    static const char *const paths[] = {"../etc", "/etc", "%2e%2e/x", "a/../b", "a//b",
                                        "a/",     ".",    "",         "a%00b",  "%zz"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char name[] = "/tmp/planXXXXXX";
        struct plan p = {0};
        FILE *f = fdopen(mkstemp(name), "w");
        fprintf(f, "exhibit-plan 2\n1 %064d 1 %064d d %s\n", 0, 0, paths[i]);
        fclose(f);
        cr_expect_eq(plan_read(&p, name), -EBADMSG, "%s", paths[i]);
        plan_release(&p);
        unlink(name);
    }
}

Test(plan, shards_are_disjoint_and_complete)
{
    for (size_t parts = 1; parts < 6; parts++) {
        unsigned seen = 0;
        for (size_t part = 1; part <= parts; part++) {
            struct plan p = {0};
            for (unsigned i = 0; i < 5; i++)
                add(&p, (char[]){(char)('a' + i), '\0'}, 10 - i);
            plan_shard(&p, part, parts);
            for (size_t i = 0; i < p.n; i++) {
                unsigned bit = 1u << (p.v[i].path[0] - 'a');
                cr_expect_eq(seen & bit, 0);
                seen |= bit;
            }
            plan_release(&p);
        }
        cr_expect_eq(seen, 31);
    }
}

static void make_file(const char *root, const char *path, size_t size)
{
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0777);
        *slash = '/';
    }
    FILE *f = fopen(full, "wb");
    for (size_t i = 0; i < size; i++)
        fputc('x', f);
    fclose(f);
}

Test(plan, largest_first)
{
    char root[] = "/tmp/rootXXXXXX", command[64];
    struct plan p = {0};
    cr_assert_not_null(mkdtemp(root));
    make_file(root, "folder/small/x", 1);
    make_file(root, "folder/large/sub/y", 1000);
    make_file(root, "folder/large/x", 5);
    make_file(root, "packed.tar.zst", 50);
    make_file(root, "loose.txt", 9000);
    cr_assert_eq(plan_scan(&p, root), 0);
    cr_assert_eq(p.n, 3);
    cr_expect_str_eq(p.v[0].path, "folder/large");
    cr_expect_eq(p.v[0].size, 1005);
    cr_expect_str_eq(p.v[1].path, "packed.tar.zst");
    cr_expect_str_eq(p.v[2].path, "folder/small");
    cr_expect_eq(p.passed, 1);
    plan_release(&p);
    cr_expect_eq(plan_scan(&p, "/nowhere/at/all"), -ENOENT);
    snprintf(command, sizeof command, "rm -r %s", root);
    cr_expect_eq(system(command), 0);
}

/* The stamp and shape of the one package under `root`. */
static struct planned look(const char *root)
{
    struct plan p = {0};
    cr_assert_eq(plan_scan(&p, root), 0);
    cr_assert_eq(p.n, 1);
    struct planned c = p.v[0];
    c.path = NULL;
    plan_release(&p);
    return c;
}

Test(plan, a_change_shows)
{
    char root[] = "/tmp/rootXXXXXX", path[64], link[64], command[64];
    cr_assert_not_null(mkdtemp(root));
    make_file(root, "case/x", 9);
    snprintf(path, sizeof path, "%s/case/x", root);
    snprintf(link, sizeof link, "%s/case/link", root);
    struct planned first = look(root), again = look(root);
    cr_expect_str_eq(first.stamp, again.stamp);
    /* What changed just now may change again within the same time. */
    cr_expect_not(first.settled);
    /* The same name and size; then also the same time of content: status tells. */
    struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    struct planned old = look(root);
    usleep(20000);
    make_file(root, "case/x", 9);
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    struct planned changed = look(root);
    cr_expect_str_neq(old.stamp, changed.stamp);
    cr_expect_str_eq(old.shape, changed.shape);
    /* Links are no part of a listing, but of the shape. */
    cr_assert_eq(symlink("x", link), 0);
    struct planned linked = look(root);
    cr_expect_str_neq(linked.shape, old.shape);
    unlink(link);
    cr_assert_eq(symlink("y", link), 0);
    cr_expect_str_neq(look(root).shape, linked.shape);
    snprintf(command, sizeof command, "rm -r %s", root);
    cr_expect_eq(system(command), 0);
}
