/* The limit that a comparison of images is measured against: every gzip blob that is
 * named is inflated by ISA-L; OpenSSL hashes the blob, what is in it, and that once more,
 * as the digests of single files do. One blob a thread, as many threads as processors,
 * nothing else. */
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (256 * 1024)

static char **names;
static int count;
static atomic_int taken;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static EVP_MD_CTX *begin(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || !EVP_DigestInit_ex(c, EVP_sha256(), NULL))
        die("sha256");
    return c;
}

static void end(EVP_MD_CTX *c)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_DigestFinal_ex(c, digest, NULL);
    EVP_MD_CTX_free(c);
}

static void inflate_blob(const unsigned char *p, size_t n)
{
    static _Thread_local unsigned char out[BLOCK];
    EVP_MD_CTX *blob = begin(), *tar = begin(), *files = begin();
    struct inflate_state s;
    isal_inflate_init(&s);
    s.crc_flag = ISAL_GZIP;
    for (size_t at = 0; at < n || s.avail_in;) {
        if (s.avail_in == 0) {
            size_t take = n - at < BLOCK ? n - at : BLOCK;
            s.next_in = (unsigned char *)p + at;
            s.avail_in = (unsigned)take;
            EVP_DigestUpdate(blob, p + at, take);
            at += take;
        }
        s.next_out = out;
        s.avail_out = BLOCK;
        if (isal_inflate(&s) != ISAL_DECOMP_OK)
            die("inflate");
        EVP_DigestUpdate(tar, out, BLOCK - s.avail_out);
        EVP_DigestUpdate(files, out, BLOCK - s.avail_out);
        if (s.block_state == ISAL_BLOCK_FINISH)
            break;
    }
    end(blob);
    end(tar);
    end(files);
}

static void *work(void *unused)
{
    for (int i; (i = atomic_fetch_add(&taken, 1)) < count;) {
        struct stat st;
        int fd = open(names[i], O_RDONLY);
        if (fd < 0 || fstat(fd, &st) < 0)
            die(names[i]);
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
            die(names[i]);
        inflate_blob(p, (size_t)st.st_size);
        munmap(p, (size_t)st.st_size);
        close(fd);
    }
    return unused;
}

int main(int argc, char **argv)
{
    long threads = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t t[256];
    names = argv + 1;
    count = argc - 1;
    if (threads > 256)
        threads = 256;
    for (long i = 0; i < threads; i++)
        if (pthread_create(&t[i], NULL, work, NULL))
            die("thread");
    for (long i = 0; i < threads; i++)
        pthread_join(t[i], NULL);
    return 0;
}
