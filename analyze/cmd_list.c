/* exhibit list: what is in a package. */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "verify/json_mask.h"

static const char help[] =
    "usage: exhibit list [--all] [--json] [--reveal] PACKAGE\n"
    "\n"
    "Says what is in a package: the role of each item, how that was found, its size and "
    "its\n"
    "SHA-256. A package is a directory or an archive; nothing is unpacked.\n"
    "\n"
    "  --all       members of archives too, at every depth\n"
    "  --json      one JSON document\n"
    "  --reveal    do not mask credentials that paths hold; an item's number stands for "
    "it in\n"
    "              any command\n"
    "  --threads N readers at a time (default: one for each processor)\n"
    "\n"
    "examples:\n"
    "  exhibit list case-17/\n"
    "  exhibit list --all case-17.tar.zst | grep criu-image\n";

struct list_options {
    bool all, json, reveal;
    size_t threads;
};

static void hex_of(const struct item *i, char out[65])
{
    if (i->hashed)
        bytes_to_hex(bytes_of(i->sha256, sizeof i->sha256), out);
    else
        strcpy(out, "-");
}

static void print_item(const struct item *i, const struct mask *mask)
{
    char hex[65];
    struct text path = {0};
    bool has_role = i->entry.type == ENTRY_FILE || i->role != ROLE_UNKNOWN;
    hex_of(i, hex);
    item_path(i, &path);
    printf("%6u  %-19s %-14s %12llu  %-16.16s  ", i->id,
           has_role ? role_name(i->role) : entry_type_name(i->entry.type),
           has_role ? identified_name(i->how) : "", (unsigned long long)i->size, hex);
    print_masked(stdout, mask, text_bytes(&path));
    if (i->container != CONTAINER_NONE)
        printf("  [%s, %u items]", container_name(i->container), item_more(i)->children);
    if (item_more(i)->fault.code)
        printf("  ! %s at %llu", fault_name(item_more(i)->fault.code),
               (unsigned long long)item_more(i)->fault.offset);
    putchar('\n');
    text_release(&path);
}

static json_t *item_to_json(const struct item *i)
{
    char hex[65];
    struct text path = {0}, plain = {0};
    hex_of(i, hex);
    item_path(i, &path);
    escape_plain(&plain, text_bytes(&path));
    json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:s, s:i}", "id", (int)i->id,
                          "path", text_c(&plain), "type", entry_type_name(i->entry.type),
                          "role", role_name(i->role), "identified_by",
                          identified_name(i->how), "size", (json_int_t)i->size, "sha256",
                          i->hashed ? hex : "", "items", (int)item_more(i)->children);
    if (i->container != CONTAINER_NONE)
        json_object_set_new(o, "container", json_string(container_name(i->container)));
    if (item_more(i)->fault.code)
        json_object_set_new(o, "fault",
                            json_pack("{s:s, s:I}", "code",
                                      fault_name(item_more(i)->fault.code), "offset",
                                      (json_int_t)item_more(i)->fault.offset));
    text_release(&path);
    text_release(&plain);
    return o;
}

static void list_json(const struct package *p, const struct list_options *options)
{
    struct item *root = package_root(p);
    json_t *items = json_array();
    for (struct item *i = root; i; i = item_next(i, root)) {
        if (i != root && (options->all || i->parent == root))
            json_array_append_new(items, item_to_json(i));
    }
    json_t *all = json_pack("{s:s, s:s, s:o}", "schema", "exhibit.list/1", "package",
                            package_name(p), "items", items);
    struct mask mask = package_mask(p, options->reveal);
    json_mask(&mask, all);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static void list_text(const struct package *p, const struct list_options *options)
{
    struct item *root = package_root(p);
    struct mask mask = package_mask(p, options->reveal);
    printf("%6s  %-19s %-14s %12s  %-16s  %s\n", "ITEM", "ROLE", "BY", "BYTES", "SHA-256",
           "PATH");
    for (struct item *i = root; i; i = item_next(i, root)) {
        bool shown = options->all || i->parent == root;
        if ((i != root || i->container != CONTAINER_DIRECTORY) && (shown || i == root))
            print_item(i, &mask);
    }
}

int cmd_list(int argc, char **argv)
{
    static const struct option longs[] = {
        {"all", no_argument, NULL, 'a'},    {"json", no_argument, NULL, 'j'},
        {"reveal", no_argument, NULL, 'r'}, {"threads", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},   {0}};
    struct list_options options = {0};
    struct package *p;
    for (int c; (c = getopt_long(argc, argv, "ajh", longs, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_HELD;
        }
        if (c == '?') {
            fputs("Try: exhibit list --help\n", stderr);
            return EXIT_USAGE;
        }
        options.all |= c == 'a';
        options.json |= c == 'j';
        options.reveal |= c == 'r';
        if (c == 't')
            options.threads = strtoul(optarg, NULL, 10);
    }
    if (optind + 1 != argc) {
        fputs("exhibit list: name one package\nTry: exhibit list --help\n", stderr);
        return EXIT_USAGE;
    }
    struct walk_options walk = {.threads = opening_threads(options.threads),
                                .hash_streams = true,
                                .progress = progress_terminal()};
    int status = opening_walk(argv[optind], &walk, &p);
    if (status)
        return status;
    if (options.json)
        list_json(p, &options);
    else
        list_text(p, &options);
    package_close(p);
    return EXIT_HELD;
}
