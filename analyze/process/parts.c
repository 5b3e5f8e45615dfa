#include "analyze/process/parts.h"

struct parts parts_inside(void *list, size_t n)
{
    return (struct parts){list, list ? n : 0};
}

static bool is_of(const struct image *image, enum criu_type type)
{
    return image && image->state == IMAGE_READ && image->data.frame.type->type == type;
}

struct parts parts_apart(struct checkpoint *c, const struct image *image,
                         enum criu_type type)
{
    if (!is_of(image, type))
        return (struct parts){NULL, 0};
    ProtobufCMessage **v =
        arena_array(&c->arena, ProtobufCMessage *, image->data.count + 1);
    size_t n = 0;
    for (size_t i = 0; i < image->data.count; i++)
        if (image->data.records[i].message)
            v[n++] = image->data.records[i].message;
    return (struct parts){v, n};
}

struct parts parts_of_file(struct checkpoint *c, const struct image *image,
                           enum criu_type type, uint32_t id)
{
    ProtobufCMessage **v = NULL;
    size_t n = 0;
    for (int fill = 0; fill < 2 && is_of(image, type); fill++) {
        v = fill ? arena_array(&c->arena, ProtobufCMessage *, n + 1) : NULL;
        n = 0;
        for (size_t i = 0; i < image->data.count; i++) {
            ProtobufCMessage *m = image->data.records[i].message;
            if (!m || file_id_of(m) != id)
                continue;
            if (fill)
                v[n] = m;
            n++;
        }
    }
    return (struct parts){v, n};
}

static const char *stem_of(enum criu_type type)
{
    switch (type) {
    case CRIU_SIGACT:
        return "sigacts";
    case CRIU_RLIMIT:
        return "rlimit";
    case CRIU_ITIMERS:
        return "itimers";
    default:
        return "posix-timers";
    }
}

struct parts parts_of_task(struct checkpoint *c, struct parts inside, enum criu_type type,
                           uint32_t number)
{
    if (inside.n)
        return inside;
    return parts_apart(c, dump_numbered(c->dump, stem_of(type), number), type);
}
