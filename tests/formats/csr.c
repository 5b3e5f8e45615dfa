#include "formats/csr.h"

#include "tests/sample.h"

/* Made by: openssl req -new -subj "/O=system:masters/O=ops/CN=backdoor" | base64 -w0, and
 * the same as DER. */
static void expect_names(const char *file, const char *const (*wanted)[2], size_t n)
{
    struct arena arena = ARENA_INIT;
    struct csr_names names;
    struct csr_name name;
    struct bytes request = sample(file);
    cr_assert(csr_open(request, &arena, &names), "%s", file);
    for (size_t i = 0; i < n; i++) {
        cr_assert(csr_next(&names, &name), "%s", file);
        cr_expect_str_eq(name.attribute, wanted[i][0]);
        expect_bytes(name.value, wanted[i][1]);
    }
    cr_expect_not(csr_next(&names, &name));
    arena_release(&arena);
    sample_free(request);
}

Test(csr, names)
{
    static const char *const three[][2] = {
        {"O", "system:masters"}, {"O", "ops"}, {"CN", "backdoor"}};
    static const char *const one[][2] = {{"CN", "plain"}};
    expect_names("corpus/fuzz/csr/named", three, 3);
    expect_names("corpus/fuzz/csr/der", three, 3);
    expect_names("corpus/fuzz/csr/lines", one, 1); /* of /C=DE/OU=x/CN=plain, in lines */
}

Test(csr, what_is_no_request)
{
    static const char *const texts[] = {"", "AAAA", "not base64 at all!",
                                        "MAA=", "MAMwAQA="};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = ARENA_INIT;
        struct csr_names names;
        cr_expect_not(csr_open(bytes_str(texts[i]), &arena, &names), "%s", texts[i]);
        arena_release(&arena);
    }
}
