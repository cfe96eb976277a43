/* How much faster than real time the front end is, on one core. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audio/cmvn.h"
#include "audio/frontend.h"
#include "tests/bench.h"

#define SECONDS 60

struct work {
    struct frontend *frontend;
    float *samples, *frames;
    size_t count, frame_count;
};

static void compute(void *context)
{
    struct work *w = context;
    struct status status =
        frontend_compute(w->frames, w->frontend, w->samples, w->count);
    if (status_failed(&status))
        abort();
    cmvn_utterance(w->frames, w->frame_count, frontend_dim(w->frontend));
}

static void measure(const char *name, const struct frontend_settings *s)
{
    struct work w = {.count = (size_t)(SECONDS * s->rate_hz)};
    w.samples = calloc(w.count, sizeof *w.samples);
    w.frame_count = frontend_frames(s, w.count);
    w.frames = calloc(w.frame_count * 128, sizeof *w.frames);
    struct status status = frontend_open(&w.frontend, s);
    if (!w.samples || !w.frames || status_failed(&status))
        abort();
    for (size_t i = 0; i < w.count; i++)
        w.samples[i] =
            (float)(0.3 * sin((double)(i % 1000) * (double)i * 1e-4));
    bench_print(name, SECONDS / bench_median(compute, &w, 21), "x");
    frontend_close(w.frontend);
    free(w.samples);
    free(w.frames);
}

int main(void)
{
    measure("fbank_realtime_factor",
            &(struct frontend_settings){FRONTEND_FBANK, 16000, 80, 20, 0});
    measure("fbank_8khz_realtime_factor",
            &(struct frontend_settings){FRONTEND_FBANK, 8000, 40, 20, 0});
    measure("mfcc_realtime_factor",
            &(struct frontend_settings){FRONTEND_MFCC, 16000, 80, 20, 0});
    return 0;
}
