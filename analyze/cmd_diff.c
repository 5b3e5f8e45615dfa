/* exhibit diff: what a writable layer changed in the image under it. */
#include <getopt.h>
#include <stdlib.h>

#include "analyze/analysis.h"
#include "analyze/commands.h"
#include "analyze/layer/care.h"
#include "analyze/layer/index_store.h"
#include "analyze/layer/machine.h"
#include "analyze/layer/study.h"
#include "analyze/layer/times.h"
#include "analyze/opening.h"
#include "analyze/output_directory.h"
#include "verify/json_mask.h"

static const char help[] =
    "usage: exhibit diff [OPTION]... BASE LAYER\n"
    "\n"
    "Says exactly what differs: which paths were added, modified or deleted, and of "
    "what\n"
    "kind each change is (type, content, mode, owner, xattr, time, link, device).\n"
    "\n"
    "BASE is an image: an OCI layout, what docker save, podman save or skopeo write, a\n"
    "root file system, as a directory or in any archive, or a package that holds one.\n"
    "LAYER is an overlay upper directory, a layer of an image, the rootfs-diff.tar of a\n"
    "checkpoint (with deleted.files beside it), a whole root, a second image, or what\n"
    "`docker diff` printed.\n"
    "Digests and sizes of the images' blobs, and the diffIDs of layers, are verified.\n"
    "\n"
    "  --json           one JSON document (schema exhibit.diff/1)\n"
    "  --bodyfile       the changes for mactime: a deletion has the latest moment at "
    "which\n"
    "                   it can have happened\n"
    "  --patch          with the lines that differ, as a unified diff\n"
    "  --contents       looks into changed files, however long it takes: type, entropy,\n"
    "                   sections of ELF files, lines of texts (default: where it takes\n"
    "                   less than a second); --no-contents never does\n"
    "  --reveal         do not mask credentials\n"
    "  --as layer|root  LAYER has only what changed, or all that there is\n"
    "  --platform OS/ARCH[/VARIANT]\n"
    "                   which image of a multi-platform index (default: that of the\n"
    "                   checkpoint in LAYER, or the only one)\n"
    "  --image IMAGE    which image of BASE, by the digest of its manifest, its id, or "
    "its\n"
    "                   name and tag; layer=IMAGE: which one of LAYER\n"
    "  --index DIR      keeps in DIR, by their digests, what the layers of BASE hold, "
    "so\n"
    "                   that the next diff against it only hashes them; DIR must be "
    "closed\n"
    "                   to others and outside of BASE and LAYER\n"
    "  --threads N      readers at a time (default: one for each processor)\n"
    "\n"
    "A line of output is A (added), M (modified), D (deleted); the kinds of change; "
    "mode;\n"
    "size; path. Exit status: 0, or 1 when a digest of an image does not hold or a part "
    "of\n"
    "it is missing.\n"
    "\n"
    "examples:\n"
    "  exhibit diff base-image.tar pod-layer.tar\n"
    "  exhibit diff registry-copy/ /mnt/overlay/1234/diff --json\n"
    "  exhibit diff case-17/ checkpoint.tar.zst\n";

struct diff_arguments {
    bool json, bodyfile, patch, reveal;
    enum study_extent extent;
    enum taken_as as;
    struct image_wish wish; /* of BASE */
    struct bytes layer_image;
    const char *index;
    size_t threads;
};

struct sides {
    struct arena arena;
    struct image base;
    struct subject subject;
};

/* What is told of a comparison, and how. */
struct telling {
    const struct comparison *c;
    const struct mask *mask;
    bool patch;
};

/* -- text ---------------------------------------------------------------------------- */

static void print_kinds(unsigned kinds)
{
    bool first = true;
    for (unsigned k = 0; k < CHANGE_KINDS; k++) {
        if (!(kinds >> k & 1))
            continue;
        printf("%s%s", first ? "" : ",", change_kind_name(k));
        first = false;
    }
}

static void print_path(const struct telling *t, const char *before, uint32_t node)
{
    struct text path = {0};
    if (node == TREE_NONE)
        return;
    tree_path(&t->c->tree, node, &path);
    fputs(before, stdout);
    print_masked(stdout, t->mask, text_bytes(&path));
    text_release(&path);
}

/* Lines that are escaped already; steals them. */
static void print_lines(const struct mask *mask, struct text *lines)
{
    struct text masked = {0};
    struct bytes rest = text_bytes(lines), line;
    while (bytes_split(&rest, '\n', &line)) {
        mask_text(mask, line, &masked);
        text_byte(&masked, '\n');
    }
    if (masked.n)
        fwrite(masked.p, 1, masked.n, stdout);
    text_release(&masked);
    text_release(lines);
}

static void print_study(const struct telling *t, const struct change *x)
{
    struct text lines = {0};
    study_text(t->c->study, x, t->patch, &lines);
    print_lines(t->mask, &lines);
}

static void print_relations(const struct telling *t, const struct change *x)
{
    const struct relations *of = change_relations(&t->c->diff, x);
    if (of->renamed_from != TREE_NONE)
        print_path(t, "  renamed from ", of->renamed_from);
    else
        print_path(t, "  copy of ", of->copied_from);
    print_path(t, "  same file as ", of->linked_with);
}

static void print_change(const struct telling *t, const struct change *x)
{
    const struct comparison *c = t->c;
    const struct state before = tree_before(&c->tree, x->node);
    const struct state after = tree_after(&c->tree, x->node);
    const struct state *s = x->type == CHANGE_DELETED ? &before : &after;
    unsigned mode = s->inode ? s->inode->entry.mode & 07777u : 0755u;
    if (s->claimed)
        printf("%c  %-9s  %4s  %10s  ", "AMD"[x->type], state_type_name(s), "-", "-");
    else
        printf("%c  %-9s  %04o  %10llu  ", "AMD"[x->type], state_type_name(s), mode,
               (unsigned long long)(s->data ? s->data->size : 0));
    print_path(t, "", x->node);
    if (s->inode && state_type(s) == ENTRY_SYMLINK) {
        fputs(" -> ", stdout);
        print_masked(stdout, t->mask, entry_link(&s->inode->entry));
    }
    if (x->kinds) {
        fputs("  [", stdout);
        print_kinds(x->kinds);
        putchar(']');
    }
    if (x->type != CHANGE_ADDED && before.layer && c->base.layer_count > 1)
        printf("  (image layer %u)", before.layer);
    print_relations(t, x);
    const struct mounted *mount = comparison_mount(c, x);
    if (mount)
        printf("  (%s)", mount->kind);
    if (x->content_unknown)
        fputs("  (content not in the evidence)", stdout);
    putchar('\n');
    print_study(t, x);
}

/* What is below a folder that was deleted is one line, not thousands. */
static size_t print_changes(const struct telling *t)
{
    const struct comparison *c = t->c;
    size_t folded = 0;
    for (size_t i = 0; i < c->diff.n; i++) {
        const struct change *x = &c->diff.v[i];
        if (x->type == CHANGE_DELETED &&
            tree_after(&c->tree, x->node).absence == ABSENT_PARENT)
            folded++;
        else
            print_change(t, x);
    }
    return folded;
}

static void print_image(const struct mask *mask, const char *what, const struct image *i)
{
    size_t held = 0, failed = 0, recalled = 0;
    for (size_t k = 0; k < i->layer_count; k++) {
        const struct image_layer *l = &i->layers[k];
        failed += l->blob_check >= BLOB_MISMATCH || l->diff_check >= BLOB_MISMATCH ||
                  l->toc.check >= BLOB_MISMATCH;
        recalled += l->blob && l->blob->recalled;
        held += l->blob_check <= BLOB_VERIFIED && l->diff_check == BLOB_VERIFIED;
    }
    printf("%s: %s, %zu layers", what, image_form_name(i->form), i->layer_count);
    if (i->reference.n) {
        fputs(", ", stdout);
        print_masked(stdout, mask, i->reference);
    }
    if (i->config_digest.n) {
        fputs(", ", stdout);
        print_masked(stdout, mask, i->config_digest);
    }
    if (i->form != IMAGE_ROOT)
        printf("; %zu of %zu layers verified", held, i->layer_count);
    if (recalled)
        printf(", %zu known from the index", recalled);
    if (failed)
        printf(", %zu DO NOT HOLD", failed);
    putchar('\n');
}

static void print_text(const struct telling *t)
{
    const struct comparison *c = t->c;
    json_t *limits = comparison_limits(c);
    size_t i;
    study_limits(c->study, limits);
    print_image(t->mask, "base", &c->base);
    if (c->subject.is_image)
        print_image(t->mask, "changed", &c->subject.image);
    else
        printf("layer: %s, %zu entries\n", dialect_name(c->subject.layer.dialect),
               c->subject.layer.entries);
    size_t folded = print_changes(t);
    printf("%zu added, %zu modified, %zu deleted", c->diff.added, c->diff.modified,
           c->diff.deleted);
    if (folded)
        printf(" (%zu of them below a deleted folder)", folded);
    printf("; %zu in the layer but unchanged\n", c->diff.unchanged_count);
    struct text packages = {0};
    study_packages_text(c->study, &packages);
    print_lines(t->mask, &packages);
    json_mask(t->mask, limits);
    for (i = 0; i < json_array_size(limits); i++)
        printf("note: %s\n", json_string_value(json_array_get(limits, i)));
    json_decref(limits);
}

/* -- the command --------------------------------------------------------------------- */

/* Other faults are said, and leave nothing out. */
static bool is_readable(const struct layer *l)
{
    static const enum fault_code cuts[] = {
        FAULT_TRUNCATED, FAULT_MAGIC,       FAULT_LENGTH, FAULT_SYNTAX, FAULT_CHECKSUM,
        FAULT_LIMIT,     FAULT_UNSUPPORTED, FAULT_PART,   FAULT_READ};
    enum fault_code code = layer_fault(l).code;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        if (code == cuts[i])
            return false;
    }
    return true;
}

static bool image_holds(const struct image *i)
{
    bool holds = i->index_check < BLOB_MISMATCH && i->manifest_check < BLOB_MISMATCH &&
                 i->config_check < BLOB_MISMATCH && !i->count_differs;
    for (size_t k = 0; k < i->layer_count; k++)
        holds = holds && i->layers[k].blob_check < BLOB_MISMATCH &&
                i->layers[k].diff_check < BLOB_MISMATCH &&
                i->layers[k].toc.check < BLOB_MISMATCH &&
                is_readable(&i->layers[k].layer);
    return holds;
}

static int no_image(const char *side, struct bytes wished)
{
    fprintf(stderr, "exhibit diff: %s holds no image of the digest or name ", side);
    print_escaped(stderr, wished);
    fputs("\n", stderr);
    return EXIT_USAGE;
}

/* Both sides; what is wrong with what was named is said. */
static int find_sides(const struct package *base, const struct package *layer,
                      const struct diff_arguments *a, struct sides *out)
{
    struct subject_wish wish = {.as = a->as};
    struct image_wish image = a->wish;
    if (image.platform.architecture.n == 0)
        machine_platform(package_root(layer), &image.platform);
    if (!comparison_base(package_root(base), &image, &out->arena, &out->base)) {
        fputs("exhibit diff: BASE is neither an image nor a root file system\n", stderr);
        return EXIT_USAGE;
    }
    if (out->base.ambiguous || out->base.platform_missing) {
        fputs(out->base.ambiguous
                  ? "exhibit diff: BASE holds images for "
                  : "exhibit diff: BASE has nothing for this platform, but for ",
              stderr);
        print_escaped(stderr, out->base.platforms);
        fputs("; name one with --platform OS/ARCH, or --image IMAGE\n", stderr);
        return EXIT_USAGE;
    }
    if (a->wish.id.n && !out->base.is_wished)
        return no_image("BASE", a->wish.id);
    wish.image = (struct image_wish){out->base.platform, a->layer_image};
    if (!comparison_subject(package_root(layer), &wish, &out->arena, &out->subject)) {
        fputs("exhibit diff: LAYER holds no files\n", stderr);
        return EXIT_USAGE;
    }
    if (a->layer_image.n && !out->subject.image.is_wished)
        return no_image("LAYER", a->layer_image);
    return EXIT_HELD;
}

static void print_bodyfile(const struct telling *t)
{
    struct text rows = {0};
    comparison_bodyfile(t->c, t->mask, &rows);
    fputs(text_c(&rows), stdout);
    text_release(&rows);
}

static int print_comparison(struct comparison *c, const struct study_options *study,
                            const struct diff_arguments *a)
{
    const struct telling t = {c, study->mask, a->patch};
    if (study_make(c, study, &c->study) < 0)
        return EXIT_OURS;
    if (a->bodyfile) {
        print_bodyfile(&t);
    } else if (a->json) {
        comparison_print_json(c, t.mask, stdout);
    } else {
        print_text(&t);
    }
    bool holds =
        image_holds(&c->base) && (c->subject.is_image ? image_holds(&c->subject.image)
                                                      : is_readable(&c->subject.layer));
    return holds ? EXIT_HELD : EXIT_SHORT;
}

static int compare(const struct package *base, const struct package *layer,
                   const struct diff_arguments *a)
{
    struct sides sides = {.arena = ARENA_INIT};
    struct comparison c;
    int status = find_sides(base, layer, a, &sides);
    if (status == EXIT_HELD) {
        const struct mask mask = package_mask(layer, a->reveal);
        const struct study_options study = {
            .base = base, .changed = layer, .mask = &mask, .extent = a->extent};
        comparison_make(&c, &sides.base, &sides.subject, a->as);
        comparison_check_tocs(&c, base, layer);
        status = print_comparison(&c, &study, a);
        comparison_release(&c);
    }
    arena_release(&sides.arena);
    return status;
}

/* "linux/arm64/v8" */
static void parse_platform(const char *text, struct oci_platform *out)
{
    struct bytes rest = bytes_str(text);
    bytes_split(&rest, '/', &out->os);
    bytes_split(&rest, '/', &out->architecture);
    bytes_split(&rest, '/', &out->variant);
}

/* "layer=app:2"; no name of an image has a "=". */
static void parse_image(struct bytes text, struct diff_arguments *a)
{
    if (bytes_starts(text, BYTES("layer=")))
        a->layer_image = bytes_from(text, 6);
    else if (bytes_starts(text, BYTES("base=")))
        a->wish.id = bytes_from(text, 5);
    else
        a->wish.id = text;
}

static int parse(int argc, char **argv, struct diff_arguments *a)
{
    static const struct option longs[] = {{"json", no_argument, NULL, 'j'},
                                          {"as", required_argument, NULL, 'a'},
                                          {"bodyfile", no_argument, NULL, 'b'},
                                          {"patch", no_argument, NULL, 'P'},
                                          {"contents", no_argument, NULL, 'c'},
                                          {"no-contents", no_argument, NULL, 'n'},
                                          {"reveal", no_argument, NULL, 'r'},
                                          {"platform", required_argument, NULL, 'p'},
                                          {"image", required_argument, NULL, 'i'},
                                          {"index", required_argument, NULL, 'x'},
                                          {"threads", required_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    for (int c; (c = getopt_long(argc, argv, "jh", longs, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_HELD;
        }
        bool known_form =
            c != 'a' || strcmp(optarg, "layer") == 0 || strcmp(optarg, "root") == 0;
        if (c == '?' || !known_form) {
            fputs("Try: exhibit diff --help\n", stderr);
            return EXIT_USAGE;
        }
        a->json |= c == 'j';
        a->bodyfile |= c == 'b';
        a->patch |= c == 'P';
        a->reveal |= c == 'r';
        if (c == 'c' || (c == 'P' && a->extent == STUDY_SMALL))
            a->extent = STUDY_ALL;
        if (c == 'n')
            a->extent = STUDY_NOTHING;
        if (c == 'a')
            a->as = optarg[0] == 'l' ? TAKE_AS_LAYER : TAKE_AS_ROOT;
        if (c == 'p')
            parse_platform(optarg, &a->wish.platform);
        if (c == 'i')
            parse_image(bytes_str(optarg), a);
        if (c == 'x')
            a->index = optarg;
        if (c == 't')
            a->threads = strtoul(optarg, NULL, 10);
    }
    if (optind + 2 != argc) {
        fputs("exhibit diff: name a base and a layer\nTry: exhibit diff --help\n",
              stderr);
        return EXIT_USAGE;
    }
    return -1;
}

static int walk_and_compare(char *const sides[2], struct index_store *store,
                            const struct diff_arguments *a)
{
    struct package *base, *layer;
    struct walk_options walk = {.threads = opening_threads(a->threads),
                                .hash_streams = true,
                                .xattrs = true,
                                .care = layer_care_of,
                                .progress = progress_terminal(),
                                .memory = index_store_memory(store)};
    int status = opening_walk(sides[0], &walk, &base);
    if (status)
        return status;
    if (store)
        index_store_keep(store, base);
    walk.memory = NULL;
    status = opening_walk(sides[1], &walk, &layer);
    if (status == 0) {
        status = image_digests(base) || image_digests(layer) ? EXIT_OURS
                                                             : compare(base, layer, a);
        package_close(layer);
    }
    package_close(base);
    return status;
}

int cmd_diff(int argc, char **argv)
{
    struct diff_arguments a = {0};
    int status = parse(argc, argv, &a);
    if (status >= 0)
        return status;
    struct index_store *store = NULL;
    const char *const sides[] = {argv[optind], argv[optind + 1], NULL};
    status = opening_index("diff", a.index, sides, &store);
    if (status == EXIT_HELD)
        status = walk_and_compare(argv + optind, store, &a);
    index_store_close(store);
    return status;
}
