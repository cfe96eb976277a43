/* Tests of the workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "tests/fault.h"

static long threads_left = -1; /* until one cannot be started */

static int start_thread(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*run)(void *), void *context)
{
    if (threads_left == 0)
        return 11; /* EAGAIN */
    threads_left -= threads_left > 0;
    return pthread_create(thread, attributes, run, context);
}

#define pthread_create(thread, attributes, run, context)                       \
    start_thread(thread, attributes, run, context)

#include "model/kernel/team.c"

#define ITEMS 2000
#define WORKERS 5

struct ledger {
    atomic_int times[ITEMS];
    atomic_int by[WORKERS];
    atomic_int outside; /* workers that do not exist */
    double result[ITEMS];
};

static void enter(void *context, size_t index, int worker)
{
    struct ledger *ledger = context;
    double sum = 0;
    for (size_t i = 0; i < index % 50; i++)
        sum += 1.0 / (double)(index + i + 1);
    ledger->result[index] = sum;
    atomic_fetch_add(&ledger->times[index], 1);
    if (worker < 0 || worker >= WORKERS)
        atomic_fetch_add(&ledger->outside, 1);
    else
        atomic_fetch_add(&ledger->by[worker], 1);
}

static void every_item_is_run_once(void **state)
{
    (void)state;
    static struct ledger ledger, alone;
    struct team *team;
    for (size_t i = 0; i < ITEMS; i++)
        enter(&alone, i, 0);
    for (int workers = 1; workers <= WORKERS; workers++) {
        assert_ok(team_open(&team, workers));
        assert_int_equal(team_workers(team), workers);
        for (size_t count = 0; count <= ITEMS; count += 1 + count) {
            memset(&ledger, 0, sizeof ledger);
            team_run(team, enter, &ledger, count);
            int all = 0;
            for (int w = 0; w < WORKERS; w++) {
                all += ledger.by[w];
                assert_true(w < workers || !ledger.by[w]);
            }
            assert_int_equal(all, count);
            assert_int_equal(ledger.outside, 0);
            for (size_t i = 0; i < ITEMS; i++)
                assert_int_equal(ledger.times[i], i < count);
            assert_memory_equal(ledger.result, alone.result,
                                count * sizeof *alone.result);
        }
        team_close(team);
    }
    team_close(NULL);
}

/* Rounds that are over at once are where a worker could be lost. */
static void many_short_rounds_lose_nothing(void **state)
{
    (void)state;
    static struct ledger ledger;
    struct team *team;
    memset(&ledger, 0, sizeof ledger);
    assert_ok(team_open(&team, 4));
    int wanted = 0;
    for (int round = 0; round < 3000; round++) {
        size_t count = (size_t)round % 7;
        wanted += (int)count;
        team_run(team, enter, &ledger, count);
    }
    team_close(team);
    int all = 0;
    for (size_t i = 0; i < ITEMS; i++)
        all += ledger.times[i];
    assert_int_equal(all, wanted);
}

static atomic_int waiting;

/* Returns only when all workers are in it at the same time. */
static void meet(void *context, size_t index, int worker)
{
    (void)index;
    (void)worker;
    const int *workers = context;
    atomic_fetch_add(&waiting, 1);
    while (atomic_load(&waiting) < *workers)
        sched_yield();
}

static void workers_work_at_the_same_time(void **state)
{
    (void)state;
    struct team *team;
    int workers = WORKERS;
    assert_ok(team_open(&team, workers));
    for (int round = 0; round < 20; round++) {
        atomic_store(&waiting, 0);
        team_run(team, meet, &workers, WORKERS);
        assert_int_equal(atomic_load(&waiting), WORKERS);
    }
    team_close(team);
}

static void look_at_signals(void *context, size_t index, int worker)
{
    (void)index;
    atomic_int *open = context;
    sigset_t mask;
    int workers = 2;
    meet(&workers, 0, 0); /* one item each */
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (worker && !sigismember(&mask, SIGTERM))
        atomic_fetch_add(open, 1);
    if (!worker && sigismember(&mask, SIGTERM))
        atomic_fetch_add(open, 1);
}

static void signals_are_left_to_the_main_thread(void **state)
{
    (void)state;
    struct team *team;
    atomic_int wrong = 0;
    atomic_store(&waiting, 0);
    assert_ok(team_open(&team, 2));
    team_run(team, look_at_signals, &wrong, 2);
    team_close(team);
    assert_int_equal(atomic_load(&wrong), 0);
}

static void what_cannot_be_opened_leaves_nothing(void **state)
{
    (void)state;
    struct team *team;
    long n = 0;
    while (true) {
        fault_at(n);
        struct status status = team_open(&team, 3);
        if (!fault_happened())
            break;
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_null(team);
        assert_int_equal(fault_held(), 0);
        n++;
    }
    fault_at(-1);
    assert_int_equal(n, 3);
    team_close(team);
    for (threads_left = 0; threads_left < 3;) {
        long before = threads_left;
        assert_refused(team_open(&team, 4), "4 threads cannot be started");
        assert_null(team);
        assert_int_equal(fault_held(), 0);
        threads_left = before + 1;
    }
    assert_ok(team_open(&team, 4));
    team_close(team);
    threads_left = -1;
    assert_int_equal(fault_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_run_once),
        cmocka_unit_test(many_short_rounds_lose_nothing),
        cmocka_unit_test(workers_work_at_the_same_time),
        cmocka_unit_test(signals_are_left_to_the_main_thread),
        cmocka_unit_test(what_cannot_be_opened_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
