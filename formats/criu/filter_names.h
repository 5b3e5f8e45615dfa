/* Filter names: what the numbers in a seccomp program stand for.
 *
 * A system call has another number on each architecture, so a program asks for the
 * architecture first. Jumps only lead on: one pass knows for each instruction what was
 * loaded before it, and for which architectures it is reached.
 */
#ifndef FORMATS_CRIU_FILTER_NAMES_H
#define FORMATS_CRIU_FILTER_NAMES_H

#include "formats/criu/filter.h"

/* Those whose calls are known; audit's AUDIT_ARCH_* (linux/audit.h) in a program. */
enum filter_machine { MACHINE_X86_64, MACHINE_I386, MACHINE_AARCH64, MACHINE_OTHER };

/* The name of a system call, or NULL. */
const char *syscall_name(enum filter_machine m, uint32_t number);

struct filter_place {
    uint8_t loaded;   /* internal: what the accumulator holds */
    uint8_t machines; /* a bit for each enum filter_machine; 0: never reached */
};
/* One for each instruction; free with free(). */
struct filter_place *filter_places(struct bytes program);
/* What a comparison is with: the name of a system call or an architecture; NULL when it
 * is with something else, or has no name. A program that does not ask is of `native`, the
 * machine of the dump. */
const char *filter_operand_name(struct filter_instruction in, struct filter_place at,
                                enum filter_machine native);

#endif
