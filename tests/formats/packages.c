/* The readers of package databases: what each says in the common shape. */
#include "formats/packages.h"

#include <criterion/criterion.h>

#include "formats/apk.h"
#include "formats/base/cursor.h"
#include "formats/base/text.h"
#include "formats/dpkg.h"
#include "formats/go_build.h"
#include "formats/python_dist.h"
#include "formats/rpm.h"
#include "formats/rpmdb.h"
#include "tests/sample.h"

/* What was told, as text: "name version arch\n" and "  path digest c\n". */
static struct text told;
static struct arena arena;
static struct faults faults;

static void take_package(void *context, const struct package_record *p)
{
    (void)context;
    text_add(&told, p->name);
    text_byte(&told, ' ');
    text_add(&told, p->version);
    text_byte(&told, ' ');
    text_add(&told, p->architecture);
    text_str(&told, p->removed ? " removed\n" : "\n");
}

static void take_file(void *context, const struct package_file *f)
{
    char hex[2 * DIGEST_MAX + 1] = "-";
    (void)context;
    text_str(&told, "  ");
    text_add(&told, f->path);
    if (f->has_digest)
        bytes_to_hex(bytes_of(f->digest.octets,
                              f->partial ? 20 : digest_size(f->digest.algorithm)),
                     hex);
    text_printf(&told, " %s%s\n", hex, f->config ? " config" : "");
}

static const struct package_sink sink = {NULL, take_package, take_file, &faults};

static void end(void)
{
    text_release(&told);
    faults_release(&faults);
    arena_release(&arena);
}

TestSuite(packages, .fini = end);

#define expect_told(literal) expect_bytes(text_bytes(&told), literal)

Test(packages, dpkg_status)
{
    dpkg_status_read(
        BYTES("\n\nPackage: bash\nStatus: install ok installed\n"
              "Architecture: amd64\nVersion: 5.2-1\n"
              "Description: shell\n more: of it\n"
              "Conffiles:\n /etc/bash.bashrc 3a07b9e21c5c9d7b84f1ee0a8f2f6a11\n"
              " /etc/old 3a07b9e21c5c9d7b84f1ee0a8f2f6a11 obsolete\n"
              " /etc/new newconffile\n"
              "Homepage: x\n\n"
              "Package: gone\nStatus: deinstall ok config-files\n\n"
              "package: odd\nno colon here\n"),
        &sink);
    expect_told("bash 5.2-1 amd64\n"
                "  /etc/bash.bashrc 3a07b9e21c5c9d7b84f1ee0a8f2f6a11 config\n"
                "  /etc/old 3a07b9e21c5c9d7b84f1ee0a8f2f6a11 config\n"
                "  /etc/new - config\n"
                "gone   removed\n"
                "odd  \n");
    cr_expect_eq(faults.n, 1);
    cr_expect_eq(faults.v[0].code, FAULT_SYNTAX);
}

Test(packages, dpkg_lists)
{
    dpkg_md5sums_read(BYTES("3a07b9e21c5c9d7b84f1ee0a8f2f6a11  usr/bin/a b\n"
                            "3a07b9e21c5c9d7b84f1ee0a8f2f6a11 usr/bin/c\nxyz  d\n"),
                      &sink);
    dpkg_list_read(BYTES("/.\n/usr\nrelative\n"), &sink);
    expect_told("  usr/bin/a b 3a07b9e21c5c9d7b84f1ee0a8f2f6a11\n  /. -\n  /usr -\n");
    cr_expect_eq(faults.n, 3);
}

Test(packages, dpkg_names_of_lists)
{
    struct bytes name, architecture;
    cr_assert(dpkg_info_name(BYTES("libc6:amd64.list"), ".list", &name, &architecture));
    expect_bytes(name, "libc6");
    expect_bytes(architecture, "amd64");
    cr_assert(dpkg_info_name(BYTES("g++-12.md5sums"), ".md5sums", &name, &architecture));
    expect_bytes(name, "g++-12");
    cr_expect_eq(architecture.n, 0);
    cr_expect(!dpkg_info_name(BYTES(".list"), ".list", &name, &architecture));
    cr_expect(!dpkg_info_name(BYTES("a.postinst"), ".list", &name, &architecture));
}

/* Digests by sha1sum and sha256sum of "musl", "ld-musl-x86_64.so.1", "busybox", "tty". */
Test(packages, apk)
{
    struct bytes all = sample("corpus/fuzz/apk/installed");
    apk_installed_read(all, &arena, &sink);
    expect_told("musl 1.2.4-r2 x86_64\n"
                "  lib/ld-musl-x86_64.so.1 a675e60467e7230c6556edcc1be48c789469f5a3\n"
                "  lib/libc.musl-x86_64.so.1 ef2277245372a40e26c61249af4a2ee82cec2552\n"
                "busybox 1.36.1-r5 x86_64\n"
                "  bin/busybox 9d75f0d7c398df565d7ac04c6819b62d6d8f9560\n"
                "  etc/securetty 35e10a5e739edd72540c7cf0fa91c8257d128bfe\n");
    cr_expect_eq(faults.n, 0);
    sample_free(all);
}

Test(packages, apk_that_is_broken_is_read_on)
{
    struct bytes all = sample("corpus/fuzz/apk/bad");
    apk_installed_read(all, &arena, &sink);
    expect_told("x  \n  y -\n  a/b -\n");
    cr_expect_eq(faults.n, 4);
    sample_free(all);
}

/* The package was built by rpmbuild 4.18; digests by sha256sum of its files. */
Test(packages, rpm_header)
{
    struct bytes all = sample("corpus/fuzz/rpm/probe");
    cr_assert(rpm_header_read(all, &arena, &sink));
    expect_told(
        "probe 1:1.2-3 noarch\n"
        "  /etc/probe.conf "
        "fe3209d6d4f51935b391288a43df48d9ddece1a992597ae53387ca16611a9179 config\n"
        "  /usr/bin/probe "
        "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf\n"
        "  /usr/bin/probe-link -\n");
    cr_expect_eq(faults.n, 0);
    sample_free(all);
}

Test(packages, rpm_header_that_points_outside)
{
    struct bytes all = sample("corpus/fuzz/rpm/folder-out-of-range");
    cr_expect(rpm_header_read(all, &arena, &sink));
    cr_assert_gt(faults.n, 0);
    cr_expect_eq(faults.v[0].code, FAULT_REFERENCE);
    sample_free(all);
    all = sample("corpus/fuzz/rpm/cut");
    cr_expect(!rpm_header_read(all, &arena, &sink));
    sample_free(all);
}

static bool read_database(const char *path, size_t cut)
{
    struct bytes all = sample(path);
    struct cursor c = cursor_of(all);
    uint32_t length = cursor_u32le(&c);
    struct bytes rest = cursor_rest(&c), log = bytes_from(rest, length);
    bool read = rpmdb_read(bytes_sub(rest, 0, length), bytes_sub(log, 0, log.n - cut),
                           &arena, &sink);
    sample_free(all);
    return read;
}

Test(packages, rpm_database_with_a_log)
{
    cr_expect(read_database("corpus/fuzz/rpmdb/log", 0));
    cr_expect(bytes_starts(text_bytes(&told), BYTES("probe 1:1.2-3 noarch\n")));
}

/* The transaction that is not whole never was. */
Test(packages, rpm_database_with_a_log_that_is_cut)
{
    cr_expect(read_database("corpus/fuzz/rpmdb/log", 1));
    cr_expect_eq(told.n, 0);
}

Test(packages, rpm_database_after_its_checkpoint)
{
    cr_expect(read_database("corpus/fuzz/rpmdb/plain", 0));
    cr_expect(bytes_starts(text_bytes(&told), BYTES("probe 1:1.2-3 noarch\n")));
    cr_expect(!rpmdb_read(BYTES("SQLite format 3\0 and nothing else"), BYTES_NONE, &arena,
                          &sink));
}

Test(packages, rpm_databases_are_told_apart)
{
    cr_expect_eq(rpmdb_form_of(BYTES("SQLite format 3\0")), RPMDB_SQLITE);
    cr_expect_eq(rpmdb_form_of(BYTES("RpmP\0\0\0\0")), RPMDB_NDB);
    cr_expect_eq(rpmdb_form_of(BYTES("\0\0\0\0\1\0\0\0\0\0\0\0\x61\x15\x06\0")),
                 RPMDB_BERKELEY);
    cr_expect_eq(rpmdb_form_of(BYTES("")), RPMDB_NONE);
}

/* sha256 of "x", by sha256sum. */
#define X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

Test(packages, python)
{
    struct package_record p;
    struct bytes all = sample("corpus/fuzz/python_dist/METADATA");
    cr_assert(python_metadata_read(all, &p));
    expect_bytes(p.name, "flask");
    expect_bytes(p.version, "2.3.3");
    sample_free(all);
    cr_expect(!python_metadata_read(BYTES("\nName: late\n"), &p));
    all = sample("corpus/fuzz/python_dist/RECORD");
    python_record_read(all, &arena, &sink);
    expect_told("  flask/__init__.py " X "\n  odd, \"name\".py " X
                "\n  ../../bin/flask " X "\n  flask-2.3.3.dist-info/RECORD -\n");
    cr_expect_eq(faults.n, 1); /* the quote that never ends */
    sample_free(all);
}

static void expect_go(const char *path, const char *version)
{
    struct elf e;
    struct go_build go;
    struct bytes all = sample(path);
    cr_assert(elf_read(all, &arena, &e, &faults) && go_build_read(&e, &go));
    expect_bytes(go.version, version);
    expect_bytes(go.path, "example.org/cmd/tool");
    expect_bytes(go.module, "example.org/tool");
    expect_bytes(go.release, "v1.4.0");
    expect_bytes(go.revision, "0123abcd");
    cr_expect_eq(go.dependencies, 2);
    sample_free(all);
}

Test(packages, go_build_information)
{
    struct elf e;
    struct go_build go;
    expect_go("corpus/fuzz/go_build/inline", "go1.21.5");
    expect_go("corpus/fuzz/go_build/pointers", "go1.16.3");
    struct bytes all = sample("corpus/fuzz/elf/static64");
    cr_assert(elf_read(all, &arena, &e, &faults));
    cr_expect(!go_build_read(&e, &go));
    sample_free(all);
}
