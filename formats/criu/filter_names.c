#include "formats/criu/filter_names.h"

#include "formats/base/memory.h"

/* linux/bpf_common.h */
enum { LOAD = 0, LOAD_WORD_AT = 0x20, ALU = 4, JUMP = 5, RETURN = 6, MISC = 7 };
enum { JUMP_ALWAYS = 0x05, JUMP_IF_EQUAL = 0x15, JUMP_IF_SET = 0x45, SOURCE_X = 0x08 };
enum { MISC_TXA = 0x80 };

enum { LOADED_OTHER, LOADED_NUMBER, LOADED_MACHINE };
#define EVERY_MACHINE ((1u << (MACHINE_OTHER + 1)) - 1)

/* -- names --------------------------------------------------------------------------- */

#define NONE (-1)
static const struct {
    const char *name;
    int16_t numbers[MACHINE_OTHER];
} calls[] = {
#define SYSCALL(name, x86_64, i386, aarch64) {#name, {x86_64, i386, aarch64}},
#include "formats/criu/syscalls.def"
#undef SYSCALL
};

const char *syscall_name(enum filter_machine m, uint32_t number)
{
    for (size_t i = 0; m < MACHINE_OTHER && i < sizeof calls / sizeof *calls; i++)
        if (calls[i].numbers[m] >= 0 && (uint32_t)calls[i].numbers[m] == number)
            return calls[i].name;
    return NULL;
}

static const struct {
    uint32_t value;
    const char *name;
    enum filter_machine machine;
} machines[] = {
    {0xc000003e, "x86_64", MACHINE_X86_64},   {0x40000003, "i386", MACHINE_I386},
    {0xc00000b7, "aarch64", MACHINE_AARCH64}, {0x40000028, "arm", MACHINE_OTHER},
    {0xc00000f3, "riscv64", MACHINE_OTHER},   {0x80000016, "s390x", MACHINE_OTHER},
    {0xc0000015, "ppc64le", MACHINE_OTHER},   {0xc0000102, "loongarch64", MACHINE_OTHER},
};

/* Index in `machines`, or their number. */
static size_t machine_of(uint32_t value)
{
    size_t i = 0;
    while (i < sizeof machines / sizeof *machines && machines[i].value != value)
        i++;
    return i;
}

/* -- the pass ------------------------------------------------------------------------ */

struct pass {
    struct filter_place *places;
    size_t n;
};

/* Ways that meet know only what each of them does. */
static void reach(struct pass *p, size_t to, struct filter_place from)
{
    if (to >= p->n)
        return;
    struct filter_place *at = &p->places[to];
    bool same = at->machines == 0 || at->loaded == from.loaded;
    at->loaded = same ? from.loaded : LOADED_OTHER;
    at->machines |= from.machines;
}

static void branch(struct pass *p, size_t i, struct filter_instruction in)
{
    struct filter_place from = p->places[i], equal = from;
    size_t machine = machine_of(in.k);
    if (in.code == JUMP_ALWAYS) {
        reach(p, i + 1 + in.k, from);
        return;
    }
    if (in.code == JUMP_IF_EQUAL && from.loaded == LOADED_MACHINE) {
        bool known = machine < sizeof machines / sizeof *machines;
        enum filter_machine m = known ? machines[machine].machine : MACHINE_OTHER;
        equal.machines &= (uint8_t)(1u << m);
        if (m != MACHINE_OTHER)
            from.machines &= (uint8_t) ~(1u << m);
    }
    reach(p, i + 1 + in.if_true, equal);
    reach(p, i + 1 + in.if_false, from);
}

static void step(struct pass *p, size_t i, struct filter_instruction in)
{
    struct filter_place next = p->places[i];
    unsigned kind = in.code & 7;
    if (next.machines == 0 || kind == RETURN)
        return;
    if (kind == JUMP) {
        branch(p, i, in);
        return;
    }
    if (in.code == LOAD_WORD_AT)
        next.loaded = in.k == 0   ? LOADED_NUMBER
                      : in.k == 4 ? LOADED_MACHINE
                                  : LOADED_OTHER;
    else if (kind == LOAD || kind == ALU || (kind == MISC && (in.code & MISC_TXA)))
        next.loaded = LOADED_OTHER;
    reach(p, i + 1, next);
}

struct filter_place *filter_places(struct bytes program)
{
    struct pass p = {.n = filter_count(program)};
    p.places = memory_new(p.n + 1, sizeof *p.places);
    p.places[0].machines = EVERY_MACHINE;
    for (size_t i = 0; i < p.n; i++)
        step(&p, i, filter_at(program, i));
    return p.places;
}

/* The one that it is reached for, else the dump's own where it is among them. */
static enum filter_machine machine_at(struct filter_place at, enum filter_machine native)
{
    for (unsigned m = 0; m < MACHINE_OTHER; m++)
        if (at.machines == 1u << m)
            return (enum filter_machine)m;
    return at.machines >> native & 1 ? native : MACHINE_OTHER;
}

const char *filter_operand_name(struct filter_instruction in, struct filter_place at,
                                enum filter_machine native)
{
    size_t machine = machine_of(in.k);
    if ((in.code & 7) != JUMP || in.code == JUMP_ALWAYS || (in.code & SOURCE_X) ||
        (in.code & 0xf0) == (JUMP_IF_SET & 0xf0))
        return NULL;
    if (at.loaded == LOADED_NUMBER)
        return syscall_name(machine_at(at, native), in.k);
    if (at.loaded == LOADED_MACHINE && machine < sizeof machines / sizeof *machines)
        return machines[machine].name;
    return NULL;
}
