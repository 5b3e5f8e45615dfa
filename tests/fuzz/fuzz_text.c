/* Escapes give valid and harmless UTF-8; masking shows no credential that it found. */
#include <stdlib.h>

#include "formats/base/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_output(const struct text *t)
{
    struct bytes rest = text_bytes(t);
    uint32_t code;
    while (utf8_next(&rest, &code))
        if (code == UTF8_INVALID ||
            (code != '\n' && code != '\t' && code_is_deceptive(code)))
            abort();
}

static void check_credentials(struct bytes b)
{
    struct credential c;
    size_t at = 0, kept = 0;
    while (credential_next(b, at, &c)) { /* what mask_text masks */
        if (c.offset < at || c.length == 0 || c.length > b.n - c.offset)
            abort();
        kept += c.offset - at;
        at = c.offset + c.length;
    }
    struct mask reveal = mask_of(b, true), hide = mask_of(b, false);
    struct text all = {0}, masked = {0};
    mask_text(&reveal, b, &all);
    mask_text(&hide, b, &masked);
    if (!bytes_eq(text_bytes(&all), b) || masked.n < kept + b.n - at)
        abort();
    text_release(&all);
    text_release(&masked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void (*const escapes[])(struct text *, struct bytes) = {
        escape_terminal, escape_line,     escape_html, escape_json,
        escape_csv,      escape_markdown, escape_plain};
    struct bytes b = bytes_of(data, size);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        struct text t = {0};
        escapes[i](&t, b);
        check_output(&t);
        text_release(&t);
    }
    credential_name(b);
    check_credentials(b);
    return 0;
}
