/* Reads a recording: any file libsndfile knows, as mono float samples. */
#ifndef AUDIO_SOUND_H
#define AUDIO_SOUND_H

#include <stddef.h>

#include "audio/status.h"

/* How to read. The zero value means: whole file, channels mixed, the file's
 * own rate. */
struct sound_request {
    int rate_hz;      /* wanted rate; 0: the file's own */
    int channel;      /* 0: mean of all channels; n >= 1: channel n alone */
    double start_s;   /* segment in seconds of the file */
    double end_s;     /* 0: to the end */
    double speed;     /* 0 or 1: as recorded; 1.1: ten per cent faster (tempo
                       * and pitch together, by resampling) */
    double longest_s; /* refuse a longer segment (0: SOUND_LONGEST_S) */
    /* Headerless PCM (--raw rate:format:channels): raw_format 0 means the
     * file describes itself. Format names: s16 s16be s24 s32 f32 u8 ulaw
     * alaw. */
    int raw_rate_hz;
    int raw_channels;
    char raw_format[8];
};

#define SOUND_LONGEST_S                                                        \
    86400.0 /* a day: more is a lying header or a mistake                      \
             */

/* Mono samples, full scale +-1. */
struct sound {
    float *samples; /* [count], owned */
    size_t count;
    int rate_hz;
};

/* Reads path as the request says; *sound is empty on failure.
 *
 * Refuses, naming path: missing, not audio, no samples, header that promises
 * more samples than the file holds, NaN or infinity (naming the sample),
 * segment outside the file, channel that does not exist, longer than
 * longest_s. Memory grows with what was read, never with what a header
 * claims. Thread-safe. */
MUST_CHECK struct status sound_read(struct sound *sound, const char *path,
                                    const struct sound_request *request);

/* Reads "rate:format:channels" into the raw_ fields of request. */
MUST_CHECK struct status sound_parse_raw(struct sound_request *request,
                                         const char *text);

void sound_free(struct sound *sound);

#endif
