/* Dropout whose mask is a function of its key, so that backward makes it
 * again. */
#ifndef MODEL_LAYER_DROPOUT_H
#define MODEL_LAYER_DROPOUT_H

#include <stddef.h>

#include "model/kernel/random.h"
#include "model/kernel/real.h"

/* rate 0: nothing is done. */
struct dropout {
    struct random_key key;
    float rate; /* 0 <= rate < 1 */
};

/* x[i] = keeps(first + i) ? x[i] / (1 - rate) : 0 for i < count. The same call
 * on the gradient is the backward pass. first lets a caller do a matrix in
 * pieces. Cannot fail. */
void dropout_apply(real *x, size_t count, struct dropout dropout, size_t first);

#endif
