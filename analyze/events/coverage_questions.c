/* The questions that this package cannot answer, in one list: those that the story leaves
 * open, those that a kind of source would answer that is not there, and those that the
 * sources which are there cannot answer. */
#include "analyze/events/coverage_sources.h"
#include "analyze/evidence_json.h"

/* What the package would tell if it had such a source. The story asks for itself what was
 * done through the API and in the container. */
static const struct {
    enum role role;
    const char *question;
} wanted[] = {
    {ROLE_CONTAINER_LOG, "What did the container itself write? Its log is not there."},
    {ROLE_KUBERNETES_EVENTS,
     "What did scheduler, kubelet and controllers tell? There are no Kubernetes events."},
    {ROLE_POD_MANIFEST,
     "What was the pod allowed to do? Without its manifest that is known only from other "
     "sources."},
    {ROLE_RUNTIME_LOG,
     "What did kubelet and container runtime do on the node? Their logs "
     "are not there."},
};

static void ask_absent(json_t *list, const struct package *package)
{
    bool present[ROLE_COUNT] = {false};
    struct item *root = package_root(package);
    for (struct item *i = root; i; i = item_next(i, root))
        present[i->role] = true;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (present[wanted[i].role])
            continue;
        json_t *one = json_object();
        json_object_set_new(one, "question", json_string(wanted[i].question));
        json_object_set_new(one, "absent", json_string(role_name(wanted[i].role)));
        json_array_append_new(list, one);
    }
}

/* Does this source leave the question open? */
typedef bool doubt_fn(const struct coverage_part *p);

static bool always(const struct coverage_part *p)
{
    return p->records > 0;
}

static bool has_no_bodies(const struct coverage_part *p)
{
    return p->records && !p->bodies;
}

static bool lacks_bodies(const struct coverage_part *p)
{
    return p->bodies && p->levels[AUDIT_LEVEL_METADATA];
}

/* Google Cloud's Admin Activity, Azure's kube-audit-admin, or a policy that leaves reads
 * out. */
static bool has_no_reads(const struct coverage_part *p)
{
    return p->writes && !p->reads;
}

static bool lost_bodies(const struct coverage_part *p)
{
    return p->bodies_removed > 0;
}

static bool has_no_starts(const struct coverage_part *p)
{
    return p->records && !p->stages[AUDIT_STAGE_RESPONSE_STARTED];
}

static bool has_drops(const struct coverage_part *p)
{
    return p->drop_notices > 0;
}

static bool is_unread(const struct coverage_part *p)
{
    return p->looks_like != NULL;
}

static bool is_undated(const struct coverage_part *p)
{
    return p->undated > 0;
}

/* ROLE_COUNT: of any role. */
static const struct {
    enum role role;
    doubt_fn *open;
    const char *question;
} doubts[] = {
    {ROLE_AUDIT_LOG, has_no_bodies,
     "What was sent through the API, and what was answered? No request or response "
     "bodies "
     "are recorded: what a created or changed object held cannot be told from this log."},
    {ROLE_AUDIT_LOG, lacks_bodies,
     "What was sent and answered in the requests that are recorded without their "
     "bodies?"},
    {ROLE_AUDIT_LOG, has_no_reads,
     "What was read, secrets too? The log has what was written alone: reads stand in "
     "another (Data Access of Google Cloud, kube-audit of Azure), or nowhere."},
    {ROLE_AUDIT_LOG, lost_bodies,
     "What did the large records hold whose bodies the API server removed?"},
    {ROLE_AUDIT_LOG, has_no_starts,
     "How long did sessions of exec, attach and port-forward last? The start of "
     "long-running requests is not recorded."},
    {ROLE_AUDIT_LOG, always,
     "What was typed in a session? The API server does not log that."},
    {ROLE_FALCO_ALERTS, always,
     "What was done that no rule of the sensor matches? Only matches are recorded."},
    {ROLE_FALCO_ALERTS, has_drops,
     "What happened while the sensor lost events? That it shows nothing proves nothing."},
    {ROLE_CONTAINER_LOG, always,
     "What did the program not write? Only what it chose to write is recorded, and it "
     "was "
     "in the attacker's reach."},
    {ROLE_KUBERNETES_EVENTS, always,
     "What happened that no event tells? Events are kept for an hour by default and are "
     "dropped under load: that one is absent proves nothing."},
    {ROLE_FOREIGN_LOG, is_unread,
     "What do the logs and findings of other tools say? They are listed, and not read."},
    {ROLE_COUNT, is_undated,
     "When were the records written that have no time that places them on a day?"},
};

static json_t *sources_of(const struct coverage *c, size_t doubt)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < c->n; i++) {
        const struct coverage_source *s = c->v[i];
        bool asked =
            doubts[doubt].role == ROLE_COUNT || doubts[doubt].role == s->item->role;
        if (!asked || !doubts[doubt].open(&s->part))
            continue;
        struct text path = {0};
        item_path(s->item, &path);
        json_array_append_new(sources, json_evidence(text_bytes(&path)));
        text_release(&path);
    }
    return sources;
}

static void ask_sources(json_t *list, const struct coverage *c)
{
    for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++) {
        json_t *sources = sources_of(c, i);
        if (json_array_size(sources) > 0) {
            json_t *one = json_object();
            json_object_set_new(one, "question", json_string(doubts[i].question));
            json_object_set(one, "sources", sources);
            json_array_append_new(list, one);
        }
        json_decref(sources);
    }
}

json_t *coverage_questions(const struct coverage *c, const struct analysis *a)
{
    json_t *list = json_array();
    if (a->open_questions)
        json_array_extend(list, a->open_questions);
    ask_absent(list, a->package);
    ask_sources(list, c);
    return list;
}
