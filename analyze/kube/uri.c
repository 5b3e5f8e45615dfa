/* The words of an exec, from the URI of its request. */
#include "analyze/kube/group.h"
#include "formats/request_path.h"

/* execve's own limit is higher, but an API server refuses longer URIs before. */
#define COMMAND_WORDS 1024

bool request_command(const struct request *r, struct text *t)
{
    struct bytes rest = r->uri;
    struct text word = {0};
    size_t before = t->n;
    for (int i = 0; i < COMMAND_WORDS && request_parameter(&rest, "command", &word);
         i++) {
        if (t->n > before)
            text_byte(t, ' ');
        text_add(t, text_bytes(&word));
        text_clear(&word);
    }
    text_release(&word);
    return t->n > before;
}
