#include "formats/base/fault.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

void faults_add(struct faults *list, struct fault f)
{
    if (!list)
        return;
    if (list->n == LIMIT_FAULTS) {
        list->more++;
        return;
    }
    list->v = memory_grow(list->v, &list->capacity, list->n + 1, sizeof *list->v);
    list->v[list->n++] = f;
}

void faults_release(struct faults *list)
{
    free(list->v);
    *list = (struct faults){0};
}

static const struct {
    const char *name, *text;
} faults[FAULT_COUNT] = {
    [FAULT_NONE] = {"none", "nothing is wrong"},
#define FAULT(id, name, text) [FAULT_##id] = {name, text},
#include "formats/base/faults.def"
#undef FAULT
};

const char *fault_name(enum fault_code code)
{
    return faults[code].name;
}

const char *fault_text(enum fault_code code)
{
    return faults[code].text;
}
