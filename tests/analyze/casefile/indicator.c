#include "analyze/casefile/indicator.h"

#include <criterion/criterion.h>

static void note(void *context, enum indicator kind, struct bytes value)
{
    text_printf(context, "%s=", indicator_name(kind));
    text_add(context, value);
    text_byte(context, ';');
}

static void expect(const char *in, const char *out)
{
    struct text t = {0};
    indicators_find(bytes_str(in), note, &t);
    cr_expect_str_eq(text_c(&t), out, "in: %s: %s", in, text_c(&t));
    text_release(&t);
}

#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

Test(indicator, kinds)
{
    expect("connect 203.0.113.66:4444, then", "address=203.0.113.66;");
    expect("[2001:db8::1]:443 and 2001:db8::2",
           "address=2001:db8::1;address=2001:db8::2;");
    expect("curl http://evil.example.com:8080/a?b", "domain=evil.example.com;");
    expect("https://user@198.51.100.7/x", "address=198.51.100.7;");
    expect("lookup pool.minexmr.com.", "domain=pool.minexmr.com;");
    expect("{\"sha\":\"" SHA256 "\"}", "digest=" SHA256 ";");
    expect("sha256:" SHA256, "digest=" SHA256 ";");
    expect("ran /usr/bin/dbus-helper -x", "path=/usr/bin/dbus-helper;");
    expect("registry.example.com/team/app:1.4",
           "image=registry.example.com/team/app:1.4;");
    expect("docker.io/library/nginx@sha256:" SHA256,
           "image=docker.io/library/nginx@sha256:" SHA256 ";");
}

Test(indicator, near_misses)
{
    expect("version 1.2.3 of 300.1.1.1 at 12:30:45", "");
    expect("main.go app.py cgroup.max.depth a.b", "");
    expect("rbac.authorization.k8s.io", "");
    expect("550e8400-e29b-41d4-a716-446655440000 deadbeef", "");
    expect("/ // a/b and/or 1/2", "");
    expect("", "");
    expect("::", "");
}

Test(indicator, names)
{
    for (int i = 0; i < INDICATOR_COUNT; i++) {
        enum indicator back = INDICATOR_COUNT;
        cr_expect(indicator_by_name(bytes_str(indicator_name((enum indicator)i)), &back));
        cr_expect_eq((int)back, i);
    }
    enum indicator none = INDICATOR_PATH;
    cr_expect_not(indicator_by_name(BYTES("none"), &none));
    cr_expect_eq(none, INDICATOR_PATH);
}
