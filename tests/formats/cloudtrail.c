#include "formats/cloudtrail.h"

#include <criterion/criterion.h>

static struct cloudtrail_reader reader;

static struct cloudtrail_event read(const char *text, enum fault_code want)
{
    struct cloudtrail_event e;
    struct bytes b = bytes_str(text);
    cr_expect_eq(cloudtrail_read(&reader, b, b.n, &e).code, want, "%s", text);
    return e;
}

#define HEAD                                                                             \
    "{\"eventSource\":\"eks.amazonaws.com\",\"eventTime\":\"2026-03-01T10:00:00Z\","

Test(cloudtrail, who_did_what_to_which_cluster)
{
    struct cloudtrail_event e =
        read(HEAD "\"eventName\":\"CreateNodegroup\",\"userIdentity\":{\"type\":"
                  "\"AssumedRole\",\"arn\":\"arn:x\",\"principalId\":\"p\"},"
                  "\"requestParameters\":{\"name\":\"c\",\"nodegroupName\":\"n\"}}",
             FAULT_NONE);
    cr_expect(bytes_is(e.actor, "arn:x") && bytes_is(e.cluster, "c") &&
              bytes_is(e.target, "n") && !e.reads);
    e = read(HEAD "\"eventName\":\"DescribeCluster\",\"userIdentity\":{\"type\":"
                  "\"AWSService\",\"invokedBy\":\"autoscaling.amazonaws.com\"}}",
             FAULT_NONE);
    cr_expect(bytes_is(e.actor, "autoscaling.amazonaws.com") && e.reads &&
              e.cluster.n == 0);
    e = read(HEAD "\"eventName\":\"GetX\",\"readOnly\":false,\"userIdentity\":{}}",
             FAULT_NONE);
    cr_expect_not(e.reads);
}

Test(cloudtrail, what_is_no_record)
{
    read("{}", FAULT_UNKNOWN_TYPE);
    read("[]", FAULT_UNKNOWN_TYPE);
    read(HEAD "\"eventName\":\"X\"}", FAULT_UNKNOWN_TYPE);
    read("{\"eventSource\":\"a\",\"eventName\":\"X\",\"userIdentity\":{}}",
         FAULT_MISSING_FIELD);
    cr_expect_neq(read(HEAD, FAULT_TRUNCATED).time, 0);
    /* Text in text in text in text. */
    read("{\"message\":\"{\\\"message\\\":\\\"{}\\\"}\"}", FAULT_UNKNOWN_TYPE);
}
