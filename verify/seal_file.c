#include "verify/seal_file.h"

#include <jansson.h>

#include "formats/base/marked_text.h"
#include "formats/openpgp.h"
#include "formats/retention.h"
#include "verify/identify_name.h"
#include "verify/signature.h"

bool seal_file_role(enum role role)
{
    return role == ROLE_SIGNATURE || role == ROLE_TIMESTAMP || role == ROLE_RETENTION ||
           role == ROLE_CUSTODY || role == ROLE_MANIFEST || role == ROLE_IMAGE_METADATA;
}

/* A message of OpenPGP has a content of its own, and that is no manifest here. */
static bool is_message(struct bytes content)
{
    struct openpgp_message message;
    struct arena arena = ARENA_INIT;
    if (!openpgp_probe(content))
        return false;
    enum openpgp_message_kind kind = openpgp_message_read(content, &arena, &message);
    arena_release(&arena);
    return kind != OPENPGP_NO_MESSAGE;
}

static void count_statement(void *context, const struct retention_statement *s)
{
    (void)s;
    ++*(size_t *)context;
}

static bool speaks_of_locks(struct bytes content)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    size_t n = 0;
    const struct retention_sink sink = {count_statement, &n, &faults};
    retention_read(marked_text_of(content, &arena).text, &arena, &sink);
    faults_release(&faults);
    arena_release(&arena);
    return n;
}

/* "oci-layout" says a version and nothing else. */
static bool is_layout_marker(const struct item *item)
{
    struct bytes content = item_kept(item);
    if (!bytes_is(name_base(item->name), "oci-layout"))
        return false;
    json_t *text =
        json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    bool is_one = json_object_size(text) == 1 &&
                  json_is_string(json_object_get(text, "imageLayoutVersion"));
    json_decref(text);
    return is_one;
}

/* docker save's list of images; what it says of their layers their configurations claim.
 */
static bool is_list_of_images(const struct verification *v, struct bytes content)
{
    const struct manifest_record *m = v->manifests;
    while (m && strcmp(m->format, "oci-config") != 0)
        m = m->next;
    return m && bytes_starts(content, BYTES("["));
}

const char *seal_file_refusal(const struct verification *v, const struct item *item,
                              const struct manifest_record *record)
{
    struct bytes content = item_kept(item);
    if (record)
        return NULL;
    if (item->role == ROLE_SIGNATURE && !signature_format_of(content))
        return "it is called a signature and has the form of none; no manifest lists it";
    if (item->role == ROLE_SIGNATURE && is_message(content))
        return "a message with a content of its own; no manifest lists it";
    if (item->role == ROLE_RETENTION && !speaks_of_locks(content))
        return "it is called an answer about retention and says nothing of it; no "
               "manifest lists it";
    if (item->role == ROLE_IMAGE_METADATA && !is_layout_marker(item) &&
        !is_list_of_images(v, content))
        return "it looks like a document of an image and describes none that is here; "
               "no manifest lists it";
    return NULL;
}
