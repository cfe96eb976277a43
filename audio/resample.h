/* Changes the sampling rate of a signal that comes in blocks: the only door to
 * libsamplerate. */
#ifndef AUDIO_RESAMPLE_H
#define AUDIO_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"

struct resampler; /* one signal's state */

/* ratio (output rate / input rate) is 1/256 .. 256. Band-limited: SRC_SINC_
 * MEDIUM, 121 dB, which is below 16-bit noise, at three times the speed of
 * BEST. A ratio of 1 copies. */
MUST_CHECK struct status resampler_open(struct resampler **resampler,
                                        double ratio);
void resampler_close(struct resampler *resampler);

/* Takes what it can of in and gives what it can in out: as many samples as it
 * used and made. last: nothing comes behind in; call on until none are made.
 * The same samples give the same, bit for bit, in blocks of any size.
 *
 * out  [room], *made   out
 * in   [count], *used  in
 */
MUST_CHECK struct status resampler_run(size_t *made, size_t *used,
                                       struct resampler *resampler, float *out,
                                       size_t room, const float *in,
                                       size_t count, bool last);

#endif
