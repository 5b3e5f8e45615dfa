#include "analyze/rules/operands.h"

#include <stdlib.h>

#include "analyze/rules/encode.h"
#include "formats/base/memory.h"

static void operand_add(struct operands *to, struct operand o)
{
    to->v = memory_grow(to->v, &to->capacity, to->n + 1, sizeof *to->v);
    to->v[to->n++] = o;
}

static struct bytes scalar_text(struct reading *r, const json_t *v)
{
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_STRING:
        return bytes_of(json_string_value(v), json_string_length(v));
    case JSON_INTEGER:
        return bytes_str(
            arena_printf(&r->rules->arena, "%lld", (long long)json_integer_value(v)));
    case JSON_REAL:
        return bytes_str(arena_printf(&r->rules->arena, "%.17g", json_real_value(v)));
    case JSON_TRUE:
        return BYTES("true");
    case JSON_FALSE:
        return BYTES("false");
    default:
        return BYTES_NONE;
    }
}

static const struct placeholder *find_placeholder(const struct rules *r,
                                                  struct bytes name)
{
    /* The last definition counts: the analyst's own come after the builtin ones. */
    for (size_t i = r->placeholder_count; i > 0; i--)
        if (bytes_eq(r->placeholders[i - 1].name, name))
            return &r->placeholders[i - 1];
    return NULL;
}

/* The first %name% at or after `from`; "\%" is a percent sign. */
static bool placeholder_find(struct bytes text, size_t *from, size_t *length)
{
    for (size_t i = *from; i < text.n; i++) {
        if (text.p[i] == '\\') {
            i++;
            continue;
        }
        size_t n = text.p[i] == '%' ? bytes_find_byte(bytes_from(text, i + 1), '%') : 0;
        if (n == 0 || i + 1 + n >= text.n)
            continue;
        *from = i;
        *length = n + 2;
        return true;
    }
    return false;
}

static struct bytes join_three(struct arena *a, struct bytes x, struct bytes y,
                               struct bytes z)
{
    uint8_t *out = arena_alloc(a, x.n + y.n + z.n + 1);
    size_t n = 0;
    struct bytes all[] = {x, y, z};
    for (size_t i = 0; i < 3; i++) {
        if (all[i].n)
            memcpy(out + n, all[i].p, all[i].n);
        n += all[i].n;
    }
    return bytes_of(out, n);
}

/* "\%" once all placeholders are replaced. */
static struct bytes without_escapes(struct arena *a, struct bytes text)
{
    uint8_t *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool escape = text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == '%';
        out[n++] = text.p[i += escape];
    }
    return bytes_of(out, n);
}

struct expansion {
    struct place at;
    struct operands *out;
};

static void expand(const struct expansion *x, struct bytes text, size_t from,
                   size_t depth)
{
    struct reading *r = x->at.r;
    size_t length;
    if (!placeholder_find(text, &from, &length)) {
        operand_add(x->out,
                    (struct operand){without_escapes(&r->rules->arena, text), false});
        return;
    }
    struct bytes name = bytes_sub(text, from + 1, length - 2);
    const struct placeholder *p = find_placeholder(r->rules, name);
    if (!p || depth == 4 || x->out->n > LIMIT_RULE_SIZE) {
        reading_problem(x->at, RULE_ERROR,
                        p ? "placeholder %%%s%% expands without end"
                          : "placeholder %%%s%% has no values; give them in a document "
                            "of the rules directory: placeholders: {NAME: [value, …]}",
                        reading_shown(r, name));
        return;
    }
    for (size_t i = 0; i < json_array_size(p->values); i++) {
        struct bytes value = scalar_text(r, json_array_get(p->values, i));
        struct bytes whole = join_three(&r->rules->arena, bytes_sub(text, 0, from), value,
                                        bytes_from(text, from + length));
        expand(x, whole, from + value.n, depth + 1);
    }
}

static bool transform_one(struct reading *r, enum transform how, struct operand o,
                          struct operands *out)
{
    struct arena *a = &r->rules->arena;
    struct bytes variants[ENCODE_WINDASH];
    size_t n = 0;
    switch (how) {
    case AS_WINDASH:
        if (!encode_windash(o.text, a, variants, &n))
            return false;
        for (size_t i = 0; i < n; i++)
            operand_add(out, (struct operand){variants[i], o.plain});
        return true;
    case AS_OFFSET:
        for (size_t shift = 0; shift < 3; shift++)
            operand_add(out,
                        (struct operand){encode_base64_offset(o.text, shift, a), true});
        return true;
    case AS_BASE64:
        o.text = encode_base64(o.text, a);
        break;
    case AS_UTF16LE:
        o.text = encode_utf16(o.text, UTF16_LITTLE, a);
        break;
    case AS_UTF16BE:
        o.text = encode_utf16(o.text, UTF16_BIG, a);
        break;
    case AS_UTF16:
        o.text = encode_utf16(o.text, UTF16_MARKED, a);
        break;
    }
    o.plain = true;
    operand_add(out, o);
    return true;
}

static bool transform_all(struct place at, const struct operand_steps *steps,
                          struct operands *all)
{
    for (size_t t = 0; t < steps->count; t++) {
        struct operands next = {0};
        bool good = true;
        for (size_t i = 0; i < all->n && good; i++)
            good = transform_one(at.r, steps->transforms[t], all->v[i], &next);
        free(all->v);
        *all = next;
        if (good)
            continue;
        reading_problem(at, RULE_ERROR,
                        "|windash: more than four flags in one value; cut it in two");
        return false;
    }
    return true;
}

static bool read_one(struct place at, const json_t *v, bool expanding,
                     struct operands *all)
{
    if (json_is_array(v) || json_is_object(v) || json_is_null(v)) {
        reading_problem(
            at, RULE_ERROR,
            json_is_null(v)
                ? "%s: null cannot stand in a list or under a modifier; give "
                  "it a selection of its own"
                : "a value must be text, a number, a boolean or null; to test "
                  "several members of one element write \"%s[]:\"",
            at.key);
        return false;
    }
    struct bytes text = scalar_text(at.r, v);
    struct expansion x = {at, all};
    if (expanding)
        expand(&x, text, 0, 0);
    else
        operand_add(all, (struct operand){text, false});
    return true;
}

bool operands_read(struct place at, const json_t *value,
                   const struct operand_steps *steps, struct operands *all)
{
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t k = 0; k < n; k++)
        if (!read_one(at, json_is_array(value) ? json_array_get(value, k) : value,
                      steps->expand, all))
            return false;
    return !at.r->failed && transform_all(at, steps, all);
}
