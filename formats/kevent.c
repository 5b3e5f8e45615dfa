#include "formats/kevent.h"

struct moment {
    instant time;
    enum precision precision;
};

/* The first of the members that holds a time: names differ between the two APIs. */
static struct moment time_of(const json_t *o, const char *const *paths)
{
    struct moment m = {INSTANT_NONE, PRECISION_UNKNOWN};
    for (; *paths; paths++) {
        if (instant_parse(tree_string(o, *paths), &m.time, &m.precision))
            break;
    }
    return m;
}

static struct bytes text_of(const json_t *o, const char *const *paths)
{
    struct bytes text = BYTES_NONE;
    for (; *paths && !text.n; paths++)
        text = tree_string(o, *paths);
    return text;
}

static uint64_t count_of(const json_t *o)
{
    static const char *const paths[] = {"series/count", "count", "deprecatedCount"};
    int64_t count = 1;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (tree_integer(o, paths[i], &count) && count > 0)
            return (uint64_t)count;
    }
    return 1;
}

static void read_times(const json_t *o, struct kevent *out)
{
    static const char *const firsts[] = {"firstTimestamp", "deprecatedFirstTimestamp",
                                         "eventTime", "metadata/creationTimestamp", NULL};
    static const char *const lasts[] = {"series/lastObservedTime",    "lastTimestamp",
                                        "deprecatedLastTimestamp",    "eventTime",
                                        "metadata/creationTimestamp", NULL};
    struct moment first = time_of(o, firsts), last = time_of(o, lasts);
    out->first = first.time;
    out->last = last.time < first.time ? first.time : last.time;
    out->precision = first.precision;
}

static void read_about(const json_t *about, struct kevent *out)
{
    out->about.kind = tree_string(about, "kind");
    out->about.namespace = tree_string(about, "namespace");
    out->about.name = tree_string(about, "name");
    out->about.uid = tree_string(about, "uid");
    out->about.api_version = tree_string(about, "apiVersion");
    out->about.field_path = tree_string(about, "fieldPath");
}

bool kevent_read(const struct kobject *object, struct kevent *out)
{
    static const char *const messages[] = {"message", "note", NULL};
    static const char *const components[] = {"reportingComponent", "reportingController",
                                             "source/component",
                                             "deprecatedSource/component", NULL};
    static const char *const hosts[] = {"source/host", "deprecatedSource/host",
                                        "reportingInstance", NULL};
    const json_t *o = object->object;
    const json_t *about = tree_get(o, "involvedObject");
    if (!about)
        about = tree_get(o, "regarding");
    if (!bytes_is(object->kind, "Event") || !json_is_object(about))
        return false;
    *out = (struct kevent){
        .count = count_of(o),
        .type = tree_string(o, "type"),
        .reason = tree_string(o, "reason"),
        .action = tree_string(o, "action"),
        .message = text_of(o, messages),
        .component = text_of(o, components),
        .host = text_of(o, hosts),
    };
    read_times(o, out);
    read_about(about, out);
    return true;
}
