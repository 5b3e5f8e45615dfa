/* YARA rules over the bytes of one file. */
#include "analyze/data.h"
#include "analyze/layer/content.h"
#include "analyze/process/pattern.h"

struct pattern *content_signs(void)
{
    return pattern_yara_text(data_get("analyze/layer/signs.yar"));
}

struct pattern *content_yara(const char *const *files)
{
    struct text why = {0};
    size_t count = 0;
    while (files && files[count])
        count++;
    struct pattern *p = count ? pattern_yara(files, count, &why) : NULL;
    text_release(&why);
    return p;
}

void content_rules_free(struct pattern *p)
{
    pattern_free(p);
}

struct searched {
    struct arena *arena;
    struct content *out;
    bool is_own;
};

static bool is_known(const struct searched *s, const struct hit *hit)
{
    for (size_t i = 0; i < s->out->match_count; i++) {
        const struct content_match *m = &s->out->matches[i];
        if (m->is_own == s->is_own && strcmp(m->rule, hit->rule) == 0)
            return true;
    }
    return false;
}

static void take(void *context, const struct hit *hit)
{
    struct searched *s = context;
    struct content *out = s->out;
    if (is_known(s, hit) || out->match_count == CONTENT_MATCHES)
        return;
    if (!out->matches)
        out->matches = arena_array(s->arena, struct content_match, CONTENT_MATCHES);
    out->matches[out->match_count++] =
        (struct content_match){.rule = arena_string(s->arena, bytes_str(hit->rule)),
                               .tag = arena_string(s->arena, bytes_str(hit->tag)),
                               .offset = hit->passage.at,
                               .length = hit->passage.length,
                               .is_own = s->is_own};
}

/* The whole file is one window, so that conditions over all of it hold. */
void content_search(const struct loaded *l, struct pattern *rules, bool is_own,
                    const char *path, struct arena *arena, struct content *out)
{
    struct searched s = {arena, out, is_own};
    struct searching searching = {rules, take, &s};
    const struct window all = {.bytes = bytes_of(l->p, l->n), .limit = l->n + 1};
    if (l->n == 0)
        return;
    pattern_about(rules, path);
    pattern_search(&searching, &all);
}
