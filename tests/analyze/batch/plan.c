#include "analyze/batch/plan.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct plan *p, const char *path, uint64_t size)
{
    p->v = realloc(p->v, (p->n + 1) * sizeof *p->v);
    p->v[p->n++] = (struct planned){strdup(path), size, size * 7, false};
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
    cr_expect_eq(in.v[0].fingerprint, 21);
    cr_expect_eq(in.size, 5);
    plan_release(&out);
    plan_release(&in);
    unlink(name);
    cr_expect_eq(plan_read(&in, name), -ENOENT);
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

Test(plan, largest_first_and_the_output_is_no_evidence)
{
    char root[] = "/tmp/rootXXXXXX", out[64], command[64];
    struct plan p = {0};
    cr_assert_not_null(mkdtemp(root));
    make_file(root, "folder/small/x", 1);
    make_file(root, "folder/large/sub/y", 1000);
    make_file(root, "folder/large/x", 5);
    make_file(root, "packed.tar.zst", 50);
    make_file(root, "loose.txt", 9000);
    make_file(root, "out/cases/x/file", 9000);
    snprintf(out, sizeof out, "%s/out", root);
    cr_assert_eq(plan_scan(&p, root, out), 0);
    cr_assert_eq(p.n, 3);
    cr_expect_str_eq(p.v[0].path, "folder/large");
    cr_expect_eq(p.v[0].size, 1005);
    cr_expect_str_eq(p.v[1].path, "packed.tar.zst");
    cr_expect_str_eq(p.v[2].path, "folder/small");
    cr_expect_eq(p.passed, 1);
    uint64_t before = p.v[2].fingerprint;
    plan_release(&p);
    make_file(root, "folder/small/x", 2);
    plan_scan(&p, root, out);
    cr_expect_neq(p.v[2].fingerprint, before);
    plan_release(&p);
    cr_expect_eq(plan_scan(&p, "/nowhere/at/all", out), -ENOENT);
    snprintf(command, sizeof command, "rm -r %s", root);
    cr_expect_eq(system(command), 0);
}
