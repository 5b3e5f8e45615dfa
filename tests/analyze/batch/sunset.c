#include "analyze/batch/sunset.h"

#include <criterion/criterion.h>

static void expect(instant got, const char *want)
{
    char text[INSTANT_TEXT];
    cr_expect_str_eq(instant_format(got, PRECISION_SECOND, text), want);
}

Test(sunset, digests)
{
    const char *why = NULL;
    expect(sunset_of_digest(BYTES("md5"), &why), "2004-08-17T00:00:00Z");
    expect(sunset_of_digest(BYTES("SHA1"), &why), "2013-12-31T00:00:00Z");
    cr_expect_not_null(why);
    cr_expect_eq(sunset_of_digest(BYTES("sha256"), &why), INSTANT_NONE);
    cr_expect_eq(sunset_of_digest(BYTES(""), &why), INSTANT_NONE);
}

/* Strengths by SP 800-57 part 1, table 2. */
Test(sunset, keys)
{
    const char *why = NULL;
    expect(sunset_of_key(BYTES("RSA 1024"), &why), "2013-12-31T00:00:00Z");
    expect(sunset_of_key(BYTES("RSA 2048"), &why), "2030-12-31T00:00:00Z");
    expect(sunset_of_key(BYTES("RSA-PSS 3072"), &why), "2035-12-31T00:00:00Z");
    expect(sunset_of_key(BYTES("EC 192"), &why), "2013-12-31T00:00:00Z");
    expect(sunset_of_key(BYTES("EC 224"), &why), "2030-12-31T00:00:00Z");
    expect(sunset_of_key(BYTES("EC 256"), &why), "2035-12-31T00:00:00Z");
    expect(sunset_of_key(BYTES("ED25519 253"), &why), "2035-12-31T00:00:00Z");
    cr_expect_eq(sunset_of_key(BYTES("ML-DSA-65 15616"), &why), INSTANT_NONE);
    cr_expect_eq(sunset_of_key(BYTES("RSA"), &why), INSTANT_NONE);
    cr_expect_eq(sunset_of_key(BYTES(""), &why), INSTANT_NONE);
}
