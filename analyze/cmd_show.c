/* exhibit show: the bytes behind a statement. */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/opening.h"

static const char help[] =
    "usage: exhibit show [--raw] [--hex] PACKAGE ITEM[@OFFSET[+LENGTH]]\n"
    "\n"
    "Prints the bytes that a statement cites: LENGTH bytes from OFFSET of an item, the "
    "whole\n"
    "item without them. ITEM is a number of `exhibit list --all`, or a path; \"//\" "
    "stands\n"
    "between an archive and what is in it. Offsets count the item's own bytes, after "
    "all\n"
    "decompression.\n"
    "\n"
    "  --raw   the bytes as they are; refused on a terminal\n"
    "  --hex   with offsets, as hexadecimal\n"
    "\n"
    "examples:\n"
    "  exhibit show case-17 audit.log@102400+812\n"
    "  exhibit show case-17 'checkpoint.tar.zst//checkpoint/core-1.img' --hex\n"
    "  exhibit show --raw case-17 12 | sha256sum\n";

struct show {
    enum { ESCAPED, HEX, RAW } form;
    uint64_t at; /* offset of the next byte, for --hex */
    uint8_t row[16];
    size_t in_row;
    bool failed;
};

static void end_row(struct show *s)
{
    if (s->in_row == 0)
        return;
    printf("%012llx ", (unsigned long long)s->at);
    for (size_t i = 0; i < sizeof s->row; i++) {
        if (i < s->in_row)
            printf("%s%02x", i == 8 ? "  " : " ", s->row[i]);
        else
            printf("%s  ", i == 8 ? "  " : " ");
    }
    fputs("  |", stdout);
    for (size_t i = 0; i < s->in_row; i++)
        putchar(s->row[i] >= ' ' && s->row[i] < 0x7f ? s->row[i] : '.');
    puts("|");
    s->at += s->in_row;
    s->in_row = 0;
}

/* Newlines stay newlines, so that a log is read as lines. */
static void print_lines(struct bytes block)
{
    struct bytes line;
    while (block.n) {
        size_t n = bytes_find_byte(block, '\n');
        line = bytes_sub(block, 0, n);
        print_escaped(stdout, line);
        if (n < block.n)
            putchar('\n');
        block = bytes_from(block, n + 1);
    }
}

static void show_block(void *context, struct bytes block)
{
    struct show *s = context;
    switch (s->form) {
    case RAW:
        s->failed |= fwrite(block.p, 1, block.n, stdout) != block.n;
        break;
    case ESCAPED:
        print_lines(block);
        break;
    case HEX:
        for (size_t i = 0; i < block.n; i++) {
            s->row[s->in_row++] = block.p[i];
            if (s->in_row == sizeof s->row)
                end_row(s);
        }
        break;
    }
}

/* "ITEM@OFFSET+LENGTH": an item may itself have '@' in its name, so the last one counts,
 * and only when numbers follow it. */
static bool parse_span(struct bytes text, struct bytes *item, struct span *span)
{
    size_t at = bytes_rfind_byte(text, '@');
    struct bytes numbers = bytes_from(text, at + 1);
    *item = text;
    *span = (struct span){NULL, 0, UINT64_MAX};
    if (at == text.n)
        return true;
    size_t plus = bytes_find_byte(numbers, '+');
    if (!bytes_to_u64(bytes_sub(numbers, 0, plus), &span->offset))
        return true;
    *item = bytes_sub(text, 0, at);
    return plus == numbers.n ||
           bytes_to_u64(bytes_from(numbers, plus + 1), &span->length);
}

static int show_span(struct package *p, const char *which, struct show *show)
{
    struct bytes name;
    struct span span;
    if (!parse_span(bytes_str(which), &name, &span)) {
        fprintf(stderr, "exhibit show: not ITEM[@OFFSET[+LENGTH]]: %s\n", which);
        return EXIT_USAGE;
    }
    span.item = package_find(p, name);
    if (!span.item) {
        fputs("exhibit show: no such item: ", stderr);
        print_escaped(stderr, name);
        fputs("\nexhibit list --all shows what is in the package.\n", stderr);
        return EXIT_USAGE;
    }
    if (span.offset > span.item->size) {
        fprintf(stderr,
                "exhibit show: offset %llu is behind the end: the item has %llu bytes\n",
                (unsigned long long)span.offset, (unsigned long long)span.item->size);
        return EXIT_USAGE;
    }
    show->at = span.offset;
    if (item_read(p, span, show_block, show) < 0)
        return EXIT_OURS;
    end_row(show);
    if (show->form == ESCAPED && span.item->size)
        putchar('\n');
    if (span.item->fault.code && !span.item->whole) {
        fprintf(stderr, "exhibit show: the item could not be read to its end: %s\n",
                fault_text(span.item->fault.code));
        return EXIT_SHORT;
    }
    return fflush(stdout) || show->failed ? EXIT_OURS : EXIT_HELD;
}

int cmd_show(int argc, char **argv)
{
    static const struct option longs[] = {{"raw", no_argument, NULL, 'r'},
                                          {"hex", no_argument, NULL, 'x'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct show show = {0};
    struct package *p;
    for (int c; (c = getopt_long(argc, argv, "rxh", longs, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_HELD;
        }
        if (c == '?') {
            fputs("Try: exhibit show --help\n", stderr);
            return EXIT_USAGE;
        }
        show.form = c == 'r' ? RAW : HEX;
    }
    if (optind + 2 != argc) {
        fputs("exhibit show: name a package and an item\nTry: exhibit show --help\n",
              stderr);
        return EXIT_USAGE;
    }
    if (show.form == RAW && isatty(STDOUT_FILENO)) {
        fputs("exhibit show: --raw would send evidence bytes to the terminal; "
              "redirect to a file or pipe\n",
              stderr);
        return EXIT_USAGE;
    }
    struct walk_options walk = {.threads = opening_threads(0),
                                .progress = progress_terminal()};
    int status = opening_walk(argv[optind], &walk, &p);
    if (status)
        return status;
    status = show_span(p, argv[optind + 1], &show);
    package_close(p);
    return status;
}
