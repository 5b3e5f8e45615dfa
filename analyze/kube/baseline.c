/* Beyond its normal pattern: what accounts in scope did after the first sign and never
 * before, and how much "before" there was to compare with. */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "analyze/kube/rates.h"

/* Fewer requests than this are not called a pattern. */
#define BASELINE_ENOUGH 20

struct account {
    struct bytes user;
    uint32_t number;
    uint64_t before;         /* requests of the baseline */
    instant first, last;     /* of the baseline */
    uint32_t rate, rate_now; /* most requests in a minute, before and after */
};

static struct bytes word_of(const struct scope *s, uint32_t number)
{
    return intern_get(s->words, number);
}

/* Before the incident: given as such, or seen before the first sign. A line that spans
 * the first sign was there before, so it is known. */
static bool is_before(const struct incident *in, const struct pattern *p)
{
    return p->baseline || p->first < in->first_placed;
}

static void measure(const struct incident *in, struct account *a)
{
    const struct scope *s = in->scope;
    a->first = INT64_MAX;
    a->last = INT64_MIN;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->user != a->number || !is_before(in, p))
            continue;
        a->before += p->count;
        a->first = p->first < a->first ? p->first : a->first;
        a->last = p->last > a->last ? p->last : a->last;
    }
    if (a->last > in->first_placed && a->first < in->first_placed)
        a->last = in->first_placed;
    rates_most(s->rates, a->number, in->first_placed, &a->rate, &a->rate_now);
}

/* Is a value of one column, or of verb and resource together, unknown before? */
enum column { COLUMN_ACTION, COLUMN_NAMESPACE, COLUMN_AGENT, COLUMN_SOURCE, COLUMNS };
static const char *const column_names[] = {"action", "namespace", "agent", "source"};

static bool same_column(const struct pattern *a, const struct pattern *b, enum column c)
{
    switch (c) {
    case COLUMN_ACTION:
        return a->verb == b->verb && a->resource == b->resource;
    case COLUMN_NAMESPACE:
        return a->namespace == b->namespace;
    case COLUMN_AGENT:
        return a->agent == b->agent;
    default:
        return a->source == b->source;
    }
}

static bool is_new(const struct incident *in, const struct pattern *p, enum column c)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *other = &s->patterns[i];
        if (other->user == p->user && is_before(in, other) && same_column(p, other, c))
            return false;
    }
    return true;
}

static json_t *render_new(const struct incident *in, const struct pattern *p,
                          json_t *columns)
{
    const struct scope *s = in->scope;
    json_t *o = json_object();
    struct text t = {0};
    text_add(&t, word_of(s, p->verb));
    text_byte(&t, ' ');
    text_add(&t, word_of(s, p->resource));
    put_text(o, "action", s, text_bytes(&t));
    text_release(&t);
    put_text(o, "namespace", s, word_of(s, p->namespace));
    put_text(o, "agent", s, word_of(s, p->agent));
    put_text(o, "source", s, word_of(s, p->source));
    json_object_set_new(o, "denied", json_boolean(p->denied));
    json_object_set_new(o, "count", json_integer((json_int_t)p->count));
    put_time(o, "first", p->first, PRECISION_MICROSECOND);
    json_object_set_new(o, "new", columns);
    put_span(o, s, p->span);
    return o;
}

static json_t *new_columns(const struct incident *in, const struct pattern *p)
{
    json_t *columns = json_array();
    for (int c = 0; c < COLUMNS; c++)
        if (is_new(in, p, (enum column)c))
            json_array_append_new(columns, json_string(column_names[c]));
    return columns;
}

static json_t *deviations(const struct incident *in, const struct account *a,
                          struct finding *f)
{
    const struct scope *s = in->scope;
    json_t *array = json_array();
    for (size_t i = 0; a->before && i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->user != a->number || is_before(in, p))
            continue;
        json_t *columns = new_columns(in, p);
        if (json_array_size(columns) == 0) {
            json_decref(columns);
            continue;
        }
        json_array_append_new(array, render_new(in, p, columns));
        finding_span(f, p->span);
        if (f->time == INSTANT_NONE || p->first < f->time)
            f->time = p->first;
    }
    return array;
}

static void tell(struct incident *in, const struct account *a, size_t count,
                 struct finding *f)
{
    char number[32];
    snprintf(number, sizeof number, "%zu", count);
    f->confidence = a->before >= BASELINE_ENOUGH ? CONFIDENCE_HIGH : CONFIDENCE_LOW;
    finding_argument(f, "new lines", bytes_str(number));
    char requests[32];
    snprintf(requests, sizeof requests, "%llu", (unsigned long long)a->before);
    finding_argument(f, "requests in the baseline", bytes_str(requests));
    if (count)
        kube_found(in->scope, f);
}

static json_t *render_account(struct incident *in, struct account *a)
{
    json_t *o = json_object();
    struct finding f = kube_finding(KUBE_BEYOND_PATTERN, a->user, (struct span){0});
    f.span_count = 0;
    measure(in, a);
    json_t *news = deviations(in, a, &f);
    json_object_set_new(o, "user", render_text(in->scope, a->user));
    json_object_set_new(o, "baseline_requests", json_integer((json_int_t)a->before));
    if (a->before) {
        put_time(o, "baseline_from", a->first, PRECISION_MICROSECOND);
        put_time(o, "baseline_until", a->last, PRECISION_MICROSECOND);
    }
    put_word(o, "baseline",
             a->before == 0                ? "no baseline"
             : a->before < BASELINE_ENOUGH ? "thin: new lines may be ordinary"
                                           : "enough to compare");
    /* Minutes are whole: what came in the minute of the first sign is not told apart. */
    if (a->rate || a->before == 0)
        json_object_set_new(o, "most_per_minute_before", json_integer(a->rate));
    json_object_set_new(o, "most_per_minute_after", json_integer(a->rate_now));
    tell(in, a, json_array_size(news), &f);
    json_object_set_new(o, "new", news);
    put_span(o, in->scope, in->scope->pod.span);
    return o;
}

/* -- who reads secrets for the first time
 * ------------------------------------------------ */

static bool reads_secrets(const struct scope *s, const struct pattern *p)
{
    struct bytes verb = word_of(s, p->verb);
    return bytes_is(word_of(s, p->resource), "secrets") && !p->denied &&
           (bytes_is(verb, "get") || bytes_is(verb, "list") || bytes_is(verb, "watch"));
}

/* What of account, client and address nobody came with when secrets were read before. */
static json_t *new_in_reader(const struct list *before, const struct pattern *p)
{
    bool user = true, agent = true, source = true, together = true;
    for (size_t i = 0; i < before->n; i++) {
        const struct pattern *b = before->v[i];
        user &= b->user != p->user;
        agent &= b->agent != p->agent;
        source &= b->source != p->source;
        together &= b->user != p->user || b->agent != p->agent || b->source != p->source;
    }
    if (!together)
        return NULL;
    json_t *news = json_array();
    if (user)
        json_array_append_new(news, json_string("account"));
    if (agent)
        json_array_append_new(news, json_string("agent"));
    if (source)
        json_array_append_new(news, json_string("source"));
    return news;
}

static json_t *render_reader(struct incident *in, const struct pattern *p, json_t *news)
{
    struct bytes user = word_of(in->scope, p->user);
    struct finding f = kube_finding(KUBE_NEW_READER, user, p->span);
    f.time = p->first;
    f.confidence = CONFIDENCE_MEDIUM;
    finding_argument(&f, "agent", word_of(in->scope, p->agent));
    finding_argument(&f, "source", word_of(in->scope, p->source));
    kube_found(in->scope, &f);
    json_t *o = render_new(in, p, news);
    json_object_set_new(o, "user", render_text(in->scope, user));
    return o;
}

/* Against the readers of the time before, if that time is long enough to know them. */
static json_t *new_readers(struct incident *in)
{
    const struct scope *s = in->scope;
    struct list before = {0};
    json_t *array = json_array();
    uint64_t requests = 0;
    for (size_t i = 0; i < s->pattern_count; i++) {
        struct pattern *p = &s->patterns[i];
        requests += is_before(in, p) ? p->count : 0;
        if (is_before(in, p) && reads_secrets(s, p))
            list_add(&before, p);
    }
    for (size_t i = 0; requests >= BASELINE_ENOUGH && i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (is_before(in, p) || !reads_secrets(s, p) ||
            is_control_plane(word_of(s, p->user)))
            continue;
        json_t *news = new_in_reader(&before, p);
        if (news)
            json_array_append_new(array, render_reader(in, p, news));
    }
    free(before.v);
    return array;
}

json_t *baseline_document(struct incident *in)
{
    struct scope *s = in->scope;
    json_t *o = json_object(), *array = json_array();
    struct bytes namespace, name;
    put_word(o, "schema", "exhibit/baseline/1");
    put_word(o, "from",
             s->baseline_given ? "the records of --baseline, and the time "
                                 "before the first sign"
                               : "the time before the first sign");
    put_time(o, "first_sign", in->first_sign, PRECISION_NANOSECOND);
    for (size_t i = 0; in->first_sign != INSTANT_NONE && i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        struct account a = {.user = r->what};
        if (r->identity && service_account_of(r->what, &namespace, &name) &&
            intern_find(s->words, r->what, &a.number))
            json_array_append_new(array, render_account(in, &a));
    }
    json_object_set_new(o, "accounts", array);
    json_object_set_new(o, "new_readers_of_secrets",
                        in->first_sign == INSTANT_NONE ? json_array() : new_readers(in));
    return o;
}
