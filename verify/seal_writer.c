#include "verify/seal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/base/memory.h"
#include "verify/custody.h"

struct seal_writer {
    EVP_PKEY *key;
    X509 *certificate;
    int folder;
};

static const char *read_key(struct seal_writer *w, const char *key,
                            const char *certificate)
{
    BIO *bio = BIO_new_file(key, "r");
    w->key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!w->key)
        return "the key file holds no private key in PEM form";
    bio = BIO_new_file(certificate, "r");
    w->certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!w->certificate)
        return "the certificate file holds no certificate in PEM form";
    return X509_check_private_key(w->certificate, w->key) == 1
               ? NULL
               : "the key is not that of the certificate";
}

const char *seal_writer_open(const char *key, const char *certificate, const char *folder,
                             struct seal_writer **out)
{
    struct seal_writer *w = memory_new(1, sizeof *w);
    w->folder = -1;
    const char *why = read_key(w, key, certificate);
    ERR_clear_error();
    if (!why && mkdir(folder, 0755) != 0 && errno != EEXIST)
        why = strerror(errno);
    if (!why && (w->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        why = strerror(errno);
    if (why)
        seal_writer_close(w);
    else
        *out = w;
    return why;
}

void seal_writer_close(struct seal_writer *w)
{
    if (!w)
        return;
    EVP_PKEY_free(w->key);
    X509_free(w->certificate);
    if (w->folder >= 0)
        close(w->folder);
    free(w);
}

static int write_file(struct seal_writer *w, const char *name, struct bytes content)
{
    int fd = openat(w->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    int status = 0;
    while (content.n && status == 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0)
            status = -errno;
        else
            content = bytes_from(content, (size_t)n);
    }
    if (close(fd) != 0 && status == 0)
        status = -errno;
    return status;
}

static int sign_file(struct seal_writer *w, const char *name, struct bytes content)
{
    struct text path = {0};
    BIO *in = BIO_new_mem_buf(content.p, (int)content.n);
    CMS_ContentInfo *cms =
        CMS_sign(w->certificate, w->key, NULL, in,
                 CMS_DETACHED | CMS_BINARY | CMS_CADES | CMS_NOSMIMECAP);
    uint8_t *der = NULL;
    int n = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
    text_printf(&path, "%s.p7s", name);
    int status = n > 0 ? write_file(w, text_c(&path), bytes_of(der, (size_t)n)) : -EINVAL;
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    text_release(&path);
    return status;
}

static int write_and_sign(struct seal_writer *w, const char *name, struct bytes content)
{
    int status = write_file(w, name, content);
    return status ? status : sign_file(w, name, content);
}

int seal_writer_write(struct seal_writer *w, const struct verification *v)
{
    struct text text = {0}, html = {0}, json = {0};
    json_t *document = verification_to_json(v);
    char *dump = json_dumps(document, JSON_INDENT(2));
    text_str(&json, dump);
    text_byte(&json, '\n');
    certificate_of_verification(v, &text);
    certificate_of_verification_html(v, &html);
    int status = write_and_sign(w, "verdict.json", text_bytes(&json));
    if (status == 0)
        status = write_and_sign(w, "certificate.txt", text_bytes(&text));
    if (status == 0)
        status = write_and_sign(w, "certificate.html", text_bytes(&html));
    free(dump);
    json_decref(document);
    text_release(&text);
    text_release(&html);
    text_release(&json);
    return status;
}
