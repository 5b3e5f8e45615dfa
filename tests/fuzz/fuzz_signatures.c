/* Signatures that are text: minisign, signify, SSHSIG, DSSE; and custody logs. */
#include "formats/custody.h"
#include "formats/dsse.h"
#include "formats/minisign.h"
#include "formats/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct bytes all = bytes_of(data, size), blob, comment;
    struct minisign_signature signature;
    struct minisign_key minisign;
    struct sshsig sshsig;
    struct ssh_key key;
    struct dsse dsse;
    struct fault fault;
    (void)minisign_read_signature(all, &arena, &signature, &fault);
    (void)minisign_read_key(all, &arena, &minisign, &fault);
    if (sshsig_read(all, &arena, &sshsig, &fault)) {
        (void)sshsig_signed_data(&sshsig, BYTES("digest"), &arena);
        (void)ssh_key_read(sshsig.key, &key);
    }
    (void)ssh_key_line(all, &arena, &blob, &comment);
    if (dsse_read(all, &arena, &dsse))
        (void)dsse_signed_data(&dsse, &arena);
    (void)custody_read(all);
    arena_release(&arena);
    return 0;
}
