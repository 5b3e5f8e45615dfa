/* exhibit report: any report again, from the case file alone. */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/commands.h"
#include "analyze/data.h"
#include "analyze/opening.h"
#include "analyze/report/report.h"
#include "analyze/usage.h"

static const char help[] =
    "usage: exhibit report [--format FORMAT] [-o FILE] CASE.db\n"
    "       exhibit report --schema NAME\n"
    "\n"
    "Renders a report from a case file that `exhibit analyze` made, without the "
    "evidence: "
    "the\n"
    "same bytes as analyze wrote. Without --format: html when -o names a file, else "
    "summary.\n"
    "\n"
    "  --format FORMAT  one of those below\n"
    "  -o FILE          where to write; - or nothing: standard output\n"
    "  --schema NAME    prints the JSON schema of an output (findings, timeline, verdict "
    "…)\n"
    "\n"
    "formats:\n";

static const char examples[] =
    "\n"
    "examples:\n"
    "  exhibit report out/case.db\n"
    "  exhibit report out/case.db --format html -o report.html\n"
    "  exhibit report --schema findings > findings.schema.json\n"
    "  exhibit report out/case.db --format jsonl | jq -r 'select(.findings != [])|"
    ".message'\n";

struct report_options {
    const char *format, *output;
};

static void print_help(void)
{
    fputs(help, stdout);
    printf("  %-13s what analyze says at its end\n", "summary");
    for (const struct report_format *f = report_formats; f->name; f++)
        printf("  %-13s %s\n", f->name, f->what);
    fputs(examples, stdout);
}

static int complain(const char *what, const char *which)
{
    return usage_error("report", what, which);
}

static int print_schema(const char *name)
{
    struct text path = {0};
    text_printf(&path, "analyze/report/schema/%s.json", name);
    struct bytes schema = data_get(text_c(&path));
    text_release(&path);
    if (schema.n == 0)
        return complain("no schema of that name: ", name);
    fwrite(schema.p, 1, schema.n, stdout);
    return EXIT_HELD;
}

static int print_summary(struct case_reader *casefile)
{
    struct text t = {0};
    int r = report_summary(casefile, NULL, screen_of(STDOUT_FILENO), &t);
    fputs(text_c(&t), stdout);
    text_release(&t);
    return r < 0 ? EXIT_OURS : EXIT_HELD;
}

static int render(const struct report_format *f, struct case_reader *casefile,
                  const char *output)
{
    bool to_file = output && strcmp(output, "-") != 0;
    FILE *to = to_file ? fopen(output, "wb") : stdout;
    if (!to)
        return complain("cannot write ", output);
    int r = report_write(f, casefile, to);
    if (to_file && fclose(to) != 0 && r == 0)
        r = -1;
    if (r == 1)
        fprintf(stderr, "exhibit report: the case holds nothing of the kind: %s\n",
                f->name);
    if (r < 0)
        fputs("exhibit report: the report could not be written, or the case file is "
              "damaged\n",
              stderr);
    return r == 0 ? EXIT_HELD : r == 1 ? EXIT_SHORT : EXIT_OURS;
}

static int run(const struct report_options *o, const char *path)
{
    struct case_reader *casefile;
    const char *why;
    const struct report_format *format = NULL;
    const char *name = o->format ? o->format : o->output ? "html" : "summary";
    bool summary = strcmp(name, "summary") == 0;
    if (!summary && !(format = report_format_by_name(name)))
        return complain("no such format: ", name);
    if (case_open(path, &casefile, &why) < 0) {
        print_escaped(stderr, bytes_str(path));
        fprintf(stderr, ": %s\n", why);
        return EXIT_USAGE;
    }
    int status = summary ? print_summary(casefile) : render(format, casefile, o->output);
    case_close(casefile);
    return status;
}

int cmd_report(int argc, char **argv)
{
    static const struct option longs[] = {{"format", required_argument, NULL, 'f'},
                                          {"output", required_argument, NULL, 'o'},
                                          {"schema", required_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct report_options options = {0};
    for (int c; (c = getopt_long(argc, argv, "f:o:h", longs, NULL)) != -1;) {
        if (c == 'h') {
            print_help();
            return EXIT_HELD;
        }
        if (c == 's')
            return print_schema(optarg);
        if (c == 'f')
            options.format = optarg;
        else if (c == 'o')
            options.output = optarg;
        else
            return complain("unknown option", NULL);
    }
    if (optind + 1 != argc)
        return complain("name one case file", NULL);
    return run(&options, argv[optind]);
}
