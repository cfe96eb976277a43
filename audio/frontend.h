/* The whole chain from samples to features as one object: push samples in
 * blocks of any size, pull frames. */
#ifndef AUDIO_FRONTEND_H
#define AUDIO_FRONTEND_H

#include <stddef.h>

#include "audio/status.h"

enum frontend_kind {
    FRONTEND_FBANK, /* [frames, bins] log mel energies */
    FRONTEND_MFCC   /* [frames, 13] Kaldi MFCC with 23 bins, lifter 22 */
};

/* Everything that decides a feature's value. Kept in the checkpoint. */
struct frontend_settings {
    enum frontend_kind kind;
    int rate_hz;    /* 1000 .. 192000 */
    int bins;       /* mel bins (fbank) */
    double low_hz;  /* lower edge of the first triangle, 20 */
    double high_hz; /* upper edge of the last; <= 0: that far below half the
                     * rate */
};

struct frontend; /* one stream's state; several streams need several */

/* Fails with one clear line if a setting is out of range or a mel triangle
 * would hold no FFT bin (naming the bin and the largest count that works). */
MUST_CHECK struct status frontend_open(struct frontend **frontend,
                                       const struct frontend_settings *s);
void frontend_close(struct frontend *frontend);

/* Values in a frame: bins, or 13. */
int frontend_dim(const struct frontend *frontend);

/* Frames that count samples give: snip edges, 25 ms window, 10 ms hop. */
size_t frontend_frames(const struct frontend_settings *s, size_t count);

/* Takes samples (full scale +-1; scaled to int16 range inside). */
MUST_CHECK struct status frontend_push(struct frontend *frontend,
                                       const float *samples, size_t count);

/* Gives up to max_frames finished frames [n, dim] and returns n. The same
 * samples give the same frames, bit for bit, in blocks of any size. No
 * normalisation: see audio/cmvn.h. */
size_t frontend_pull(float *frames, struct frontend *frontend,
                     size_t max_frames);

/* Forgets the stream; ready for the next one. */
void frontend_reset(struct frontend *frontend);

/* All frames of a whole recording at once: frames [frontend_frames(count),
 * dim], the caller's. Resets before and after. */
MUST_CHECK struct status frontend_compute(float *frames,
                                          struct frontend *frontend,
                                          const float *samples, size_t count);

#endif
