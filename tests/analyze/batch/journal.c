#include "analyze/batch/batch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/journalXXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(journal, .init = make_folder, .fini = remove_folder);

static struct journal *open_shard(size_t shard, size_t shards)
{
    struct text path = {0};
    struct journal *j = NULL;
    journal_path(folder, shard, shards, &path);
    cr_assert_eq(journal_open(text_c(&path), &j), 0);
    text_release(&path);
    return j;
}

static void put(struct journal *j, const char *path, enum work_state state)
{
    struct work w = {.path = path, .size = 7, .state = state, .settled = true};
    text_str(&w.content, "c0ffee");
    strcpy(w.stamp, "stamp");
    cr_assert_eq(journal_begin(j), 0);
    cr_assert_eq(journal_put(j, &w), 0);
    cr_assert_eq(journal_commit(j), 0);
    work_release(&w);
}

Test(journal, what_was_put_is_found)
{
    struct journal *j = open_shard(1, 1);
    struct work w;
    cr_expect_eq(journal_find(j, "a", &w), 0);
    put(j, "a\xff", WORK_DONE);
    cr_assert_eq(journal_find(j, "a\xff", &w), 1);
    cr_expect(w.state == WORK_DONE && w.size == 7 && w.settled && !w.gone);
    cr_expect_str_eq(text_c(&w.content), "c0ffee");
    cr_expect_str_eq(w.stamp, "stamp");
    work_release(&w);
    journal_close(j);
}

Test(journal, what_was_not_committed_is_not_there)
{
    struct journal *j = open_shard(1, 1);
    struct work w = {.path = "a", .state = WORK_DONE};
    cr_assert_eq(journal_begin(j), 0);
    cr_assert_eq(journal_put(j, &w), 0);
    journal_close(j);
    j = open_shard(1, 1);
    cr_expect_eq(journal_find(j, "a", &w), 0);
    journal_close(j);
}

Test(journal, two_at_once_are_refused)
{
    struct journal *first = open_shard(1, 1), *second;
    struct text path = {0};
    journal_path(folder, 1, 1, &path);
    cr_expect_eq(journal_open(text_c(&path), &second), -EBUSY);
    journal_close(first);
    text_release(&path);
}

Test(journal, shards_are_taken_in)
{
    struct journal *main = open_shard(1, 1), *two = open_shard(2, 3), *three;
    struct work w;
    put(main, "a", WORK_DONE);
    put(main, "b", WORK_FAILED);
    put(two, "b", WORK_DONE);
    journal_close(main);
    cr_expect_eq(journal_absorb(folder), -EBUSY); /* the shard is at work */
    three = open_shard(3, 3);
    put(three, "c", WORK_DONE);
    journal_close(two);
    journal_close(three);
    cr_assert_eq(journal_absorb(folder), 0);
    cr_assert_eq(journal_absorb(folder), 0);
    struct text path = {0};
    journal_path(folder, 2, 3, &path);
    cr_expect_eq(access(text_c(&path), F_OK), -1);
    text_release(&path);
    main = open_shard(1, 1);
    for (const char *p = "abc"; *p; p++) {
        cr_assert_eq(journal_find(main, (char[]){*p, '\0'}, &w), 1);
        cr_expect_eq(w.state, WORK_DONE);
        work_release(&w);
    }
    journal_close(main);
}

Test(journal, what_a_scan_does_not_find_is_gone)
{
    struct journal *j = open_shard(1, 1);
    struct planned there = {.path = (char *)(uintptr_t) "a", .size = 3};
    struct plan plan = {.v = &there, .n = 1};
    struct work w;
    put(j, "b", WORK_DONE);
    cr_assert_eq(journal_scanned(j, &plan, true), 0);
    cr_assert_eq(journal_find(j, "b", &w), 1);
    cr_expect(w.gone && w.state == WORK_DONE);
    work_release(&w);
    cr_assert_eq(journal_find(j, "a", &w), 1);
    cr_expect(!w.gone && w.state == WORK_WAITING && w.size == 3);
    work_release(&w);
    journal_close(j);
}

/* What a run does with a package that the journal knows. */
Test(journal, steps)
{
    struct batch_options o = {0};
    struct planned p = {.size = 7, .stamp = "s", .shape = "h"};
    struct work w = {
        .state = WORK_DONE, .size = 7, .stamp = "s", .shape = "h", .settled = true};
    struct bytes tool = BYTES("1 analyze");
    text_add(&w.identity, tool);
    text_str(&w.content, "c0ffee");
    cr_expect_eq(batch_step(&o, &p, &(struct work){0}, tool), STEP_WORK);
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_KEEP);
    cr_expect_eq(batch_step(&o, &p, &w, BYTES("2 analyze")), STEP_WORK);
    o.rehash = true;
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_COMPARE);
    o.rehash = false;
    w.settled = false; /* a change could hide in the grain of the clock */
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_COMPARE);
    w.settled = true;
    strcpy(p.stamp, "t");
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_COMPARE);
    strcpy(p.shape, "i"); /* a link more: no listing digest tells */
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_WORK);
    strcpy(p.shape, "h");
    text_clear(&w.content); /* it could not be read whole */
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_WORK);
    w.state = WORK_FAILED;
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_WORK);
    strcpy(p.stamp, "s");
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_GIVE_UP);
    o.retry = true;
    cr_expect_eq(batch_step(&o, &p, &w, tool), STEP_WORK);
    work_release(&w);
}
