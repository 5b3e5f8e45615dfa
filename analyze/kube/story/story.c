/* The story: facts in order of time, in phases by ATT&CK tactic, each with its proof, and
 * the questions that stay open. */
#include "analyze/kube/story/story.h"

#include <stdlib.h>

#define STORY_FACTS 1000

/* A noisy rule, or a loop, is told so often; the others are told by their number, so that
 * they take no room from what is told once. */
#define TOLD_AGAIN 3
#define TOLD_ALIKE 40

void fact_span(struct fact *f, struct span span)
{
    for (size_t i = 0; i < f->span_count; i++)
        if (f->spans[i].item == span.item && f->spans[i].offset == span.offset)
            return;
    if (span.item && f->span_count < FACT_SPANS)
        f->spans[f->span_count++] = span;
}

void fact_against(struct fact *f, const char *why)
{
    for (size_t i = 0; i < f->against_count; i++)
        if (strcmp(f->against[i], why) == 0)
            return;
    if (*why && f->against_count < FACT_AGAINST)
        f->against[f->against_count++] = why;
}

/* "The sensor on the node reported "Terminal shell"", "Service account x created pod". */
static struct bytes kind_of(struct bytes sentence)
{
    size_t colon = bytes_find_byte(sentence, ':'), word = bytes_find_byte(sentence, ' ');
    if (colon < sentence.n)
        return bytes_sub(sentence, 0, colon);
    struct bytes rest = bytes_from(sentence, word + 1);
    return bytes_sub(sentence, 0, word + 1 + bytes_find_byte(rest, ' '));
}

/* With which it is told; NULL: by itself. One line of a container is often collected
 * several times. */
static struct fact *find_told(const struct story *y, const struct fact *f)
{
    struct fact *first = NULL, *alike = NULL;
    size_t same = 0, of_kind = 0;
    struct bytes kind = kind_of(f->sentence);
    for (size_t i = 0; i < y->facts.n; i++) {
        struct fact *other = y->facts.v[i];
        if (!bytes_eq(other->lead, f->lead) || !bytes_starts(other->sentence, kind))
            continue;
        of_kind++;
        alike = other;
        if (!bytes_eq(other->sentence, f->sentence))
            continue;
        if (other->time == f->time)
            return other;
        same++;
        first = first ? first : other;
    }
    bool single = f->subject.n > 0; /* a finding */
    return single                  ? NULL
           : same >= TOLD_AGAIN    ? first
           : of_kind >= TOLD_ALIKE ? alike
                                   : NULL;
}

static void tell_with(struct fact *told, const struct fact *f)
{
    if (f->time != told->time && (told->more == 0 || f->time != told->until)) {
        told->until = told->more == 0 || f->time > told->until ? f->time : told->until;
        told->alike |= !bytes_eq(told->sentence, f->sentence);
        told->more++;
    }
    for (size_t i = 0; i < f->span_count; i++)
        fact_span(told, f->spans[i]);
}

void fact_what(const struct fact *f, struct text *out)
{
    char when[INSTANT_TEXT];
    text_add(out, f->sentence);
    if (f->more)
        text_printf(out, ", and %zu %s until %s", f->more,
                    f->alike ? "more like it" : "times more",
                    instant_format(f->until, f->precision, when));
}

void story_add(struct story *y, struct fact f)
{
    struct fact *told = find_told(y, &f);
    if (f.span_count == 0)
        return;
    if (told) {
        tell_with(told, &f);
        return;
    }
    if (y->facts.n >= STORY_FACTS)
        return;
    struct fact *kept = arena_new(&y->in->scope->arena, struct fact);
    *kept = f;
    /* What no source gives a time comes last in its phase. */
    kept->placed = f.time == INSTANT_NONE
                       ? INT64_MAX
                       : incident_place(y->in, f.kind, &f.spans[0], f.time);
    list_add(&y->facts, kept);
}

/* -- the document ------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct fact *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->placed, &x->spans[0], y->placed, &y->spans[0]);
}

static json_t *render_findings(const struct fact *f)
{
    json_t *array = json_array();
    for (size_t i = 0; i < f->finding_count; i++) {
        const struct finding_kind *kind = f->findings[i]->kind;
        json_t *o = json_object();
        put_word(o, "rule", kind->id);
        put_word(o, "severity", severity_name(f->findings[i]->severity));
        put_word(o, "title", kind->title);
        json_array_append_new(array, o);
    }
    return array;
}

static json_t *render_fact(const struct scope *s, const struct fact *f)
{
    json_t *o = json_object(), *against = json_array();
    struct text sentence = {0};
    json_object_set_new(o, "time", render_time(f->time, f->precision));
    if (f->placed != f->time && f->time != INSTANT_NONE)
        put_time(o, "placed_at", f->placed, f->precision);
    text_add(&sentence, f->lead);
    text_byte(&sentence, ' ');
    fact_what(f, &sentence);
    put_text(o, "sentence", s, text_bytes(&sentence));
    text_release(&sentence);
    put_word(o, "confidence", confidence_name(f->confidence));
    for (size_t i = 0; i < f->against_count; i++)
        json_array_append_new(against, json_string(f->against[i]));
    if (f->against_count == 0 && f->kind == EVENT_API_REQUEST)
        json_array_append_new(
            against, json_string("The log names the account: another holder of its "
                                 "credential could have sent the request."));
    json_object_set_new(o, "against", against);
    json_object_set_new(o, "findings", render_findings(f));
    json_object_set_new(o, "spans", render_spans(s, f->spans, f->span_count));
    return o;
}

static json_t *phase_named(json_t *array, const char *name)
{
    for (size_t p = 0; p < json_array_size(array); p++) {
        json_t *phase = json_array_get(array, p);
        if (bytes_is(tree_string(phase, "phase"), name))
            return phase;
    }
    json_t *phase = json_object();
    put_word(phase, "phase", name);
    json_object_set_new(phase, "facts", json_array());
    json_array_append_new(array, phase);
    return phase;
}

/* Phases in the order in which each began. */
static json_t *phases(const struct story *y)
{
    json_t *array = json_array();
    for (size_t i = 0; i < y->facts.n; i++) {
        const struct fact *f = y->facts.v[i];
        json_t *phase = phase_named(array, f->phase);
        json_array_append_new(json_object_get(phase, "facts"),
                              render_fact(y->in->scope, f));
    }
    return array;
}

json_t *story_document(struct incident *in)
{
    struct story y = {.in = in};
    json_t *o = json_object();
    if (in->first_sign != INSTANT_NONE)
        story_add_records(&y);
    story_add_findings(&y);
    if (y.facts.n > 1)
        qsort(y.facts.v, y.facts.n, sizeof *y.facts.v, by_place);
    put_word(o, "schema", "exhibit/story/1");
    put_time(o, "first_sign", in->first_sign, PRECISION_NANOSECOND);
    json_t *sentence = story_first_sentence(&y);
    if (sentence)
        json_object_set_new(o, "first_sign_is", sentence);
    put_time(o, "contained", in->contained, PRECISION_MICROSECOND);
    json_object_set_new(o, "summary", story_summary(&y));
    json_object_set_new(o, "phases", phases(&y));
    json_t *questions = story_questions(&y);
    json_object_set(o, "open_questions", questions);
    in->scope->analysis->open_questions = questions; /* coverage tells them as well */
    free(y.facts.v);
    return o;
}
