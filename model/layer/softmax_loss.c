/* Softmax and cross-entropy over rows. */
#include "model/layer/softmax_loss.h"

#include <math.h>

#include "model/kernel/vector.h"

/* Largest of row and the sum of exp(row - largest), into e if not NULL. */
static real exponentials(real *e, real *largest, const real *row, size_t count)
{
    real top = row[0], total = 0;
#pragma omp simd reduction(max : top)
    for (size_t i = 0; i < count; i++)
        top = row[i] > top ? row[i] : top;
    *largest = top;
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

double softmax_loss(real *d_logits, size_t *correct, const real *logits,
                    const uint16_t *targets, size_t target_step, size_t rows,
                    size_t classes, size_t ld)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++) {
        const real *row = logits + r * ld;
        size_t target = targets[r * target_step], best = 0;
        real largest, wanted = row[target];
        real *d = d_logits ? d_logits + r * ld : NULL;
        real top = row[0];
        for (size_t i = 1; i < classes; i++)
            top = row[i] > top ? row[i] : top;
        while (best < classes - 1 && row[best] != top)
            best++;
        *correct += best == target;
        real total = exponentials(d, &largest, row, classes);
        loss += (double)largest + log((double)total) - (double)wanted;
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
        real *row = logits + r * classes, largest;
        real total = exponentials(NULL, &largest, row, classes);
        real shift = largest + (real)log((double)total);
        for (size_t i = 0; i < classes; i++)
            row[i] -= shift;
    }
}
