/* Tests of what makes up an update. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include "tests/fault.h"

#include "model/data/batch.c"

#define COUNT 57
#define LANES 4

static const struct batch_settings usual = {.seed = 3,
                                            .lanes = LANES,
                                            .batch_rows = 400,
                                            .micro_rows = 60,
                                            .longest = 1000};

/* Lengths between 5 and 50 rows; every tenth cannot be learned from. */
static void make_rows(uint32_t *rows)
{
    for (uint32_t u = 0; u < COUNT; u++)
        rows[u] = u % 10 == 9 ? 0 : 5 + u * 37 % 46;
}

static struct batch_plan *open_plan(const struct batch_settings *settings)
{
    struct batch_plan *plan;
    uint32_t rows[COUNT];
    make_rows(rows);
    assert_ok(batch_plan_open(&plan, settings, rows, COUNT));
    return plan;
}

static void assert_same(const struct batch *a, const struct batch *b,
                        size_t lanes)
{
    assert_int_equal(a->item_count, b->item_count);
    assert_int_equal(a->micro_count, b->micro_count);
    assert_memory_equal(a->lane_micros, b->lane_micros,
                        (lanes + 1) * sizeof *a->lane_micros);
    for (size_t i = 0; i < a->item_count; i++) {
        const struct batch_item *x = &a->items[i], *y = &b->items[i];
        assert_int_equal(x->key.utterance, y->key.utterance);
        assert_int_equal(x->key.speed, y->key.speed);
        assert_true(x->pass == y->pass && x->first == y->first &&
                    x->rows == y->rows);
    }
}

static void every_recording_comes_once_in_every_pass(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_plan *plan = open_plan(&usual);
    unsigned seen[8][COUNT] = {{0}};
    uint32_t rows[COUNT];
    make_rows(rows);
    assert_ok(batch_open(&batch, plan));
    while (batch_plan_passes(plan) < 7) {
        batch_next(&batch, plan);
        for (size_t i = 0; i < batch.item_count; i++) {
            const struct batch_item *item = &batch.items[i];
            assert_int_equal(item->rows, rows[item->key.utterance]);
            assert_int_equal(item->first, 0);
            assert_int_equal(batch.keys[i].utterance, item->key.utterance);
            seen[item->pass][item->key.utterance]++;
        }
    }
    for (size_t pass = 0; pass < 6; pass++)
        for (size_t u = 0; u < COUNT; u++)
            assert_int_equal(seen[pass][u], rows[u] > 0);
    batch_close(&batch);
    batch_close(&batch);
    batch_plan_close(plan);
    batch_plan_close(NULL);
}

static void updates_have_the_rows_that_are_asked_for(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_plan *plan = open_plan(&usual);
    assert_ok(batch_open(&batch, plan));
    for (int update = 0; update < 50; update++) {
        size_t rows = 0;
        batch_next(&batch, plan);
        for (size_t i = 0; i < batch.item_count; i++)
            rows += batch.items[i].rows;
        assert_true(rows >= 400 && rows < 400 + 51);
    }
    batch_close(&batch);
    batch_plan_close(plan);
}

static void micro_batches_keep_to_their_budget_and_lane(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_plan *plan = open_plan(&usual);
    assert_int_equal(batch_plan_micro_rows(plan), 60);
    assert_int_equal(batch_plan_longest(plan), 50);
    assert_ok(batch_open(&batch, plan));
    for (int update = 0; update < 50; update++) {
        size_t next = 0;
        batch_next(&batch, plan);
        for (size_t m = 0; m < batch.micro_count; m++) {
            const struct micro_batch *micro = &batch.micros[m];
            size_t rows = 0;
            assert_int_equal(micro->first, next);
            assert_true(micro->count > 0 &&
                        micro->count <= batch_plan_micro_items(plan));
            for (size_t i = 0; i < micro->count; i++)
                rows += batch.items[micro->first + i].rows;
            assert_int_equal(rows, micro->rows);
            assert_true(rows <= 60);
            assert_true(m >= batch.lane_micros[micro->lane] &&
                        m < batch.lane_micros[micro->lane + 1]);
            next += micro->count;
        }
        assert_int_equal(next, batch.item_count);
        assert_int_equal(batch.lane_micros[0], 0);
        assert_int_equal(batch.lane_micros[LANES], batch.micro_count);
    }
    batch_close(&batch);
    batch_plan_close(plan);
}

/* Rounding up makes the shortest longer at any other speed. */
static void short_recordings_at_other_speeds_keep_to_their_budget(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_plan *plan;
    struct batch_settings settings = usual;
    uint32_t rows[COUNT];
    for (uint32_t u = 0; u < COUNT; u++)
        rows[u] = 5;
    settings.lanes = 1;
    settings.micro_rows = 400;
    settings.speed = 0.1;
    assert_ok(batch_plan_open(&plan, &settings, rows, COUNT));
    assert_ok(batch_open(&batch, plan));
    for (int update = 0; update < 200; update++) {
        size_t all = 0;
        batch_next(&batch, plan);
        for (size_t i = 0; i < batch.item_count; i++)
            all += batch.items[i].rows;
        assert_true(all >= 400 && all < 400 + 10);
        for (size_t m = 0; m < batch.micro_count; m++)
            assert_true(batch.micros[m].count <= batch_plan_micro_items(plan));
    }
    batch_close(&batch);
    batch_plan_close(plan);
}

static void a_recording_longer_than_the_budget_stands_alone(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_settings s = usual;
    s.micro_rows = 10;
    struct batch_plan *plan = open_plan(&s);
    assert_int_equal(batch_plan_micro_rows(plan), 50);
    assert_ok(batch_open(&batch, plan));
    batch_next(&batch, plan);
    for (size_t m = 0; m < batch.micro_count; m++)
        assert_true(batch.micros[m].rows <= 50);
    batch_close(&batch);
    batch_plan_close(plan);
}

/* Dealt longest first, each to the lane that has least: without its last and
 * shortest recording no lane has more than another. */
static void lanes_weigh_the_same(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_plan *plan = open_plan(&usual);
    assert_ok(batch_open(&batch, plan));
    for (int update = 0; update < 50; update++) {
        size_t rows[LANES] = {0}, last[LANES] = {0}, least = SIZE_MAX;
        batch_next(&batch, plan);
        for (size_t m = 0; m < batch.micro_count; m++) {
            const struct micro_batch *micro = &batch.micros[m];
            rows[micro->lane] += micro->rows;
            last[micro->lane] =
                batch.items[micro->first + micro->count - 1].rows;
        }
        for (size_t l = 0; l < LANES; l++)
            least = rows[l] < least ? rows[l] : least;
        for (size_t l = 0; l < LANES; l++)
            assert_true(rows[l] - last[l] <= least);
    }
    batch_close(&batch);
    batch_plan_close(plan);
}

static void more_lanes_than_recordings_leave_some_empty(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_settings s = usual;
    s.lanes = 64;
    s.batch_rows = 30;
    struct batch_plan *plan = open_plan(&s);
    assert_ok(batch_open(&batch, plan));
    batch_next(&batch, plan);
    assert_true(batch.item_count < 8);
    assert_int_equal(batch.micro_count, batch.item_count);
    assert_int_equal(batch.lane_micros[64], batch.micro_count);
    batch_close(&batch);
    batch_plan_close(plan);
}

static void the_order_is_a_function_of_seed_and_pass(void **state)
{
    (void)state;
    struct batch one, two;
    struct batch_settings s = usual;
    s.speed = 0.1;
    s.longest = 30;
    struct batch_plan *a = open_plan(&s), *b = open_plan(&s);
    s.seed = 4;
    struct batch_plan *c = open_plan(&s);
    assert_ok(batch_open(&one, a));
    assert_ok(batch_open(&two, b));
    int same = 0;
    for (int update = 0; update < 20; update++) {
        batch_next(&one, a);
        batch_next(&two, b);
        assert_same(&one, &two, LANES);
        batch_next(&two, c);
        same += one.items[0].key.utterance == two.items[0].key.utterance;
    }
    assert_true(same < 10);
    batch_close(&one);
    batch_close(&two);
    batch_plan_close(a);
    batch_plan_close(b);
    batch_plan_close(c);
}

static void passes_differ_in_order(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_settings s = usual;
    uint32_t first[2][COUNT], count[2] = {0};
    s.lanes = 1;
    s.batch_rows = 1; /* one at a time: the order itself */
    struct batch_plan *plan = open_plan(&s);
    assert_ok(batch_open(&batch, plan));
    for (size_t i = 0; i < 2 * 52; i++) {
        batch_next(&batch, plan);
        assert_int_equal(batch.item_count, 1);
        uint64_t pass = batch.items[0].pass;
        assert_int_equal(pass, i / 52);
        first[pass][count[pass]++] = batch.items[0].key.utterance;
    }
    assert_true(memcmp(first[0], first[1], 52 * sizeof **first));
    batch_close(&batch);
    batch_plan_close(plan);
}

static void seeking_equals_running(void **state)
{
    (void)state;
    struct batch one, two;
    struct batch_settings s = usual;
    s.speed = 0.1;
    s.longest = 30;
    struct batch_plan *a = open_plan(&s), *b = open_plan(&s);
    assert_ok(batch_open(&one, a));
    assert_ok(batch_open(&two, b));
    for (uint64_t update = 0; update < 30; update++) {
        /* From wherever it stands, forwards and back. */
        batch_plan_seek(b, &two, update * 11 % 30);
        batch_plan_seek(b, &two, update);
        assert_close(batch_plan_passes(a), batch_plan_passes(b), 0, 0);
        batch_next(&one, a);
        batch_next(&two, b);
        assert_same(&one, &two, LANES);
    }
    batch_close(&one);
    batch_close(&two);
    batch_plan_close(a);
    batch_plan_close(b);
}

static void long_recordings_are_cropped_elsewhere_in_each_pass(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_plan *plan;
    struct batch_settings s = usual;
    const uint32_t rows[2] = {500, 20};
    size_t before = SIZE_MAX, moved = 0, cropped = 0;
    s.longest = 30;
    assert_ok(batch_plan_open(&plan, &s, rows, 2));
    assert_int_equal(batch_plan_longest(plan), 30);
    assert_ok(batch_open(&batch, plan));
    for (int update = 0; update < 10; update++) {
        batch_next(&batch, plan);
        for (size_t i = 0; i < batch.item_count; i++) {
            const struct batch_item *item = &batch.items[i];
            if (item->key.utterance == 1) {
                assert_true(item->first == 0 && item->rows == 20);
                continue;
            }
            assert_int_equal(item->rows, 30);
            assert_true(item->first <= 470);
            cropped++;
            moved += item->first != before;
            before = item->first;
        }
    }
    assert_true(cropped > 50 && moved > cropped - 5);
    batch_close(&batch);
    batch_plan_close(plan);
}

static void speeds_are_drawn_and_change_the_rows(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_settings s = usual;
    uint32_t rows[COUNT];
    size_t seen[3] = {0}, count = 0;
    s.speed = 0.1;
    make_rows(rows);
    struct batch_plan *plan = open_plan(&s);
    assert_ok(batch_open(&batch, plan));
    while (batch_plan_passes(plan) < 20) {
        batch_next(&batch, plan);
        for (size_t i = 0; i < batch.item_count; i++, count++) {
            const struct batch_item *item = &batch.items[i];
            uint32_t own = rows[item->key.utterance];
            seen[item->key.speed]++;
            /* At most: resampling may round up. */
            if (item->key.speed == 0)
                assert_int_equal(item->rows, own);
            if (item->key.speed == 1)
                assert_int_equal(item->rows, (uint32_t)(own / 0.9) + 2);
            if (item->key.speed == 2)
                assert_int_equal(item->rows, (uint32_t)(own / 1.1) + 2);
        }
    }
    for (int i = 0; i < 3; i++)
        assert_close((double)seen[i] / (double)count, 1.0 / 3, 0.15, 0);
    batch_close(&batch);
    batch_plan_close(plan);
}

static void nothing_to_learn_from_is_an_error(void **state)
{
    (void)state;
    struct batch_plan *plan;
    const uint32_t rows[3] = {0, 0, 0};
    assert_refused(batch_plan_open(&plan, &usual, rows, 3),
                   "no recording is long enough");
    assert_null(plan);
    assert_refused(batch_plan_open(&plan, &usual, rows, 0),
                   "no recording is long enough");
}

static void without_memory_there_is_no_plan(void **state)
{
    (void)state;
    uint32_t rows[COUNT];
    long failures = 0;
    make_rows(rows);
    for (long n = 0;; n++) {
        struct batch_plan *plan;
        struct batch batch = {.item_count = 0};
        fault_at(n);
        struct status status = batch_plan_open(&plan, &usual, rows, COUNT);
        assert_int_equal(plan == NULL, status_failed(&status));
        if (!status_failed(&status))
            status = batch_open(&batch, plan);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status_failed(&status), happened);
        assert_int_equal(batch.items == NULL, happened);
        batch_close(&batch);
        batch_plan_close(plan);
        assert_int_equal(fault_held(), 0);
        if (!happened)
            break;
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
    }
    assert_int_equal(failures, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recording_comes_once_in_every_pass),
        cmocka_unit_test(updates_have_the_rows_that_are_asked_for),
        cmocka_unit_test(micro_batches_keep_to_their_budget_and_lane),
        cmocka_unit_test(short_recordings_at_other_speeds_keep_to_their_budget),
        cmocka_unit_test(a_recording_longer_than_the_budget_stands_alone),
        cmocka_unit_test(lanes_weigh_the_same),
        cmocka_unit_test(more_lanes_than_recordings_leave_some_empty),
        cmocka_unit_test(the_order_is_a_function_of_seed_and_pass),
        cmocka_unit_test(passes_differ_in_order),
        cmocka_unit_test(seeking_equals_running),
        cmocka_unit_test(long_recordings_are_cropped_elsewhere_in_each_pass),
        cmocka_unit_test(speeds_are_drawn_and_change_the_rows),
        cmocka_unit_test(without_memory_there_is_no_plan),
        cmocka_unit_test(nothing_to_learn_from_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
