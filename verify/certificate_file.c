#include "verify/certificate_file.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "formats/base/limits.h"
#include "verify/identify_name.h"

/* Of a certificate that a seal was made with. */
struct issuer_name {
    X509_NAME *name;
    struct issuer_name *next;
};

static bool is_named_so(const struct item *item)
{
    static const char *const endings[] = {".pem", ".crt", ".cer", ".der", ".cert"};
    bool fits = item->entry.type == ENTRY_FILE && item->size <= LIMIT_CERTIFICATES &&
                item->container == CONTAINER_NONE;
    for (size_t i = 0; fits && i < sizeof endings / sizeof *endings; i++) {
        if (name_ends(item->name, endings[i]))
            return true;
    }
    return false;
}

static void add(struct check *c, const struct item *item, X509 *certificate)
{
    struct certificate_file *f = arena_new(&c->v->arena, struct certificate_file);
    *f = (struct certificate_file){certificate, item, false, c->certificates};
    c->certificates = f;
}

static void read_file(struct check *c, const struct item *item)
{
    struct arena arena = ARENA_INIT;
    uint8_t *room = arena_alloc(&arena, item->size + 1);
    struct bytes all = item_copy(c->package, (struct span){item, 0, item->size}, room);
    BIO *bio = BIO_new_mem_buf(all.p, (int)all.n);
    X509 *x = NULL;
    if (bytes_contains(all, BYTES("-----BEGIN CERTIFICATE"))) {
        while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
            add(c, item, x);
    } else if ((x = d2i_X509_bio(bio, NULL))) {
        add(c, item, x);
    }
    BIO_free(bio);
    arena_release(&arena);
}

const struct certificate_file *certificate_files(struct check *c)
{
    size_t n;
    struct item *const *files = package_files(c->package, &n);
    for (size_t i = 0; i < n && !c->certificates_read; i++) {
        if (is_named_so(files[i]))
            read_file(c, files[i]);
    }
    c->certificates_read = true;
    return c->certificates;
}

void certificate_files_use(struct check *c, X509 *signer)
{
    bool more = true;
    struct issuer_name *issuer = arena_new(&c->v->arena, struct issuer_name);
    *issuer =
        (struct issuer_name){X509_NAME_dup(X509_get_issuer_name(signer)), c->issuers};
    c->issuers = issuer;
    for (struct certificate_file *f = c->certificates; f; f = f->next)
        f->used = f->used || X509_cmp(f->certificate, signer) == 0;
    while (more) {
        more = false;
        for (struct certificate_file *f = c->certificates; f; f = f->next) {
            bool issued = X509_check_issued(f->certificate, signer) == X509_V_OK;
            for (struct certificate_file *g = c->certificates; g && !issued; g = g->next)
                issued = g->used &&
                         X509_check_issued(f->certificate, g->certificate) == X509_V_OK;
            more = more || (issued && !f->used);
            f->used = f->used || issued;
        }
    }
}

bool certificate_file_is_used(const struct check *c, const struct item *item)
{
    const struct certificate_file *f = c->certificates;
    while (f && !(f->item == item && f->used))
        f = f->next;
    return f;
}

bool certificate_files_issuer(const struct check *c, const X509_NAME *name)
{
    for (const struct issuer_name *i = c->issuers; i; i = i->next) {
        if (X509_NAME_cmp(i->name, name) == 0)
            return true;
    }
    for (const struct certificate_file *f = c->certificates; f; f = f->next) {
        if (f->used && X509_NAME_cmp(X509_get_issuer_name(f->certificate), name) == 0)
            return true;
    }
    return false;
}

void certificate_files_release(struct check *c)
{
    for (struct issuer_name *i = c->issuers; i; i = i->next)
        X509_NAME_free(i->name);
    c->issuers = NULL;
    for (struct certificate_file *f = c->certificates; f; f = f->next)
        X509_free(f->certificate);
    c->certificates = NULL;
}
