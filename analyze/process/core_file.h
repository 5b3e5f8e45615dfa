/* Core file: a process of a checkpoint as an ELF core, as the kernel would have written
 * it, for gdb and everything else that reads cores.
 *
 * A 32-bit task has a 32-bit core. Every thread has its registers; mappings, auxiliary
 * vector and process information are notes. Memory that the dump does not have (pages of
 * a file that were never written) is left to the file, as the kernel does, and never
 * invented. Sources: elf(5), core(5), linux/elfcore.h, the register sets of each
 * machine's asm/ptrace.h.
 */
#ifndef ANALYZE_PROCESS_CORE_FILE_H
#define ANALYZE_PROCESS_CORE_FILE_H

#include <stdio.h>

#include "analyze/process/core_machine.h"
#include "analyze/process/memory.h"

enum core_result {
    CORE_WRITTEN,
    CORE_NO_REGISTERS, /* a machine whose cores are not written */
    CORE_NO_MEMORY,    /* a zombie, or no memory image */
    CORE_TOO_MANY,     /* more segments than an ELF header can count */
    CORE_TOO_LARGE,    /* more bytes than a 32-bit file can place */
    CORE_FAILED,       /* our own failure: errno */
};
enum core_result core_write(struct memory *m, const struct process *p, FILE *to);

/* The notes of a process, ready to be written; NULL for CORE_NO_REGISTERS. */
const struct core_format *core_notes(const struct process *p, struct text *notes);

#endif
