#include "analyze/kube/incident/injection.h"

#include <criterion/criterion.h>

static const char *found(const char *line)
{
    const char *what = injection_in(bytes_str(line));
    return what ? what : "";
}

Test(injection, expressions_that_run_code)
{
    cr_expect_str_eq(found("${T(java.lang.Runtime).getRuntime().exec('sh -c id')}"),
                     "expression that runs a program");
    cr_expect_str_eq(found("GET /?x=%24%7Bfreemarker.template.utility.Execute%7D"),
                     "expression that runs a program");
    cr_expect_str_eq(found("GET /hi?n={{''.__class__.__mro__}}"),
                     "way through the objects of Python");
    cr_expect_str_eq(found("POST /?-d+allow_url_include%3d1"),
                     "setting of PHP given in a request");
}

Test(injection, ordinary_lines)
{
    cr_expect_str_empty(found("caused by java.lang.RuntimeException: out of stock"));
    cr_expect_str_empty(found("GET /search?q=tea&page=2 HTTP/1.1 200"));
    cr_expect_str_empty(found("loaded class module of cart"));
}
