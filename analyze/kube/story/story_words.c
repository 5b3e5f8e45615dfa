/* What a request did, in words. */
#include "analyze/kube/story/story.h"

void story_who(struct text *t, struct bytes user)
{
    struct bytes namespace, name;
    if (service_account_of(user, &namespace, &name)) {
        text_str(t, "Service account ");
        name_object(t, namespace, name);
    } else {
        text_add(t, user.n ? user : BYTES("somebody"));
    }
}

void story_known_as(struct text *t, const struct request *r)
{
    if (!r || !r->known_as.n || bytes_eq(r->known_as, r->user))
        return;
    text_str(t, " (");
    text_add(t, r->known_as);
    text_str(t, ")");
}

static void noun(struct text *t, struct bytes resource)
{
    static const char *const nouns[][2] = {
        {"pods", "pod"},
        {"secrets", "secret"},
        {"configmaps", "config map"},
        {"serviceaccounts", "service account"},
        {"roles", "role"},
        {"clusterroles", "cluster role"},
        {"rolebindings", "role binding"},
        {"clusterrolebindings", "cluster role binding"},
        {"networkpolicies", "network policy"},
        {"ciliumnetworkpolicies", "Cilium network policy"},
        {"ciliumclusterwidenetworkpolicies", "Cilium cluster-wide network policy"},
        {"globalnetworkpolicies", "global network policy"},
        {"egressfirewalls", "egress firewall"},
        {"egressnetworkpolicies", "egress network policy"},
        {"nodes", "node"},
        {"namespaces", "namespace"},
        {"deployments", "deployment"},
        {"daemonsets", "daemon set"},
        {"statefulsets", "stateful set"},
        {"replicasets", "replica set"},
        {"jobs", "job"},
        {"cronjobs", "cron job"},
        {"deploymentconfigs", "deployment config"},
        {"replicationcontrollers", "replication controller"},
        {"securitycontextconstraints", "security context constraints"},
        {"projects", "project"},
        {"projectrequests", "project"},
        {"routes", "route"},
        {"imagestreams", "image stream"},
        {"imagestreamtags", "image stream tag"},
        {"buildconfigs", "build config"},
        {"oauthaccesstokens", "OAuth access token"},
        {"events", "event"},
        {"services", "service"},
        {"persistentvolumes", "persistent volume"},
        {"persistentvolumeclaims", "persistent volume claim"},
        {"volumesnapshots", "volume snapshot"},
        {"backups", "backup"},
        {"applications", "application"},
        {"kustomizations", "kustomization"},
        {"helmreleases", "Helm release"},
        {"certificatesigningrequests", "certificate signing request"},
        {"mutatingwebhookconfigurations", "mutating webhook configuration"},
        {"validatingwebhookconfigurations", "validating webhook configuration"},
    };
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (bytes_is(resource, nouns[i][0])) {
            text_str(t, nouns[i][1]);
            return;
        }
    text_add(t, resource);
}

/* What did not come about was only tried. */
static bool request_failed(const struct request *r)
{
    return request_denied(r) || r->code >= 400;
}

static const char *done_or_tried(const struct request *r, const char *const words[2])
{
    return words[request_failed(r)];
}

/* NULL for a verb that is not known. */
static const char *doing(const struct request *r)
{
    static const struct {
        const char *verb, *words[2];
    } verbs[] = {
        {"create", {"created ", "tried to create "}},
        {"update", {"changed ", "tried to change "}},
        {"patch", {"changed ", "tried to change "}},
        {"delete", {"deleted ", "tried to delete "}},
        {"get", {"read ", "tried to read "}},
        {"list", {"listed ", "tried to list "}},
        {"watch", {"watched ", "tried to watch "}},
        {"deletecollection", {"deleted all ", "tried to delete all "}},
    };
    static const char *const scaling[] = {"scaled ", "tried to scale "};
    static const char *const approving[] = {"decided on ", "tried to decide on "};
    if (bytes_is(r->subresource, "approval") && request_writes(r))
        return done_or_tried(r, approving);
    if ((bytes_is(r->subresource, "scale") && request_writes(r)) ||
        request_scales_to_nothing(r))
        return done_or_tried(r, scaling);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_is(r->verb, verbs[i].verb))
            return done_or_tried(r, verbs[i].words);
    return NULL;
}

static void entering(struct text *t, const struct request *r)
{
    static const struct {
        const char *subresource, *words[2];
    } ways[] = {
        {"exec", {"ran a command in ", "tried to run a command in "}},
        {"attach", {"attached to ", "tried to attach to "}},
        {"portforward", {"forwarded a port of ", "tried to forward a port of "}},
        {"proxy",
         {"went through the API server to ", "tried to go through the API server to "}},
    };
    static const char *const container[] = {"put a container into ",
                                            "tried to put a container into "};
    const char *how = done_or_tried(r, container);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (bytes_is(r->subresource, ways[i].subresource))
            how = done_or_tried(r, ways[i].words);
    text_str(t, how);
    noun(t, r->resource);
    text_byte(t, ' ');
    name_target(t, r);
    if (r->command.n) {
        text_str(t, ": ");
        text_add(t, r->command);
    }
}

/* "listed secrets of all namespaces"; "created pod shop/api-0". */
static void acting(struct text *t, const struct request *r, const char *verb)
{
    bool many = bytes_is(r->verb, "list") || bytes_is(r->verb, "watch") ||
                bytes_is(r->verb, "deletecollection");
    text_str(t, verb);
    if (many)
        text_add(t, r->resource);
    else
        noun(t, r->resource);
    struct text target = {0};
    name_target(&target, r);
    if (target.n) {
        bool nameless = !r->name.n && r->namespace.n;
        text_str(t, many ? " of " : nameless ? " in " : " ");
        text_add(t, text_bytes(&target));
    }
    text_release(&target);
}

void story_outcome(struct text *t, const struct request *r)
{
    const json_t *replicas = request_written(r, "spec/replicas");
    bool scales = bytes_is(r->subresource, "scale") || request_scales_to_nothing(r);
    if (scales && json_is_integer(replicas))
        text_printf(t, " to %lld", (long long)json_integer_value(replicas));
    if (request_denied(r))
        text_str(t, ", and was refused");
    else if (r->code >= 400)
        text_printf(t, ", which failed with status %lld", (long long)r->code);
}

void story_what(struct text *t, const struct request *r)
{
    static const char *const evicting[] = {"evicted pod ", "tried to evict pod "};
    static const char *const issuing[] = {
        "had a token issued for service account ",
        "tried to have a token issued for service account "};
    const char *verb = doing(r);
    if (bytes_is(r->resource, "selfsubjectrulesreviews") ||
        bytes_is(r->resource, "selfsubjectaccessreviews"))
        text_str(t, "asked which rights it has");
    else if (request_enters(r))
        entering(t, r);
    else if (bytes_is(r->subresource, "eviction")) {
        text_str(t, done_or_tried(r, evicting));
        name_target(t, r);
    } else if (bytes_is(r->subresource, "token")) {
        text_str(t, done_or_tried(r, issuing));
        name_target(t, r);
    } else if (verb && r->resource.n) {
        acting(t, r, verb);
    } else {
        text_str(t, "asked for ");
        name_action(t, r);
    }
    story_outcome(t, r);
}
