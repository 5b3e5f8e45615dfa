#include "verify/json_mask.h"

static void mask_string(const struct mask *m, json_t *string)
{
    struct bytes plain = bytes_of(json_string_value(string), json_string_length(string));
    struct text masked = {0};
    mask_text(m, plain, &masked);
    if (!bytes_eq(plain, text_bytes(&masked)))
        json_string_setn(string, text_c(&masked), masked.n);
    text_release(&masked);
}

static bool has_secret_name(const json_t *object)
{
    struct credential found;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)object, key, member)
    {
        if (credential_next(bytes_str(key), 0, &found))
            return true;
    }
    return false;
}

/* In their order. */
static void mask_names(const struct mask *m, json_t *object)
{
    const char *key;
    json_t *member, *old = json_copy(object);
    json_object_clear(object);
    json_object_foreach(old, key, member)
    {
        struct text name = {0};
        mask_text(m, bytes_str(key), &name);
        json_object_set(object, text_c(&name), member);
        text_release(&name);
    }
    json_decref(old);
}

/* Recursion is as deep as our own documents nest. */
static void mask_value_of(const struct mask *m, json_t *value)
{
    const char *key;
    json_t *member;
    if (json_is_string(value))
        mask_string(m, value);
    if (has_secret_name(value))
        mask_names(m, value);
    json_object_foreach(value, key, member) mask_value_of(m, member);
    for (size_t i = 0; i < json_array_size(value); i++)
        mask_value_of(m, json_array_get(value, i));
}

void json_mask(const struct mask *m, json_t *document)
{
    if (!m->reveal)
        mask_value_of(m, document);
}
