/* What an exec runs: the options of the request (k8s.io/api/core/v1 PodExecOptions) stand
 * in the query of its URI, or, where an export has no URI, in its body. */
#include "formats/audit.h"
#include "formats/request_path.h"

/* execve takes more, but API servers refuse longer URIs before. */
#define COMMAND_WORDS 1024

struct audit_command audit_command_of(const struct audit_event *e)
{
    struct audit_command c = {.query = e->request_uri};
    /* The kubelet's own "/run/NAMESPACE/POD/CONTAINER?cmd=", through its node's proxy
     * (k8s.io/kubernetes pkg/kubelet/server). */
    bool proxy = bytes_is(e->object.subresource, "proxy");
    c.parameter =
        proxy && bytes_contains(e->request_uri, BYTES("/proxy/run/")) ? "cmd" : "command";
    if (!bytes_is(e->object.subresource, "exec"))
        return c;
    c.alone = jsonl_get(e->request_object, "command");
    c.body = jsonl_members(c.alone);
    return c;
}

static bool word_of_body(struct audit_command *c, struct text *word)
{
    struct jsonl_value value;
    struct bytes key;
    bool more = jsonl_next(&c->body, &key, &value);
    if (more)
        text_add(word, jsonl_string(value));
    else if (c->words == 0) /* a list of one, as some collectors write it */
        text_add(word, jsonl_string(c->alone));
    return more || (c->words == 0 && word->n > 0);
}

bool audit_command_next(struct audit_command *c, struct text *word)
{
    text_clear(word);
    if (c->words == COMMAND_WORDS)
        return false;
    bool more = !c->of_body && request_parameter(&c->query, c->parameter, word);
    c->of_body |= !more && c->words == 0;
    if (!more && c->of_body)
        more = word_of_body(c, word);
    c->words += more;
    return more;
}

bool audit_command_line(const struct audit_event *e, struct text *line)
{
    struct audit_command c = audit_command_of(e);
    struct text word = {0};
    size_t before = line->n;
    while (audit_command_next(&c, &word)) {
        if (line->n > before)
            text_byte(line, ' ');
        text_add(line, text_bytes(&word));
    }
    text_release(&word);
    return line->n > before;
}
