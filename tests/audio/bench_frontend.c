/* How much faster than real time the front end is, on one core, and than
 * others'. */
#include <stdio.h>
#include <stdlib.h>

#include "audio/cmvn.h"
#include "audio/frontend.h"
#include "tests/bench.h"
#include "tests/peer.h"
#include "tests/speech.h"

#define SECONDS 60 /* as in the rivals' arguments */
#define TURNS 21

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

static void measure(const char *name, const struct frontend_settings *s,
                    size_t rival_count)
{
    static const struct rival rivals[] = {
        {"torchaudio", "fbank torchaudio 60"},
        {"kaldi_native_fbank", "fbank kaldi-native-fbank 60"}};
    char full[64];
    struct work w = {.count = (size_t)(SECONDS * s->rate_hz)};
    w.samples = calloc(w.count, sizeof *w.samples);
    w.frame_count = frontend_frames(s, w.count);
    w.frames = calloc(w.frame_count * 128, sizeof *w.frames);
    struct status status = frontend_open(&w.frontend, s);
    if (!w.samples || !w.frames || status_failed(&status))
        abort();
    speech_fill(w.samples, w.count, s->rate_hz, 1);
    double seconds =
        peer_against(name, compute, &w, TURNS, rivals, rival_count);
    snprintf(full, sizeof full, "%s_realtime_factor", name);
    bench_print(full, SECONDS / seconds, "x");
    frontend_close(w.frontend);
    free(w.samples);
    free(w.frames);
}

int main(void)
{
    measure("fbank",
            &(struct frontend_settings){FRONTEND_FBANK, 16000, 80, 20, 0}, 2);
    measure("fbank_8khz",
            &(struct frontend_settings){FRONTEND_FBANK, 8000, 40, 20, 0}, 0);
    measure("mfcc",
            &(struct frontend_settings){FRONTEND_MFCC, 16000, 80, 20, 0}, 0);
    return 0;
}
