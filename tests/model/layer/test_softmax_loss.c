/* Tests of softmax and cross-entropy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/random.h"
#include "model/layer/softmax_loss.h"
#include "tests/close.h"

#include <math.h>

#define ROWS 7
#define CLASSES_MOST 520

static const size_t class_counts[] = {1, 2, 5, 32, 33, 513};
#define CLASS_COUNTS (sizeof class_counts / sizeof *class_counts)

struct batch {
    real logits[ROWS * CLASSES_MOST], gradient[ROWS * CLASSES_MOST];
    uint16_t targets[ROWS * 3];
    size_t classes, ld;
};

/* Rows ld apart; what lies between is not to be touched. */
static struct batch *make_batch(size_t classes)
{
    static struct batch b;
    b.classes = classes;
    b.ld = classes + 7;
    for (size_t i = 0; i < ROWS * b.ld; i++) {
        b.logits[i] = (real)(4 * random_normal(random_key(classes, 99), i));
        b.gradient[i] = 77;
    }
    for (size_t i = 0; i < ROWS * 3; i++)
        b.targets[i] = (uint16_t)random_below_count(random_key(classes, 98), i,
                                                    (uint32_t)classes);
    return &b;
}

static double probability(const struct batch *b, size_t row, size_t class)
{
    const real *x = b->logits + row * b->ld;
    double sum = 0;
    for (size_t i = 0; i < b->classes; i++)
        sum += exp((double)x[i] - (double)x[class]);
    return 1 / sum;
}

static void the_loss_is_the_formulas(void **state)
{
    (void)state;
    for (size_t c = 0; c < CLASS_COUNTS; c++)
        for (size_t step = 1; step <= 3; step += 2) {
            struct batch *b = make_batch(class_counts[c]);
            double want = 0;
            size_t right = 100, wanted = 100;
            for (size_t r = 0; r < ROWS; r++) {
                size_t target = b->targets[r * step], best = 0;
                want -= log(probability(b, r, target));
                for (size_t i = 0; i < b->classes; i++)
                    if (b->logits[r * b->ld + i] > b->logits[r * b->ld + best])
                        best = i;
                wanted += best == target;
            }
            double got =
                softmax_loss(b->gradient, &right, b->logits, b->targets, step,
                             ROWS, b->classes, b->ld);
            assert_close(got, want, 1e-6, 1e-5);
            assert_int_equal(right, wanted);
            for (size_t i = 0; i < ROWS * b->ld; i++) {
                size_t r = i / b->ld, k = i % b->ld;
                double expected =
                    k >= b->classes
                        ? 77
                        : probability(b, r, k) - (k == b->targets[r * step]);
                assert_close(b->gradient[i], expected, 0, 1e-6);
            }
            got = softmax_loss(NULL, &right, b->logits, b->targets, step, ROWS,
                               b->classes, b->ld);
            assert_close(got, want, 1e-6, 1e-5);
            got = softmax_loss(b->logits, &right, b->logits, b->targets, step,
                               ROWS, b->classes, b->ld);
            assert_close(got, want, 1e-6, 1e-5);
            for (size_t r = 0; r < ROWS; r++)
                assert_memory_equal(b->logits + r * b->ld,
                                    b->gradient + r * b->ld,
                                    b->classes * sizeof *b->logits);
        }
}

static void rows_of_probabilities_sum_to_one(void **state)
{
    (void)state;
    for (size_t c = 0; c < CLASS_COUNTS; c++) {
        size_t classes = class_counts[c];
        struct batch *b = make_batch(classes);
        log_softmax(b->logits, ROWS, classes);
        for (size_t r = 0; r < ROWS; r++) {
            double sum = 0;
            for (size_t i = 0; i < classes; i++)
                sum += exp((double)b->logits[r * classes + i]);
            assert_close(sum, 1, 0, 2e-6);
        }
    }
}

static void a_shift_of_a_row_changes_nothing(void **state)
{
    (void)state;
    struct batch *b = make_batch(33);
    static real moved[ROWS * 33];
    for (size_t i = 0; i < ROWS * 33; i++)
        moved[i] = b->logits[i] + (real)(50 * (double)(i / 33)) - 100;
    log_softmax(b->logits, ROWS, 33);
    log_softmax(moved, ROWS, 33);
    for (size_t i = 0; i < ROWS * 33; i++)
        assert_close(moved[i], b->logits[i], 0, 3e-5);
}

/* Logits that would overflow an exponential, and such as would vanish. */
static void large_logits_give_finite_losses(void **state)
{
    (void)state;
    real logits[] = {30000, -30000, 0, 0, -1000, 1000}, gradient[6];
    const uint16_t targets[] = {1, 2};
    size_t right = 0;
    double loss = softmax_loss(gradient, &right, logits, targets, 1, 2, 3, 3);
    assert_close(loss, 60000, 1e-6, 0);
    assert_int_equal(right, 1);
    const double want[] = {1, -1, 0, 0, 0, 0};
    for (int i = 0; i < 6; i++)
        assert_close(gradient[i], want[i], 0, 1e-6);
    log_softmax(logits, 2, 3);
    assert_close(logits[0], 0, 0, 1e-6);
    assert_close(logits[1], -60000, 1e-6, 0);
}

/* Of equal logits the first counts: the share of right ones must not gain by
 * a head that says nothing. */
static void of_equal_logits_the_first_is_the_guess(void **state)
{
    (void)state;
    const real logits[8] = {0};
    const uint16_t targets[] = {0, 1};
    size_t right = 0;
    double loss = softmax_loss(NULL, &right, logits, targets, 1, 2, 4, 4);
    assert_close(loss, 2 * log(4), 1e-6, 0);
    assert_int_equal(right, 1);
}

static void no_number_stays_no_number(void **state)
{
    (void)state;
    real logits[] = {0, (real)NAN, 1}, gradient[3];
    const uint16_t target = 2;
    size_t right = 0;
    assert_true(
        isnan(softmax_loss(gradient, &right, logits, &target, 1, 1, 3, 3)));
    log_softmax(logits, 1, 3);
    assert_true(isnan(logits[0]) && isnan(logits[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_is_the_formulas),
        cmocka_unit_test(rows_of_probabilities_sum_to_one),
        cmocka_unit_test(a_shift_of_a_row_changes_nothing),
        cmocka_unit_test(large_logits_give_finite_losses),
        cmocka_unit_test(of_equal_logits_the_first_is_the_guess),
        cmocka_unit_test(no_number_stays_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
