/* Filter: classic BPF programs, as seccomp filters and socket filters hold them.
 *
 * Eight bytes per instruction: 16-bit code, two 8-bit jump offsets, 32-bit constant,
 * little-endian. Sources: linux/filter.h, linux/bpf_common.h, linux/seccomp.h.
 */
#ifndef FORMATS_CRIU_FILTER_H
#define FORMATS_CRIU_FILTER_H

#include "formats/base/text.h"

struct filter_instruction {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t k;
};

static inline size_t filter_count(struct bytes program)
{
    return program.n / 8;
}
/* `i` < filter_count. */
struct filter_instruction filter_at(struct bytes program, size_t i);

/* One line of assembly, without its number: "jeq #0x3b, 4, 0". With `seccomp`, loads are
 * named after struct seccomp_data and returns after their action. */
void filter_line(struct filter_instruction in, size_t number, bool seccomp,
                 struct text *t);

/* What a seccomp program can answer: one bit per enum filter_action that a `ret` names.
 */
enum filter_action {
    FILTER_KILL_PROCESS,
    FILTER_KILL_THREAD,
    FILTER_TRAP,
    FILTER_ERRNO,
    FILTER_USER_NOTIFY,
    FILTER_TRACE,
    FILTER_LOG,
    FILTER_ALLOW,
    FILTER_ACTION_COUNT
};
const char *filter_action_name(enum filter_action a);
uint32_t filter_actions(struct bytes program);

#endif
