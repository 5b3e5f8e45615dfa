/* exhibit search: over the case files of many analyses. */
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/batch/outcome.h"
#include "analyze/batch/searchindex.h"
#include "analyze/commands.h"
#include "analyze/evidence_json.h"
#include "analyze/opening.h"
#include "analyze/usage.h"

static const char help[] =
    "usage: exhibit search DIR|CASE.db... QUERY\n"
    "\n"
    "Finds a digest, path, address, domain, account, image, rule, technique or words in "
    "the\n"
    "case files of many analyses. DIR is an output of `exhibit batch`, or any directory "
    "with\n"
    "case.db files in it.\n"
    "\n"
    "  VALUE                exactly this, of any kind, or as words of a text\n"
    "  VALUE*               whatever begins so\n"
    "  KIND:VALUE           only of this kind: digest path address domain account image\n"
    "                       rule technique text\n"
    "  --json               one JSON object per hit and line\n"
    "  --limit N            at most N hits (default 1000)\n"
    "\n"
    "Exit status: 0 found, 1 nothing found.\n"
    "\n"
    "examples:\n"
    "  exhibit search out/ 203.0.113.66\n"
    "  exhibit search out/ 'image:registry.example.com/team/*'\n"
    "  exhibit search a.out/case.db b.out/case.db technique:T1611\n";

struct search_command {
    bool json;
    uint64_t limit;
    struct search_index *index;
};

/* -- output ----------------------------------------------------------------------------
 */

static void set_view(json_t *o, const char *key, struct bytes value)
{
    json_object_set_new(o, key, json_evidence(value));
}

static void print_json(const struct search_hit *h)
{
    char when[INSTANT_TEXT];
    json_t *o = json_object();
    set_view(o, "case", h->source);
    set_view(o, "kind", h->kind);
    set_view(o, "value", h->value);
    set_view(o, "in", h->what);
    set_view(o, "item", h->item);
    json_object_set_new(o, "offset", json_integer(h->offset));
    json_object_set_new(o, "length", json_integer(h->length));
    json_object_set_new(o, "times", json_integer(h->times));
    json_object_set_new(o, "flagged", json_boolean(h->flagged));
    instant_format(h->time, PRECISION_NANOSECOND, when);
    json_object_set_new(o, "time", *when ? json_string(when) : json_null());
    json_dumpf(o, stdout, 0);
    putchar('\n');
    json_decref(o);
}

static void print_text(const struct search_hit *h)
{
    char when[INSTANT_TEXT];
    struct text t = {0};
    escape_terminal(&t, h->source);
    instant_format(h->time, PRECISION_SECOND, when);
    text_printf(&t, "  %s  ", *when ? when : "-");
    escape_line(&t, h->kind);
    text_str(&t, h->flagged ? "!  " : "  ");
    escape_line(&t, bytes_sub(h->value, 0, 160));
    if (h->item.n) {
        text_str(&t, "  ");
        escape_line(&t, h->item);
        text_printf(&t, "@%lld+%lld", (long long)h->offset, (long long)h->length);
    } else {
        text_str(&t, "  ");
        escape_line(&t, h->what);
    }
    if (h->times > 1)
        text_printf(&t, "  (%lld times)", (long long)h->times);
    puts(text_c(&t));
    text_release(&t);
}

static void print_hit(void *context, const struct search_hit *h)
{
    const struct search_command *c = context;
    if (c->json)
        print_json(h);
    else
        print_text(h);
}

/* -- where to search -------------------------------------------------------------------
 */

/* nftw has no context; one search at a time. */
static struct search_command *walking;

static int add_case(struct search_command *c, const char *path)
{
    int r = search_index_add(c->index, path, "", path);
    if (r < 0)
        fprintf(stderr, "exhibit search: %s: not a case file\n", path);
    return r;
}

static int add_found(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    if (type == FTW_F && strcmp(path + ftw->base, "case.db") == 0)
        add_case(walking, path);
    return 0;
}

/* 0, or an exit status. */
static int add_place(struct search_command *c, const char *path)
{
    struct stat s;
    if (stat(path, &s) < 0) {
        fprintf(stderr, "exhibit search: %s: %s\n", path, strerror(errno));
        return EXIT_USAGE;
    }
    if (!S_ISDIR(s.st_mode))
        return add_case(c, path) < 0 ? EXIT_USAGE : 0;
    walking = c;
    return nftw(path, add_found, 16, FTW_PHYS) < 0 ? EXIT_OURS : 0;
}

/* The index that batch keeps, when the only place has one; else one made for this time.
 * 0, or an exit status. */
static int open_index(struct search_command *c, char **places, int count)
{
    struct text path = {0};
    text_printf(&path, "%s/search.db", places[0]);
    bool kept = count == 1 && access(text_c(&path), F_OK) == 0;
    int r = kept ? search_index_open_done(text_c(&path), &c->index)
                 : search_index_open(NULL, &c->index);
    text_release(&path);
    if (r < 0) {
        fprintf(stderr, "exhibit search: the index cannot be opened: %s\n", strerror(-r));
        return EXIT_OURS;
    }
    int status = 0;
    for (int i = 0; status == 0 && !kept && i < count; i++)
        status = add_place(c, places[i]);
    return status;
}

static int complain(const char *what)
{
    return usage_error("search", what, NULL);
}

int cmd_search(int argc, char **argv)
{
    static const struct option longs[] = {{"json", no_argument, NULL, 'j'},
                                          {"limit", required_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct search_command c = {.limit = 1000};
    for (int o; (o = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (o == 'h') {
            fputs(help, stdout);
            return EXIT_HELD;
        }
        if (o == '?' || (o == 'n' && (!bytes_to_u64(bytes_str(optarg), &c.limit) ||
                                      c.limit < 1 || c.limit > INT32_MAX)))
            return complain("unknown option or value");
        c.json |= o == 'j';
    }
    if (argc - optind < 2)
        return complain("say where, and what");
    int status = open_index(&c, argv + optind, argc - optind - 1);
    if (status == 0) {
        int hits = search_index_query(c.index, bytes_str(argv[argc - 1]), (size_t)c.limit,
                                      print_hit, &c);
        status = hits < 0 ? EXIT_OURS : hits == 0 ? EXIT_SHORT : EXIT_HELD;
    }
    search_index_close(c.index);
    return status;
}
