#include "analyze/evidence_json.h"

#include <stdio.h>

json_t *json_evidence(struct bytes b)
{
    struct text t = {0};
    escape_plain(&t, b);
    json_t *s = json_stringn(text_c(&t), t.n);
    text_release(&t);
    return s;
}

json_t *json_masked(const struct mask *mask, struct bytes b)
{
    struct text t = {0};
    mask_text(mask, b, &t);
    json_t *s = json_evidence(text_bytes(&t));
    text_release(&t);
    return s;
}

#define MASK_AROUND 1024

json_t *json_masked_part(const struct mask *mask, struct bytes whole, size_t at,
                         size_t length)
{
    size_t before = at < MASK_AROUND ? at : MASK_AROUND;
    struct bytes view = bytes_sub(whole, at - before, before + length + MASK_AROUND);
    size_t end = view.n < before + length ? view.n : before + length, done = before;
    struct credential c;
    struct text t = {0};
    for (size_t from = 0; !mask->reveal && from < end && credential_next(view, from, &c);
         from = c.offset + (c.length ? c.length : 1)) {
        if (c.offset >= end)
            break;
        if (c.offset + c.length <= done)
            continue;
        if (c.offset > done)
            text_add(&t, bytes_sub(view, done, c.offset - done));
        mask_value(mask, c.kind, bytes_sub(view, c.offset, c.length), &t);
        done = c.offset + c.length;
    }
    if (done < end)
        text_add(&t, bytes_sub(view, done, end - done));
    json_t *s = json_evidence(text_bytes(&t));
    text_release(&t);
    return s;
}

json_t *json_hex(uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)n);
    return json_string(text);
}

json_t *json_unsigned(uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    return n <= INT64_MAX ? json_integer((json_int_t)n) : json_string(text);
}

void json_set_unsigned(json_t *object, const char *key, uint64_t n)
{
    json_object_set_new(object, key, json_unsigned(n));
}

void json_set_if(json_t *object, const char *key, json_t *value)
{
    bool empty = !value || json_is_null(value) ||
                 (json_is_string(value) && json_string_length(value) == 0) ||
                 (json_is_array(value) && json_array_size(value) == 0) ||
                 (json_is_object(value) && json_object_size(value) == 0);
    if (empty)
        json_decref(value);
    else
        json_object_set_new(object, key, value);
}
