/* Power spectrum of one frame: the only door to FFTW. */
#include "audio/spectrum.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

struct spectrum {
    int size;
    double *in;
    fftw_complex *out;
    fftw_plan plan;
};

/* FFTW's planner is not thread-safe; its plans are. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

struct status spectrum_open(struct spectrum **out, int size)
{
    *out = NULL;
    struct spectrum *s = calloc(1, sizeof *s);
    if (!s)
        return status_memory("spectrum");
    s->size = size;
    s->in = fftw_alloc_real((size_t)size);
    s->out = fftw_alloc_complex((size_t)size / 2 + 1);
    if (s->in && s->out) {
        pthread_mutex_lock(&planner);
        s->plan = fftw_plan_dft_r2c_1d(size, s->in, s->out,
                                       FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
        pthread_mutex_unlock(&planner);
    }
    if (!s->plan) {
        spectrum_close(s);
        return status_memory("spectrum");
    }
    *out = s;
    return status_ok();
}

void spectrum_close(struct spectrum *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&planner);
    if (s->plan)
        fftw_destroy_plan(s->plan);
    pthread_mutex_unlock(&planner);
    fftw_free(s->in);
    fftw_free(s->out);
    free(s);
}

double *spectrum_input(struct spectrum *s)
{
    return s->in;
}

void spectrum_power(float *power, struct spectrum *s)
{
    const double *x = (const double *)s->out;
    fftw_execute(s->plan);
    for (int k = 0; k <= s->size / 2; k++)
        power[k] = (float)(x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1]);
}
