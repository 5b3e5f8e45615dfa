#include "analyze/kube/network/ip.h"

#include <arpa/inet.h>
#include <string.h>

bool ip_parse(struct bytes text, struct ip *out)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char room[INET6_ADDRSTRLEN];
    struct ip ip = {0};
    if (text.n == 0 || text.n >= sizeof room)
        return false;
    memcpy(room, text.p, text.n);
    room[text.n] = '\0';
    if (inet_pton(AF_INET, room, ip.b) == 1)
        ip.n = 4;
    else if (inet_pton(AF_INET6, room, ip.b) == 1)
        ip.n = 16;
    if (ip.n == 16 && memcmp(ip.b, mapped, sizeof mapped) == 0) {
        memmove(ip.b, ip.b + sizeof mapped, 4);
        memset(ip.b + 4, 0, sizeof mapped);
        ip.n = 4;
    }
    if (ip.n)
        *out = ip;
    return ip.n > 0;
}

void ip_text(const struct ip *ip, struct text *out)
{
    char room[INET6_ADDRSTRLEN];
    if (inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, room, sizeof room))
        text_str(out, room);
}

int ip_compare(const struct ip *a, const struct ip *b)
{
    return a->n != b->n ? (a->n < b->n ? -1 : 1) : memcmp(a->b, b->b, a->n);
}

bool ip_next(struct ip *ip)
{
    for (size_t i = ip->n; i > 0; i--)
        if (++ip->b[i - 1] != 0)
            return true;
    return false;
}

void ip_previous(struct ip *ip)
{
    for (size_t i = ip->n; i > 0; i--)
        if (ip->b[i - 1]-- != 0)
            return;
}

/* Keeps the first `bits`, and makes the others all `one` or all zero. */
static void fill_host(struct ip *ip, unsigned bits, bool one)
{
    for (unsigned i = bits; i < 8U * ip->n; i++) {
        uint8_t mask = (uint8_t)(0x80 >> i % 8);
        ip->b[i / 8] = one ? ip->b[i / 8] | mask : (uint8_t)(ip->b[i / 8] & ~mask);
    }
}

bool block_parse(struct bytes text, struct block *out)
{
    size_t slash = bytes_find_byte(text, '/');
    struct block block;
    uint64_t bits;
    if (!ip_parse(bytes_sub(text, 0, slash), &block.base))
        return false;
    if (slash == text.n)
        bits = 8U * block.base.n;
    else if (!bytes_to_u64(bytes_from(text, slash + 1), &bits) ||
             bits > 8U * block.base.n)
        return false;
    block.bits = (unsigned)bits;
    fill_host(&block.base, block.bits, false);
    *out = block;
    return true;
}

bool block_starts(const struct block *block)
{
    struct ip base = block->base;
    fill_host(&base, block->bits, false);
    return ip_compare(&base, &block->base) == 0;
}

struct ip block_last(const struct block *block)
{
    struct ip last = block->base;
    fill_host(&last, block->bits, true);
    return last;
}

bool block_has(const struct block *block, const struct ip *ip)
{
    struct ip base = *ip;
    if (ip->n != block->base.n)
        return false;
    fill_host(&base, block->bits, false);
    return memcmp(base.b, block->base.b, base.n) == 0;
}

/* RFC 6890: private, shared, link-local, loopback, multicast, unique local. */
static const char *const own_blocks[OWN_BLOCKS] = {
    "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",
    "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
    "::/8",           "fc00::/7",      "fe80::/10",      "ff00::/8"};

struct block ip_own_block(size_t number)
{
    struct block block = {0};
    block_parse(bytes_str(own_blocks[number]), &block);
    return block;
}

bool ip_is_public(const struct ip *ip)
{
    for (size_t i = 0; i < OWN_BLOCKS; i++) {
        struct block block = ip_own_block(i);
        if (block_has(&block, ip))
            return false;
    }
    return true;
}

bool cidr_contains(struct bytes cidr, struct bytes address)
{
    struct block block;
    struct ip ip;
    return bytes_find_byte(cidr, '/') < cidr.n && block_parse(cidr, &block) &&
           ip_parse(address, &ip) && block_has(&block, &ip);
}
