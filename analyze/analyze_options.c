#include "analyze/analyze_options.h"

#include <stdlib.h>
#include <unistd.h>

#include "analyze/usage.h"
#include "analyze/zones.h"
#include "formats/base/memory.h"

const char analyze_options_help[] =
    "  --pod NS/NAME            which pod it is about (default: what the package makes "
    "plain)\n"
    "  --base IMAGE             the image of the container, when it is not in the "
    "package\n"
    "  --baseline AUDIT         an audit log of ordinary days, to tell what is new\n"
    "  --rules DIR              Sigma rules besides the built-in ones; repeatable\n"
    "  --yara FILE              YARA rules over files and process memory; repeatable\n"
    "  --since T, --until T     only events of this time\n"
    "  --zone ZONE              of written timelines that do not tell it plainly: "
    "+02:00, "
    "Europe/Berlin\n"
    "  --as ROLE=PATH           what an item is, where its content does not tell\n"
    "  --fail-on LEVEL          exit 1 on a finding of this severity or worse\n"
    "  --examiner NAME          who examines, for the record (case-uco.jsonld)\n"
    "  --reveal                 do not mask credentials\n";

void analyze_arguments_init(struct analyze_arguments *a)
{
    *a = (struct analyze_arguments){
        .options = {.since = INSTANT_NONE, .until = INSTANT_NONE},
        .fixed_now = getenv("SOURCE_DATE_EPOCH") != NULL};
    verify_arguments_init(&a->verify);
}

void analyze_arguments_release(struct analyze_arguments *a)
{
    verify_arguments_release(&a->verify);
    free(a->rules.v);
    free(a->yara.v);
    free(a->overrides);
}

void path_list_add(struct path_list *l, const char *path)
{
    l->v = memory_grow(l->v, &l->capacity, l->n + 2, sizeof *l->v);
    l->v[l->n++] = path;
    l->v[l->n] = NULL;
}

static bool add_override(struct analyze_arguments *a, const char *text)
{
    const char *equals = strchr(text, '=');
    struct role_override o = {.path = equals ? equals + 1 : NULL};
    if (!equals || !equals[1] ||
        !role_by_name(bytes_of(text, (size_t)(equals - text)), &o.role))
        return false;
    a->overrides = memory_grow(a->overrides, &a->override_capacity, a->override_count + 2,
                               sizeof *a->overrides);
    a->overrides[a->override_count++] = o;
    a->overrides[a->override_count] = (struct role_override){0};
    return true;
}

static bool take_zone(struct analyze_arguments *a, const char *value)
{
    struct zones zones = {0};
    struct written_zone zone;
    bool known = zones_given(&zones, value, &zone);
    zones_release(&zones);
    a->options.zone = value;
    return known;
}

/* A batch is not begun with a path that no case of it could use. */
static bool add_readable(struct path_list *to, const char *path)
{
    path_list_add(to, path);
    return access(path, R_OK) == 0;
}

/* What must be understood: NULL, or what is wrong with it. */
static const char *read_value(struct analyze_arguments *a, int c, const char *value)
{
    switch (c) {
    case ANALYZE_OPTION_SINCE:
        return instant_parse_date(bytes_str(value), &a->options.since, NULL)
                   ? NULL
                   : "--since is no time: ";
    case ANALYZE_OPTION_UNTIL:
        return instant_parse_date(bytes_str(value), &a->options.until, NULL)
                   ? NULL
                   : "--until is no time: ";
    case ANALYZE_OPTION_ZONE:
        return take_zone(a, value)
                   ? NULL
                   : "--zone wants an offset (+02:00), or a name (Europe/Berlin) whose "
                     "rules " ZONES_FOLDER " has: ";
    case ANALYZE_OPTION_RULES:
        return add_readable(&a->rules, value) ? NULL : "--rules cannot be read: ";
    case ANALYZE_OPTION_YARA:
        return add_readable(&a->yara, value) ? NULL : "--yara cannot be read: ";
    case ANALYZE_OPTION_AS:
        return add_override(a, value) ? NULL : "--as wants ROLE=PATH: ";
    default:
        a->fails = true;
        return severity_by_name(bytes_str(value), &a->fail_on)
                   ? NULL
                   : "--fail-on wants info, low, medium, high or critical: ";
    }
}

int analyze_option(struct analyze_arguments *a, const char *command, int c,
                   const char *value)
{
    const char *wrong = NULL;
    if (c < ANALYZE_OPTION_POD || c > ANALYZE_OPTION_REVEAL) {
        a->fixed_now |= c == VERIFY_OPTION_AT;
        return verify_option(&a->verify, c, value);
    }
    switch (c) {
    case ANALYZE_OPTION_POD:
        a->options.pod = value;
        break;
    case ANALYZE_OPTION_BASE:
        a->options.base = value;
        break;
    case ANALYZE_OPTION_BASELINE:
        a->options.baseline = value;
        break;
    case ANALYZE_OPTION_EXAMINER:
        a->examiner = value;
        break;
    case ANALYZE_OPTION_REVEAL:
        a->options.reveal = true;
        break;
    default:
        wrong = read_value(a, c, value);
    }
    if (wrong)
        usage_error(command, wrong, value);
    return wrong ? -1 : 1;
}

const struct analyze_options *analyze_arguments_done(struct analyze_arguments *a)
{
    a->options.rules = a->rules.v;
    a->options.yara = a->yara.v;
    a->options.now = verify_arguments_done(&a->verify)->now;
    return &a->options;
}
