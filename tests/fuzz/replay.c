/* Runs a fuzz target over folders of seeds, without libFuzzer. A folder that cannot be
 * read or is empty is a failure: a target without seeds is not tested. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", what, path);
    return 1;
}

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return fail("cannot open", path);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    /* As large as the seed and not more, so that the sanitizer sees a byte too many. */
    uint8_t *data = size >= 0 ? malloc((size_t)size + (size == 0)) : NULL;
    size_t got = data ? fread(data, 1, (size_t)size, f) : 0;
    fclose(f);
    if (!data || got != (size_t)size) {
        free(data);
        return fail("cannot read", path);
    }
    fprintf(stderr, "%s\n", path); /* the last one named is the one that crashed */
    LLVMFuzzerTestOneInput(data, got);
    free(data);
    return 0;
}

static int replay_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return fail("no seeds", path);
    int bad = 0, seeds = 0;
    for (struct dirent *e; (e = readdir(d));) {
        char name[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        bad |= replay_file(name);
        seeds++;
    }
    closedir(d);
    return seeds ? bad : fail("no seeds", path);
}

int main(int argc, char **argv)
{
    int bad = argc < 2;
    for (int i = 1; i < argc; i++)
        bad |= replay_folder(argv[i]);
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    return bad;
}
