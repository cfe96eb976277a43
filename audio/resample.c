/* Changes the sampling rate of a signal that comes in blocks. */
#include "audio/resample.h"

#include <samplerate.h>
#include <stdlib.h>
#include <string.h>

struct resampler {
    double ratio;
    SRC_STATE *state; /* NULL: a ratio of 1 */
};

struct status resampler_open(struct resampler **out, double ratio)
{
    int code = 0;
    *out = NULL;
    if (!(ratio >= 1.0 / 256 && ratio <= 256))
        return status_error(STATUS_INPUT,
                            "a change of sampling rate by %g is outside 1/256 "
                            ".. 256",
                            ratio);
    struct resampler *r = calloc(1, sizeof *r);
    if (!r)
        return status_memory("resampling");
    r->ratio = ratio;
    if (ratio != 1)
        r->state = src_new(SRC_SINC_MEDIUM_QUALITY, 1, &code);
    if (code) {
        free(r);
        return status_error(STATUS_SYSTEM, "resampling: %s",
                            src_strerror(code));
    }
    *out = r;
    return status_ok();
}

void resampler_close(struct resampler *r)
{
    if (!r)
        return;
    if (r->state)
        src_delete(r->state);
    free(r);
}

struct status resampler_run(size_t *made, size_t *used, struct resampler *r,
                            float *out, size_t room, const float *in,
                            size_t count, bool last)
{
    SRC_DATA data = {.data_in = in,
                     .data_out = out,
                     .input_frames = (long)count,
                     .output_frames = (long)room,
                     .end_of_input = last,
                     .src_ratio = r->ratio};
    *made = *used = 0;
    if (!r->state) {
        *made = *used = count < room ? count : room;
        if (*made)
            memcpy(out, in, *made * sizeof *in);
        return status_ok();
    }
    int code = src_process(r->state, &data);
    if (code)
        return status_error(STATUS_SYSTEM, "resampling: %s",
                            src_strerror(code));
    *made = (size_t)data.output_frames_gen;
    *used = (size_t)data.input_frames_used;
    return status_ok();
}
