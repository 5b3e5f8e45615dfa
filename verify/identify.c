#include "verify/identify.h"

#include "formats/audit.h"
#include "formats/base/lines.h"
#include "formats/base/marked_text.h"
#include "formats/certutil.h"
#include "formats/change_list.h"
#include "formats/criu/image.h"
#include "formats/csv_log.h"
#include "formats/custody.h"
#include "formats/events_table.h"
#include "formats/falco.h"
#include "formats/file_hash.h"
#include "formats/foreign.h"
#include "formats/journal_split.h"
#include "formats/journal_text.h"
#include "formats/json_scan.h"
#include "formats/openpgp.h"
#include "formats/retention.h"
#include "formats/written_chat.h"
#include "verify/identify_account.h"
#include "verify/identify_lines.h"
#include "verify/identify_name.h"
#include "verify/identify_object.h"
#include "verify/identify_seal.h"

/* What identify looks for in text. The first line and the first few keys are enough: the
 * decoders check the rest, and report what does not hold. */

static bool has(struct bytes head, const char *text)
{
    return bytes_contains(head, bytes_str(text));
}

/* -- by content ---------------------------------------------------------------------- */

static size_t hex_run(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && is_hex(line.p[n]))
        n++;
    return n;
}

static bool is_digest_length(size_t hex)
{
    return hex == 32 || hex == 40 || hex == 56 || hex == 64 || hex == 96 || hex == 128;
}

static bool is_sums_line(struct bytes line)
{
    if (line.n && line.p[0] == '\\')
        line = bytes_from(line, 1);
    size_t hex = hex_run(line);
    if (is_digest_length(hex) && line.n > hex + 1)
        return is_blank(line.p[hex]);
    /* BSD: "SHA256 (name) = digest" */
    size_t open = bytes_find(line, BYTES("("));
    struct bytes tag = bytes_trim(bytes_sub(line, 0, open));
    size_t equals = bytes_rfind_byte(line, '=');
    enum digest_algorithm algorithm;
    return open < line.n && equals < line.n && digest_by_name(tag, &algorithm);
}

/* More than two lines of a table by PowerShell, which fills them up with blanks. */
enum { NARROWED = 8192 };

/* Begins like a text in UTF-16: the low octets of its first units. */
static struct bytes narrowed(struct bytes head, uint8_t room[static NARROWED])
{
    bool little = bytes_starts(head, BYTES("\xff\xfe"));
    size_t n = 0;
    if (!utf16_probe(head))
        return bytes_from(head, utf8_mark(head));
    for (size_t i = 2; i + 1 < head.n && n < NARROWED; i += 2)
        room[n++] = head.p[little ? i : i + 1];
    return bytes_of(room, n);
}

static bool is_manifest(struct bytes head)
{
    struct bytes line = BYTES_NONE;
    if (bytes_starts(head, BYTES("%%%% HASHDEEP-")) ||
        bytes_starts(head, BYTES("#mtree")) || bytes_starts(head, BYTES("/set type")) ||
        file_hash_probe(head) || certutil_probe(head))
        return true;
    while (bytes_split(&head, '\n', &line)) {
        line = bytes_trim(line);
        if (line.n && line.p[0] != '#')
            return is_sums_line(line);
    }
    return false;
}

/* Timestamp at the start of a line: "2026-11-23T09:45:26.065105458+00:00 ". */
static bool begins_with_time(struct bytes line, size_t *used)
{
    instant t;
    return instant_parse_prefix(line, used, &t, NULL);
}

static bool is_container_log(struct bytes head)
{
    size_t used;
    struct bytes line = BYTES_NONE, rest;
    struct bytes text = head;
    if (!bytes_split(&text, '\n', &line))
        return false;
    if (bytes_starts(line, BYTES("[pod/"))) /* kubectl logs --prefix */
        return bytes_find(line, BYTES("] ")) < line.n;
    if (!begins_with_time(line, &used) || used >= line.n || line.p[used] != ' ')
        return false;
    rest = bytes_from(line, used + 1);
    if (bytes_starts(rest, BYTES("AUDIT: ")))
        return false;
    return bytes_starts(rest, BYTES("stdout ")) || bytes_starts(rest, BYTES("stderr ")) ||
           (used >= 20 && line.p[10] == 'T');
}

static bool is_audit_line(struct bytes line)
{
    return has(line, "\"auditID\"") && has(line, "\"level\"");
}

static bool looks_like_object(struct bytes head)
{
    struct bytes text = bytes_trim(head);
    if (bytes_starts(text, BYTES("[pod/"))) /* kubectl logs --prefix */
        return false;
    return text.n && (text.p[0] == '{' || text.p[0] == '[');
}

/* What Loki gave back is what its first line is. */
static enum role role_of_text(struct bytes head);

static enum role role_of_json(struct bytes head)
{
    enum role role = identify_stream(head, role_of_text);
    role = role ? role : identify_object(head);
    return role == ROLE_UNKNOWN && chat_probe(head) ? ROLE_WRITTEN_TIMELINE : role;
}

static bool is_describe(struct bytes head)
{
    return bytes_starts(head, BYTES("Name:")) && has(head, "\nNamespace:") &&
           (has(head, "\nContainers:") || has(head, "\nStatus:"));
}

static bool is_custody_head(struct bytes head)
{
    uint64_t sequence;
    struct digest digest;
    return custody_read_head(head, &sequence, &digest);
}

/* No text that is known here begins with control characters, and the most files of a
 * package are no text: they are not searched for the names of fields. Only the first
 * octets count, which are the writer's: those of a line of a log may be an attacker's. */
static bool begins_as_text(struct bytes head)
{
    struct bytes first = bytes_sub(head, 0, 24);
    if (utf16_marked(head))
        return true;
    for (size_t i = 0; i < first.n; i++) {
        if (first.p[i] < ' ' && !is_blank(first.p[i]) &&
            !memchr("\x1b\x1e", first.p[i], 2))
            return false;
    }
    return true;
}

/* A sensor's record, or a journal's as a stream of events has it ("data: {…}"). */
static bool is_runtime_line(struct bytes line)
{
    return identify_is_runtime_log(line) || has(line, "\"__REALTIME_TIMESTAMP\"");
}

/* Exports to object storage put a time before each record, runtimes also the stream,
 * syslog what it knows of the sender; who logs to his output says other things between.
 * Of audit records, where there are any. */
static enum role role_behind_prefix(struct bytes head)
{
    enum role role = ROLE_UNKNOWN;
    struct bytes line;
    for (int tries = 0; tries < 64 && bytes_split(&head, '\n', &line); tries++) {
        if (!json_prefix(line))
            continue;
        if (is_audit_line(line))
            return ROLE_AUDIT_LOG;
        if (role == ROLE_UNKNOWN && is_runtime_line(line))
            role = ROLE_RUNTIME_LOG;
    }
    return role;
}

/* What journalctl printed of a kubelet or a container runtime. */
static bool is_journal(struct bytes head)
{
    return journal_split_wants(head) || journal_text_probe(head);
}

/* A table of an export of logs, by its first row. */
static enum role role_of_table(struct bytes head)
{
    struct arena arena = ARENA_INIT;
    struct csv_header header;
    struct text row = {0};
    enum role role = ROLE_UNKNOWN;
    if (csv_header_read(head, &arena, &header)) {
        csv_row_json(&header, bytes_from(head, bytes_find_byte(head, '\n') + 1), &row);
        role = role_of_json(text_bytes(&row));
    }
    arena_release(&arena);
    text_release(&row);
    return role;
}

/* Markdown whose first heading says so. */
static bool is_timeline(struct bytes head)
{
    head = bytes_trim(head);
    return head.n && head.p[0] == '#' &&
           name_of_timeline(bytes_sub(head, 0, bytes_find_byte(head, '\n')));
}

static enum role role_of_text(struct bytes head)
{
    uint8_t room[NARROWED];
    head = narrowed(head, room);
    if (looks_like_object(head))
        return role_of_json(head);
    size_t banner = json_banner(head);
    enum role behind = banner ? role_of_json(bytes_from(head, banner)) : ROLE_UNKNOWN;
    if (behind)
        return behind;
    if (is_custody_head(head))
        return ROLE_CUSTODY;
    enum role of_table = role_of_table(head);
    if (of_table)
        return of_table;
    if (retention_probe_printed(head))
        return ROLE_RETENTION;
    if (is_manifest(head))
        return ROLE_MANIFEST;
    if (change_list_probe(head))
        return ROLE_WRITABLE_LAYER;
    if (is_describe(head))
        return ROLE_POD_DESCRIBE;
    enum role prefixed = role_behind_prefix(head);
    if (prefixed == ROLE_AUDIT_LOG || has(head, " AUDIT: id=\"") ||
        (has(head, "audit.k8s.io/") && has(head, "auditID:")) ||
        (has(head, "protoPayload:") && has(head, "io.k8s.")))
        return ROLE_AUDIT_LOG;
    if (falco_looks_like(head))
        return ROLE_FALCO_ALERTS;
    if (prefixed == ROLE_RUNTIME_LOG || is_journal(head))
        return ROLE_RUNTIME_LOG;
    if (events_table_probe(head))
        return ROLE_KUBERNETES_EVENTS;
    if (is_container_log(head))
        return ROLE_CONTAINER_LOG;
    if (has(head, "jsonPayload:") && has(head, " MESSAGE:"))
        return ROLE_RUNTIME_LOG;
    if (has(head, "apiVersion:") && has(head, "kind:"))
        return identify_kind(head);
    if (retention_probe(head))
        return ROLE_RETENTION;
    return is_timeline(head) ? ROLE_WRITTEN_TIMELINE : ROLE_UNKNOWN;
}

static enum role role_of_content(struct bytes head)
{
    struct criu_frame frame;
    if (criu_frame_sniff(head, &frame) || criu_is_cipher(head))
        return ROLE_CRIU_IMAGE;
    enum role role = identify_seal(head);
    if (role == ROLE_UNKNOWN && begins_as_text(head)) {
        role = role_of_text(head);
        if (role == ROLE_UNKNOWN)
            role = identify_lines(head, role_of_text);
    }
    return role;
}

/* gpg --detach-sign. A packet has no magic number, so the name must say so as well. */
static bool is_pgp_signature(struct bytes head, struct bytes path)
{
    return (name_ends(path, ".gpg") || name_ends(path, ".pgp") ||
            name_ends(path, ".asc")) &&
           openpgp_probe(head);
}

struct identity identify(struct bytes head, struct bytes path)
{
    struct identity id = {role_of_content(head), BY_CONTENT};
    /* A line that begins with a time may be a log's or a person's: the name tells. */
    if (id.role == ROLE_CONTAINER_LOG && name_role(path) == ROLE_WRITTEN_TIMELINE)
        id = (struct identity){ROLE_WRITTEN_TIMELINE, BY_NAME};
    if (id.role == ROLE_UNKNOWN && foreign_log(head))
        id = (struct identity){ROLE_FOREIGN_LOG, BY_CONTENT};
    if (id.role == ROLE_UNKNOWN)
        id = (struct identity){name_role(path), BY_NAME};
    if (id.role == ROLE_UNKNOWN && begins_as_text(head) && account_probe(head, path))
        id = (struct identity){ROLE_WRITTEN_TIMELINE, BY_CONTENT};
    if (id.role == ROLE_UNKNOWN && is_pgp_signature(head, path))
        id = (struct identity){ROLE_SIGNATURE, BY_CONTENT};
    if (id.role == ROLE_UNKNOWN)
        id.how = BY_NOTHING;
    return id;
}

bool identify_is_node_log(struct bytes path)
{
    static const char *const logs[] = {"var/log/pods/", "var/log/containers/",
                                       "var/log/kube", "var/log/audit/"};
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        if (bytes_starts(path, bytes_str(logs[i])))
            return true;
    }
    return false;
}

bool identify_is_root_file(struct bytes path)
{
    return name_begins_in_root(path) && bytes_find_byte(path, '/') < path.n &&
           !identify_is_node_log(path);
}

/* UTF-16 has NULs, and tells itself by its mark. */
static bool is_text(struct bytes head)
{
    return head.n == bytes_find_byte(head, '\0') || utf16_marked(head);
}

bool identify_fits_name(struct bytes head, struct bytes path)
{
    static const char *const archives[] = {".tar", ".tgz", ".gz",  ".zst", ".zip",
                                           ".7z",  ".xz",  ".bz2", ".lz4", ".cpio"};
    static const char *const objects[] = {".json", ".jsonl", ".ndjson"};
    static const char *const texts[] = {".yaml", ".yml", ".txt", ".md",
                                        ".csv",  ".tsv", ".log"};
    uint8_t room[NARROWED];
    struct bytes name = name_base(path);
    enum container container = container_sniff(head);
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
        if (name_ends(name, archives[i]))
            return container != CONTAINER_NONE;
    }
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        if (name_ends(name, objects[i]))
            return looks_like_object(narrowed(head, room)) ||
                   json_banner(narrowed(head, room));
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (name_ends(name, texts[i]))
            return container == CONTAINER_NONE && is_text(head);
    }
    return true;
}

bool identify_may_hide_zip(struct bytes head, struct bytes path)
{
    return container_sniff(head) == CONTAINER_NONE &&
           (name_ends(path, ".zip") || name_ends(path, ".jar") ||
            bytes_starts(head, BYTES("MZ")) || bytes_starts(head, BYTES("\x7f\x45LF")) ||
            bytes_starts(head, BYTES("#!")));
}
