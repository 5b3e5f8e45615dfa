#include "verify/walk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/base/limits.h"

/* Everything committed, in order; and what was wrong with the order. */
struct seen {
    struct digest_state *digest;
    uint64_t next, chunks;
    bool in_order, whole_lines, ended;
};

static enum care defer_all(void *context, const struct item *item)
{
    (void)context;
    return item->entry.type == ENTRY_FILE ? CARE_DEFER : CARE_HASH;
}

static void decode(void *context, struct log_chunk *chunk)
{
    (void)context;
    chunk->batch = (void *)(uintptr_t)chunk->text.n;
}

static void commit(void *context, struct log_chunk *chunk)
{
    struct seen *s = context;
    s->in_order &= chunk->offset == s->next && chunk->first == (s->next == 0);
    s->in_order &= (size_t)(uintptr_t)chunk->batch == chunk->text.n;
    s->whole_lines &=
        chunk->last || (chunk->text.n && chunk->text.p[chunk->text.n - 1] == '\n');
    s->next += chunk->text.n;
    s->chunks++;
    s->ended = chunk->last;
    digest_state_update(s->digest, chunk->text);
}

static struct seen stream(const char *folder, size_t threads)
{
    struct package *p;
    const char *why;
    struct seen s = {
        digest_state_new(DIGEST_BIT(DIGEST_SHA256)), 0, 0, true, true, false};
    struct walk_options options = {.threads = threads, .care = defer_all};
    struct log_visitor visitor = {&s, decode, commit};
    cr_assert_eq(package_open(folder, &p, &why), 0);
    cr_assert_eq(walk_package(p, &options), 0);
    struct item *log = package_find(p, BYTES("a.log"));
    cr_assert(log && !log->hashed, "a log of a directory is not read in the first phase");
    cr_assert_eq(logs_stream(p, &options, &visitor), 0);
    digest_state_final(s.digest);
    cr_assert(log->hashed);
    cr_assert_eq(
        memcmp(log->sha256, digest_state_result(s.digest, DIGEST_SHA256)->octets, 32), 0,
        "what was decoded is what was hashed");
    cr_assert_eq(log->size, s.next);
    digest_state_free(s.digest);
    package_close(p);
    return s;
}

static char folder[] = "/tmp/exhibit-logs-XXXXXX";
static char path[64];

static FILE *begin(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.log", folder);
    return fopen(path, "w");
}

static void end(void)
{
    unlink(path);
    rmdir(folder);
}

Test(logs, chunks_are_whole_lines_in_order)
{
    FILE *f = begin();
    for (int i = 0; i < 400000; i++)
        fprintf(f, "2026-11-23T09:45:26.065105458+00:00 stdout F line %d %*s\n", i,
                i % 90, "");
    fputs("a last line without its end", f);
    fclose(f);
    for (size_t threads = 1; threads <= 8; threads += 7) {
        struct seen s = stream(folder, threads);
        cr_assert(s.in_order && s.whole_lines && s.ended);
        cr_assert_gt(s.chunks, 5);
    }
    end();
}

Test(logs, a_line_without_end_is_bounded)
{
    FILE *f = begin();
    for (uint64_t i = 0; i < LIMIT_LINE + 3 * MIB; i += 64)
        fprintf(f, "%64s", "x");
    fclose(f);
    struct seen s = stream(folder, 2);
    cr_assert(s.in_order && s.ended);
    cr_assert_eq(s.chunks, 2, "the limit, and the rest");
    end();
}

Test(logs, an_empty_log_is_one_empty_chunk)
{
    fclose(begin());
    struct seen s = stream(folder, 2);
    cr_assert(s.in_order && s.ended);
    cr_assert_eq(s.chunks, 1);
    end();
}
