/* Events: into the side file as they come (order.c brings them into total order). */
#include <errno.h>

#include "analyze/casefile/private.h"
#include "analyze/events/clocks.h"
#include "formats/base/limits.h"

/* Slots of casefile.texts. */
enum { TEXT_ACTOR, TEXT_ACTION, TEXT_OBJECT, TEXT_MESSAGE, TEXT_FIELDS, TEXT_SEVERITY };

static void field_value(struct casefile *c, const struct event_field *f, struct text *out)
{
    struct text raw = {0};
    if (credential_name(bytes_str(f->key)))
        mask_value(c->mask, f->key, f->value, &raw);
    else
        text_add(&raw, f->value);
    case_text_to(c, text_bytes(&raw), LIMIT_CASE_TEXT, out);
    text_release(&raw);
}

static struct bytes fields_text(struct casefile *c, const struct event *e)
{
    struct text *out = &c->texts[TEXT_FIELDS];
    struct text value = {0};
    text_clear(out);
    text_byte(out, '{');
    for (size_t i = 0; i < e->field_count; i++) {
        if (i > 0)
            text_byte(out, ',');
        escape_json(out, bytes_str(e->fields[i].key));
        text_byte(out, ':');
        text_clear(&value);
        field_value(c, &e->fields[i], &value);
        escape_json(out, text_bytes(&value));
    }
    text_byte(out, '}');
    text_release(&value);
    return text_bytes(out);
}

static void bind_time(sqlite3_stmt *s, const struct event *e)
{
    sql_integer(s, 2, e->time, INSTANT_NONE);
    sql_integer(s, 3, e->end, INSTANT_NONE);
    sql_text(s, 4, bytes_str(precision_name(e->precision)));
    sql_text(s, 5, bytes_str(clock_domain_name(e->clock)));
    sql_text(s, 6, bytes_str(event_kind_source(e->kind)));
    sql_text(s, 7, bytes_str(event_kind_name(e->kind)));
    sql_text(s, 8, bytes_str(e->time_desc));
}

static int put_event(struct casefile *c, const struct event *e, uint32_t item)
{
    sqlite3_stmt *s = c->add_event;
    sqlite3_bind_int64(s, 1, c->events);
    bind_time(s, e);
    sql_text(s, 9, case_text(c, TEXT_ACTOR, e->actor));
    sql_text(s, 10, case_text(c, TEXT_ACTION, e->action));
    sql_text(s, 11, case_text(c, TEXT_OBJECT, e->object));
    sql_text(s, 12, case_text(c, TEXT_MESSAGE, e->message));
    if (e->severity)
        sql_text(s, 13, case_text(c, TEXT_SEVERITY, bytes_str(e->severity)));
    sqlite3_bind_int64(s, 14, e->in_scope);
    sqlite3_bind_int64(s, 15, item);
    sqlite3_bind_int64(s, 16, (int64_t)e->span.offset);
    sqlite3_bind_int64(s, 17, (int64_t)e->span.length);
    sql_text(s, 18, fields_text(c, e));
    uint8_t same[SAMENESS];
    if (event_sameness(e, same))
        sqlite3_bind_blob(s, 19, same, SAMENESS, SQLITE_TRANSIENT);
    return sql_run(s);
}

int case_event(struct casefile *c, const struct event *e)
{
    uint32_t item;
    if (!case_item_id(c, e->span.item, &item))
        return -EINVAL;
    c->events++;
    if (c->clocks)
        clocks_observe(c->clocks, e);
    int r = put_event(c, e, item);
    if (r < 0)
        return r;
    sqlite3_stmt *s = c->add_order;
    /* What states no time comes last. */
    sqlite3_bind_int64(s, 1, e->time == INSTANT_NONE ? INT64_MAX : e->time);
    sqlite3_bind_int64(s, 2, item);
    sqlite3_bind_int64(s, 3, (int64_t)e->span.offset);
    sqlite3_bind_int64(s, 4, c->events);
    return sql_run(s);
}
