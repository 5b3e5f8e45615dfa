#include "verify/marked_text.h"

#include "formats/bagit.h"

struct marked_text marked_text_of(struct bytes content, struct arena *arena)
{
    struct marked_text m = {content, false};
    if (bytes_starts(content, BYTES("\xef\xbb\xbf"))) {
        m.text = bytes_from(content, 3);
    } else if (bytes_starts(content, BYTES("\xff\xfe")) ||
               bytes_starts(content, BYTES("\xfe\xff"))) {
        m.decoded = true;
        bagit_text(content, BYTES("UTF-16"), arena, &m.text);
    }
    return m;
}
