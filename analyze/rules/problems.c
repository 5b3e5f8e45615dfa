#include "analyze/rules/rules.h"

#include "analyze/opening.h"
#include "analyze/rules/problems.h"

void rules_tell_problems(const struct rules *r, bool skipped, FILE *to)
{
    static const char *const words[] = {
        [RULE_SKIPPED] = "skipped", [RULE_WARNING] = "warning", [RULE_ERROR] = "error"};
    size_t n = 0;
    const struct rule_problem *p = r ? rules_problems(r, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (p[i].level == RULE_SKIPPED && !skipped)
            continue;
        print_escaped(to, bytes_str(p[i].file));
        fprintf(to, ":%zu: %s: ", p[i].line, words[p[i].level]);
        print_escaped(to, bytes_str(p[i].text));
        fputc('\n', to);
    }
}
