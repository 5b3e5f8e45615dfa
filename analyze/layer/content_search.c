/* YARA rules over the bytes of one file. */
#include "analyze/data.h"
#include "analyze/layer/content.h"
#include "analyze/process/pattern.h"

struct content_rules content_rules_new(const char *const *files)
{
    return (struct content_rules){
        .signs = pattern_yara_text(data_get("analyze/layer/signs.yar")),
        .yara = pattern_yara_list(files)};
}

void content_rules_free(struct content_rules *r)
{
    pattern_free(r->signs);
    pattern_free(r->yara);
}

struct searched {
    struct content *content;
    bool is_own;
};

static bool is_known(const struct searched *s, const struct hit *hit)
{
    for (size_t i = 0; i < s->content->match_count; i++) {
        const struct content_match *m = &s->content->matches[i];
        if (m->is_own == s->is_own && strcmp(m->rule, hit->rule) == 0)
            return true;
    }
    return false;
}

static void take(void *context, const struct hit *hit)
{
    struct searched *s = context;
    struct content *c = s->content;
    if (is_known(s, hit) || c->match_count == CONTENT_MATCHES)
        return;
    if (!c->matches)
        c->matches = arena_array(c->arena, struct content_match, CONTENT_MATCHES);
    c->matches[c->match_count++] =
        (struct content_match){.rule = arena_string(c->arena, bytes_str(hit->rule)),
                               .tag = arena_string(c->arena, bytes_str(hit->tag)),
                               .offset = hit->passage.at,
                               .length = hit->passage.length,
                               .is_own = s->is_own};
}

void content_search(struct content *c, const struct loaded *l,
                    const struct content_rules *rules, const char *path)
{
    /* The whole file is one window, so that conditions over all of it hold. */
    const struct window all = {.bytes = bytes_of(l->p, l->n), .limit = l->n + 1};
    struct pattern *const both[] = {rules->signs, rules->yara};
    for (size_t i = 0; i < 2 && l->n; i++) {
        struct searched s = {c, both[i] == rules->yara};
        struct searching searching = {both[i], take, &s};
        if (!both[i])
            continue;
        pattern_about(both[i], path);
        pattern_search(&searching, &all);
    }
}
