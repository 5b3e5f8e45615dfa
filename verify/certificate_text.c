/* The certificate of verification: what a qualified person signs who must say by which
 * process the evidence was authenticated (US Federal Rules of Evidence 902(13), 902(14);
 * ISO/IEC 27037 asks for the same of the record). Only what was done stands in it; name
 * and signature are left to be filled in. */
#include "verify/custody.h"
#include "verify/seal_writer.h"

static const char method[] =
    "Every file of the package was read once, from its first byte to its last, and its\n"
    "SHA-256 (FIPS 180-4) was computed. Each digest and size in the package's manifests\n"
    "was compared with the file's own. Signatures and time-stamps were checked against\n"
    "the keys and certificates that the examiner gave, never against any in the "
    "package.\n"
    "The package was opened read-only; nothing in it was changed.\n"
    "\n"
    "\"verified\" was computed; \"asserted\" is only said by a captured document; \"not\n"
    "examined\" is neither: of a file, that no manifest lists it with a digest that can "
    "be\n"
    "relied on, as no seal lists itself. The listing digest can be computed again "
    "without this tool:\n"
    "    find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | "
    "sha256sum\n";

static const char signing[] =
    "I have read this record and the verdict.json beside it. They describe the process\n"
    "and its result truthfully.\n"
    "\n"
    "Name and qualification: ______________________________________________\n"
    "\n"
    "Place and date:         ______________________________________________\n"
    "\n"
    "Signature:              ______________________________________________\n";

/* A seal is listed by nobody, and a weak digest proves nothing: neither was verified, and
 * no document asserts it. */
static const char *what_is_known(const struct item *file)
{
    return file->verdict == VERDICT_UNCHECKED ? basis_name(BASIS_NOT_EXAMINED)
                                              : verdict_name(file->verdict);
}

static void add_files(const struct verification *v, struct text *t)
{
    size_t n;
    struct item *const *files = package_files(v->package, &n);
    for (size_t i = 0; i < n; i++) {
        struct text path = {0};
        char hex[65] = "(could not be read)";
        if (files[i]->hashed)
            bytes_to_hex(bytes_of(files[i]->sha256, sizeof files[i]->sha256), hex);
        package_file_path(v->package, files[i], &path);
        text_printf(t, "%-64s  %-12s  ", hex, what_is_known(files[i]));
        mask_terminal(&v->mask, text_bytes(&path), t);
        text_byte(t, '\n');
        text_release(&path);
    }
}

void certificate_of_verification(const struct verification *v, struct text *t)
{
    text_str(t, "CERTIFICATE OF VERIFICATION\n\n");
    text_printf(t, "Tool:   exhibit %s\n", EXHIBIT_VERSION);
    text_printf(t, "        SHA-256 of the program: %s\n\n1. Result\n\n", tool_sha256());
    verification_to_text(v, false, t);
    text_str(t, "\n2. Method\n\n");
    text_str(t, method);
    text_str(t, "\n3. Files: SHA-256, what is known, path\n\n");
    add_files(v, t);
    text_str(t, "\n4. Declaration\n\n");
    text_str(t, signing);
}

void certificate_of_verification_html(const struct verification *v, struct text *t)
{
    struct text plain = {0}, name = {0};
    certificate_of_verification(v, &plain);
    mask_text(&v->mask, bytes_str(package_name(v->package)), &name);
    text_str(t, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<title>Certificate of verification: ");
    escape_html(t, text_bytes(&name));
    text_str(t, "</title><style>body{margin:3em auto;max-width:60em}"
                "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.5 monospace}"
                "@page{margin:2cm}</style></head><body><pre>");
    struct bytes rest = text_bytes(&plain), line;
    while (bytes_split(&rest, '\n', &line)) {
        escape_html(t, line);
        text_byte(t, '\n');
    }
    text_str(t, "</pre></body></html>\n");
    text_release(&name);
    text_release(&plain);
}
