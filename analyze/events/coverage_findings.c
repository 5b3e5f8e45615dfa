/* What is wrong with the sources themselves becomes findings, with the places. */
#include <stdlib.h>

#include "analyze/events/coverage_sources.h"
#include "analyze/rules/rules.h"
#include "formats/base/memory.h"

static const struct finding_kind malformed = {
    "coverage.malformed-record",
    SEVERITY_MEDIUM,
    "Records that cannot be read",
    "T1565.001",
    "What these records told is not in the timeline, and no rule saw it.",
    "A writer that was stopped in the middle of a record, at the end of the file.",
};
static const struct finding_kind partial = {
    "coverage.cut-record",
    SEVERITY_LOW,
    "Records that were cut off",
    "",
    "What stood behind the cut is lost; what was read of the record counts as far as it "
    "goes.",
    "A log service that cuts long records.",
};
static const struct finding_kind twice = {
    "coverage.contradictory-record",
    SEVERITY_HIGH,
    "Records in which a member occurs twice",
    "T1565.001",
    "Readers disagree on which of the two counts, so that two tools see two stories. The "
    "API server never writes such records.",
    "A log shipper that is known to add members of the same name.",
};
static const struct finding_kind nothing_read = {
    "coverage.nothing-read",
    SEVERITY_LOW,
    "A log in which nothing of its kind was found",
    "",
    "What it tells is not in the timeline, and no rule saw it.",
    "A source that had nothing to tell.",
};
static const struct finding_kind not_read = {
    "coverage.not-read",
    SEVERITY_LOW,
    "A log or description that is known by sight, and not read",
    "",
    "What it tells is not in the timeline, and no rule saw it: somebody must read it "
    "with that tool.",
    "A copy of what other sources in the package tell.",
};
static const struct finding_kind drops = {
    "coverage.dropped-events",
    SEVERITY_MEDIUM,
    "The sensor tells that it lost events",
    "T1562.006",
    "What happened then may be missing from this source; that it shows nothing proves "
    "nothing.",
    "Ordinary load at that time, seen on other nodes as well.",
};
static const struct finding_kind gap = {
    "coverage.gap",
    SEVERITY_LOW,
    "A source was silent for longer than its rhythm allows",
    "T1562",
    "Records may have been lost or removed; nothing can be concluded from the silence.",
    "A restart of the source, or a cluster that had nothing to do.",
};
static const struct finding_kind clocks = {
    "coverage.clock-mismatch",
    SEVERITY_MEDIUM,
    "Two times in one record contradict each other",
    "T1070.006",
    "The order of events cannot be taken from this source without care.",
    "Alerts that were replayed from a capture.",
};

static struct span span_at(const struct item *item, uint64_t offset, uint64_t length)
{
    return (struct span){item, offset, length};
}

static void add_places(const struct coverage_source *s, const struct coverage_places *p,
                       const struct finding_kind *kind, struct analysis *a)
{
    if (!p->n)
        return;
    struct text path = {0}, count = {0};
    bool zone = false;
    item_path(s->item, &path);
    struct finding f = finding_of(kind, text_bytes(&path),
                                  span_at(s->item, p->v[0].offset, p->v[0].length));
    for (size_t i = 1; i < p->n; i++)
        finding_span(&f, span_at(s->item, p->v[i].offset, p->v[i].length));
    f.more_spans += p->more;
    text_printf(&count, "%llu", (unsigned long long)(p->n + p->more));
    finding_argument(&f, "records", text_bytes(&count));
    if (p->v[0].fault.code)
        finding_argument(&f, "fault", bytes_str(fault_name(p->v[0].fault.code)));
    for (size_t i = 0; i < p->n && !zone; i++)
        zone = p->v[i].fault.code == FAULT_ZONE_UNKNOWN ||
               p->v[i].fault.code == FAULT_ZONE_AMBIGUOUS;
    if (zone)
        finding_argument(&f, "remedy",
                         BYTES("--zone tells which zone is meant, as an offset (+02:00) "
                               "or by name (Europe/Berlin); the rules of names are in "
                               "/usr/share/zoneinfo (Debian: tzdata)"));
    findings_add(a->findings, &f);
    text_release(&path);
    text_release(&count);
}

static enum log_source log_source_of(const struct item *item)
{
    switch (item->role) {
    case ROLE_AUDIT_LOG:
        return LOG_SOURCE_AUDIT;
    case ROLE_FALCO_ALERTS:
        return LOG_SOURCE_FALCO;
    case ROLE_CONTAINER_LOG:
        return LOG_SOURCE_CONTAINER;
    default:
        return LOG_SOURCE_COUNT;
    }
}

/* The rules are told what they did not see, of a source that they read. */
static void tell_rules(const struct coverage_source *s, struct rules_gap unseen,
                       struct analysis *a)
{
    unseen.source = log_source_of(s->item);
    if (a->rules_run && unseen.source != LOG_SOURCE_COUNT)
        rules_gap(a->rules_run, &unseen);
}

static void add_gap_finding(const struct coverage_source *s, const struct coverage_gap *g,
                            struct analysis *a)
{
    char from[INSTANT_TEXT], to[INSTANT_TEXT];
    struct text path = {0}, seconds = {0}, usual = {0};
    item_path(s->item, &path);
    text_printf(&seconds, "%.3f", (double)coverage_silence(g) / NANOSECONDS);
    text_printf(&usual, "%.3f",
                (double)rhythm_of(&s->part.intervals).usual / NANOSECONDS);
    struct finding f =
        finding_of(&gap, text_bytes(&path), span_at(s->item, g->offset, g->length));
    f.time = g->from;
    f.confidence = CONFIDENCE_MEDIUM;
    instant_format(g->from, PRECISION_MILLISECOND, from);
    instant_format(g->to, PRECISION_MILLISECOND, to);
    finding_argument(&f, "from", bytes_str(from));
    finding_argument(&f, "to", bytes_str(to));
    finding_argument(&f, "seconds", text_bytes(&seconds));
    finding_argument(&f, "usual_seconds", text_bytes(&usual));
    findings_add(a->findings, &f);
    text_release(&seconds);
    text_release(&usual);
    text_release(&path);
}

static void add_gaps(const struct coverage_source *s, struct analysis *a)
{
    int64_t gap_after = rhythm_of(&s->part.intervals).gap_after;
    for (size_t i = 0; gap_after && i < s->part.gap_count; i++) {
        const struct coverage_gap *g = &s->part.gaps[i];
        if (coverage_silence(g) <= gap_after)
            break;
        struct rules_gap silent = {.from = g->from,
                                   .to = g->to,
                                   .why = "the source was silent",
                                   .span = span_at(s->item, g->offset, g->length)};
        add_gap_finding(s, g, a);
        tell_rules(s, silent, a);
    }
}

static void add_drops(const struct coverage_source *s, struct analysis *a)
{
    const struct coverage_places *p = &s->part.drops;
    add_places(s, p, &drops, a);
    if (!p->n || s->part.dropped_first == INSTANT_NONE)
        return;
    struct rules_gap lost = {.from = s->part.dropped_first,
                             .to = s->part.dropped_last,
                             .why = "the sensor lost events",
                             .span = span_at(s->item, p->v[0].offset, p->v[0].length)};
    tell_rules(s, lost, a);
}

/* A form that is not known looks like a source that is silent: it is told. */
static void add_nothing_read(const struct coverage_source *s, struct analysis *a)
{
    const struct coverage_part *p = &s->part;
    bool of_records = log_source_of(s->item) != LOG_SOURCE_COUNT ||
                      s->item->role == ROLE_RUNTIME_LOG ||
                      s->item->role == ROLE_CLOUD_LOG;
    if (!of_records || p->records || p->malformed.n || p->partial.n || !p->other)
        return;
    struct text path = {0}, count = {0};
    item_path(s->item, &path);
    text_printf(&count, "%llu", (unsigned long long)p->other);
    struct finding f =
        finding_of(&nothing_read, text_bytes(&path), span_at(s->item, 0, s->item->size));
    finding_argument(&f, "other_records", text_bytes(&count));
    findings_add(a->findings, &f);
    text_release(&path);
    text_release(&count);
}

static void add_not_read(const struct coverage_source *s, struct analysis *a)
{
    struct text path = {0};
    if (!s->part.looks_like)
        return;
    item_path(s->item, &path);
    struct finding f =
        finding_of(&not_read, text_bytes(&path), span_at(s->item, 0, s->item->size));
    finding_argument(&f, "looks_like", bytes_str(s->part.looks_like));
    findings_add(a->findings, &f);
    text_release(&path);
}

void coverage_findings(struct coverage *c, struct analysis *a)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct coverage_source *s = c->v[i];
        add_places(s, &s->part.malformed, &malformed, a);
        add_places(s, &s->part.partial, &partial, a);
        add_places(s, &s->part.twice, &twice, a);
        add_nothing_read(s, a);
        add_not_read(s, a);
        add_drops(s, a);
        add_places(s, &s->part.clocks, &clocks, a);
        add_gaps(s, a);
    }
}
