/* A whole dump: files of a folder, packed as {name length (1), name, size (2, little),
 * content} one after the other. All that `analyze` asks of a checkpoint is asked. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/process/core_file.h"
#include "analyze/process/detect.h"
#include "formats/base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_files(const char *folder, struct bytes all)
{
    struct cursor c = cursor_of(all);
    for (int files = 0; files < 64 && !cursor_at_end(&c) && !c.failed; files++) {
        struct bytes name = cursor_take(&c, cursor_u8(&c));
        struct bytes content = cursor_take(&c, cursor_u16le(&c));
        char path[512];
        bool plain = name.n && bytes_find_byte(name, '/') == name.n &&
                     bytes_find_byte(name, 0) == name.n && name.p[0] != '.';
        if (c.failed || !plain)
            continue;
        snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.n, (const char *)name.p);
        FILE *f = fopen(path, "wb");
        if (!f)
            continue;
        if (content.n)
            fwrite(content.p, 1, content.n, f);
        fclose(f);
    }
}

static enum care keep_all(void *context, const struct item *item)
{
    (void)context;
    return item->role == ROLE_CRIU_IMAGE ? dump_care(item) : CARE_KEEP;
}

static void ask(struct dump *dump)
{
    struct checkpoint c;
    struct metadata metadata;
    struct mask mask = mask_of(BYTES("fuzz"), false);
    struct findings findings = {0};
    checkpoint_load(dump, &c);
    metadata_read(dump, &metadata);
    struct memory *m = memory_open(&c);
    memory_read_strings(m, &c);
    struct detect d = {.describe = {&c, m, &mask, &metadata}, .findings = &findings};
    detect_all(&d);
    json_decref(describe_dump(&d.describe));
    json_decref(describe_mounts(&d.describe));
    json_decref(describe_network(&d.describe));
    json_decref(describe_sockets(&d.describe, NULL));
    for (size_t i = 0; i < c.count && i < 8; i++) {
        struct text notes = {0};
        json_decref(describe_process(&d.describe, &c.processes[i]));
        core_notes(&c.processes[i], &notes);
        text_release(&notes);
    }
    findings_release(&findings);
    memory_close(m);
    metadata_release(&metadata);
    checkpoint_release(&c);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/exhibit-fuzz-XXXXXX";
    struct package *p;
    const char *why;
    if (!mkdtemp(folder))
        return 0;
    write_files(folder, bytes_of(data, size));
    if (package_open(folder, &p, &why) == 0) {
        struct walk_options walk = {.threads = 1, .care = keep_all};
        struct dumps dumps;
        walk_package(p, &walk);
        dumps_find(p, &dumps);
        for (size_t i = 0; i < dumps.n; i++)
            ask(dumps.v[i]);
        dumps_release(&dumps);
        package_close(p);
    }
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
