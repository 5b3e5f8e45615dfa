/* Regular expressions of |re, through PCRE2 with its compiler to machine code. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>

#include "analyze/rules/term.h"

/* To machine code when it is first asked: of the built-in rules' expressions most cases
 * ask few, and to make them all takes as long as the rest of loading. */
struct regex {
    pcre2_code *code;
    atomic_bool translated;
};

static uint32_t regex_options(const char *flags)
{
    /* Evidence need not be UTF-8: with this option no byte of it is undefined. */
    uint32_t options = PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    for (; *flags; flags++)
        options |= *flags == 'i'   ? PCRE2_CASELESS
                   : *flags == 'm' ? PCRE2_MULTILINE
                                   : PCRE2_DOTALL;
    return options;
}

struct regex *regex_compile(struct bytes text, const char *flags, struct arena *arena,
                            const char **why)
{
    int error;
    PCRE2_SIZE at;
    if (text.n > LIMIT_REGEX_TEXT) {
        *why = "the expression is longer than 8,192 bytes";
        return NULL;
    }
    pcre2_code *code = pcre2_compile(text.p ? text.p : (const uint8_t *)"", text.n,
                                     regex_options(flags), &error, &at, NULL);
    if (!code) {
        PCRE2_UCHAR8 said[256];
        pcre2_get_error_message(error, said, sizeof said);
        *why = arena_printf(arena, "at character %zu: %s", (size_t)at, (char *)said);
        return NULL;
    }
    struct regex *r = arena_new(arena, struct regex);
    r->code = code;
    return r;
}

/* No thread may match while another translates. */
static void translate(struct regex *r)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    if (atomic_load_explicit(&r->translated, memory_order_acquire))
        return;
    pthread_mutex_lock(&one);
    if (!atomic_load_explicit(&r->translated, memory_order_relaxed))
        pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* without it only slower */
    atomic_store_explicit(&r->translated, true, memory_order_release);
    pthread_mutex_unlock(&one);
}

void regex_free(struct regex *r)
{
    if (r)
        pcre2_code_free(r->code);
}

/* What matching needs besides the expression. */
struct regex_room {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static struct regex_room room_new(void)
{
    struct regex_room room = {pcre2_match_data_create(1, NULL),
                              pcre2_match_context_create(NULL)};
    if (room.context) {
        pcre2_set_match_limit(room.context, LIMIT_REGEX_STEPS);
        pcre2_set_depth_limit(room.context, LIMIT_REGEX_DEPTH);
    }
    return room;
}

enum truth regex_matches(struct regex *r, struct bytes value)
{
    struct regex_room room = room_new();
    int got = PCRE2_ERROR_NOMEMORY;
    translate(r);
    if (room.data && room.context)
        got = pcre2_match(r->code, value.p ? value.p : (const uint8_t *)"", value.n, 0, 0,
                          room.data, room.context);
    pcre2_match_data_free(room.data);
    pcre2_match_context_free(room.context);
    if (got >= 0)
        return TRUTH_TRUE;
    return got == PCRE2_ERROR_NOMATCH ? TRUTH_FALSE : TRUTH_UNKNOWN;
}
