#include "analyze/batch/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <unistd.h>

#include "formats/base/digest.h"
#include "formats/base/limits.h"

static void fold(struct digest_state *d, const char *s)
{
    digest_state_update(d, bytes_of(s, strlen(s) + 1));
}

static int fold_content(struct digest_state *d, const char *path)
{
    static uint8_t block[256 * KIB];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 0;
    while (fd >= 0 && (n = read(fd, block, sizeof block)) > 0)
        digest_state_update(d, bytes_of(block, (size_t)n));
    int r = n < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return r;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A file or tree, by the names and contents of its files, wherever it lies. */
static int fold_tree(struct digest_state *d, char *path)
{
    char *const paths[] = {path, NULL};
    FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    int r = tree ? 0 : -errno;
    for (FTSENT *e; r == 0 && (e = fts_read(tree));) {
        if (e->fts_level > FTS_ROOTLEVEL && e->fts_info != FTS_DP)
            fold(d, e->fts_name);
        if (e->fts_info == FTS_F)
            r = fold_content(d, e->fts_path);
    }
    if (tree)
        fts_close(tree);
    return r;
}

/* "--trust=ca.pem" by its name and what is in the file, "--since=…" as it stands. */
static int fold_option(struct digest_state *d, const char *option)
{
    struct text t = {0};
    int r = 0;
    text_str(&t, option);
    char *equals = strchr(t.p, '=');
    if (equals && access(equals + 1, F_OK) == 0) {
        r = fold_tree(d, equals + 1);
        *equals = '\0';
    }
    fold(d, t.p);
    text_release(&t);
    return r;
}

int identity_of(const char *command, const char *const *options, struct text *t)
{
    char hex[2 * DIGEST_MAX + 1];
    struct digest_state *d = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    int r = fold_content(d, "/proc/self/exe");
    for (; r == 0 && *options; options++)
        r = fold_option(d, *options);
    digest_state_final(d);
    text_printf(t, "%s %s %s", EXHIBIT_VERSION, command,
                digest_hex(digest_state_result(d, DIGEST_SHA256), hex));
    digest_state_free(d);
    return r;
}
