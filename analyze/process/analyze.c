/* The process room of `analyze`: every checkpoint of the package into processes.json,
 * findings and events. */
#include "analyze/analysis.h"
#include "analyze/process/describe.h"
#include "analyze/process/values.h"

static json_t *describe_checkpoint(const struct describe *d)
{
    json_t *o = describe_dump(d);
    json_object_set_new(o, "mounts", describe_mounts(d));
    json_object_set_new(o, "network", describe_network(d));
    json_object_set_new(o, "sockets", describe_sockets(d, NULL));
    json_object_set_new(o, "cgroups", describe_cgroups(d));
    return o;
}

static void analyze_dump(struct analysis *a, struct dump *dump, json_t *checkpoints,
                         json_t *processes)
{
    struct checkpoint c;
    checkpoint_load(dump, &c);
    struct memory *m = memory_open(&c);
    struct describe d = {&c, m, &a->mask};
    memory_read_strings(m, &c);
    size_t number = json_array_size(checkpoints);
    json_array_append_new(checkpoints, describe_checkpoint(&d));
    for (size_t i = 0; i < c.count; i++) {
        json_t *o = describe_process(&d, &c.processes[i]);
        json_object_set_new(o, "checkpoint", json_integer((json_int_t)number));
        json_array_append_new(processes, o);
    }
    memory_close(m);
    checkpoint_release(&c);
}

int process_analyze(struct analysis *a)
{
    struct dumps dumps;
    json_t *document = json_object(), *checkpoints = json_array(),
           *processes = json_array();
    dumps_find(a->package, &dumps);
    json_object_set_new(document, "schema", json_string("exhibit/processes/1"));
    json_object_set_new(document, "checkpoints", checkpoints);
    json_object_set_new(document, "processes", processes);
    for (size_t i = 0; i < dumps.n; i++)
        analyze_dump(a, dumps.v[i], checkpoints, processes);
    dumps_release(&dumps);
    int r = case_document(a->casefile, "processes", document);
    json_decref(document);
    return r;
}
