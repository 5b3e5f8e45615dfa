/* Findings by what a file holds. */
#include "analyze/layer/findings_private.h"

#include "analyze/layer/study.h"

/* -- rules of YARA ------------------------------------------------------------------- */

struct sign {
    const char *tag; /* of the rules in signs.yar */
    enum layer_finding finding;
};

static const struct sign signs[] = {
    {"web_shell", LAYER_WEB_SHELL},
    {"reverse_shell", LAYER_REVERSE_SHELL},
    {"miner", LAYER_MINER},
    {"tunnel", LAYER_TUNNEL},
    {"attack_tool", LAYER_ATTACK_TOOL},
    {"escape_tool", LAYER_ESCAPE_TOOL},
    {"rootkit", LAYER_ROOTKIT},
    {"hidden_payload", LAYER_HIDDEN_PAYLOAD},
    {"downloader", LAYER_DOWNLOADER},
};

static const struct sign *sign_of(const char *tag)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strcmp(signs[i].tag, tag) == 0)
            return &signs[i];
    }
    return NULL;
}

static void matched(struct work *w, const struct view *v, const struct content_match *m)
{
    const struct sign *sign = m->is_own ? NULL : sign_of(m->tag);
    struct making made;
    if (!m->is_own && !sign)
        return;
    view_begin(w, sign ? sign->finding : LAYER_YARA, v, &made);
    made.f.spans[0] = view_span(v, m->offset, m->length);
    /* Where the server does not hand it out, it may be a sample or a lesson. */
    if (sign && sign->finding == LAYER_WEB_SHELL && !path_is_served(v->path))
        made.f.confidence = CONFIDENCE_MEDIUM;
    finding_argument(&made.f, "rule", bytes_str(m->rule));
    if (path_is_served(v->path))
        finding_argument(&made.f, "served", BYTES("yes"));
    view_finish(w, &made);
}

/* -- programs ------------------------------------------------------------------------ */

/* Endings of what is looked at or read, and never run. */
static bool is_named_as_data(struct bytes name)
{
    static const char *const endings[] = {
        ".jpg", ".jpeg", ".png",   ".gif",  ".bmp", ".ico",  ".svg", ".webp",
        ".mp3", ".mp4",  ".pdf",   ".txt",  ".log", ".conf", ".cfg", ".css",
        ".htm", ".html", ".xml",   ".json", ".csv", ".md",   ".yml", ".yaml",
        ".ttf", ".woff", ".woff2", ".pem",  ".crt"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (name.n > n &&
            bytes_eq_nocase(bytes_from(name, name.n - n), bytes_str(endings[i])))
            return true;
    }
    return false;
}

static bool begins_as_picture(struct bytes name)
{
    return is_named_as_data(name) && !bytes_ends(name, BYTES(".txt")) &&
           !bytes_ends(name, BYTES(".conf")) && !bytes_ends(name, BYTES(".cfg")) &&
           !bytes_ends(name, BYTES(".md"));
}

static void packed(struct work *w, const struct view *v)
{
    const char *packer = v->is->elf->packer;
    struct making m;
    view_begin(w, LAYER_PACKED, v, &m);
    if (strcmp(packer, "UPX") != 0)
        m.f.confidence = CONFIDENCE_MEDIUM; /* by its shape alone */
    finding_argument(&m.f, "packer", bytes_str(packer));
    view_finish(w, &m);
}

static void programs(struct work *w, const struct view *v)
{
    const struct content_elf *e = v->is->elf;
    bool script = bytes_starts(bytes_of(v->is->head, 2), BYTES("#!"));
    const char *type = v->is->type ? v->is->type : "";
    if ((e && is_named_as_data(node_name(v->node))) ||
        (script && begins_as_picture(node_name(v->node))))
        view_add(w, LAYER_MASKED_TYPE, v, argument_of("type", bytes_str(type)));
    if (e && e->packer)
        packed(w, v);
    else if (e && e->is_program && e->is_static && !e->has_symbols)
        view_add(w, LAYER_STRIPPED, v, argument_of("type", bytes_str(type)));
}

/* -- libraries that a changed program asks for --------------------------------------- */

static bool is_needed_by(const struct content_elf *e, struct bytes name)
{
    for (size_t i = 0; i < e->needed_count; i++) {
        if (bytes_eq(e->needed[i], name))
            return true;
    }
    return false;
}

static void needs(struct work *w, const struct view *v)
{
    const struct content_elf *a = v->was ? v->was->elf : NULL, *b = v->is->elf;
    for (size_t i = 0; a && b && i < b->needed_count; i++) {
        if (!is_needed_by(a, b->needed[i]))
            view_add(w, LAYER_NEEDS_LIBRARY, v, argument_of("library", b->needed[i]));
    }
}

/* -- credentials --------------------------------------------------------------------- */

/* The keys of a host's own SSH server are told by their place. */
static void credentials(struct work *w, const struct view *v)
{
    if (path_begins(v->path, "/etc/ssh/ssh_host_"))
        return;
    for (size_t i = 0; i < v->is->credential_count; i++) {
        const struct content_credential *c = &v->is->credentials[i];
        struct making m;
        view_begin(w, LAYER_CREDENTIAL_CONTENT, v, &m);
        m.f.spans[0] = view_span(v, c->offset, c->length);
        finding_argument(&m.f, "kind", bytes_str(c->kind));
        view_finish(w, &m);
    }
}

void find_by_content(struct work *w, const struct view *v)
{
    if (!v->is || v->x->type == CHANGE_DELETED)
        return;
    for (size_t i = 0; i < v->is->match_count; i++)
        matched(w, v, &v->is->matches[i]);
    if (v->explained)
        return;
    programs(w, v);
    needs(w, v);
    credentials(w, v);
}
