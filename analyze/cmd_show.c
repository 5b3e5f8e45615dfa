/* exhibit show: the bytes behind a statement. */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/opening.h"
#include "formats/base/limits.h"

static const char help[] =
    "usage: exhibit show [--raw|--hex] [--reveal] PACKAGE ITEM[@OFFSET[+LENGTH]]\n"
    "\n"
    "Prints the bytes that a statement cites: LENGTH bytes from OFFSET of an item, the "
    "whole\n"
    "item without them. ITEM is a number of `exhibit list --all`, or a path; \"//\" "
    "stands\n"
    "between an archive and what is in it. Offsets count the item's own bytes, after "
    "all\n"
    "decompression.\n"
    "\n"
    "  --raw     the bytes as they are, credentials too; refused on a terminal\n"
    "  --hex     with offsets, as hexadecimal; credentials as **\n"
    "  --reveal  do not mask credentials\n"
    "\n"
    "examples:\n"
    "  exhibit show case-17 audit.log@102400+812\n"
    "  exhibit show case-17 'checkpoint.tar.zst//checkpoint/core-1.img' --hex\n"
    "  exhibit show --raw case-17 12 | sha256sum\n";

/* What must be seen around a byte to know that it is part of a credential. */
#define AROUND (64 * KIB)

struct show {
    enum { ESCAPED, HEX, RAW } form;
    bool reveal;
    struct mask mask;
    struct text held; /* read, and not shown to its end yet */
    size_t shown;     /* of it: what stands before says what comes after */
    uint64_t left;    /* still to be shown of what was asked for */
    uint64_t at;      /* offset of the next byte, for --hex */
    struct {
        uint8_t byte;
        bool secret;
    } row[16];
    size_t in_row;
    bool failed;
};

static void end_row(struct show *s)
{
    if (s->in_row == 0)
        return;
    printf("%012llx ", (unsigned long long)s->at);
    for (size_t i = 0; i < sizeof s->row / sizeof *s->row; i++) {
        fputs(i == 8 ? "  " : " ", stdout);
        if (i < s->in_row && !s->row[i].secret)
            printf("%02x", s->row[i].byte);
        else
            fputs(i < s->in_row ? "**" : "  ", stdout);
    }
    fputs("  |", stdout);
    for (size_t i = 0; i < s->in_row; i++) {
        uint8_t c = s->row[i].secret ? '*' : s->row[i].byte;
        putchar(c >= ' ' && c < 0x7f ? c : '.');
    }
    puts("|");
    s->at += s->in_row;
    s->in_row = 0;
}

/* As reports show the same bytes. Newlines stay newlines, so that a log is read as lines.
 */
static void print_text(struct bytes block)
{
    struct text visible = {0};
    escape_plain(&visible, block);
    fwrite(visible.p, 1, visible.n, stdout);
    text_release(&visible);
}

static void print_row(struct show *s, struct bytes b, bool secret)
{
    for (size_t i = 0; i < b.n; i++) {
        s->row[s->in_row].byte = b.p[i];
        s->row[s->in_row++].secret = secret;
        if (s->in_row == sizeof s->row / sizeof *s->row)
            end_row(s);
    }
}

/* What is held, from what was shown to `end`: nothing that is secret. */
static void show_plain(struct show *s, size_t end)
{
    struct bytes part = bytes_sub(text_bytes(&s->held), s->shown, end - s->shown);
    if (s->form == HEX)
        print_row(s, part, false);
    else
        print_text(part);
    s->shown = end;
}

/* A credential, of which the beginning or the end may not have been asked for. */
static void show_secret(struct show *s, const struct credential *c, size_t end)
{
    struct bytes all = text_bytes(&s->held);
    struct text masked = {0};
    size_t after = c->offset + c->length < end ? c->offset + c->length : end;
    if (c->offset > s->shown)
        show_plain(s, c->offset);
    mask_value(&s->mask, c->kind, bytes_sub(all, c->offset, c->length), &masked);
    if (s->form == HEX)
        print_row(s, bytes_sub(all, s->shown, after - s->shown), true);
    else
        print_escaped(stdout, text_bytes(&masked));
    s->shown = after;
    text_release(&masked);
}

static void show_held(struct show *s, size_t end)
{
    struct bytes all = text_bytes(&s->held);
    struct credential c;
    uint64_t begun = s->shown;
    for (size_t from = 0; !s->reveal && from < end && credential_next(all, from, &c);
         from = c.offset + (c.length ? c.length : 1)) {
        if (c.offset >= end)
            break;
        if (c.offset + c.length > s->shown)
            show_secret(s, &c, end);
    }
    if (s->shown < end)
        show_plain(s, end);
    s->left -= s->shown - begun;
}

static void show_block(void *context, struct bytes block)
{
    struct show *s = context;
    if (s->form == RAW) {
        s->failed |= fwrite(block.p, 1, block.n, stdout) != block.n;
        return;
    }
    text_add(&s->held, block);
    if (s->held.n < 16 * AROUND)
        return;
    size_t end = s->held.n - AROUND;
    if (end > s->shown && end - s->shown > s->left)
        end = s->shown + (size_t)s->left;
    if (end > s->shown)
        show_held(s, end);
    struct text rest = {0};
    size_t gone = s->shown > AROUND ? s->shown - AROUND : 0;
    text_add(&rest, bytes_from(text_bytes(&s->held), gone));
    text_release(&s->held);
    s->held = rest;
    s->shown -= gone;
}

/* What stands around the span is read as well: it says what is a credential. */
static int read_span(struct package *p, struct span span, struct show *s)
{
    uint64_t rest = span.item->size - span.offset;
    s->left = span.length < rest ? span.length : rest;
    if (s->form == RAW)
        return item_read(p, span, show_block, s);
    s->shown = span.offset < AROUND ? (size_t)span.offset : AROUND;
    struct span wide = {span.item, span.offset - s->shown, s->shown + s->left};
    wide.length += rest - s->left < AROUND ? rest - s->left : AROUND;
    int r = item_read(p, wide, show_block, s);
    size_t end = s->held.n;
    if (end > s->shown && end - s->shown > s->left)
        end = s->shown + (size_t)s->left;
    if (r >= 0 && end > s->shown)
        show_held(s, end);
    text_release(&s->held);
    return r;
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
    show->mask = package_mask(p, show->reveal);
    if (read_span(p, span, show) < 0)
        return EXIT_OURS;
    end_row(show);
    if (show->form == ESCAPED && span.item->size)
        putchar('\n');
    if (item_more(span.item)->fault.code && !span.item->whole) {
        fprintf(stderr, "exhibit show: the item could not be read to its end: %s\n",
                fault_text(item_more(span.item)->fault.code));
        return EXIT_SHORT;
    }
    return fflush(stdout) || show->failed ? EXIT_OURS : EXIT_HELD;
}

int cmd_show(int argc, char **argv)
{
    static const struct option longs[] = {{"raw", no_argument, NULL, 'r'},
                                          {"hex", no_argument, NULL, 'x'},
                                          {"reveal", no_argument, NULL, 'v'},
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
        if (c == 'v')
            show.reveal = true;
        else
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
