/* The whole chain from samples to features as one object. */
#include "audio/frontend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/fbank.h"
#include "audio/mfcc.h"
#include "audio/spectrum.h"

#define FRAME_S 0.025
#define HOP_S 0.010
#define PREEMPHASIS 0.97
#define INT16_SCALE 32768.0
#define PI 3.14159265358979323846

struct frontend {
    struct frontend_settings settings;
    int frame, hop, size, dim; /* samples, samples, FFT points, values */
    double *window;            /* [frame], and the scale to int16 */
    float *power;              /* [size / 2 + 1] */
    float *energies;           /* [MFCC_BINS] */
    struct spectrum *spectrum;
    struct fbank *fbank;
    /* Samples that no finished frame has passed yet. */
    float *held;
    size_t held_count, held_room;
    size_t at; /* first sample of the next frame, in held */
};

static int round_up_power(int n)
{
    int size = 2;
    while (size < n)
        size *= 2;
    return size;
}

static int samples(double seconds, int rate_hz)
{
    return (int)(seconds * rate_hz); /* Kaldi truncates */
}

/* Povey's window: Hann's to the power 0.85 (kaldi feat/feature-window.cc). */
static void fill_window(double *window, int frame)
{
    for (int i = 0; i < frame; i++)
        window[i] =
            INT16_SCALE * pow(0.5 - 0.5 * cos(2 * PI * i / (frame - 1)), 0.85);
}

struct status frontend_open(struct frontend **out,
                            const struct frontend_settings *s)
{
    *out = NULL;
    if (s->rate_hz < 1000 || s->rate_hz > 192000)
        return status_error(STATUS_INPUT, "--rate %d is outside 1000 .. 192000",
                            s->rate_hz);
    struct frontend *f = calloc(1, sizeof *f);
    if (!f)
        return status_memory("front end");
    int bins = s->kind == FRONTEND_MFCC ? MFCC_BINS : s->bins;
    f->settings = *s;
    f->frame = samples(FRAME_S, s->rate_hz);
    f->hop = samples(HOP_S, s->rate_hz);
    f->size = round_up_power(f->frame);
    f->dim = s->kind == FRONTEND_MFCC ? MFCC_COEFFICIENTS : bins;
    f->window = malloc((size_t)f->frame * sizeof *f->window);
    f->power = malloc(((size_t)f->size / 2 + 1) * sizeof *f->power);
    f->energies = malloc(MFCC_BINS * sizeof *f->energies);
    struct status status = status_ok();
    if (!f->window || !f->power || !f->energies)
        status = status_memory("front end");
    if (!status_failed(&status))
        status = fbank_open(&f->fbank, bins, s->rate_hz, f->size, s->low_hz,
                            s->high_hz);
    if (!status_failed(&status))
        status = spectrum_open(&f->spectrum, f->size);
    if (status_failed(&status)) {
        frontend_close(f);
        return status;
    }
    fill_window(f->window, f->frame);
    *out = f;
    return status;
}

void frontend_close(struct frontend *f)
{
    if (!f)
        return;
    spectrum_close(f->spectrum);
    fbank_close(f->fbank);
    free(f->window);
    free(f->power);
    free(f->energies);
    free(f->held);
    free(f);
}

int frontend_dim(const struct frontend *f)
{
    return f->dim;
}

size_t frontend_frames(const struct frontend_settings *s, size_t count)
{
    size_t frame = (size_t)samples(FRAME_S, s->rate_hz);
    size_t hop = (size_t)samples(HOP_S, s->rate_hz);
    return count < frame ? 0 : 1 + (count - frame) / hop;
}

/* One frame: remove the mean, pre-emphasis, window, scale, spectrum, bank. In
 * double up to the power: rounding in float is 100 dB below a pure tone, and
 * so are the bins beside it. */
static void compute_frame(float *values, struct frontend *f, const float *x)
{
    double *in = spectrum_input(f->spectrum), sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < f->frame; i++)
        sum += (double)x[i];
    double mean = sum / f->frame;
    in[0] = (x[0] - mean) * (1 - PREEMPHASIS) * f->window[0];
#pragma omp simd
    for (int i = 1; i < f->frame; i++)
        in[i] =
            ((x[i] - mean) - PREEMPHASIS * (x[i - 1] - mean)) * f->window[i];
    memset(in + f->frame, 0, (size_t)(f->size - f->frame) * sizeof *in);
    spectrum_power(f->power, f->spectrum);
    if (f->settings.kind == FRONTEND_FBANK) {
        fbank_log_energies(values, f->fbank, f->power);
    } else {
        fbank_log_energies(f->energies, f->fbank, f->power);
        mfcc_from_energies(values, f->energies);
    }
}

struct status frontend_push(struct frontend *f, const float *x, size_t count)
{
    /* What lies before the next frame is done with; f->at may be past what
     * has come. */
    size_t done = f->at < f->held_count ? f->at : f->held_count;
    if (done) {
        memmove(f->held, f->held + done,
                (f->held_count - done) * sizeof *f->held);
        f->held_count -= done;
        f->at -= done;
    }
    if (f->held_room - f->held_count < count) {
        size_t room = f->held_count + count + (size_t)f->frame;
        float *held = realloc(f->held, room * sizeof *held);
        if (!held)
            return status_memory("front end");
        f->held = held;
        f->held_room = room;
    }
    if (count)
        memcpy(f->held + f->held_count, x, count * sizeof *x);
    f->held_count += count;
    return status_ok();
}

size_t frontend_pull(float *frames, struct frontend *f, size_t max_frames)
{
    size_t done = 0;
    while (done < max_frames && f->at + (size_t)f->frame <= f->held_count) {
        compute_frame(frames + done * (size_t)f->dim, f, f->held + f->at);
        f->at += (size_t)f->hop;
        done++;
    }
    return done;
}

void frontend_reset(struct frontend *f)
{
    f->held_count = 0;
    f->at = 0;
}

struct status frontend_compute(float *frames, struct frontend *f,
                               const float *x, size_t count)
{
    size_t all = frontend_frames(&f->settings, count);
    frontend_reset(f);
    for (size_t t = 0; t < all; t++)
        compute_frame(frames + t * (size_t)f->dim, f, x + t * (size_t)f->hop);
    return status_ok();
}
