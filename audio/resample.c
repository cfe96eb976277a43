/* Changes the sampling rate of a whole signal. */
#include "audio/resample.h"

#include <math.h>
#include <samplerate.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MOST 0x1p53 /* samples: as many as a double can count */

struct status resample(float **out, size_t *out_count, const float *in,
                       size_t in_count, double ratio)
{
    *out = NULL;
    *out_count = 0;
    if (!(ratio >= 1.0 / 256 && ratio <= 256))
        return status_error(STATUS_INPUT,
                            "a change of sampling rate by %g is outside 1/256 "
                            ".. 256",
                            ratio);
    double room = ceil((double)in_count * ratio) + 16;
    if (room > COUNT_MOST)
        return status_memory("resampling");
    float *samples = malloc((size_t)room * sizeof *samples);
    if (!samples)
        return status_memory("resampling");
    if (ratio == 1) {
        memcpy(samples, in, in_count * sizeof *in);
        *out_count = in_count;
        *out = samples;
        return status_ok();
    }
    SRC_DATA data = {.data_in = in,
                     .data_out = samples,
                     .input_frames = (long)in_count,
                     .output_frames = (long)room,
                     .src_ratio = ratio};
    int code = src_simple(&data, SRC_SINC_MEDIUM_QUALITY, 1);
    if (code) {
        free(samples);
        return status_error(STATUS_SYSTEM, "resampling: %s",
                            src_strerror(code));
    }
    *out_count = (size_t)data.output_frames_gen;
    *out = samples;
    return status_ok();
}
