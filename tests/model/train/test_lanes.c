/* Tests of the order in which lanes are summed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "model/train/lanes.h"
#include "tests/close.h"

#define LANES_MOST 19
#define ITEMS 7
#define FIRST 2 /* of the items that are summed */
#define COUNT 4

typedef real gradients[LANES_MOST][ITEMS];

static void draw(gradients g)
{
    struct random_key key = random_key(1, RANDOM_MASK);
    for (size_t i = 0; i < (size_t)LANES_MOST * ITEMS; i++)
        g[i / ITEMS][i % ITEMS] = (real)random_normal(key, i);
}

static void point(real **lanes, gradients g)
{
    for (size_t l = 0; l < LANES_MOST; l++)
        lanes[l] = g[l];
}

/* result out: what the first of `count` ranks gets for a slice of its own. */
static void sum_over_ranks(real *result, size_t lane_count, int count)
{
    gradients all, own = {{0}};
    real *all_lanes[LANES_MOST], *own_lanes[LANES_MOST];
    struct lanes lanes;
    draw(all);
    point(all_lanes, all);
    point(own_lanes, own);
    for (int r = count - 1; r >= 0; r--) {
        struct ranks ranks = {.own = r, .count = count};
        assert_ok(lanes_open(&lanes, lane_count, &ranks));
        if (r) {
            lanes_sum(&lanes, all_lanes, FIRST, COUNT, false);
            for (size_t h = lanes.head_starts[r]; h < lanes.head_starts[r + 1];
                 h++)
                memcpy(own[lanes.heads[h]], all[lanes.heads[h]], sizeof own[0]);
            lanes_close(&lanes);
        }
    }
    memcpy(own, all, lanes.starts[1] * sizeof own[0]);
    lanes_sum(&lanes, own_lanes, FIRST, COUNT, true);
    lanes_close(&lanes);
    memcpy(result, own[0] + FIRST, COUNT * sizeof *result);
    for (size_t l = 1; l < lane_count; l++)
        for (size_t i = FIRST; i < FIRST + COUNT; i++)
            assert_true(own[l][i] == 0);
}

static void the_sum_is_the_same_bits_on_any_number_of_ranks(void **state)
{
    (void)state;
    for (size_t lanes = 1; lanes <= LANES_MOST; lanes++) {
        real one[COUNT], many[COUNT];
        sum_over_ranks(one, lanes, 1);
        for (int count = 2; count <= (int)lanes; count++) {
            sum_over_ranks(many, lanes, count);
            assert_memory_equal(one, many, sizeof one);
        }
    }
}

static void the_sum_is_that_of_all_lanes(void **state)
{
    gradients g;
    (void)state;
    draw(g);
    for (size_t lanes = 1; lanes <= LANES_MOST; lanes++) {
        real got[COUNT];
        sum_over_ranks(got, lanes, 1);
        for (size_t i = 0; i < COUNT; i++) {
            double want = 0;
            for (size_t l = 0; l < lanes; l++)
                want += (double)g[l][FIRST + i];
            assert_close(got[i], want, 1e-5, 1e-5);
        }
    }
}

static void other_items_are_left_alone(void **state)
{
    gradients g, before;
    real *lanes_of[LANES_MOST];
    struct ranks ranks = {.count = 1};
    struct lanes lanes;
    (void)state;
    draw(g);
    draw(before);
    point(lanes_of, g);
    assert_ok(lanes_open(&lanes, LANES_MOST, &ranks));
    lanes_sum(&lanes, lanes_of, FIRST, COUNT, true);
    lanes_close(&lanes);
    for (size_t l = 0; l < LANES_MOST; l++) {
        assert_memory_equal(g[l], before[l], FIRST * sizeof(real));
        assert_memory_equal(g[l] + FIRST + COUNT, before[l] + FIRST + COUNT,
                            (ITEMS - FIRST - COUNT) * sizeof(real));
    }
}

static void a_rank_of_equals_sends_one_sum(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 16; count *= 2) {
        struct ranks ranks = {.count = (int)count};
        struct lanes lanes;
        assert_ok(lanes_open(&lanes, 16, &ranks));
        assert_int_equal(lanes.head_starts[count], count);
        for (size_t r = 0; r < count; r++)
            assert_int_equal(lanes.heads[r], r * 16 / count);
        lanes_close(&lanes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_the_same_bits_on_any_number_of_ranks),
        cmocka_unit_test(the_sum_is_that_of_all_lanes),
        cmocka_unit_test(other_items_are_left_alone),
        cmocka_unit_test(a_rank_of_equals_sends_one_sum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
