/* The command line in a record of a program's start. */
#include "formats/kubearmor.h"
#include "formats/tracee.h"

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
    add_word(line, before, jsonl_text(process, "binary"));
    add_word(line, before, jsonl_text(process, "arguments"));
}

/* KubeArmor, of a program that was let start. */
static void add_kubearmor(struct jsonl_value v, struct text *line)
{
    if (jsonl_get(v, "HostName").document && !kubearmor_blocked(v) &&
        bytes_is(jsonl_text(v, "Operation"), "Process"))
        text_add(line, jsonl_text(v, "Resource"));
}

bool runtime_command_line(struct jsonl_value v, struct text *line)
{
    size_t before = line->n;
    add_tetragon(v, line);
    if (line->n == before)
        tracee_add_arguments(jsonl_either(v, "args", "data"), 0, line);
    if (line->n == before)
        add_kubearmor(v, line);
    return line->n > before;
}
