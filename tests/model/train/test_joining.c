/* Tests of recordings that are learned from as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include "tests/fault.h"

#include "model/train/joining.c"

#define ITEMS 5
#define SPACE 1

/* Transcripts "ab", "", "c", "ddd" and "e", as 2 to 6. */
static int32_t labels[] = {2, 3, 4, 5, 5, 5, 6};
static size_t label_starts[] = {0, 2, 2, 3, 6, 7};
static const struct transcripts texts = {
    .labels = labels, .starts = label_starts, .count = ITEMS};
static size_t item_starts[] = {0, 10, 15, 18, 30, 36};

static struct joining joining;

/* The items in the order of the transcripts, joined; returns utterances. */
static size_t join(size_t longest, int32_t space, uint64_t seed)
{
    struct batch_item items[ITEMS];
    struct pack pack = {.rows = 36, .utterances = ITEMS, .starts = item_starts};
    for (uint32_t i = 0; i < ITEMS; i++)
        items[i] = (struct batch_item){.key = {.utterance = i}};
    joining_fill(&joining, &pack, items, &texts, longest, space,
                 random_key(seed, RANDOM_JOIN));
    assert_int_equal(pack.rows, 36);
    assert_ptr_equal(pack.starts, joining.starts);
    assert_int_equal(pack.starts[0], 0);
    assert_int_equal(pack.starts[pack.utterances], 36);
    return pack.utterances;
}

static void without_a_length_nothing_is_joined(void **state)
{
    (void)state;
    assert_int_equal(join(0, SPACE, 1), ITEMS);
    assert_memory_equal(joining.starts, item_starts, sizeof item_starts);
    assert_memory_equal(joining.label_starts, label_starts,
                        sizeof label_starts);
    assert_memory_equal(joining.labels, labels, sizeof labels);
}

/* Whether an utterance of items first .. end - 1 has what they have. */
static void check_utterance(size_t index, size_t first, size_t end,
                            int32_t space)
{
    const int32_t *own = joining.labels + joining.label_starts[index];
    const int32_t *last = joining.labels + joining.label_starts[index + 1];
    for (size_t i = first; i < end; i++) {
        if (i > first && space)
            assert_int_equal(*own++, space);
        for (size_t k = label_starts[i]; k < label_starts[i + 1]; k++)
            assert_int_equal(*own++, labels[k]);
    }
    assert_ptr_equal(own, last);
}

static void
joined_recordings_have_their_labels_with_spaces_between(void **state)
{
    (void)state;
    size_t joins = 0, alone = 0, spaces = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        int32_t space = seed % 2 ? SPACE : 0;
        size_t count = join(18, space, seed), i = 0;
        for (size_t n = 0; n < count; n++) {
            size_t first = i;
            assert_int_equal(item_starts[i], joining.starts[n]);
            while (item_starts[i] < joining.starts[n + 1])
                i++;
            assert_int_equal(item_starts[i], joining.starts[n + 1]);
            if (i > first + 1)
                assert_true(joining.starts[n + 1] - joining.starts[n] <= 18);
            check_utterance(n, first, i, space);
            joins += i - first - 1;
            alone += i == first + 1;
            spaces += space && i > first + 1;
        }
        assert_int_equal(i, ITEMS);
    }
    assert_true(joins > 20 && alone > 20 && spaces > 10);
}

static void labels_that_rows_cannot_hold_are_not_joined(void **state)
{
    (void)state;
    static size_t narrow[] = {0, 1, 2, 3, 4, 5};
    struct batch_item items[ITEMS];
    for (uint32_t i = 0; i < ITEMS; i++)
        items[i] = (struct batch_item){.key = {.utterance = i}};
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct pack pack = {.rows = 5, .utterances = ITEMS, .starts = narrow};
        joining_fill(&joining, &pack, items, &texts, 2, SPACE,
                     random_key(seed, RANDOM_JOIN));
        for (size_t n = 0; n < pack.utterances; n++)
            if (joining.starts[n + 1] - joining.starts[n] > 1)
                assert_true(
                    joining.label_starts[n + 1] - joining.label_starts[n] <= 2);
    }
}

static void views_are_joined_alike_and_not_to_each_other(void **state)
{
    (void)state;
    size_t twice[] = {0, 10, 15, 18, 30, 36, 46, 51, 54, 66, 72};
    struct batch_item items[2 * ITEMS];
    for (uint32_t i = 0; i < 2 * ITEMS; i++)
        items[i] = (struct batch_item){.key = {.utterance = i % ITEMS},
                                       .view = i / ITEMS};
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct pack pack = {
            .rows = 72, .utterances = 2 * ITEMS, .starts = twice};
        joining_fill(&joining, &pack, items, &texts, 100, SPACE,
                     random_key(seed, RANDOM_JOIN));
        size_t half = pack.utterances / 2;
        assert_int_equal(pack.utterances, 2 * half);
        for (size_t i = 0; i <= half; i++) {
            assert_int_equal(pack.starts[half + i], 36 + pack.starts[i]);
            assert_int_equal(joining.label_starts[half + i],
                             joining.label_starts[half] +
                                 joining.label_starts[i]);
        }
        assert_memory_equal(joining.labels,
                            joining.labels + joining.label_starts[half],
                            joining.label_starts[half] * sizeof(int32_t));
    }
}

static void the_same_key_joins_the_same(void **state)
{
    (void)state;
    size_t starts[ITEMS + 1], differ = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        size_t count = join(36, SPACE, seed);
        memcpy(starts, joining.starts, sizeof starts);
        assert_int_equal(join(36, SPACE, seed), count);
        assert_memory_equal(starts, joining.starts,
                            (count + 1) * sizeof *starts);
        differ += join(36, SPACE, seed + 1) != count;
    }
    assert_true(differ > 3);
}

static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    struct joining own;
    for (long n = 0; n < 3; n++) {
        fault_at(n);
        struct status status = joining_open(&own, 3, 4);
        fault_at(-1);
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_null(own.starts);
    }
}

static int open_all(void **state)
{
    (void)state;
    assert_ok(joining_open(&joining, 2 * ITEMS, 3));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    joining_close(&joining);
    return fault_held() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_length_nothing_is_joined),
        cmocka_unit_test(
            joined_recordings_have_their_labels_with_spaces_between),
        cmocka_unit_test(labels_that_rows_cannot_hold_are_not_joined),
        cmocka_unit_test(views_are_joined_alike_and_not_to_each_other),
        cmocka_unit_test(the_same_key_joins_the_same),
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
