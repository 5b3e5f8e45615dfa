/* Core machine: what a core file of each processor looks like.
 *
 * Structures are written byte by byte, because the examiner's machine may be another one
 * than the dumped. CRIU runs on little-endian machines, and on s390.
 */
#ifndef ANALYZE_PROCESS_CORE_MACHINE_H
#define ANALYZE_PROCESS_CORE_MACHINE_H

#include "formats/base/text.h"
#include "formats/criu/task.pb-c.h"

struct core_format {
    uint16_t machine; /* e_machine */
    uint8_t word;     /* bytes of an address: 8, or 4 of a 32-bit task */
    bool big_endian;
    /* Appends pr_reg of struct elf_prstatus. */
    void (*registers)(struct text *t, const struct core_format *f,
                      const Criu__CoreEntry *core);
    /* Appends the notes of floating point and whatever else a thread has; may be NULL. */
    void (*others)(struct text *notes, const struct core_format *f,
                   const Criu__CoreEntry *core);
};
/* Of the machine whose registers the core has; NULL when it has none. */
const struct core_format *core_format(const Criu__CoreEntry *core);

/* Appends a number of so many bytes; words of the format's size. */
void core_put(struct text *t, const struct core_format *f, uint64_t n, size_t bytes);
void core_put_words(struct text *t, const struct core_format *f, const uint64_t *v,
                    size_t n);

struct core_note {
    const char *name; /* "CORE", "LINUX" */
    uint32_t type;    /* NT_* */
    struct bytes body;
};
void core_add_note(struct text *notes, const struct core_format *f,
                   struct core_note note);

#endif
