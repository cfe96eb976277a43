/* Reads a recording: any file libsndfile knows, as mono float samples. */
#include "audio/sound.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audio/header.h"
#include "audio/resample.h"

#define BLOCK 16384 /* values read at a time, all channels together */
#define CHANNELS_MOST 1024
#define COUNT_MOST 0x1p53 /* samples that a double counts one by one */

struct raw_format {
    const char *name;
    int code;
};

static const struct raw_format raw_formats[] = {
    {"s16", SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE},
    {"s16be", SF_FORMAT_PCM_16 | SF_ENDIAN_BIG},
    {"s24", SF_FORMAT_PCM_24 | SF_ENDIAN_LITTLE},
    {"s32", SF_FORMAT_PCM_32 | SF_ENDIAN_LITTLE},
    {"f32", SF_FORMAT_FLOAT | SF_ENDIAN_LITTLE},
    {"u8", SF_FORMAT_PCM_U8},
    {"ulaw", SF_FORMAT_ULAW},
    {"alaw", SF_FORMAT_ALAW}};

static const struct raw_format *find_raw(const char *name)
{
    for (size_t i = 0; i < sizeof raw_formats / sizeof *raw_formats; i++)
        if (!strcmp(raw_formats[i].name, name))
            return &raw_formats[i];
    return NULL;
}

struct status sound_parse_raw(struct sound_request *request, const char *text)
{
    int rate, channels, used = 0;
    char format[8];
    if (sscanf(text, "%9d:%7[a-z0-9]:%9d%n", &rate, format, &channels, &used) !=
            3 ||
        text[used] || rate < 1 || rate > 1000000 || channels < 1 ||
        channels > CHANNELS_MOST || !find_raw(format))
        return status_error(STATUS_INPUT,
                            "--raw %s: wanted RATE:FORMAT:CHANNELS, such as "
                            "8000:s16:1, with a format of s16 s16be s24 s32 "
                            "f32 u8 ulaw alaw",
                            text);
    request->raw_rate_hz = rate;
    request->raw_channels = channels;
    snprintf(request->raw_format, sizeof request->raw_format, "%s", format);
    return status_ok();
}

static struct status open_file(SNDFILE **file, SF_INFO *info, const char *path,
                               const struct sound_request *r)
{
    struct stat entry;
    *file = NULL;
    memset(info, 0, sizeof *info);
    if (stat(path, &entry))
        return status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    if (S_ISDIR(entry.st_mode))
        return status_error(
            STATUS_INPUT, "%s: a folder, where a recording was expected", path);
    if (S_ISREG(entry.st_mode) && !entry.st_size)
        return status_error(STATUS_INPUT, "%s: the file is empty", path);
    if (r->raw_format[0]) {
        const struct raw_format *raw = find_raw(r->raw_format);
        assert(raw);
        info->samplerate = r->raw_rate_hz;
        info->channels = r->raw_channels;
        info->format = SF_FORMAT_RAW | raw->code;
    }
    *file = sf_open(path, SFM_READ, info);
    if (!*file)
        return status_error(STATUS_INPUT, "%s: not a recording: %s", path,
                            sf_strerror(NULL));
    uint64_t promised, there;
    struct status status = status_ok();
    if (info->channels < 1 || info->channels > CHANNELS_MOST ||
        info->samplerate < 1)
        status = status_error(STATUS_INPUT, "%s: %d channels at %d Hz", path,
                              info->channels, info->samplerate);
    else if (!r->raw_format[0] &&
             header_is_broken_promise(&promised, &there, path))
        status = status_error(STATUS_INPUT,
                              "%s: truncated: its header promises %llu bytes "
                              "of samples, %llu are there",
                              path, (unsigned long long)promised,
                              (unsigned long long)there);
    else if (r->channel > info->channels)
        status = status_error(STATUS_INPUT,
                              "%s: channel %d does not exist: it has %d", path,
                              r->channel, info->channels);
    if (status_failed(&status)) {
        sf_close(*file);
        *file = NULL;
    }
    return status;
}

/* Samples as they are read, growing with what is there. */
struct growing {
    float *samples;
    size_t count, room;
};

static bool grow(struct growing *g, size_t more)
{
    if (g->room - g->count >= more)
        return true;
    size_t room = g->room ? 2 * g->room : 65536;
    while (room - g->count < more)
        room *= 2;
    float *samples = realloc(g->samples, room * sizeof *samples);
    if (!samples)
        return false;
    g->samples = samples;
    g->room = room;
    return true;
}

static float mix(const float *frame, int channels, int channel)
{
    if (channel)
        return frame[channel - 1];
    float sum = 0;
    for (int c = 0; c < channels; c++)
        sum += frame[c];
    return sum / (float)channels;
}

/* Up to most frames (SIZE_MAX: all there are), mixed. */
static struct status read_frames(struct growing *g, SNDFILE *file,
                                 const SF_INFO *info, size_t most, size_t limit,
                                 const char *path,
                                 const struct sound_request *r)
{
    float block[BLOCK];
    sf_count_t room = BLOCK / info->channels;
    while (g->count < most) {
        size_t left = most - g->count;
        sf_count_t want = left < (size_t)room ? (sf_count_t)left : room;
        sf_count_t got = sf_readf_float(file, block, want);
        if (got <= 0)
            break;
        if (g->count + (size_t)got > limit)
            return status_error(STATUS_INPUT,
                                "%s: longer than %.0f s: cut it, or give start "
                                "and end",
                                path, (double)limit / info->samplerate);
        if (!grow(g, (size_t)got))
            return status_memory(path);
        for (sf_count_t i = 0; i < got; i++) {
            float value =
                mix(block + i * info->channels, info->channels, r->channel);
            if (!isfinite(value))
                return status_error(STATUS_INPUT,
                                    "%s: sample %zu is not a number", path,
                                    g->count);
            g->samples[g->count++] = value;
        }
    }
    if (sf_error(file))
        return status_error(STATUS_INPUT, "%s: damaged after %zu samples: %s",
                            path, g->count, sf_strerror(file));
    return status_ok();
}

/* Brings the file to frame first, by seeking or by reading past it. */
static struct status skip_to(SNDFILE *file, const SF_INFO *info, size_t first,
                             const char *path)
{
    float block[BLOCK];
    if (!first || sf_seek(file, (sf_count_t)first, SEEK_SET) >= 0)
        return status_ok();
    sf_count_t room = BLOCK / info->channels;
    while (first) {
        sf_count_t want = first < (size_t)room ? (sf_count_t)first : room;
        sf_count_t got = sf_readf_float(file, block, want);
        if (got <= 0)
            return status_error(STATUS_INPUT,
                                "%s: the segment begins after the end", path);
        first -= (size_t)got;
    }
    return status_ok();
}

/* Lossy formats state their length only nearly. */
static bool is_lossy(const SF_INFO *info)
{
    int type = info->format & SF_FORMAT_TYPEMASK;
    return type == SF_FORMAT_OGG || type == SF_FORMAT_MPEG;
}

static struct status read_segment(struct growing *g, SNDFILE *file,
                                  const SF_INFO *info, const char *path,
                                  const struct sound_request *r)
{
    double rate = info->samplerate;
    double longest = r->longest_s > 0 ? r->longest_s : SOUND_LONGEST_S;
    if (!(r->start_s >= 0 && r->start_s * rate < COUNT_MOST) ||
        (r->end_s != 0 &&
         !(r->end_s > r->start_s && r->end_s * rate < COUNT_MOST)))
        return status_error(STATUS_INPUT, "%s: a segment from %g to %g s", path,
                            r->start_s, r->end_s);
    size_t first = (size_t)(r->start_s * rate + 0.5);
    size_t most = SIZE_MAX;
    if (r->end_s > 0)
        most = (size_t)(r->end_s * rate + 0.5) - first;
    /* Unknown lengths (streams) are as large as a count can be. */
    bool known = info->frames > 0 && info->frames < SF_COUNT_MAX;
    if (known && first >= (size_t)info->frames)
        return status_error(STATUS_INPUT,
                            "%s: the segment begins at %g s, after the end at "
                            "%g s",
                            path, r->start_s, (double)info->frames / rate);
    struct status status = skip_to(file, info, first, path);
    if (!status_failed(&status))
        status =
            read_frames(g, file, info, most, (size_t)(longest * rate), path, r);
    if (status_failed(&status))
        return status;
    if (!g->count)
        return status_error(STATUS_INPUT, "%s: holds no samples", path);
    /* Half a second of grace: tables are rounded. */
    if (most != SIZE_MAX && g->count + (size_t)(rate / 2) < most)
        return status_error(STATUS_INPUT,
                            "%s: the segment ends at %g s, the recording at "
                            "%g s",
                            path, r->end_s, (double)(first + g->count) / rate);
    size_t grace = is_lossy(info) ? (size_t)rate : 0;
    if (known && most == SIZE_MAX &&
        first + g->count + grace < (size_t)info->frames)
        return status_error(STATUS_INPUT,
                            "%s: truncated: its header promises %lld samples, "
                            "%zu are there",
                            path, (long long)info->frames, first + g->count);
    return status;
}

struct status sound_read(struct sound *sound, const char *path,
                         const struct sound_request *r)
{
    SNDFILE *file;
    SF_INFO info;
    struct growing g = {.samples = NULL};
    *sound = (struct sound){.samples = NULL};
    struct status status = open_file(&file, &info, path, r);
    if (status_failed(&status))
        return status;
    status = read_segment(&g, file, &info, path, r);
    sf_close(file);
    int rate_hz = r->rate_hz ? r->rate_hz : info.samplerate;
    double ratio =
        (double)rate_hz / info.samplerate / (r->speed > 0 ? r->speed : 1);
    if (!status_failed(&status) && ratio != 1) {
        float *samples;
        size_t count;
        status = resample(&samples, &count, g.samples, g.count, ratio);
        free(g.samples);
        g = (struct growing){.samples = samples, .count = count};
        if (!status_failed(&status) && !count)
            status =
                status_error(STATUS_INPUT, "%s: too short to resample to %d Hz",
                             path, rate_hz);
    }
    if (status_failed(&status)) {
        free(g.samples);
        return status;
    }
    *sound = (struct sound){
        .samples = g.samples, .count = g.count, .rate_hz = rate_hz};
    return status;
}

void sound_free(struct sound *sound)
{
    free(sound->samples);
    *sound = (struct sound){.samples = NULL};
}
