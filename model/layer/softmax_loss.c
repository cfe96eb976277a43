/* Softmax and cross-entropy over rows. */
#include "model/layer/softmax_loss.h"

#include <math.h>
#include <stdbool.h>

#include "model/kernel/vector.h"

static real largest_of(const real *row, size_t count)
{
    real top = row[0];
#pragma omp simd reduction(max : top)
    for (size_t i = 0; i < count; i++)
        top = row[i] > top ? row[i] : top;
    return top;
}

/* Sum of exp(row - top), which go into e if not NULL. */
static real exponentials(real *e, const real *row, real top, size_t count)
{
    real total = 0;
    if (!e) {
#pragma omp simd reduction(+ : total)
        for (size_t i = 0; i < count; i++)
            total += vector_exp(row[i] - top);
        return total;
    }
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < count; i++) {
        real value = vector_exp(row[i] - top);
        e[i] = value;
        total += value;
    }
    return total;
}

/* Whether target is the first of row's largest, top. */
static bool is_guess(const real *row, size_t target, real top)
{
    if (row[target] != top)
        return false;
    for (size_t i = 0; i < target; i++)
        if (row[i] == top)
            return false;
    return true;
}

double softmax_loss(real *d_logits, size_t *correct, const real *logits,
                    const uint16_t *targets, size_t target_step, size_t rows,
                    size_t classes, size_t ld)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++) {
        const real *row = logits + r * ld;
        size_t target = targets[r * target_step];
        real top = largest_of(row, classes), wanted = row[target];
        real *d = d_logits ? d_logits + r * ld : NULL;
        *correct += is_guess(row, target, top);
        real total = exponentials(d, row, top, classes);
        loss += (double)top + log((double)total) - (double)wanted;
        if (!d)
            continue;
        real part = 1 / total;
        for (size_t i = 0; i < classes; i++)
            d[i] *= part;
        d[target] -= 1;
    }
    return loss;
}

void log_softmax(real *logits, size_t rows, size_t classes)
{
    for (size_t r = 0; r < rows; r++) {
        real *row = logits + r * classes, top = largest_of(row, classes);
        real total = exponentials(NULL, row, top, classes);
        real shift = top + (real)log((double)total);
        for (size_t i = 0; i < classes; i++)
            row[i] -= shift;
    }
}
