/* Changes the sampling rate of a whole signal: the only door to
 * libsamplerate. */
#ifndef AUDIO_RESAMPLE_H
#define AUDIO_RESAMPLE_H

#include <stddef.h>

#include "audio/status.h"

/* out [*out_count], owned by the caller: in at ratio (output rate / input
 * rate, 1/256 .. 256) times as many samples, band-limited (SRC_SINC_MEDIUM:
 * 121 dB, which is below 16-bit noise, at three times the speed of BEST).
 * A ratio of 1 copies. */
MUST_CHECK struct status resample(float **out, size_t *out_count,
                                  const float *in, size_t in_count,
                                  double ratio);

#endif
