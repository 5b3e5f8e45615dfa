#include "formats/foreign.h"

#include "tests/sample.h"

Test(foreign, all_names_must_occur_and_at_the_beginning)
{
    cr_expect_str_eq(foreign_log(BYTES("{\"ProductArn\":1,\"AwsAccountId\":2}")),
                     "findings of AWS Security Hub");
    cr_expect_null(foreign_log(BYTES("{\"ProductArn\":1}")));
    cr_expect_null(
        foreign_log(BYTES("{\"a\":\"\\\"ProductArn\\\" \\\"AwsAccountId\\\"\"}")));
    cr_expect_null(foreign_log(BYTES("x {\"ProductArn\":1,\"AwsAccountId\":2}")));
}

Test(foreign, texts_by_their_first_line)
{
    cr_expect_not_null(foreign_log(BYTES("type=EXECVE msg=audit(1.2:3): argc=1\n")));
    cr_expect_not_null(foreign_log(BYTES("node=n type=EXECVE msg=audit(1.2:3): a")));
    cr_expect_null(foreign_log(BYTES("up\ntype=EXECVE msg=audit(1.2:3): argc=1\n")));
    cr_expect_not_null(foreign_log(BYTES("2 123456789010 eni-1 10.0.0.1 -\n")));
    cr_expect_null(foreign_log(BYTES("2 123456789010 eth0 10.0.0.1 -\n")));
    cr_expect_null(foreign_log(BYTES("2")));
    cr_expect_null(foreign_log(BYTES_NONE));
}

Test(foreign, times_since_the_start)
{
    cr_expect_not_null(foreign_log(BYTES("[    0.000000] Linux version 6.1\n")));
    cr_expect_null(foreign_log(BYTES("[    0.00000] x")));
    cr_expect_null(foreign_log(BYTES("[.000000] x")));
    cr_expect_null(foreign_log(BYTES("] x")));
    cr_expect_null(foreign_log(BYTES("[")));
    cr_expect_null(foreign_log(BYTES("[pod/a/b] x")));
}
