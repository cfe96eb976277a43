/* Tests of what fine-tuning learns from a pack. */
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

#include "model/kernel/random.h"
#include "model/train/utterance_losses.c"

#define TOKENS 4
#define ROWS 12 /* two views of utterances of 4 and 2 rows */

/* "12" fits into 4 rows; "111" wants 5, and not into 2. */
static int32_t labels[] = {1, 2, 1, 1, 1, 1, 2, 1, 1, 1};
static size_t label_starts[] = {0, 2, 5, 7, 10};
static size_t starts[] = {0, 4, 6, 10, 12};
static const struct joining joining = {
    .starts = starts, .label_starts = label_starts, .labels = labels};

static struct settings settings;
static struct utterance_losses losses;
static real logits[ROWS * TOKENS];

static void begin(double consistency, bool alike)
{
    struct random_key key = random_key(1, RANDOM_NOISE);
    settings_default(&settings, VERB_FINETUNE);
    settings.consistency = consistency;
    assert_ok(utterance_losses_open(&losses, &settings, ROWS, 4, 3, TOKENS));
    for (size_t i = 0; i < ROWS * TOKENS; i++)
        logits[i] =
            (real)random_normal(key, alike ? i % (ROWS / 2 * TOKENS) : i);
}

static struct lane_sums sums_of(size_t utterances)
{
    struct lane_sums sums = {.loss = 0};
    const struct pack pack = {
        .rows = starts[utterances], .utterances = utterances, .starts = starts};
    utterance_losses(&sums, logits, &losses, &pack, &joining);
    return sums;
}

static void one_view_is_ctc_alone(void **state)
{
    (void)state;
    real want[4 * TOKENS];
    double scratch[4096];
    begin(0, false);
    assert_true(ctc_scratch(4, TOKENS, 3) <= 4096);
    memcpy(want, logits, sizeof want);
    double loss = ctc_loss(want, want, 4, TOKENS, labels, 2, scratch);
    struct lane_sums sums = sums_of(2);
    assert_close(sums.loss, loss, 1e-12, 0);
    assert_all_close(logits, want, 4 * TOKENS, 1e-6);
    assert_close(sums.weight, 2, 0, 0); /* "111" does not fit */
    assert_close(sums.rows, 6, 0, 0);
    assert_close(sums.seconds, 6 * 0.03, 1e-12, 0);
    for (size_t i = 4 * TOKENS; i < 6 * TOKENS; i++)
        assert_close((double)logits[i], 0, 0, 0);
    utterance_losses_close(&losses);
}

static void views_read_alike_cost_nothing_more(void **state)
{
    (void)state;
    double loss[2][2];
    for (int alike = 0; alike < 2; alike++)
        for (int weight = 0; weight < 2; weight++) {
            begin(weight ? 0.5 : 1e-9, alike);
            loss[alike][weight] = sums_of(4).loss;
            utterance_losses_close(&losses);
        }
    assert_true(loss[0][1] > loss[0][0] + 0.1);
    assert_close(loss[1][1], loss[1][0], 1e-6, 0);
}

/* Adding to all logits of a row changes no probability. */
static void views_are_compared_as_probabilities(void **state)
{
    double loss[2];
    (void)state;
    for (int shifted = 0; shifted < 2; shifted++) {
        begin(0.5, false);
        for (size_t i = 0; i < ROWS * TOKENS; i++)
            logits[i] += (real)(shifted * (1 + i / TOKENS % 3));
        loss[shifted] = sums_of(4).loss;
        utterance_losses_close(&losses);
    }
    assert_close(loss[1], loss[0], 1e-5, 0);
}

static void every_view_has_all_items(void **state)
{
    (void)state;
    struct batch_item items[2] = {{.pass = 7}, {.pass = 8}}, views[4];
    settings_default(&settings, VERB_FINETUNE);
    settings.consistency = 0;
    assert_int_equal(utterance_views_fill(views, items, 2, &settings), 2);
    settings.consistency = 0.2;
    assert_int_equal(utterance_views_fill(views, items, 2, &settings), 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(views[i].pass, 7 + i % 2);
        assert_int_equal(views[i].view, i / 2);
    }
}

static void memory_that_is_not_there_is_told(void **state)
{
    (void)state;
    settings_default(&settings, VERB_FINETUNE);
    for (long n = 0; n < 2; n++) {
        fault_at(n);
        struct status status =
            utterance_losses_open(&losses, &settings, ROWS, 4, 3, TOKENS);
        fault_at(-1);
        assert_int_equal(status.code, STATUS_MEMORY);
        utterance_losses_close(&losses);
        assert_int_equal(fault_held(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_view_is_ctc_alone),
        cmocka_unit_test(views_read_alike_cost_nothing_more),
        cmocka_unit_test(views_are_compared_as_probabilities),
        cmocka_unit_test(every_view_has_all_items),
        cmocka_unit_test(memory_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
