/* Field: what a rule's field name stands for in the records of a log source.
 *
 * Known names are those of the formats (audit.k8s.io/v1, Falco's field classes, our own
 * documents), the short names of the public Kubernetes rule sets (verb, resource,
 * namespace, username, capabilities …), for audit records also the names of the Elastic
 * Common Schema and of Datadog, and what exhibit derives. An index of an array ("[0]")
 * means any of its elements.
 *
 *   exhibit.actor     with whose rights: impersonatedUser.username, else user.username
 *   exhibit.caller    anonymous, kubelet, node (its account, another client),
 *                     control-plane, service-account or user; whom a gateway let in
 *   exhibit.gateway   true where a gateway asked for whom it let in (Rancher, Teleport …)
 *   exhibit.client    tool (what people and scripts use: kubectl, curl, Python …) or
 *                     component, by what the user agent says; nothing without one
 *   exhibit.home      namespace of a service account that calls
 *   exhibit.own       true where the object begins with the name of the service account
 *                     that calls, or of its namespace: "vpa-webhook-config" of
 *                     "vpa-admission-controller"
 *   exhibit.allowed   true or false, from the decision and the response; false also of
 *                     what was only tried (dryRun=All)
 *   exhibit.name      of the object; of one that was created also from the answer
 *   exhibit.object    "namespace/name" of the object, or its name
 *   exhibit.peer      the last source address: the only one the client cannot choose
 *   exhibit.path      path of the request URI, percent-decoded, without the query
 *   exhibit.command   argv of pods/exec, decoded, joined by blanks; of alerts and of
 *                     records of sensors the command line that they tell of
 *   exhibit.event, exhibit.program, exhibit.target, exhibit.container, exhibit.rule,
 *   exhibit.severity  of records of Tetragon, Tracee of any generation, KubeArmor and
 *                     GuardDuty: what happened, the program that did it, the file or
 *                     address that it is about, where; what found it, and how grave
 *   exhibit.argv      the same, each argument a value
 *   exhibit.patch     of a JSON patch, each operation as "op path value"; of values that
 *                     are objects or arrays each member, with its place in the path;
 *                     without what is only tested
 *   exhibit.data      of a config map or secret, each member as "key=value"; also of a
 *                     JSON patch
 *   exhibit.pod       every pod specification in the request, also inside templates
 *   exhibit.containers  all their containers, init and ephemeral ones included
 *   exhibit.started   what those are told to run, each a command line: command with
 *                     args, hooks, probes; also of a JSON patch
 *   exhibit.rules, exhibit.subjects   of roles and bindings, also of a JSON patch
 *   exhibit.csr       subject of a certificate request, each as "O=system:masters"
 */
#ifndef ANALYZE_RULES_FIELD_H
#define ANALYZE_RULES_FIELD_H

#include "analyze/rules/record.h"
#include "formats/base/arena.h"

/* Values of one field of one record. */
struct found {
    struct value value;
    struct node node; /* of objects and arrays in the tree */
};

#define LIMIT_FIELD_VALUES 65536

struct values {
    struct found *v; /* &one while there is only one: most fields have no more */
    size_t n, capacity;
    struct found one;
    bool more;           /* LIMIT_FIELD_VALUES was reached */
    struct arena *arena; /* holds the values and what was derived for them */
};
/* Empty. */
static inline void values_begin(struct values *v, struct arena *arena)
{
    v->n = 0;
    v->more = false;
    v->arena = arena;
}
/* False when there is room for no more. */
bool values_add(struct values *to, const struct found *f);
void values_text(struct values *to, struct bytes text); /* ignored when empty */
/* What stands at the paths in the tree: of each path what its number says into to[]. */
void values_at(struct values *to, struct subtree in, const struct path_tree *paths);

typedef void field_fn(const struct record *r, struct values *to);

#define FIELD_PATHS 20

/* The parts of an audit record that keep their form whatever wraps it: a path that begins
 * with one goes on below it. */
enum audit_part {
    AUDIT_PART_NONE = 0, /* the path is read from the whole record */
    AUDIT_PART_REQUEST,
    AUDIT_PART_RESPONSE,
    AUDIT_PART_ANNOTATIONS,
    AUDIT_PART_EXTRA,
    AUDIT_PART_AS_EXTRA,
    AUDIT_PART_SOURCES, /* lists that the decoder holds */
    AUDIT_PART_GROUPS,
    AUDIT_PART_AS_GROUPS,
    AUDIT_PARTS,
};

struct field {
    struct bytes name; /* as the rule writes it */
    enum log_source source;
    field_fn *derive;                    /* NULL: read at the paths */
    struct bytes paths[FIELD_PATHS];     /* alternatives, all of them read */
    struct path_tree trees[AUDIT_PARTS]; /* the same, below the part that each is in */
    unsigned parts;                      /* which of them there are */
    size_t path_count;
    enum audit_part body; /* the one in which all paths are, or AUDIT_PART_NONE */
    field_fn *audit;      /* how a decoded audit event answers at once, or NULL */
    size_t offset;        /* of its text in struct audit_event, or SIZE_MAX */
    bool of_kind;         /* records of a kind have it in common (kinds.c) */
    unsigned needs;       /* enum record_missing: without it, absence proves nothing */
};

/* NULL, or in words what is wrong and what to do (in `arena`). The name must outlive the
 * field. */
const char *field_resolve(enum log_source source, struct bytes name, struct arena *arena,
                          struct field *out);
/* A name inside field[]: a path below the element, with no aliases. */
const char *field_relative(enum log_source source, struct bytes name, struct arena *arena,
                           struct field *out);

void field_read(const struct field *f, const struct record *r, struct values *to);
/* Of a relative field, below an element. */
void field_read_below(const struct field *f, struct subtree element, struct values *to);

/* Many fields are read in one walk of a body: `tree` gets the paths of the field, which
 * all are in that body, below the body and under the field's number. */
void field_add_to_body(const struct field *f, size_t number, struct path_tree *tree,
                       struct arena *arena);
/* What the audit record has at the paths of such a tree. */
void field_read_body(const struct record *r, enum audit_part body,
                     const struct path_tree *tree, struct values *to);

/* -- tables of names (field_names.c) ------------------------------------------------ */

/* "name" alone, or "name." for it and everything below; NULL ends. */
const char *const *field_known(enum log_source source);
struct field_alias {
    const char *name;
    const char *paths[FIELD_PATHS + 1]; /* NULL-terminated */
};
/* The alias whose name is `name` or a prefix of it up to a dot; *rest is what follows. */
const struct field_alias *field_alias(enum log_source source, struct bytes name,
                                      struct bytes *rest);
/* The known name that is most like it, or NULL. */
const char *field_suggestion(enum log_source source, struct bytes name);

/* -- audit (field_audit.c), Falco --------------------------------------------------- */

/* *of_kind: it is derived from nothing but what a kind of records has in common. */
field_fn *field_derived(enum log_source source, struct bytes name, bool *of_kind);
field_fn field_derive_csr, field_derive_command, field_derive_started;
field_fn field_derive_event, field_derive_program, field_derive_target,
    field_derive_container, field_derive_rule, field_derive_severity;
/* Sets the shortest way to a field that the decoder knows by name: offset or audit. */
void field_audit_bind(struct field *f, struct bytes name);
/* The part that a path begins with; *below is what follows it. */
enum audit_part field_audit_part(struct bytes path, struct bytes *below);
/* Reads the field's paths in one part of the decoded record. False when the record does
 * not hold that part and the tree has to be asked. */
bool field_audit(const struct record *r, const struct field *f, enum audit_part part,
                 struct values *to);
bool field_falco(const struct record *r, struct bytes path, struct values *to);

#endif
