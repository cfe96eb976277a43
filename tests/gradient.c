/* Gradients against differences of the loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/gradient.h"

#include <math.h>

#include "model/kernel/random.h"

#define STEP 1e-3
#define TOLERANCE 1e-6
/* What differences of rounding amount to; keys' biases have no gradient. */
#define ROUNDING 1e-9

static double loss_at(gradient_loss *loss, void *context, real *value,
                      double moved)
{
    real kept = *value;
    *value = (real)moved;
    double result = loss(context);
    *value = kept;
    return result;
}

void assert_gradient(const char *what, const real *gradient,
                     gradient_loss *loss, void *context, real *values,
                     size_t count, size_t most)
{
    double largest = 0;
    size_t step = count > most ? count / most : 1;
    assert_true(sizeof(real) == sizeof(double));
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(gradient[i]))
            fail_msg("%s[%zu]: gradient %g", what, i, (double)gradient[i]);
        if (fabs(gradient[i]) > largest)
            largest = fabs(gradient[i]);
    }
    if (largest == 0)
        fail_msg("%s: the gradient is zero everywhere", what);
    for (size_t i = 0; i < count; i += step) {
        double x = values[i], d1, d2;
        d1 = loss_at(loss, context, &values[i], x + STEP) -
             loss_at(loss, context, &values[i], x - STEP);
        d2 = loss_at(loss, context, &values[i], x + 2 * STEP) -
             loss_at(loss, context, &values[i], x - 2 * STEP);
        double difference = (8 * d1 - d2) / (12 * STEP);
        if (!(fabs(difference - gradient[i]) <= TOLERANCE * largest + ROUNDING))
            fail_msg("%s[%zu]: gradient %.12g, difference %.12g (largest %g)",
                     what, i, (double)gradient[i], difference, largest);
    }
}

real *gradient_random(size_t count, uint64_t seed)
{
    real *values = malloc((count + 1) * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = (real)random_normal(random_key(seed, 99), i);
    return values;
}

double gradient_dot(const real *a, const real *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}
