/* The command line in a record of a program's start. */
#include "formats/kubearmor.h"

static struct jsonl_value at_either(struct jsonl_value v, const char *name,
                                    const char *other)
{
    struct jsonl_value found = jsonl_get(v, name);
    return found.document ? found : jsonl_get(v, other);
}

static void add_word(struct text *line, size_t before, struct bytes word)
{
    if (line->n > before && word.n)
        text_byte(line, ' ');
    text_add(line, word);
}

static void add_tetragon(struct jsonl_value v, struct text *line)
{
    struct jsonl_value process = jsonl_get(jsonl_get(v, "process_exec"), "process");
    size_t before = line->n;
    add_word(line, before, jsonl_string(jsonl_get(process, "binary")));
    add_word(line, before, jsonl_string(jsonl_get(process, "arguments")));
}

/* {"name":"argv","value":[…]}, in v1beta1 {"name":"argv","strArray":{"value":[…]}}. */
static void add_tracee(struct jsonl_value v, struct text *line)
{
    size_t before = line->n;
    struct bytes key;
    struct jsonl_walk arguments = jsonl_members(at_either(v, "args", "data"));
    for (struct jsonl_value a; line->n == before && jsonl_next(&arguments, &key, &a);) {
        if (!bytes_is(jsonl_string(jsonl_get(a, "name")), "argv"))
            continue;
        struct jsonl_value words = at_either(a, "strArray", "str_array");
        words = jsonl_get(words.document ? words : a, "value");
        struct jsonl_walk w = jsonl_members(words);
        for (struct jsonl_value word; jsonl_next(&w, &key, &word);)
            add_word(line, before, jsonl_string(word));
    }
}

/* KubeArmor, of a program that was let start. */
static void add_kubearmor(struct jsonl_value v, struct text *line)
{
    if (jsonl_get(v, "HostName").document && !kubearmor_blocked(v) &&
        bytes_is(jsonl_string(jsonl_get(v, "Operation")), "Process"))
        text_add(line, jsonl_string(jsonl_get(v, "Resource")));
}

bool runtime_command_line(struct jsonl_value v, struct text *line)
{
    size_t before = line->n;
    add_tetragon(v, line);
    if (line->n == before)
        add_tracee(v, line);
    if (line->n == before)
        add_kubearmor(v, line);
    return line->n > before;
}
