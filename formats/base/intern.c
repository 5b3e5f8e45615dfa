#include "formats/base/intern.h"

#include <stdlib.h>

#include "formats/base/arena.h"
#include "formats/base/memory.h"

/* Open addressing over numbers: a slot holds number + 1, 0 is empty. At most half full.
 */
struct intern {
    struct arena arena;
    struct bytes *strings;
    uint64_t *hashes;
    size_t strings_capacity, hashes_capacity;
    uint32_t count;
    uint32_t *slots;
    size_t slot_count; /* a power of two */
    uint64_t key[2];
    uint32_t recent[256]; /* number + 1 of what was put lately, by `glance` */
};

/* SipHash-1-3 (Aumasson and Bernstein): the strings are chosen by the attacker, who must
 * not be able to make them collide. */
struct sip {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

static void sip_round(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32) + s->d;
    s->c += s->b;
    s->d = rotate(s->d, 21) ^ s->a;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

static uint64_t hash(const struct intern *t, struct bytes b)
{
    struct sip s = {t->key[0] ^ UINT64_C(0x736f6d6570736575),
                    t->key[1] ^ UINT64_C(0x646f72616e646f6d),
                    t->key[0] ^ UINT64_C(0x6c7967656e657261),
                    t->key[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t word;
    size_t i = 0;
    for (; b.n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, b.p + i, sizeof word);
        sip_word(&s, word);
    }
    word = 0;
    if (b.n > i)
        memcpy(&word, b.p + i, b.n - i);
    sip_word(&s, word | (uint64_t)b.n << 56);
    s.c ^= 0xff;
    for (int round = 0; round < 3; round++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

/* Logs say the same again and again: a look at both ends mostly finds it without a hash.
 * Strings made to look alike only take each other's place. */
static size_t glance(struct bytes b)
{
    uint64_t head = 0, tail = 0;
    size_t n = b.n < sizeof head ? b.n : sizeof head;
    if (n) {
        memcpy(&head, b.p, n);
        memcpy(&tail, b.p + b.n - n, n);
    }
    return (head + rotate(tail, 21) + b.n) * UINT64_C(0x9e3779b97f4a7c15) >> 56;
}

static void resize(struct intern *t, size_t slot_count)
{
    free(t->slots);
    t->slots = memory_new(slot_count, sizeof *t->slots);
    t->slot_count = slot_count;
    for (uint32_t number = 0; number < t->count; number++) {
        size_t at = t->hashes[number] & (slot_count - 1);
        while (t->slots[at])
            at = (at + 1) & (slot_count - 1);
        t->slots[at] = number + 1;
    }
}

struct intern *intern_new(void)
{
    struct intern *t = memory_new(1, sizeof *t);
    /* Where the kernel put us is not known to whoever wrote the evidence; numbers and
     * output do not depend on it. */
    t->key[0] = (uint64_t)(uintptr_t)t * UINT64_C(0x9e3779b97f4a7c15);
    t->key[1] = (uint64_t)(uintptr_t)&intern_new * UINT64_C(0xc2b2ae3d27d4eb4f);
    resize(t, 64);
    return t;
}

void intern_free(struct intern *t)
{
    if (!t)
        return;
    arena_release(&t->arena);
    free(t->strings);
    free(t->hashes);
    free(t->slots);
    free(t);
}

/* The slot that holds b, or the empty one where it belongs. */
static size_t find_slot(const struct intern *t, struct bytes b, uint64_t h)
{
    size_t at = h & (t->slot_count - 1);
    for (; t->slots[at]; at = (at + 1) & (t->slot_count - 1)) {
        uint32_t number = t->slots[at] - 1;
        if (t->hashes[number] == h && bytes_eq(t->strings[number], b))
            break;
    }
    return at;
}

static uint32_t put(struct intern *t, struct bytes b)
{
    uint64_t h = hash(t, b);
    size_t at = find_slot(t, b, h);
    if (t->slots[at])
        return t->slots[at] - 1;
    uint32_t number = t->count++;
    t->strings =
        memory_grow(t->strings, &t->strings_capacity, t->count, sizeof *t->strings);
    t->hashes = memory_grow(t->hashes, &t->hashes_capacity, t->count, sizeof *t->hashes);
    t->strings[number] = arena_copy(&t->arena, b);
    t->hashes[number] = h;
    t->slots[at] = t->count;
    if (t->count >= t->slot_count / 2)
        resize(t, t->slot_count * 2);
    return number;
}

uint32_t intern_put(struct intern *t, struct bytes b)
{
    uint32_t *recent = &t->recent[glance(b)];
    if (*recent == 0 || !bytes_eq(t->strings[*recent - 1], b))
        *recent = put(t, b) + 1;
    return *recent - 1;
}

bool intern_find(const struct intern *t, struct bytes b, uint32_t *out)
{
    uint32_t recent = t->recent[glance(b)];
    if (!recent) /* nothing that looks like it was ever put */
        return false;
    if (bytes_eq(t->strings[recent - 1], b)) {
        *out = recent - 1;
        return true;
    }
    size_t at = find_slot(t, b, hash(t, b));
    if (!t->slots[at])
        return false;
    *out = t->slots[at] - 1;
    return true;
}

struct bytes intern_get(const struct intern *t, uint32_t number)
{
    return t->strings[number];
}

uint32_t intern_count(const struct intern *t)
{
    return t->count;
}
