#include "analyze/kube/claims/claim_parts.h"

#include <criterion/criterion.h>

#include "formats/base/text.h"

/* The parts with "|" between; "+" before one that goes on, "=" before one of the same
 * act; ">" before one that is told to be later than the one before it, "<" earlier, "~"
 * of another time than the sentence's. */
static const char *parts_of(const char *sentence)
{
    static struct text t;
    struct claim_part parts[CLAIM_PARTS];
    text_release(&t);
    t = (struct text){0};
    size_t n = claim_parts(bytes_str(sentence), parts);
    for (size_t i = 0; i < n; i++) {
        static const char *const orders[] = {"", ">", "<"};
        text_str(&t, i ? "|" : "");
        text_str(&t, parts[i].other_time ? "~" : "");
        text_str(&t, orders[parts[i].order]);
        text_str(&t, parts[i].same_act ? "=" : parts[i].goes_on ? "+" : "");
        text_add(&t, parts[i].text);
    }
    return text_c(&t);
}

Test(claim_parts, each_act_with_its_object_is_a_part)
{
    cr_expect_str_eq(parts_of("Attacker deleted the pod and created a rolebinding"),
                     "Attacker deleted the pod|+created a rolebinding");
    cr_expect_str_eq(
        parts_of("alice cordoned worker-2, rotated secret db-1 and then deleted "
                 "the pod"),
        "alice cordoned worker-2|+rotated secret db-1|>+deleted the pod");
    cr_expect_str_eq(parts_of("Pod a-1 created; the role binding b-1 was deleted"),
                     "Pod a-1 created|the role binding b-1 was deleted");
    cr_expect_str_eq(parts_of("Angreifer hat Secrets gelesen und einen Pod angelegt"),
                     "Angreifer hat Secrets gelesen|einen Pod angelegt");
    cr_expect_str_eq(
        parts_of("l'attaquant a lu le secret s-1 puis supprim\xc3\xa9 le pod p-1"),
        "l'attaquant a lu le secret s-1|>+supprim\xc3\xa9 le pod p-1");
}

Test(claim_parts, objects_and_verbs_may_be_shared)
{
    cr_expect_str_eq(parts_of("alice deleted pod a-1 and pod b-2"),
                     "alice deleted pod a-1|=pod b-2");
    cr_expect_str_eq(parts_of("alice deleted pods a-1 and b-2 in shop"),
                     "alice deleted pods a-1|=b-2 in shop");
    cr_expect_str_eq(parts_of("attacker listed secrets and configmaps"),
                     "attacker listed secrets|=configmaps");
    cr_expect_str_eq(parts_of("alice labelled and deleted the pod"),
                     "alice labelled|+deleted the pod");
}

Test(claim_parts, before_and_after_tell_the_order)
{
    static const char *const said[][2] = {
        {"After the shell was opened, token t-1 was read",
         "~the shell was opened|>token t-1 was read"},
        {"Shortly after the shell was opened, token t-1 was read",
         "~Shortly after the shell was opened|>token t-1 was read"},
        {"Before isolation the attacker deleted pod a-1",
         "~isolation|<the attacker deleted pod a-1"},
        {"Following isolation, alice rotated secret s-1",
         "~isolation|>alice rotated secret s-1"},
        {"After reading secret s-1, the attacker deleted pod a-1",
         "~+reading secret s-1|>the attacker deleted pod a-1"},
        {"attacker deleted pod a-1 before isolation",
         "attacker deleted pod a-1|~>isolation"},
        {"attacker read secret s-1 prior to deleting pod a-1",
         "attacker read secret s-1|~>+deleting pod a-1"},
        {"alice rotated secret s-1 after pod a-1 was deleted",
         "alice rotated secret s-1|~<pod a-1 was deleted"},
        {"Pod a-1 was created; subsequently secret s-1 was read",
         "Pod a-1 was created|>secret s-1 was read"},
        {"alice labelled pod a-1, and shortly before isolation, deleted pod b-1",
         "alice labelled pod a-1, and shortly|~isolation|<+deleted pod b-1"},
        /* on which of the two it hangs is not plain */
        {"secret s-1 was read, after pod a-1 was deleted, pod b-1 was created",
         "secret s-1 was read|~pod a-1 was deleted|pod b-1 was created"},
        {"Pod a-1 was created and alice then deleted pod b-1",
         "Pod a-1 was created|alice then deleted pod b-1"},
        {"Nachdem Pod a-1 angelegt wurde, hat alice Secret s-1 rotiert",
         "~Pod a-1 angelegt wurde|>hat alice Secret s-1 rotiert"},
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect_str_eq(parts_of(said[i][0]), said[i][1], "%s", parts_of(said[i][0]));
}

Test(claim_parts, a_time_is_no_act)
{
    static const char *const whole[] = {
        "After 14:00 the attacker deleted pod a-1",
        "attacker deleted pod a-1 before noon",
        "attacker deleted pod a-1 shortly after",
        "Shortly after, the attacker deleted pod a-1",
        "Before lunch, alice deleted pod a-1",
        "alice rotated the following secrets",
        "the day after the pod was deleted",
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        cr_expect_str_eq(parts_of(whole[i]), whole[i], "%s", parts_of(whole[i]));
    cr_expect_str_eq(parts_of("After 14:00, alice deleted pod a-1 and created pod b-1"),
                     "After 14:00, alice deleted pod a-1|+created pod b-1");
}

Test(claim_parts, what_is_no_act_stays_with_the_act)
{
    static const char *const whole[] = {
        "attacker tried to read secret a-1 and was denied",
        "creating a binding was refused, status 403",
        "alice deleted the pod and went home",
        "alice and bob deleted the pod",
        "attacker executed `kubectl get pods; kubectl delete pod a-1`",
        "no secret was read or changed",
        "alice did not isolate the pod and delete it",
        "report handed over to legal, and signed",
        "it was denied with 401 and 403",
        "",
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct claim_part parts[CLAIM_PARTS];
        cr_expect_eq(claim_parts(bytes_str(whole[i]), parts), 1, "%s",
                     parts_of(whole[i]));
        cr_expect_eq(parts[0].text.n, strlen(whole[i]), "%s", whole[i]);
    }
}

Test(claim_parts, more_acts_than_parts_lose_nothing)
{
    char text[400] = "deleted pod a-0";
    struct claim_part parts[CLAIM_PARTS];
    for (int i = 1; i < 20; i++)
        strcat(text, ", deleted pod a-1");
    size_t n = claim_parts(bytes_str(text), parts);
    cr_expect_eq(n, CLAIM_PARTS);
    cr_expect(parts[n - 1].text.p + parts[n - 1].text.n ==
              (const uint8_t *)text + strlen(text));
}
