/* Consistency regularisation of CTC. */
#include "model/ctc/consistency.h"

#include "model/kernel/vector.h"

double consistency_loss(real *d_logits, const real *log_p, size_t rows,
                        size_t tokens, double weight)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++) {
        const real *a = log_p + r * tokens, *b = log_p + (rows + r) * tokens;
        real *d_a = d_logits + r * tokens,
             *d_b = d_logits + (rows + r) * tokens;
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t v = 0; v < tokens; v++) {
            real change = vector_exp(a[v]) - vector_exp(b[v]);
            sum += change * (a[v] - b[v]);
            d_a[v] += (real)weight * change;
            d_b[v] -= (real)weight * change;
        }
        loss += (double)sum;
    }
    return weight * loss;
}
