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

static real value(size_t lane, size_t item)
{
    return (real)random_normal(random_key(1, RANDOM_MASK), lane * ITEMS + item);
}

/* A rank's lanes, with a gradient in each. */
static void open_rank(struct lanes *lanes, size_t lane_count, int own,
                      int count)
{
    struct ranks ranks = {.own = own, .count = count};
    assert_ok(lanes_open(lanes, lane_count, ITEMS, &ranks));
    for (size_t l = lanes->starts[own]; l < lanes->starts[own + 1]; l++)
        for (size_t i = 0; i < ITEMS; i++)
            lanes->gradients[l][i] = value(l, i);
}

/* result [COUNT] out: what the first of `count` ranks gets of its share. */
static void sum_over_ranks(real *result, size_t lane_count, int count)
{
    struct lanes first, other;
    open_rank(&first, lane_count, 0, count);
    for (int r = 1; r < count; r++) {
        open_rank(&other, lane_count, r, count);
        lanes_sum(&other, FIRST, COUNT, false);
        for (size_t h = other.head_starts[r]; h < other.head_starts[r + 1]; h++)
            memcpy(first.gradients[other.heads[h]],
                   other.gradients[other.heads[h]], ITEMS * sizeof(real));
        lanes_close(&other);
    }
    lanes_sum(&first, FIRST, COUNT, true);
    memcpy(result, first.gradients[0] + FIRST, COUNT * sizeof *result);
    for (size_t l = 1; l < lane_count; l++)
        for (size_t i = FIRST; first.gradients[l] && i < FIRST + COUNT; i++)
            assert_true(first.gradients[l][i] == 0);
    lanes_close(&first);
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
    (void)state;
    for (size_t lanes = 1; lanes <= LANES_MOST; lanes++) {
        real got[COUNT];
        sum_over_ranks(got, lanes, 1);
        for (size_t i = 0; i < COUNT; i++) {
            double want = 0;
            for (size_t l = 0; l < lanes; l++)
                want += (double)value(l, FIRST + i);
            assert_close(got[i], want, 1e-5, 1e-5);
        }
    }
}

static void other_items_are_left_alone(void **state)
{
    struct lanes lanes;
    (void)state;
    open_rank(&lanes, LANES_MOST, 0, 1);
    lanes_sum(&lanes, FIRST, COUNT, true);
    for (size_t l = 0; l < LANES_MOST; l++)
        for (size_t i = 0; i < ITEMS; i++)
            if (i < FIRST || i >= FIRST + COUNT)
                assert_true(lanes.gradients[l][i] == value(l, i));
    lanes_close(&lanes);
}

static void a_rank_of_equals_sends_one_sum(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 16; count *= 2) {
        struct ranks ranks = {.count = (int)count};
        struct lanes lanes;
        assert_ok(lanes_open(&lanes, 16, 1, &ranks));
        assert_int_equal(lanes.head_starts[count], count);
        for (size_t r = 0; r < count; r++)
            assert_int_equal(lanes.heads[r], r * 16 / count);
        /* And has memory for its own lanes and what it gets. */
        for (size_t l = 0; l < 16; l++)
            assert_int_equal(lanes.gradients[l] != NULL,
                             l < 16 / count || l % (16 / count) == 0);
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
