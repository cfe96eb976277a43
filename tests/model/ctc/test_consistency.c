/* Tests of the consistency loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/consistency.h"
#include "tests/close.h"

/* Two rows of a view of two tokens, then of the other view. */
static const real log_p[] = {
    -0.6931472f, -0.6931472f, /* 1/2 1/2 */
    -0.2876821f, -1.3862944f, /* 3/4 1/4 */
    -1.3862944f, -0.2876821f, /* 1/4 3/4 */
    -0.2876821f, -1.3862944f, /* 3/4 1/4 */
};

static void the_loss_is_both_divergences(void **state)
{
    (void)state;
    real d[8] = {0};
    /* KL(1/2 || 1/4) = ln(2) / 2 + ln(2/3) / 2, KL(1/4 || 1/2) = ln(1/2) / 4 +
     * 3 ln(3/2) / 4; the second rows are alike. */
    double expected =
        0.5 * log(2) + 0.5 * log(2.0 / 3) + 0.25 * log(0.5) + 0.75 * log(1.5);
    assert_close(consistency_loss(d, log_p, 2, 2, 1), expected, 1e-6, 1e-6);
    assert_close(consistency_loss(d, log_p, 2, 2, 0.2), 0.2 * expected, 1e-6,
                 1e-6);
}

static void the_views_are_drawn_to_each_other(void **state)
{
    (void)state;
    real d[8] = {1, 0, 0, 0, 0, 0, 0, 7};
    static const double expected[] = {1.05, -0.05, 0, 0, -0.05, 0.05, 0, 7};
    consistency_loss(d, log_p, 2, 2, 0.2);
    for (size_t i = 0; i < 8; i++)
        assert_close(d[i], expected[i], 1e-6, 1e-6);
}

static void impossible_tokens_cost_nothing_where_both_agree(void **state)
{
    (void)state;
    static const real certain[] = {0, -200, 0, -200};
    real d[4] = {0};
    assert_close(consistency_loss(d, certain, 1, 2, 1), 0, 0, 1e-12);
    for (size_t i = 0; i < 4; i++)
        assert_close(d[i], 0, 0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_is_both_divergences),
        cmocka_unit_test(the_views_are_drawn_to_each_other),
        cmocka_unit_test(impossible_tokens_cost_nothing_where_both_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
