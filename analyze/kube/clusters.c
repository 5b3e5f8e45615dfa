#include "analyze/kube/clusters.h"

#include <stdlib.h>

#include "analyze/kube/findings.h"
#include "analyze/kube/patterns.h"
#include "formats/base/bisect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Clocks of the API servers of one cluster, and requests under way while an account is
 * made anew. */
#define ONE_AFTER_OTHER (60 * NANOSECONDS)
/* Identifiers that one account has at a time, on average, in one log of so many clusters.
 * With more of them somebody made them up, record by record, when he took the real ones
 * out. */
#define MOST_AT_A_TIME 8
/* Later sights of its account with which one is compared: as many clusters are in no
 * package, but made-up identifiers of thousands of logs can be. */
#define MOST_COMPARED 1024

/* One account as one log has it. */
struct sight {
    const struct item *log;
    uint32_t user, uid; /* words */
    instant first, last;
    struct span span;
    size_t group; /* of logs, at the end: an index of `logs` */
};

struct log {
    const struct item *item;
    size_t group; /* the log that stands for all of its cluster */
    bool home, other;
    const struct sight *here, *there; /* what tells that it is another cluster's */
};

struct clusters {
    struct sight *v;
    size_t n, capacity;
    uint32_t *slots; /* open addressing; 0 is empty */
    size_t slot_count;
    const struct item **homes; /* logs in which the pod or its node was seen, by id */
    size_t home_count, home_capacity;
    struct log *logs; /* by id */
    size_t log_count;
};

/* -- as records come ----------------------------------------------------------------- */

struct cluster_mark clusters_mark(const struct scope *s, const struct audit_event *e)
{
    const struct audit_user *u = &e->user;
    struct cluster_mark m = {0};
    struct bytes node = BYTES("system:node:");
    if (bytes_starts(u->username, BYTES("system:serviceaccount:"))) {
        m.uid = u->uid;
        m.home =
            bytes_eq(u->username, s->pod.username) &&
            scope_is_pod_uid(s, audit_extra(u, "authentication.kubernetes.io/pod-uid"));
    } else if (s->pod.node.n && bytes_starts(u->username, node)) {
        m.home = bytes_eq(bytes_from(u->username, node.n), s->pod.node);
    }
    return m;
}

static uint64_t hash_of(const struct sight *t)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a, word by word */
    const uint64_t parts[] = {t->log->id, t->user, t->uid};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        h = (h ^ parts[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static uint32_t *slot_of(const struct clusters *c, const struct sight *t)
{
    size_t mask = c->slot_count - 1, at = (size_t)hash_of(t) & mask;
    for (; c->slots[at]; at = (at + 1) & mask) {
        const struct sight *known = &c->v[c->slots[at] - 1];
        if (known->log == t->log && known->user == t->user && known->uid == t->uid)
            break;
    }
    return &c->slots[at];
}

static void make_room(struct clusters *c)
{
    if (c->slot_count >= 2 * (c->n + 1))
        return;
    free(c->slots);
    c->slot_count = c->slot_count ? 2 * c->slot_count : 256;
    c->slots = memory_new(c->slot_count, sizeof *c->slots);
    for (size_t i = 0; i < c->n; i++)
        *slot_of(c, &c->v[i]) = (uint32_t)(i + 1);
}

static void see_account(struct clusters *c, const struct sight *t)
{
    make_room(c);
    uint32_t *slot = slot_of(c, t);
    if (*slot) {
        struct sight *known = &c->v[*slot - 1];
        known->first = t->first < known->first ? t->first : known->first;
        known->last = t->last > known->last ? t->last : known->last;
    } else if (c->n < LIMIT_KUBE_SIGHTS) {
        c->v = memory_grow(c->v, &c->capacity, c->n + 1, sizeof *c->v);
        c->v[c->n++] = *t;
        *slot = (uint32_t)c->n;
    }
}

/* The first home that does not come before it. */
static size_t home_at(const struct clusters *c, const struct item *log)
{
    size_t low;
    BISECT(low, 0, c->home_count, c->homes[low]->id < log->id);
    return low;
}

static bool was_home(const struct clusters *c, const struct item *log)
{
    size_t at = home_at(c, log);
    return at < c->home_count && c->homes[at] == log;
}

static void see_home(struct clusters *c, const struct item *log)
{
    if (was_home(c, log))
        return;
    c->homes = memory_grow(c->homes, &c->home_capacity, c->home_count + 1,
                           sizeof(const struct item *));
    const struct item **at = c->homes + home_at(c, log);
    memmove(at + 1, at, (size_t)(c->homes + c->home_count++ - at) * sizeof *at);
    *at = log;
}

/* Made-up identifiers, one for each record, are not all remembered: a new word has a
 * number only while there is room for the account. */
static bool word_of(struct scope *s, struct bytes b, uint32_t *number)
{
    if (s->clusters->n >= LIMIT_KUBE_SIGHTS)
        return intern_find(s->words, b, number);
    *number = intern_put(s->words, b);
    return true;
}

void clusters_see(struct scope *s, const struct request *r, const struct cluster_mark *m)
{
    if (r->baseline || r->time == INSTANT_NONE || !r->spans[0].item)
        return;
    if (!s->clusters)
        s->clusters = memory_new(1, sizeof *s->clusters);
    if (m->home)
        see_home(s->clusters, r->spans[0].item);
    struct sight seen = {
        .log = r->spans[0].item, .first = r->time, .last = r->time, .span = r->spans[0]};
    if (m->uid.n && word_of(s, r->user, &seen.user) && word_of(s, m->uid, &seen.uid))
        see_account(s->clusters, &seen);
}

void clusters_free(struct clusters *c)
{
    if (!c)
        return;
    free(c->v);
    free(c->slots);
    free(c->homes);
    free(c->logs);
    free(c);
}

/* -- at the end: logs that share an account are one cluster's ------------------------ */

static int by_log(const void *a, const void *b)
{
    const struct sight *x = a, *y = b;
    if (x->log->id != y->log->id)
        return x->log->id < y->log->id ? -1 : 1;
    return x->user < y->user ? -1 : x->user > y->user;
}

static int by_account(const void *a, const void *b)
{
    const struct sight *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->uid != y->uid)
        return x->uid < y->uid ? -1 : 1;
    return by_log(a, b);
}

static int by_first(const void *a, const void *b)
{
    const struct sight *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return by_account(a, b);
}

/* What one log has of one account. */
static bool is_made_up(const struct sight *v, size_t n)
{
    instant first = v->first, last = v->last;
    double lived = 0;
    for (size_t i = 0; i < n; i++) {
        first = v[i].first < first ? v[i].first : first;
        last = v[i].last > last ? v[i].last : last;
        lived += (double)v[i].last - (double)v[i].first;
    }
    return lived > MOST_AT_A_TIME * ((double)last - (double)first);
}

static size_t end_of_account(const struct clusters *c, size_t from)
{
    size_t end = from + 1;
    while (end < c->n && by_log(&c->v[end], &c->v[from]) == 0)
        end++;
    return end;
}

/* Logs whose identifiers tell nothing are of any cluster. Sorted by log. */
static void drop_made_up(struct clusters *c)
{
    size_t kept = 0;
    for (size_t from = 0, to; from < c->n; from = to) {
        bool made_up = false;
        for (to = from; to < c->n && c->v[to].log == c->v[from].log;) {
            size_t end = end_of_account(c, to);
            made_up |= is_made_up(&c->v[to], end - to);
            to = end;
        }
        if (made_up)
            continue;
        memmove(&c->v[kept], &c->v[from], (to - from) * sizeof *c->v);
        kept += to - from;
    }
    c->n = kept;
}

static void count_logs(struct clusters *c)
{
    qsort(c->v, c->n, sizeof *c->v, by_log);
    drop_made_up(c);
    c->logs = memory_new(c->n + 1, sizeof *c->logs);
    for (size_t i = 0; i < c->n; i++) {
        if (i == 0 || c->v[i].log != c->v[i - 1].log) {
            size_t own = c->log_count++;
            c->logs[own] = (struct log){
                .item = c->v[i].log, .group = own, .home = was_home(c, c->v[i].log)};
        }
        c->v[i].group = c->log_count - 1;
    }
}

static size_t group_of(struct clusters *c, size_t log)
{
    while (c->logs[log].group != log)
        log = c->logs[log].group = c->logs[c->logs[log].group].group;
    return log;
}

static void join(struct clusters *c, size_t a, size_t b)
{
    a = group_of(c, a);
    b = group_of(c, b);
    size_t first = a < b ? a : b, then = a < b ? b : a;
    c->logs[then].group = first;
    c->logs[first].home |= c->logs[then].home;
}

static void group_logs(struct clusters *c)
{
    count_logs(c);
    qsort(c->v, c->n, sizeof *c->v, by_account);
    for (size_t i = 1; i < c->n; i++)
        if (c->v[i].user == c->v[i - 1].user && c->v[i].uid == c->v[i - 1].uid)
            join(c, c->v[i - 1].group, c->v[i].group);
    qsort(c->v, c->n, sizeof *c->v, by_first);
}

/* -- one account with two identifiers at a time -------------------------------------- */

/* Neither is the other one's successor. */
static bool at_one_time(const struct sight *a, const struct sight *b)
{
    return a->first < instant_after(b->last, -ONE_AFTER_OTHER) &&
           b->first < instant_after(a->last, -ONE_AFTER_OTHER);
}

typedef void meet(struct scope *s, const struct sight *a, const struct sight *b);

/* Sorted by_first: what begins after the end of one meets it no more. */
static void each_conflict(struct scope *s, meet *met)
{
    struct clusters *c = s->clusters;
    for (size_t i = 0; i < c->n; i++) {
        size_t most = c->n - i > MOST_COMPARED ? i + MOST_COMPARED : c->n;
        for (size_t k = i + 1;
             k < most && c->v[k].user == c->v[i].user && c->v[k].first < c->v[i].last;
             k++)
            if (c->v[k].uid != c->v[i].uid && at_one_time(&c->v[i], &c->v[k]))
                met(s, &c->v[i], &c->v[k]);
    }
}

static void is_of_another(struct scope *s, const struct sight *home,
                          const struct sight *other)
{
    struct clusters *c = s->clusters;
    size_t a = group_of(c, home->group), b = group_of(c, other->group);
    if (!c->logs[a].home || c->logs[b].home || c->logs[b].other)
        return;
    c->logs[b].other = true;
    c->logs[b].here = home;
    c->logs[b].there = other;
}

static void look_both_ways(struct scope *s, const struct sight *a, const struct sight *b)
{
    is_of_another(s, a, b);
    is_of_another(s, b, a);
}

static void tell(struct scope *s, const struct sight *here, const struct sight *there,
                 bool left_out)
{
    struct text path = {0};
    item_path(there->log, &path);
    struct finding f = kube_finding(KUBE_OTHER_CLUSTER, text_bytes(&path), there->span);
    if (!left_out)
        f.severity = SEVERITY_MEDIUM;
    finding_span(&f, here->span);
    finding_argument(&f, "account", intern_get(s->words, there->user));
    finding_argument(&f, "identifier there", intern_get(s->words, there->uid));
    finding_argument(&f, "identifier here", intern_get(s->words, here->uid));
    finding_argument(&f, "left out",
                     left_out ? BYTES("yes: the pod is of the other one")
                              : BYTES("no: nothing tells of which one the pod is"));
    kube_found(s, &f);
    text_release(&path);
}

/* Once for each log that stands for a cluster, or holds two. */
static void tell_undecided(struct scope *s, const struct sight *a, const struct sight *b)
{
    struct clusters *c = s->clusters;
    struct log *one = &c->logs[group_of(c, a->group)];
    struct log *other = &c->logs[group_of(c, b->group)];
    if (one->other || other->other || other->there)
        return;
    one->there = other->there = b;
    tell(s, a, b, false);
}

/* -- leaving out --------------------------------------------------------------------- */

/* NULL: its log has no such account, and may be of any cluster. */
static const struct log *log_of(struct clusters *c, const struct item *item)
{
    size_t low;
    if (!item)
        return NULL;
    BISECT(low, 0, c->log_count, c->logs[low].item->id < item->id);
    bool known = low < c->log_count && c->logs[low].item == item;
    return known ? &c->logs[group_of(c, low)] : NULL;
}

static bool is_left_out(struct clusters *c, const struct item *item)
{
    const struct log *log = log_of(c, item);
    return log && log->other;
}

static void leave_out_requests(struct scope *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (is_left_out(s->clusters, r->spans[0].item))
            list_add(&s->left_out, r);
        else
            s->requests.v[kept++] = r;
    }
    s->requests.n = kept;
}

/* What both did counts where it came first; it is counted again of what is kept. */
static void leave_out_patterns(struct scope *s)
{
    size_t kept = 0;
    s->audit_first = s->audit_last = INSTANT_NONE;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (is_left_out(s->clusters, p->span.item))
            continue;
        if (!p->baseline && (s->audit_first == INSTANT_NONE || p->first < s->audit_first))
            s->audit_first = p->first;
        if (!p->baseline && (s->audit_last == INSTANT_NONE || p->last > s->audit_last))
            s->audit_last = p->last;
        s->patterns[kept++] = *p;
    }
    s->pattern_count = kept;
    patterns_index(s);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!journal_pattern(s, r) && r->time != INSTANT_NONE)
            patterns_count(s, r);
    }
}

/* What rules found in it alone is no part of the incident. */
static void lower_findings(struct scope *s)
{
    const struct findings *all = s->analysis->findings;
    for (size_t i = 0; i < all->n; i++) {
        struct finding *f = all->v[i];
        bool other = bytes_starts(bytes_str(f->kind->id), BYTES("audit_"));
        for (size_t k = 0; k < f->span_count && other; k++)
            other = is_left_out(s->clusters, f->spans[k].item);
        if (!other || !f->span_count)
            continue;
        f->severity = SEVERITY_INFO;
        finding_argument(f, "cluster", BYTES("another one than the pod's"));
    }
}

/* -- whose the pod is ---------------------------------------------------------------- */

static bool lies_under(const struct item *item, const struct item *folder)
{
    while (item && item != folder)
        item = item->parent;
    return item != NULL;
}

/* Nothing was seen of the pod or its node: the folder in which its document lies tells,
 * where not every log lies there. */
static void tell_home_by_folder(struct scope *s)
{
    struct clusters *c = s->clusters;
    const struct item *document = s->pod.span.item;
    size_t there = 0;
    for (size_t i = 0; i < c->log_count; i++)
        if (c->logs[group_of(c, i)].home || !document)
            return;
    for (size_t i = 0; i < c->log_count; i++)
        there += lies_under(c->logs[i].item, document->parent);
    for (size_t i = 0; i < c->log_count && there < c->log_count; i++)
        if (lies_under(c->logs[i].item, document->parent))
            c->logs[group_of(c, i)].home = true;
}

void clusters_part(struct scope *s)
{
    struct clusters *c = s->clusters;
    bool any = false;
    if (!c || c->n == 0)
        return;
    group_logs(c);
    tell_home_by_folder(s);
    each_conflict(s, look_both_ways);
    for (size_t i = 0; i < c->log_count; i++)
        if (c->logs[i].other) {
            tell(s, c->logs[i].here, c->logs[i].there, true);
            any = true;
        }
    each_conflict(s, tell_undecided);
    if (!any)
        return;
    leave_out_requests(s);
    leave_out_patterns(s);
    lower_findings(s);
}
