#include "verify/identify_name.h"

#include "formats/bagit.h"

struct bytes name_base(struct bytes path)
{
    size_t slash = bytes_rfind_byte(path, '/');
    return slash < path.n ? bytes_from(path, slash + 1) : path;
}

bool name_ends(struct bytes name, const char *suffix)
{
    size_t n = strlen(suffix);
    return name.n >= n &&
           bytes_eq_nocase(bytes_from(name, name.n - n), bytes_str(suffix));
}

bool name_holds(struct bytes name, const char *part)
{
    struct bytes wanted = bytes_str(part);
    for (size_t i = 0; name.n - i >= wanted.n; i++) {
        if (to_lower(name.p[i]) == wanted.p[0] &&
            bytes_eq_nocase(bytes_sub(name, i, wanted.n), wanted))
            return true;
    }
    return false;
}

int name_root_folder(struct bytes name)
{
    static const char *const folders[] = {"etc", "usr",  "bin", "var",  "root",
                                          "lib", "tmp",  "opt", "home", "srv",
                                          "run", "sbin", "dev"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (bytes_is(name, folders[i]))
            return (int)i;
    }
    return -1;
}

bool name_begins_in_root(struct bytes path)
{
    return name_root_folder(bytes_sub(path, 0, bytes_find_byte(path, '/'))) >= 0;
}

/* Images without a magic number: pages, and what ip and iptables saved. */
static bool is_raw_criu_image(struct bytes name)
{
    static const char *const stems[] = {
        "pages-",    "ifaddr-",    "route-",    "route6-",   "rule-",
        "iptables-", "ip6tables-", "nftables-", "netns-ct-", "netns-exp-"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        if (bytes_starts(name, bytes_str(stems[i])) && bytes_ends(name, BYTES(".img")))
            return true;
    }
    return false;
}

/* Of sha256sum and its kin. */
static bool is_check_file(struct bytes name)
{
    static const char *const endings[] = {
        ".sha256",    ".sha512",  ".sha384", ".sha1",        ".md5",
        ".sha256sum", ".sha1sum", ".md5sum", ".sha512sum",   "sha256sums",
        "sha512sums", "sha1sums", "md5sums", "sha256sum.txt"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (name_ends(name, endings[i]))
            return true;
    }
    return false;
}

/* What people call the record that they wrote of an incident. */
bool name_of_timeline(struct bytes name)
{
    static const char *const words[] = {
        "timeline",   "time-line",  "time_line",      "chronolog",      "cronolog",
        "zeitleiste", "zeitstrahl", "zeitverlauf",    "tijdlijn",       "linea-de-tiempo",
        "ir-notes",   "ir_notes",   "incident-notes", "incident_notes", "incident notes"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (name_holds(name, words[i]))
            return true;
    return false;
}

/* Seals whose octets have no sign of what they are. */
static enum role role_of_seal(struct bytes name)
{
    static const struct {
        const char *ending;
        enum role role;
    } seals[] = {
        {".p7s", ROLE_SIGNATURE},     {".sig", ROLE_SIGNATURE},
        {".sign", ROLE_SIGNATURE},    {".signature", ROLE_SIGNATURE},
        {".minisig", ROLE_SIGNATURE}, {".tsr", ROLE_TIMESTAMP},
        {".tst", ROLE_TIMESTAMP},     {".ots", ROLE_TIMESTAMP},
        {".ers", ROLE_TIMESTAMP},     {".tsq", ROLE_TIMESTAMP},
    };
    static const char *const encodings[] = {".b64", ".base64"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        if (name_ends(name, encodings[i]))
            name.n -= strlen(encodings[i]);
    }
    for (size_t i = 0; i < sizeof seals / sizeof *seals; i++) {
        if (name_ends(name, seals[i].ending))
            return seals[i].role;
    }
    return ROLE_UNKNOWN;
}

/* A folder "logs", or one that says whose: "pod-logs". In "node-logs" and "case-logs" lie
 * texts of all kinds. */
static bool is_in_logs(struct bytes path)
{
    static const char *const whose[] = {"pod", "container", "kubectl", "workload"};
    struct bytes folder;
    while (bytes_find_byte(path, '/') < path.n && bytes_split(&path, '/', &folder)) {
        bool of_logs = bytes_eq_nocase(folder, BYTES("logs"));
        for (size_t i = 0; i < sizeof whose / sizeof *whose && !of_logs; i++)
            of_logs = name_ends(folder, "logs") && name_holds(folder, whose[i]);
        if (of_logs)
            return true;
    }
    return false;
}

enum role name_role(struct bytes path)
{
    struct bytes name = name_base(path);
    if (bytes_is(name, "spec.dump") || bytes_is(name, "config.dump") ||
        bytes_is(name, "network.status") || bytes_is(name, "deleted.files") ||
        bytes_is(name, "descriptors.json") || bytes_is(name, "status.dump") ||
        bytes_is(name, "bind.mounts") || bytes_is(name, "pod.dump") ||
        bytes_is(name, "pod.options") || bytes_is(name, "dump.log") ||
        bytes_is(name, "predump.log") || bytes_is(name, "restore.log"))
        return ROLE_CHECKPOINT_METADATA;
    if (is_raw_criu_image(name))
        return ROLE_CRIU_IMAGE;
    enum digest_algorithm ignored;
    bool is_tag;
    if (bagit_manifest_name(name, &is_tag, &ignored))
        return ROLE_MANIFEST;
    if (is_check_file(name))
        return ROLE_MANIFEST;
    enum role seal = role_of_seal(name);
    if (seal != ROLE_UNKNOWN)
        return seal;
    bool is_text = name_ends(name, ".md") || name_ends(name, ".markdown") ||
                   name_ends(name, ".rst") || name_ends(name, ".adoc") ||
                   name_ends(name, ".html") || name_ends(name, ".htm") ||
                   name_ends(name, ".txt") || name_ends(name, ".csv") ||
                   name_ends(name, ".tsv");
    if (is_text && name_of_timeline(name))
        return ROLE_WRITTEN_TIMELINE;
    if (name_holds(name, "describe") && name_ends(name, ".txt"))
        return ROLE_POD_DESCRIBE;
    if (name_holds(name, "audit") &&
        (name_ends(name, ".log") || name_ends(name, ".json") ||
         name_ends(name, ".jsonl")))
        return ROLE_AUDIT_LOG;
    if (name_holds(name, "falco"))
        return ROLE_FALCO_ALERTS;
    if (name_holds(name, "retention") &&
        (name_ends(name, ".json") || name_ends(name, ".yaml") || name_ends(name, ".yml")))
        return ROLE_RETENTION;
    /* Longer than what the content is told by. */
    if (name_ends(name, ".json") &&
        (name_holds(name, "manifest") || name_holds(name, "checksums")))
        return ROLE_MANIFEST;
    bool of_logs = name_holds(name, "logs") || is_in_logs(path);
    if (name_ends(name, ".log") || (of_logs && name_ends(name, ".txt")))
        return ROLE_CONTAINER_LOG;
    return ROLE_UNKNOWN;
}
