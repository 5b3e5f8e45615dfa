#include "formats/criu/filter.h"

#include "formats/base/cursor.h"

/* Fields of the code (linux/bpf_common.h). */
enum { LD, LDX, ST, STX, ALU, JMP, RET, MISC };
enum { MODE_IMM = 0x00, MODE_ABS = 0x20, MODE_IND = 0x40, MODE_MEM = 0x60 };
enum { MODE_LEN = 0x80, MODE_MSH = 0xa0 };
enum { SOURCE_X = 0x08, RETURN_A = 0x10, MISC_TXA = 0x80 };

static const struct {
    uint32_t value;
    const char *name;
} actions[FILTER_ACTION_COUNT] = {
    [FILTER_KILL_PROCESS] = {0x80000000, "kill-process"},
    [FILTER_KILL_THREAD] = {0x00000000, "kill-thread"},
    [FILTER_TRAP] = {0x00030000, "trap"},
    [FILTER_ERRNO] = {0x00050000, "errno"},
    [FILTER_USER_NOTIFY] = {0x7fc00000, "user-notify"},
    [FILTER_TRACE] = {0x7ff00000, "trace"},
    [FILTER_LOG] = {0x7ffc0000, "log"},
    [FILTER_ALLOW] = {0x7fff0000, "allow"},
};

const char *filter_action_name(enum filter_action a)
{
    return actions[a].name;
}

struct filter_instruction filter_at(struct bytes program, size_t i)
{
    struct cursor c = cursor_of(bytes_sub(program, i * 8, 8));
    struct filter_instruction in;
    in.code = cursor_u16le(&c);
    in.if_true = cursor_u8(&c);
    in.if_false = cursor_u8(&c);
    in.k = cursor_u32le(&c);
    return in;
}

/* Index in `actions`, or FILTER_ACTION_COUNT. The low half of a return is its data. */
static size_t action_of(uint32_t k)
{
    for (size_t i = 0; i < FILTER_ACTION_COUNT; i++)
        if (actions[i].value == (k & 0xffff0000))
            return i;
    return FILTER_ACTION_COUNT;
}

uint32_t filter_actions(struct bytes program)
{
    uint32_t set = 0;
    for (size_t i = 0; i < filter_count(program); i++) {
        struct filter_instruction in = filter_at(program, i);
        size_t action = action_of(in.k);
        if ((in.code & 7) == RET && !(in.code & RETURN_A) && action < FILTER_ACTION_COUNT)
            set |= 1u << action;
    }
    return set;
}

/* struct seccomp_data: nr, arch, instruction pointer, six arguments. */
static void seccomp_field(uint32_t k, struct text *t)
{
    if (k == 0)
        text_str(t, "ld [nr]");
    else if (k == 4)
        text_str(t, "ld [arch]");
    else if (k == 8 || k == 12)
        text_printf(t, "ld [ip.%s]", k == 8 ? "low" : "high");
    else if (k >= 16 && k < 64 && k % 4 == 0)
        text_printf(t, "ld [arg%u.%s]", (k - 16) / 8, k % 8 ? "high" : "low");
    else
        text_printf(t, "ld [%u]", k);
}

static void load(struct filter_instruction in, bool seccomp, struct text *t)
{
    static const char *const widths[] = {"ld", "ldh", "ldb", "ld?"};
    const char *name = (in.code & 7) == LDX ? "ldx" : widths[in.code >> 3 & 3];
    switch (in.code & 0xe0) {
    case MODE_ABS:
        if (seccomp)
            seccomp_field(in.k, t);
        else
            text_printf(t, "%s [%u]", name, in.k);
        break;
    case MODE_IND:
        text_printf(t, "%s [x + %u]", name, in.k);
        break;
    case MODE_MEM:
        text_printf(t, "%s M[%u]", name, in.k);
        break;
    case MODE_LEN:
        text_printf(t, "%s len", name);
        break;
    case MODE_MSH:
        text_printf(t, "%s 4*([%u]&0xf)", name, in.k);
        break;
    default:
        text_printf(t, "%s #%#x", name, in.k);
    }
}

static void operand(struct filter_instruction in, struct text *t)
{
    if (in.code & SOURCE_X)
        text_str(t, "x");
    else
        text_printf(t, "#%#x", in.k);
}

static void compute(struct filter_instruction in, struct text *t)
{
    static const char *const names[16] = {"add",  "sub",  "mul",  "div", "or",  "and",
                                          "lsh",  "rsh",  "neg",  "mod", "xor", "alu?",
                                          "alu?", "alu?", "alu?", "alu?"};
    text_printf(t, "%s ", names[in.code >> 4 & 15]);
    operand(in, t);
}

static void jump(struct filter_instruction in, size_t number, struct text *t)
{
    static const char *const names[5] = {"jmp", "jeq", "jgt", "jge", "jset"};
    unsigned op = in.code >> 4 & 15;
    if (op == 0) {
        text_printf(t, "jmp %zu", number + 1 + in.k);
        return;
    }
    text_printf(t, "%s ", op < 5 ? names[op] : "j?");
    operand(in, t);
    text_printf(t, ", %zu, %zu", number + 1 + in.if_true, number + 1 + in.if_false);
}

static void answer(struct filter_instruction in, bool seccomp, struct text *t)
{
    size_t action = action_of(in.k);
    if (in.code & RETURN_A)
        text_str(t, "ret a");
    else if (!seccomp || action == FILTER_ACTION_COUNT)
        text_printf(t, "ret #%#x", in.k);
    else if (in.k & 0xffff)
        text_printf(t, "ret %s(%u)", actions[action].name, in.k & 0xffff);
    else
        text_printf(t, "ret %s", actions[action].name);
}

void filter_line(struct filter_instruction in, size_t number, bool seccomp,
                 struct text *t)
{
    switch (in.code & 7) {
    case LD:
    case LDX:
        load(in, seccomp, t);
        break;
    case ST:
        text_printf(t, "st M[%u]", in.k);
        break;
    case STX:
        text_printf(t, "stx M[%u]", in.k);
        break;
    case ALU:
        compute(in, t);
        break;
    case JMP:
        jump(in, number, t);
        break;
    case RET:
        answer(in, seccomp, t);
        break;
    case MISC:
        text_str(t, in.code & MISC_TXA ? "txa" : "tax");
    }
}
