#include "verify/signed_bytes.h"

#include "verify/package.h"

bool signed_bytes_digest(const struct signed_bytes *s, enum digest_algorithm algorithm,
                         struct digest *out)
{
    if (s->item)
        return item_digest(s->package, s->item, algorithm, out);
    *out = digest_bytes(algorithm, s->raw);
    return true;
}

struct feeding {
    struct digest_state *to;
    bool as_text;
    size_t returns; /* CRs that may belong to an end of line */
};

static void feed_text(struct feeding *f, struct bytes block)
{
    while (block.n) {
        size_t n = 0;
        while (n < block.n && block.p[n] != '\n' && block.p[n] != '\r')
            n++;
        for (; n && f->returns; f->returns--)
            digest_state_update(f->to, BYTES("\r"));
        digest_state_update(f->to, bytes_sub(block, 0, n));
        block = bytes_from(block, n);
        if (block.n && block.p[0] == '\r') {
            f->returns++;
        } else if (block.n) {
            digest_state_update(f->to, BYTES("\r\n"));
            f->returns = 0;
        }
        block = bytes_from(block, block.n > 0);
    }
}

static void feed(void *context, struct bytes block)
{
    struct feeding *f = context;
    if (f->as_text)
        feed_text(f, block);
    else
        digest_state_update(f->to, block);
}

bool signed_bytes_feed(const struct signed_bytes *s, bool as_text,
                       struct digest_state *to)
{
    struct feeding f = {.to = to, .as_text = as_text};
    int r = 0;
    if (s->item)
        r = item_read(s->package, (struct span){s->item, 0, s->item->size}, feed, &f);
    else
        feed(&f, s->raw);
    for (; f.returns; f.returns--)
        digest_state_update(to, BYTES("\r"));
    return r == 0;
}
