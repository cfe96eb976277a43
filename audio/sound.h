/* Reads a recording: any file libsndfile knows, as mono float samples. */
#ifndef AUDIO_SOUND_H
#define AUDIO_SOUND_H

#include <stdbool.h>
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
    bool live;        /* a pipe whose form must be known from its first bytes:
                       * what would be kept in a file first is refused */
    double longest_s; /* refuse a longer segment (0: SOUND_LONGEST_S) */
    /* Headerless PCM (--raw rate:format:channels): raw_format 0 means the
     * file describes itself. Format names: s16 s16be s24 s32 f32 u8 ulaw
     * alaw. */
    int raw_rate_hz;
    int raw_channels;
    char raw_format[8];
};

/* Of sound_read: a day; more is a lying header or a mistake. */
#define SOUND_LONGEST_S 86400.0

/* Mono samples, full scale +-1. */
struct sound {
    float *samples; /* [count], owned */
    size_t count;
    int rate_hz;
};

/* Reads path as the request says; *sound is empty on failure. "-" is stdin.
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

/* The same by blocks, in constant memory: a recording of any length (longest_s
 * 0: without a limit), or one that goes on. WAV, AU and raw samples that come
 * through a pipe are read as they come; other formats must seek, and are kept
 * in a nameless temporary file first. */
struct sound_reader;

MUST_CHECK struct status sound_open(struct sound_reader **reader,
                                    const char *path,
                                    const struct sound_request *request);
void sound_close(struct sound_reader *reader);

/* Of the samples that are given. */
int sound_rate_hz(const struct sound_reader *reader);

/* Of the recording, whichever are given. */
int sound_channels(const struct sound_reader *reader);

/* Seconds that will be given, by the header; 0: not known. */
double sound_length_s(const struct sound_reader *reader);

/* Gives up to most (>= 1) samples; *count is 0 at the end alone. Waits for no
 * more of a pipe's samples than it needs to give most. What sound_read would
 * refuse is refused where it is met. */
MUST_CHECK struct status sound_next(size_t *count, struct sound_reader *reader,
                                    float *samples, size_t most);

#endif
