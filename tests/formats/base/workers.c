#include "formats/base/workers.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct order {
    size_t next;         /* the number that must be finished next */
    atomic_size_t alive; /* submitted and not finished */
    atomic_size_t running;
    size_t most_alive;
};

struct numbered {
    struct job job;
    size_t number, result;
    struct order *order;
};

static void run(struct job *job)
{
    struct numbered *n = (struct numbered *)job;
    if (n->number % 7 == 0)
        usleep((useconds_t)(n->number % 5 * 100)); /* later jobs overtake this one */
    n->result = n->number * n->number;
}

static void finish(struct job *job)
{
    struct numbered *n = (struct numbered *)job;
    cr_assert_eq(n->number, n->order->next++);
    cr_assert_eq(n->result, n->number * n->number);
    atomic_fetch_sub(&n->order->alive, 1);
    free(n);
}

struct size {
    size_t threads, depth, jobs;
};

static void submit(struct workers *w, struct order *order, size_t number,
                   void (*job)(struct job *))
{
    struct numbered *n = malloc(sizeof *n);
    *n = (struct numbered){{job, finish}, number, 0, order};
    size_t alive = atomic_fetch_add(&order->alive, 1) + 1;
    if (alive > order->most_alive)
        order->most_alive = alive;
    workers_submit(w, &n->job);
}

static void run_all(struct size size)
{
    struct order order = {0};
    struct workers *w = workers_new(size.threads, size.depth);
    for (size_t i = 0; i < size.jobs; i++)
        submit(w, &order, i, run);
    workers_wait(w);
    cr_expect_eq(order.next, size.jobs);
    size_t depth = size.depth ? size.depth : 4 * size.threads;
    cr_expect_leq(order.most_alive, depth + 1, "%zu jobs were in flight",
                  order.most_alive);
    workers_wait(w);
    workers_free(w);
}

ParameterizedTestParameters(workers, finish_in_order)
{
    static struct size sizes[] = {{1, 0, 100}, {1, 1, 10},    {2, 0, 2000}, {2, 1, 100},
                                  {3, 2, 500}, {8, 64, 2000}, {4, 0, 0},    {2, 0, 1}};
    return cr_make_param_array(struct size, sizes, sizeof sizes / sizeof *sizes);
}

ParameterizedTest(struct size *size, workers, finish_in_order)
{
    run_all(*size);
}

Test(workers, free_finishes_what_is_left)
{
    struct order order = {0};
    struct workers *w = workers_new(2, 0);
    for (size_t i = 0; i < 5; i++)
        submit(w, &order, i, run);
    workers_free(w);
    cr_expect_eq(order.next, 5);
    workers_free(NULL);
}

static void run_twice_as_much(struct job *job)
{
    ((struct numbered *)job)->result = 1;
}

Test(workers, a_job_needs_no_finish)
{
    struct numbered n = {.job = {run_twice_as_much, NULL}};
    struct workers *w = workers_new(2, 0);
    workers_submit(w, &n.job);
    workers_wait(w);
    cr_expect_eq(n.result, 1);
    workers_free(w);
}

static void run_beside(struct job *job)
{
    struct numbered *n = (struct numbered *)job;
    cr_assert_eq(atomic_fetch_add(&n->order->running, 1), 0, "two jobs at the same time");
    run(job);
    atomic_fetch_sub(&n->order->running, 1);
}

Test(workers, one_beside_runs_one_at_a_time)
{
    struct order order = {0};
    struct workers *w = workers_beside(20);
    for (size_t i = 0; i < 200; i++)
        submit(w, &order, i, run_beside);
    workers_free(w);
    cr_expect_eq(order.next, 200);
}
