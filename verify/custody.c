#include "verify/custody.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "formats/base/memory.h"
#include "formats/custody.h"
#include "verify/check.h"
#include "verify/file_index.h"

struct custody {
    int log, head;
    struct custody_chain chain;
    const char *who;
};

/* -- the log of --custody --------------------------------------------------------------
 */

/* What a fault of the chain means to whoever keeps it. */
static const char *break_text(enum fault_code code)
{
    return code == FAULT_REFERENCE
               ? "it names another digest for the entry before it: that one was changed, "
                 "or something between them was taken out"
           : code == FAULT_ORDER
               ? "its number or its time does not follow the entry before"
               : fault_text(code);
}

static int read_all(int fd, uint8_t **out, size_t *n)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || (uint64_t)status.st_size > LIMIT_DOCUMENT)
        return -EFBIG;
    size_t room = (size_t)status.st_size;
    uint8_t *p = memory_new(room + 1, 1);
    ssize_t got;
    *n = 0;
    while (*n < room && (got = pread(fd, p + *n, room - *n, (off_t)*n)) > 0)
        *n += (size_t)got;
    *out = p;
    return 0;
}

static bool head_agrees(struct custody *c)
{
    uint8_t *p = NULL;
    size_t n = 0;
    uint64_t sequence;
    struct digest digest;
    bool agrees = read_all(c->head, &p, &n) == 0;
    if (agrees && (n > 0 || c->chain.entries > 0))
        agrees = custody_read_head(bytes_of(p, n), &sequence, &digest) &&
                 sequence == c->chain.entries && digest_eq(&digest, &c->chain.head);
    free(p);
    return agrees;
}

static const char *open_files(struct custody *c, const char *path)
{
    char head[LIMIT_PATH];
    uint8_t *p = NULL;
    size_t n = 0;
    static char why[256];
    if (snprintf(head, sizeof head, "%s.head", path) >= (int)sizeof head)
        return "the path is too long";
    c->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    c->head = c->log < 0 ? -1 : open(head, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (c->log < 0 || c->head < 0)
        return strerror(errno);
    if (read_all(c->log, &p, &n) < 0)
        return "not a file of a custody log's size";
    c->chain = custody_read(bytes_of(p, n));
    bool marked = utf8_mark(bytes_of(p, n)) || utf16_marked(bytes_of(p, n));
    free(p);
    if (marked)
        return "it begins with a byte order mark: another program wrote it anew";
    if (c->chain.fault.code) {
        snprintf(why, sizeof why, "the chain is broken at entry %llu: %s",
                 (unsigned long long)c->chain.fault.have,
                 break_text(c->chain.fault.code));
        return why;
    }
    return head_agrees(c) ? NULL
                          : "its last entries are not those of its head file: something "
                            "was cut off";
}

int custody_open(const char *path, const char *who, struct custody **out,
                 const char **why)
{
    struct custody *c = memory_new(1, sizeof *c);
    c->log = c->head = -1;
    c->who = who;
    *why = open_files(c, path);
    if (*why) {
        custody_close(c);
        return 1;
    }
    *out = c;
    return 0;
}

void custody_close(struct custody *c)
{
    if (!c)
        return;
    if (c->log >= 0)
        close(c->log);
    if (c->head >= 0)
        close(c->head);
    free(c);
}

static void set(json_t *o, const char *name, const char *value)
{
    json_object_set_new(o, name, json_string(value));
}

static char *entry_line(const struct custody *c, const struct verification *v)
{
    char time[INSTANT_TEXT], hex[2 * DIGEST_MAX + 1];
    struct text masked = {0}, name = {0}, who = {0};
    json_t *o = json_object(), *tool = json_object();
    mask_text(&v->mask, bytes_str(package_name(v->package)), &masked);
    escape_plain(&name, text_bytes(&masked));
    escape_plain(&who, bytes_str(c->who));
    set(o, "schema", "exhibit.custody/1");
    json_object_set_new(o, "sequence", json_integer((json_int_t)c->chain.entries + 1));
    set(o, "time", instant_format(v->now, PRECISION_SECOND, time));
    set(o, "who", text_c(&who));
    set(o, "what", "verified");
    set(tool, "name", "exhibit");
    set(tool, "version", EXHIBIT_VERSION);
    set(tool, "sha256", tool_sha256());
    json_object_set_new(o, "tool", tool);
    set(o, "package", text_c(&name));
    json_object_set_new(o, "listing_sha256",
                        v->has_listing ? json_string(digest_hex(&v->listing, hex))
                                       : json_null());
    set(o, "verdict", package_verdict_name(v->verdict));
    json_object_set_new(o, "previous",
                        c->chain.entries ? json_string(digest_hex(&c->chain.head, hex))
                                         : json_null());
    char *line = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    text_release(&masked);
    text_release(&name);
    text_release(&who);
    return line;
}

static int write_all(int fd, struct bytes b)
{
    while (b.n) {
        ssize_t n = write(fd, b.p, b.n);
        if (n < 0 && errno != EINTR)
            return -errno;
        b = bytes_from(b, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

static int write_head(struct custody *c)
{
    char hex[2 * DIGEST_MAX + 1];
    struct text t = {0};
    text_printf(&t, "%llu %s\n", (unsigned long long)c->chain.entries,
                digest_hex(&c->chain.head, hex));
    int status = ftruncate(c->head, 0) == 0 && lseek(c->head, 0, SEEK_SET) == 0
                     ? write_all(c->head, text_bytes(&t))
                     : -errno;
    text_release(&t);
    return status;
}

int custody_append(struct custody *c, const struct verification *v)
{
    char *line = entry_line(c, v);
    struct text t = {0};
    text_str(&t, line);
    c->chain.head = digest_bytes(DIGEST_SHA256, text_bytes(&t));
    c->chain.entries++;
    text_byte(&t, '\n');
    int status = write_all(c->log, text_bytes(&t));
    if (status == 0)
        status = write_head(c);
    text_release(&t);
    free(line);
    return status;
}

const char *tool_sha256(void)
{
    static char hex[2 * DIGEST_MAX + 1];
    static uint8_t block[64 * KIB];
    if (hex[0])
        return hex;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return "";
    struct digest_state *state = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) > 0)
        digest_state_update(state, bytes_of(block, (size_t)n));
    close(fd);
    digest_state_final(state);
    digest_hex(digest_state_result(state, DIGEST_SHA256), hex);
    digest_state_free(state);
    return hex;
}

/* -- logs in the package ---------------------------------------------------------------
 */

static const struct item *beside(const struct item *log, const char *suffix)
{
    struct text path = {0};
    path_normalise(log->name, &path);
    text_str(&path, suffix);
    const struct item *head = item_child(log->parent, text_bytes(&path));
    text_release(&path);
    return head;
}

/* Logs that went through PowerShell are in UTF-16, or have a byte order mark. */
static struct marked_text text_of(struct check *c, const struct item *item)
{
    return marked_text_of(item_kept(item), &c->v->arena);
}

static bool read_head(struct check *c, const struct item *head, uint64_t *sequence,
                      struct digest *out)
{
    return custody_read_head(text_of(c, head).text, sequence, out);
}

static const char *judge_head(struct check *c, const struct item *head,
                              const struct custody_chain *chain)
{
    uint64_t sequence;
    struct digest digest;
    return read_head(c, head, &sequence, &digest) && sequence == chain->entries &&
                   digest_eq(&digest, &chain->head)
               ? NULL
               : "its last entries are not those of its head file: something was cut off";
}

/* Of the entry at which the chain breaks. */
static struct span place_of_break(const struct item *log, const struct marked_text *m,
                                  const struct custody_chain *chain)
{
    size_t mark = item_kept(log).n - m->text.n;
    return m->decoded ? (struct span){log, 0, log->size}
                      : (struct span){log, mark + chain->fault.offset, 1};
}

static void judge_log(struct check *c, const struct item *log, struct custody_record *r)
{
    struct marked_text m = marked_text_of(item_kept(log), &c->v->arena);
    struct custody_chain chain = custody_read(m.text);
    const struct item *head = beside(log, ".head");
    struct bytes subject = bytes_str(check_path(c, log));
    const struct span place = place_of_break(log, &m, &chain);
    const char *fault = NULL;
    if (chain.fault.code)
        fault = check_printf(c, "the chain is broken at entry %llu: %s",
                             (unsigned long long)chain.fault.have,
                             break_text(chain.fault.code));
    else if (head)
        fault = judge_head(c, head, &chain);
    *r = (struct custody_record){log, chain.entries,
                                 fault ? OUTCOME_FAILED : OUTCOME_VERIFIED,
                                 fault ? fault : "", NULL};
    if (fault) {
        check_finding_at(c, INTEGRITY_CUSTODY_BROKEN, subject, place, fault);
    } else if (!head) {
        r->why = "its head file is not here: what was cut off its end cannot show";
        check_finding_at(c, INTEGRITY_CUSTODY_OPEN, subject, place, r->why);
    }
}

/* A head file without its log: all of it was cut off. */
static bool judge_lost_log(struct check *c, const struct item *head,
                           struct custody_record *r)
{
    struct text path = {0};
    struct digest digest;
    uint64_t sequence;
    path_normalise(head->name, &path);
    struct bytes name = text_bytes(&path);
    bool is_head =
        bytes_ends(name, BYTES(".head")) && read_head(c, head, &sequence, &digest);
    const struct item *log =
        is_head ? item_child(head->parent, bytes_sub(name, 0, name.n - 5)) : NULL;
    text_release(&path);
    if (!is_head || (log && custody_probe(text_of(c, log).text)))
        return false;
    *r = (struct custody_record){head, 0, OUTCOME_FAILED,
                                 check_printf(c, "the log with its %llu entries is gone",
                                              (unsigned long long)sequence),
                                 NULL};
    check_finding_at(c, INTEGRITY_CUSTODY_BROKEN, bytes_str(check_path(c, head)),
                     (struct span){head, 0, 1}, r->why);
    return true;
}

int check_custody(struct check *c)
{
    struct custody_record **end = &c->v->custody, r;
    for (const struct item *i = item_more(package_content(c->package))->child; i;
         i = i->next) {
        if (i->role != ROLE_CUSTODY || i->entry.type != ENTRY_FILE)
            continue;
        if (custody_probe(text_of(c, i).text))
            judge_log(c, i, &r);
        else if (!judge_lost_log(c, i, &r))
            continue;
        *end = arena_new(&c->v->arena, struct custody_record);
        **end = r;
        end = &(*end)->next;
    }
    return 0;
}
