/* First and second differences of features over time, Kaldi's add-deltas. */
#include "audio/delta.h"

#define WINDOW 2

/* The second order's filter is the first's applied twice, on frames repeated
 * beyond the ends. */
static const float first[2 * WINDOW + 1] = {-0.2f, -0.1f, 0, 0.1f, 0.2f};
static const float second[4 * WINDOW + 1] = {
    0.04f, 0.04f, 0.01f, -0.04f, -0.1f, -0.04f, 0.01f, 0.04f, 0.04f};

static float filter(const float *in, const float *taps, int reach, size_t t,
                    size_t count, size_t dim)
{
    float sum = 0;
    for (int n = -reach; n <= reach; n++) {
        ptrdiff_t at = (ptrdiff_t)t + n;
        if (at < 0)
            at = 0;
        if (at >= (ptrdiff_t)count)
            at = (ptrdiff_t)count - 1;
        sum += taps[n + reach] * in[(size_t)at * dim];
    }
    return sum;
}

void delta_append(float *out, const float *in, size_t count, int dim)
{
    size_t d = (size_t)dim;
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < d; i++) {
            float *x = out + t * 3 * d + i;
            x[0] = in[t * d + i];
            x[d] = filter(in + i, first, WINDOW, t, count, d);
            x[2 * d] = filter(in + i, second, 2 * WINDOW, t, count, d);
        }
}
