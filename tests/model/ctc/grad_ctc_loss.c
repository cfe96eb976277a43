/* The gradient of the CTC loss against differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/ctc/ctc_loss.h"
#include "tests/gradient.h"

#define FRAMES 9
#define VOCABULARY 5

static const int32_t labels[] = {3, 3, 1, 4};
static double scratch[1 << 16];

static double loss_of(void *context)
{
    return ctc_loss(NULL, context, FRAMES, VOCABULARY, labels, 4, scratch);
}

static void ctc_gradient_is_right(void **state)
{
    (void)state;
    real d[FRAMES * VOCABULARY];
    real *logits = gradient_random(FRAMES * VOCABULARY, 1);
    assert_true(ctc_scratch(FRAMES, VOCABULARY, 4) <= 1 << 16);
    ctc_loss(d, logits, FRAMES, VOCABULARY, labels, 4, scratch);
    assert_gradient("logits", d, loss_of, logits, logits, FRAMES * VOCABULARY,
                    FRAMES * VOCABULARY);
    free(logits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ctc_gradient_is_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
