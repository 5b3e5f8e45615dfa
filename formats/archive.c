/* The stream of an archive: libarchive told what to read, members, their content. */
#include <locale.h>
#include <stdlib.h>

#include "formats/archive_private.h"
#include "formats/awslogs.h"
#include "formats/base/block.h"
#include "formats/base/cursor.h"
#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "formats/base/memory.h"
#include "formats/gzip.h"
#include "formats/xz.h"
#include "formats/zip_check.h"
#include "formats/zstd_frames.h"

static const uint8_t zeros[64 * 1024];

enum { SIGNATURE_HEADER = 32 }; /* the beginning of a 7z */

static void fault_at(struct archive_reader *r, enum fault_code code, uint64_t offset)
{
    faults_add(&r->faults, (struct fault){code, offset, 0, 0});
}

static uint64_t consumed(const struct archive_reader *r)
{
    int64_t at = r->archive ? archive_filter_bytes(r->archive, -1) : 0;
    return at > 0 ? (uint64_t)at : 0;
}

void archive_fault(struct archive_reader *r, enum fault_code code)
{
    fault_at(r, code, consumed(r));
}

/* -- libarchive's callbacks ---------------------------------------------------------- */

/* libarchive keeps what it was given until it has used it: a cpio whose name is said to
 * have 4 GiB would be held in memory that long. A header is a document like any other. */
static bool holds_too_much(const struct archive_reader *r)
{
    uint64_t used = consumed(r);
    return r->block_end > used && r->block_end - used > LIMIT_DOCUMENT;
}

static la_ssize_t give_block(struct archive *a, void *context, const void **p)
{
    (void)a;
    struct archive_reader *r = context;
    if (holds_too_much(r)) {
        fault_at(r, FAULT_LIMIT, consumed(r));
        return ARCHIVE_FATAL;
    }
    if (source_next(r->from, &r->block) <= 0) {
        r->input_ended = true;
        return 0;
    }
    r->block_end += r->block.n;
    if (r->check)
        tar_check_feed(r->check, r->block);
    *p = r->block.p;
    return (la_ssize_t)r->block.n;
}

static la_int64_t seek_to(struct archive *a, void *context, la_int64_t offset, int whence)
{
    (void)a;
    struct archive_reader *r = context;
    uint64_t base = whence == SEEK_SET   ? 0
                    : whence == SEEK_CUR ? r->block_end
                                         : r->from->size;
    int64_t to;
    if (__builtin_add_overflow((int64_t)base, offset, &to) || to < 0 ||
        (uint64_t)to > r->from->size || r->from->seek(r->from, (uint64_t)to) < 0)
        return ARCHIVE_FATAL;
    r->block_end = (uint64_t)to;
    tar_check_free(r->check); /* it would miss what is skipped */
    r->check = NULL;
    return to;
}

static int close_nothing(struct archive *a, void *context)
{
    (void)a;
    (void)context;
    return ARCHIVE_OK;
}

/* Exactly one format or one filter: libarchive is not left to guess. */
static int choose(struct archive *a, enum container kind)
{
    switch (kind) {
    case CONTAINER_TAR:
        return archive_read_support_format_tar(a);
    case CONTAINER_ZIP:
        return archive_read_support_format_zip(a);
    case CONTAINER_7Z:
        return archive_read_support_format_7zip(a);
    case CONTAINER_CPIO:
        return archive_read_support_format_cpio(a);
    case CONTAINER_BZIP2:
        archive_read_append_filter(a, ARCHIVE_FILTER_BZIP2);
        return archive_read_support_format_raw(a);
    case CONTAINER_LZ4:
        archive_read_append_filter(a, ARCHIVE_FILTER_LZ4);
        return archive_read_support_format_raw(a);
    default:
        return ARCHIVE_FATAL;
    }
}

/* The signature header says where the last header ends, and the archive with it. */
static void check_7z_end(struct archive_reader *r)
{
    struct bytes head;
    if (source_next(r->from, &head) > 0 &&
        bytes_starts(head, BYTES("7z\xbc\xaf\x27\x1c"))) {
        struct cursor c = cursor_of(head);
        cursor_skip(&c, 12);
        uint64_t offset = cursor_u64le(&c), size = cursor_u64le(&c), end;
        if (!c.failed && !__builtin_add_overflow(offset, size, &end) &&
            end < r->from->size && r->from->size - end > SIGNATURE_HEADER)
            fault_at(r, FAULT_TRAILING, SIGNATURE_HEADER + end);
    }
    r->from->seek(r->from, 0);
}

static void open_libarchive(struct archive_reader *r)
{
    r->archive = archive_read_new();
    if (!r->archive)
        memory_exhausted();
    choose(r->archive, r->kind);
    if (r->kind == CONTAINER_ZIP && r->from->seek && r->from->size) {
        zip_check(r->from, &r->faults);
        r->from->seek(r->from, 0);
    }
    if (r->kind == CONTAINER_7Z && r->from->seek && r->from->size)
        check_7z_end(r);
    if (r->kind == CONTAINER_TAR)
        r->check = tar_check_new(&r->faults);
    /* Names are bytes, whatever the locale. A format without the option does not mind. */
    archive_read_set_options(r->archive, "hdrcharset=BINARY");
    archive_read_set_read_callback(r->archive, give_block);
    archive_read_set_close_callback(r->archive, close_nothing);
    if (r->from->seek)
        archive_read_set_seek_callback(r->archive, seek_to);
    archive_read_set_callback_data(r->archive, r);
    if (r->kind == CONTAINER_7Z && !r->from->seek) {
        fault_at(r, FAULT_UNSUPPORTED, 0);
        r->ended = true;
    } else if (archive_read_open1(r->archive) < ARCHIVE_WARN) {
        fault_at(r, r->input_ended ? FAULT_TRUNCATED : FAULT_SYNTAX, consumed(r));
        r->ended = true;
    }
}

static void open_awslogs(struct archive_reader *r)
{
    r->octets = awslogs_source_new(r->from);
    r->filter = frames_source_new(r->octets, &gzip_frames, 1);
}

struct archive_reader *archive_open(struct source *from, enum container kind)
{
    struct archive_reader *r = memory_new(1, sizeof *r);
    r->from = from;
    r->kind = kind;
    if (kind == CONTAINER_GZIP)
        r->filter = frames_source_new(from, &gzip_frames, block_pool_threads(from->pool));
    else if (kind == CONTAINER_ZSTD)
        r->filter = frames_source_new(from, &zstd_frames, block_pool_threads(from->pool));
    else if (kind == CONTAINER_XZ)
        r->filter = xz_source_new(from, block_pool_threads(from->pool));
    else if (kind == CONTAINER_AWSLOGS)
        open_awslogs(r);
    else if (kind == CONTAINER_UTF16)
        r->filter = utf16_source_new(from);
    else
        open_libarchive(r);
    return r;
}

/* -- members ------------------------------------------------------------------------- */

/* What stands behind the end of the archive: zeros are padding, anything else is data
 * that other readers may see and libarchive does not show. */
static void look_behind_end(struct archive_reader *r)
{
    uint64_t at = consumed(r);
    if (r->kind == CONTAINER_ZIP || r->kind == CONTAINER_7Z)
        return;
    struct bytes rest = r->block;
    if (at > r->block_end || r->block_end - at > rest.n)
        return;
    rest = bytes_from(rest, rest.n - (size_t)(r->block_end - at));
    do {
        for (size_t i = 0; i < rest.n; i++) {
            if (rest.p[i] != 0) {
                fault_at(r, FAULT_TRAILING, r->block_end - rest.n + i);
                return;
            }
        }
        if (source_next(r->from, &rest) <= 0)
            return;
        r->block_end += rest.n;
    } while (true);
}

static int end_of(struct archive_reader *r)
{
    r->ended = true;
    if (r->from->fault.code)
        faults_add(&r->faults, r->from->fault);
    else if (r->check && r->faults.n == 0)
        tar_check_end(r->check);
    look_behind_end(r);
    return 0;
}

/* "Pathname can't be converted from UTF-8 to current locale": the bytes are there all the
 * same, and no locale is ours. */
static bool is_about_locale(const struct archive_reader *r)
{
    const char *why = archive_error_string(r->archive);
    return why && strstr(why, "be converted");
}

/* 7z has names in UTF-16, which libarchive turns into those of the thread's locale, or
 * drops: whatever the program's is, here it is UTF-8. */
static locale_t utf8_locale;

void archive_prepare(void)
{
    if (!utf8_locale)
        utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static int read_header(struct archive_reader *r, struct archive_entry **e)
{
    if (r->kind != CONTAINER_7Z || !utf8_locale)
        return archive_read_next_header(r->archive, e);
    locale_t before = uselocale(utf8_locale);
    int status = archive_read_next_header(r->archive, e);
    uselocale(before);
    return status;
}

/* The header of the next member: 1, or 0 at the end. */
static int next_header(struct archive_reader *r, struct archive_entry **e)
{
    int status = read_header(r, e);
    if (status == ARCHIVE_EOF)
        return end_of(r);
    if (status < ARCHIVE_WARN && r->from->fault.code == FAULT_NONE)
        fault_at(r, r->input_ended ? FAULT_TRUNCATED : FAULT_NO_ENTRY, consumed(r));
    if (status < ARCHIVE_WARN)
        return end_of(r);
    if (status == ARCHIVE_WARN && !is_about_locale(r))
        fault_at(r, FAULT_VALUE, consumed(r));
    return 1;
}

/* A filter has one member. Where its data ends is known once all of it was taken. */
static int next_of_filter(struct archive_reader *r)
{
    struct archive_entry *e;
    bool taken = r->content.data_ended && r->content.source.fault.code == FAULT_NONE;
    if (r->given && r->archive && taken && !r->ended) {
        r->ended = true;
        look_behind_end(r);
    }
    if (r->given)
        return 0;
    r->given = true;
    if (r->archive && archive_read_next_header(r->archive, &e) < ARCHIVE_WARN)
        fault_at(r, FAULT_VALUE, consumed(r));
    return 1;
}

/* 1 with *e set (NULL for the member of a filter), or 0. */
static int advance(struct archive_reader *r, struct archive_entry **e)
{
    *e = NULL;
    r->content.reader = NULL;
    r->content.has_size = false;
    if (r->ended)
        return 0;
    if (container_is_filter(r->kind))
        return next_of_filter(r);
    int more = next_header(r, e);
    if (more) {
        int64_t size = archive_entry_size(*e);
        r->content.has_size = archive_entry_size_is_set(*e) && size >= 0;
        r->content.size = r->content.has_size ? (uint64_t)size : 0;
    }
    return more;
}

int archive_skip(struct archive_reader *r)
{
    struct archive_entry *e;
    return advance(r, &e);
}

enum { ZIP_LOCAL = 30 }; /* of a local header, without name and extra fields */

/* The local header of a zip, which ends where the reader is: its own lengths must lead
 * there. It is looked for in the block that was read last. */
static struct bytes zip_header(const struct archive_reader *r)
{
    uint64_t end = consumed(r), start = r->block_end - r->block.n;
    if (end < start || end > r->block_end)
        return BYTES_NONE;
    struct bytes before = bytes_sub(r->block, 0, (size_t)(end - start));
    for (size_t n = ZIP_LOCAL; n <= before.n && n <= ZIP_LOCAL + 2 * UINT16_MAX; n++) {
        const uint8_t *p = before.p + before.n - n;
        size_t name = p[26] | (size_t)p[27] << 8, extra = p[28] | (size_t)p[29] << 8;
        if (memcmp(p, "PK\3\4", 4) == 0 && ZIP_LOCAL + name + extra == n)
            return bytes_of(p, n);
    }
    return BYTES_NONE;
}

/* A name in UTF-8 that libarchive would not turn into that of a locale: as it stands. */
static struct bytes zip_name(const struct archive_reader *r)
{
    struct bytes header = zip_header(r);
    size_t n = header.n ? header.p[26] | (size_t)header.p[27] << 8 : 0;
    return n ? bytes_sub(header, ZIP_LOCAL, n) : BYTES_NONE;
}

int archive_next(struct archive_reader *r, struct arena *into, struct bytes *name,
                 struct entry *entry)
{
    struct archive_entry *e;
    int more = advance(r, &e);
    *name = BYTES_NONE;
    *entry = (struct entry){.type = ENTRY_FILE,
                            .mode = 0644,
                            .mtime = INSTANT_NONE,
                            .rare = &entry_rare_none};
    if (!more || !e)
        return more;
    const char *path = archive_entry_pathname(e);
    if (!path)
        path = archive_entry_pathname_utf8(e);
    struct bytes plain = bytes_str(path);
    if (plain.n == 0 && r->kind == CONTAINER_ZIP)
        plain = zip_name(r);
    *name = arena_copy(into, plain);
    archive_take_entry(r, e, into, entry);
    return 1;
}

/* -- content ------------------------------------------------------------------------- */

static int hole(struct content *c, uint64_t until, struct bytes *block)
{
    uint64_t n = until - c->at;
    *block = bytes_of(zeros, n < sizeof zeros ? (size_t)n : sizeof zeros);
    c->at += block->n;
    return 1;
}

static void pull_data(struct content *c)
{
    const void *p;
    size_t n;
    la_int64_t offset;
    struct archive_reader *r = c->reader;
    int status = archive_read_data_block(r->archive, &p, &n, &offset);
    if (status == ARCHIVE_EOF) {
        c->data_ended = true;
        return;
    }
    if (status < ARCHIVE_WARN || offset < 0 || (uint64_t)offset < c->at) {
        c->data_ended = true;
        c->has_size = false;
        c->source.fault = (struct fault){FAULT_TRUNCATED, c->at, c->size, c->at};
        return;
    }
    /* The last block of a member whose checksum or size is not what the archive says. */
    if (status == ARCHIVE_WARN)
        archive_fault(r, FAULT_CHECKSUM);
    c->data = bytes_of(p, n);
    c->data_at = (uint64_t)offset;
}

/* libarchive hands out the block it was given, or a copy of its own. */
static bool is_inside(struct bytes block, struct bytes part)
{
    return part.p >= block.p && part.p < block.p + block.n;
}

static int content_next(struct source *s, struct bytes *block)
{
    struct content *c = (struct content *)s;
    if (!c->reader)
        return 0;
    while (!c->data_ended && c->data.n == 0)
        pull_data(c);
    s->held = NULL;
    if (c->data.n && c->data_at > c->at)
        return hole(c, c->data_at, block);
    if (c->data.n) {
        *block = bytes_sub(c->data, 0, LIMIT_BLOCK);
        s->held = is_inside(c->reader->block, *block) ? c->reader->from->held : NULL;
        c->at += block->n;
        c->data = bytes_from(c->data, block->n);
        c->data_at += block->n;
        return 1;
    }
    return c->has_size && c->at < c->size ? hole(c, c->size, block) : 0;
}

struct source *archive_content(struct archive_reader *r)
{
    if (r->filter)
        return r->filter;
    r->content = (struct content){
        .source = {.next = content_next, .pool = r->from->pool},
        .reader = r->ended ? NULL : r,
        .size = r->content.size,
        .has_size = r->content.has_size,
    };
    return &r->content.source;
}

bool archive_header(const struct archive_reader *r, uint64_t *offset, uint64_t *length)
{
    if (r->kind == CONTAINER_ZIP) {
        *length = r->archive ? zip_header(r).n : 0;
        *offset = consumed(r) - *length;
        return *length > 0;
    }
    int64_t at = r->archive && r->kind != CONTAINER_7Z
                     ? archive_read_header_position(r->archive)
                     : -1;
    if (at < 0 || container_is_filter(r->kind) || consumed(r) <= (uint64_t)at)
        return false;
    *offset = (uint64_t)at;
    *length = consumed(r) - (uint64_t)at;
    return true;
}

uint64_t archive_taken(const struct archive_reader *r)
{
    bool frames = r->kind == CONTAINER_GZIP || r->kind == CONTAINER_ZSTD;
    return frames ? frames_source_taken(r->filter) : consumed(r);
}

const struct faults *archive_faults(const struct archive_reader *r)
{
    return &r->faults;
}

void archive_close(struct archive_reader *r)
{
    if (!r)
        return;
    archive_read_free(r->archive);
    if (r->kind == CONTAINER_XZ)
        xz_source_free(r->filter);
    else if (r->kind == CONTAINER_UTF16)
        utf16_source_free(r->filter);
    else
        frames_source_free(r->filter);
    awslogs_source_free(r->octets);
    tar_check_free(r->check);
    faults_release(&r->faults);
    free(r);
}
