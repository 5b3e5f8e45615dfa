#include "formats/change_list.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct seen {
    char text[256];
    size_t n;
};

static void take(void *context, const struct listed *entry)
{
    struct seen *s = context;
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%c%.*s@%u ",
                             "ACD"[entry->change], (int)entry -> path.n,
                             (const char *)entry->path.p, (unsigned)entry->offset);
}

static const char *read_list(const char *text, struct seen *s, struct faults *faults)
{
    *s = (struct seen){0};
    change_list_read(bytes_str(text), take, s, faults);
    return s->text;
}

Test(change_list, docker_prints_a_letter_and_a_path)
{
    struct seen s;
    struct faults faults = {0};
    cr_assert_str_eq(read_list("C /etc\nA /a b\r\nD /x\n", &s, &faults),
                     "C/etc@0 A/a b@7 D/x@15 ");
    cr_assert_eq(faults.n, 0);
}

Test(change_list, podman_has_it_as_json)
{
    struct seen s;
    const char *text = "{\"changed\": [\"/etc\"], \"deleted\": [\"/x\"]}";
    cr_assert(change_list_probe(bytes_str(text)));
    cr_assert_str_eq(read_list(text, &s, NULL), "C/etc@0 D/x@0 ");
}

Test(change_list, a_line_that_is_none_is_a_fault_and_reading_goes_on)
{
    struct seen s;
    struct faults faults = {0};
    cr_assert_str_eq(read_list("A /a\nrest of a name\nD /b\n", &s, &faults),
                     "A/a@0 D/b@20 ");
    cr_assert_eq(faults.n, 1);
    cr_assert_eq(faults.v[0].offset, 5);
    faults_release(&faults);
}

Test(change_list, other_texts_are_none)
{
    cr_assert_not(change_list_probe(bytes_str("A text about /etc\n")));
    cr_assert_not(change_list_probe(bytes_str("C etc\n")));
    cr_assert_not(change_list_probe(bytes_str("")));
    cr_assert_not(change_list_probe(bytes_str("{\"added\": 1, \"kind\": \"List\"}")));
    cr_assert(change_list_probe(bytes_str("A /etc\nC /usr\nD /us")));
}
