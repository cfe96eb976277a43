/* The gradient of the consistency loss against differences: a view's, with the
 * other held fixed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/consistency.h"
#include "model/layer/softmax_loss.h"
#include "tests/gradient.h"

#define ROWS 6
#define TOKENS 5
#define VIEW (ROWS * TOKENS)
#define WEIGHT 0.3

static real fixed[2 * VIEW]; /* log-probabilities: the teachers' */

/* WEIGHT times KL(the other view || this view), of both views' logits. */
static double loss_of(void *context)
{
    real log_p[2 * VIEW];
    double loss = 0;
    memcpy(log_p, context, sizeof log_p);
    log_softmax(log_p, 2 * ROWS, TOKENS);
    for (size_t i = 0; i < 2 * VIEW; i++) {
        double teacher = (double)fixed[(i + VIEW) % (2 * VIEW)];
        loss += exp(teacher) * (teacher - (double)log_p[i]);
    }
    return WEIGHT * loss;
}

static void consistency_gradient_is_right(void **state)
{
    (void)state;
    real d[2 * VIEW] = {0};
    real *logits = gradient_random((size_t)2 * VIEW, 1);
    memcpy(fixed, logits, sizeof fixed);
    log_softmax(fixed, (size_t)2 * ROWS, TOKENS);
    consistency_loss(d, fixed, ROWS, TOKENS, WEIGHT);
    assert_gradient("logits", d, loss_of, logits, logits, (size_t)2 * VIEW,
                    (size_t)2 * VIEW);
    free(logits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consistency_gradient_is_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
