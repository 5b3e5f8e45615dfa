#include "analyze/layer/content.h"

#include <magic.h>
#include <stdlib.h>

#include "formats/base/digest.h"
#include "formats/base/limits.h"
#include "formats/base/mask.h"
#include "formats/base/memory.h"
#include "formats/base/text.h"

/* -- types --------------------------------------------------------------------------- */

struct typing {
    magic_t cookie;
};

/* Nothing is unpacked: what is in an archive is the walk's work. */
struct typing *typing_new(void)
{
    magic_t cookie = magic_open(MAGIC_NO_CHECK_COMPRESS);
    if (!cookie || magic_load(cookie, NULL) != 0) {
        if (cookie)
            magic_close(cookie);
        return NULL;
    }
    struct typing *t = memory_new(1, sizeof *t);
    t->cookie = cookie;
    return t;
}

void typing_free(struct typing *t)
{
    if (t)
        magic_close(t->cookie);
    free(t);
}

static const char *type_of(struct typing *types, struct bytes all, struct arena *arena)
{
    const char *type = types ? magic_buffer(types->cookie, all.p, all.n) : NULL;
    struct text safe = {0};
    if (!type)
        return NULL;
    escape_plain(&safe, bytes_str(type));
    type = arena_string(arena, text_bytes(&safe));
    text_release(&safe);
    return type;
}

/* -- loading ------------------------------------------------------------------------- */

int loaded_read(struct loaded *l, struct source *from)
{
    struct bytes block;
    int more;
    l->n = 0;
    l->all = (struct histogram){0};
    while ((more = source_next(from, &block)) > 0) {
        histogram_add(&l->all, block);
        struct bytes part = bytes_sub(block, 0, LIMIT_STUDIED - l->n);
        l->p = memory_grow(l->p, &l->capacity, l->n + part.n + 1, 1);
        if (part.n)
            memcpy(l->p + l->n, part.p, part.n);
        l->n += part.n;
    }
    return more;
}

void loaded_release(struct loaded *l)
{
    free(l->p);
    *l = (struct loaded){0};
}

/* -- what the bytes look like -------------------------------------------------------- */

/* Latin-1 and other old encodings are text as well. */
static bool is_text(const struct loaded *l)
{
    uint64_t controls = 0;
    for (unsigned c = 1; c < 0x20; c++)
        controls += is_blank((uint8_t)c) || c == 0x1b ? 0 : l->all.counts[c];
    return l->all.size > 0 && l->all.counts[0] == 0 && controls <= l->all.size / 100;
}

/* -- ELF ----------------------------------------------------------------------------- */

static struct bytes kept(struct arena *arena, struct bytes b)
{
    return b.n ? arena_copy(arena, bytes_sub(b, 0, LIMIT_PATH)) : BYTES_NONE;
}

static void digest_sections(const struct elf *e, struct arena *arena,
                            struct content_elf *out)
{
    out->sections = arena_array(arena, struct section_digest, e->section_count + 1);
    for (size_t i = 1; i < e->section_count; i++) {
        const struct elf_section *s = &e->sections[i];
        struct section_digest *d = &out->sections[out->section_count++];
        struct digest digest = digest_bytes(DIGEST_SHA256, s->bytes);
        *d = (struct section_digest){.name = kept(arena, s->name),
                                     .size = s->size,
                                     .executable = s->flags & 4}; /* SHF_EXECINSTR */
        memcpy(d->sha256, digest.octets, sizeof d->sha256);
    }
}

/* Packers leave their mark, or at least a program without any table of sections whose
 * code is as dense as compressed data. */
static const char *packer_of(const struct elf *e, struct bytes all, double entropy)
{
    if (bytes_contains(bytes_sub(all, 0, 4096), BYTES("UPX!")))
        return "UPX";
    bool runs = e->kind == ELF_EXECUTABLE || e->kind == ELF_SHARED;
    return runs && e->section_count == 0 && entropy > 7.2 ? "packed" : NULL;
}

static struct go_build *go_content(const struct elf *e, struct arena *arena)
{
    struct go_build found;
    if (!go_build_read(e, &found))
        return NULL;
    struct go_build *go = arena_new(arena, struct go_build);
    *go = (struct go_build){.version = kept(arena, found.version),
                            .path = kept(arena, found.path),
                            .module = kept(arena, found.module),
                            .release = kept(arena, found.release),
                            .revision = kept(arena, found.revision),
                            .dependencies = found.dependencies};
    return go;
}

static struct content_elf *elf_content(struct bytes all, double entropy,
                                       struct arena *arena)
{
    struct arena work = ARENA_INIT;
    struct elf e;
    struct content_elf *out = NULL;
    if (elf_read(all, &work, &e, NULL)) {
        out = arena_new(arena, struct content_elf);
        digest_sections(&e, arena, out);
        out->needed = arena_array(arena, struct bytes, e.needed_count + 1);
        for (size_t i = 0; i < e.needed_count; i++)
            out->needed[out->needed_count++] = kept(arena, e.needed[i]);
        out->run_path = kept(arena, e.run_path);
        out->interpreter = kept(arena, e.interpreter);
        out->has_symbols = e.has_symbols;
        out->has_sections = e.section_count > 0;
        out->is_static = e.interpreter.n == 0 && e.needed_count == 0;
        out->is_program =
            e.kind == ELF_EXECUTABLE ||
            (e.kind == ELF_SHARED && (e.interpreter.n || (out->is_static && e.entry)));
        out->go = go_content(&e, arena);
        out->packer = packer_of(&e, all, entropy);
    }
    arena_release(&work);
    return out;
}

/* -- credentials --------------------------------------------------------------------- */

/* What only a name makes a secret is in every configuration file. */
static bool is_by_name(const char *kind)
{
    static const char *const names[] = {"password",     "secret",       "token",
                                        "key",          "cookie",       "signature",
                                        "basic-auth",   "docker-auth",  "authorization",
                                        "bearer-token", "password-hash"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(kind, names[i]) == 0)
            return true;
    }
    return false;
}

static void find_credentials(struct bytes all, struct content *out)
{
    struct credential found;
    size_t at = 0;
    while (out->credential_count < CONTENT_CREDENTIALS &&
           credential_find(all, at, &found)) {
        if (!is_by_name(found.kind))
            out->credentials[out->credential_count++] =
                (struct content_credential){found.kind, found.offset, found.length};
        at = found.offset + found.length;
    }
}

struct content *content_of(const struct loaded *l, struct typing *types, bool keep_text,
                           struct arena *arena)
{
    struct bytes all = bytes_of(l->p, l->n);
    struct content *out = arena_new(arena, struct content);
    *out = (struct content){.size = l->all.size,
                            .whole = l->n == l->all.size,
                            .is_text = is_text(l),
                            .entropy = histogram_entropy(&l->all),
                            .arena = arena};
    if (l->n)
        memcpy(out->head, l->p, l->n < sizeof out->head ? l->n : sizeof out->head);
    out->type = l->all.size ? type_of(types, all, arena) : "empty";
    if (out->is_text && keep_text && l->n <= LIMIT_PATCH_TEXT && out->whole)
        out->text = arena_copy(arena, all);
    if (out->is_text && l->n <= LIMIT_STUDIED_TEXT)
        find_credentials(all, out);
    if (out->whole && elf_probe(all))
        out->elf = elf_content(all, out->entropy, arena);
    return out;
}
