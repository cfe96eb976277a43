/* Reads a recording by blocks: any file libsndfile knows, as mono float
 * samples. */
#include "audio/sound.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/header.h"
#include "audio/pipe.h"
#include "audio/resample.h"

#define BLOCK 16384 /* values read at a time, all channels together */
#define CHANNELS_MOST 1024
#define COUNT_MOST 0x1p53 /* samples that a double counts one by one */

struct sound_reader {
    char *name; /* in messages */
    struct sound_request request;
    int descriptor;
    SNDFILE *file;
    SF_INFO info;
    bool known;         /* info.frames is a promise */
    bool streamed;      /* by a pipe that may go on behind them */
    size_t first, most; /* frames of the segment; most SIZE_MAX: all */
    size_t count;       /* frames read */
    bool ended;
    int rate_hz;
    double ratio;
    struct resampler *resampler;
    size_t given; /* samples */
    float block[BLOCK];
    float mixed[BLOCK]; /* [at .. held): not given to the resampler yet */
    size_t at, held;
};

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

static struct status open_descriptor(struct sound_reader *s, const char *path)
{
    struct stat entry;
    bool is_stdin = !strcmp(path, "-");
    s->name = strdup(is_stdin ? "stdin" : path);
    if (!s->name)
        return status_memory(path);
    s->descriptor = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : open(path, O_RDONLY | O_CLOEXEC);
    if (s->descriptor < 0 || fstat(s->descriptor, &entry))
        return status_error(STATUS_INPUT, "%s: %s", s->name, strerror(errno));
    if (S_ISDIR(entry.st_mode))
        return status_error(STATUS_INPUT,
                            "%s: a folder, where a recording was expected",
                            s->name);
    if (S_ISREG(entry.st_mode) && !entry.st_size)
        return status_error(STATUS_INPUT, "%s: the file is empty", s->name);
    return status_ok();
}

static void set_raw(SF_INFO *info, int rate_hz, int channels, const char *name)
{
    const struct raw_format *raw = find_raw(name);
    assert(raw);
    info->samplerate = rate_hz;
    info->channels = channels;
    info->format = SF_FORMAT_RAW | raw->code;
}

/* A named file is opened by its name, whose ending may say of which kind it is.
 * What is wrong with a file that cannot be opened, libsndfile keeps where it
 * keeps it for all threads: one opens at a time, and asks before the next. */
static struct status open_sndfile(struct sound_reader *s, const char *path,
                                  bool named)
{
    static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
    struct status status = status_ok();
    pthread_mutex_lock(&opening);
    s->file = named ? sf_open(path, SFM_READ, &s->info)
                    : sf_open_fd(s->descriptor, SFM_READ, &s->info, SF_FALSE);
    if (!s->file)
        status = status_error(STATUS_INPUT, "%s: not a recording: %s", s->name,
                              sf_strerror(NULL));
    pthread_mutex_unlock(&opening);
    return status;
}

static struct status open_file(struct sound_reader *s, const char *path)
{
    struct stat entry;
    struct header_samples streamed = {.format = ""};
    const struct sound_request *r = &s->request;
    struct status status = open_descriptor(s, path);
    bool named = !status_failed(&status) && strcmp(path, "-") &&
                 !fstat(s->descriptor, &entry) && S_ISREG(entry.st_mode);
    if (!status_failed(&status) && !named)
        status = pipe_prepare(&s->descriptor, &streamed, r->raw_format[0],
                              r->live, s->name);
    if (status_failed(&status))
        return status;
    if (r->raw_format[0])
        set_raw(&s->info, r->raw_rate_hz, r->raw_channels, r->raw_format);
    else if (streamed.format[0])
        set_raw(&s->info, streamed.rate_hz, streamed.channels, streamed.format);
    status = open_sndfile(s, path, named);
    if (status_failed(&status))
        return status;
    /* Unknown lengths (streams) are as large as a count can be. */
    s->known = s->info.frames > 0 && s->info.frames < SF_COUNT_MAX &&
               (named || !r->raw_format[0]);
    if (streamed.format[0]) {
        s->info.frames = (sf_count_t)(streamed.bytes / streamed.frame_bytes);
        s->known = s->streamed = s->info.frames > 0;
    }
    return status;
}

static struct status check_file(const struct sound_reader *s)
{
    uint64_t promised, there;
    const SF_INFO *info = &s->info;
    if (info->channels < 1 || info->channels > CHANNELS_MOST ||
        info->samplerate < 1)
        return status_error(STATUS_INPUT, "%s: %d channels at %d Hz", s->name,
                            info->channels, info->samplerate);
    if (!s->request.raw_format[0] &&
        header_is_broken_promise(&promised, &there, s->descriptor))
        return status_error(STATUS_INPUT,
                            "%s: truncated: its header promises %llu bytes "
                            "of samples, %llu are there",
                            s->name, (unsigned long long)promised,
                            (unsigned long long)there);
    if (s->request.channel > info->channels)
        return status_error(STATUS_INPUT,
                            "%s: channel %d does not exist: it has %d", s->name,
                            s->request.channel, info->channels);
    return status_ok();
}

/* Brings the file to the segment, by seeking or by reading past what is before
 * it. */
static struct status find_segment(struct sound_reader *s)
{
    const struct sound_request *r = &s->request;
    double rate = s->info.samplerate;
    if (!(r->start_s >= 0 && r->start_s * rate < COUNT_MOST) ||
        (r->end_s != 0 &&
         !(r->end_s > r->start_s && r->end_s * rate < COUNT_MOST)))
        return status_error(STATUS_INPUT, "%s: a segment from %g to %g s",
                            s->name, r->start_s, r->end_s);
    s->first = (size_t)(r->start_s * rate + 0.5);
    s->most = SIZE_MAX;
    if (r->end_s > 0)
        s->most = (size_t)(r->end_s * rate + 0.5) - s->first;
    if (!s->most)
        return status_error(STATUS_INPUT,
                            "%s: the segment from %g to %g s holds no samples",
                            s->name, r->start_s, r->end_s);
    if (s->known && s->first >= (size_t)s->info.frames)
        return status_error(STATUS_INPUT,
                            "%s: the segment begins at %g s, after the end at "
                            "%g s",
                            s->name, r->start_s, (double)s->info.frames / rate);
    if (!s->first || sf_seek(s->file, (sf_count_t)s->first, SEEK_SET) >= 0)
        return status_ok();
    size_t room = BLOCK / (size_t)s->info.channels;
    for (size_t left = s->first; left;) {
        size_t want = left < room ? left : room;
        sf_count_t got = sf_readf_float(s->file, s->block, (sf_count_t)want);
        if (got <= 0)
            return status_error(
                STATUS_INPUT, "%s: the segment begins after the end", s->name);
        left -= (size_t)got;
    }
    return status_ok();
}

struct status sound_open(struct sound_reader **out, const char *path,
                         const struct sound_request *request)
{
    *out = NULL;
    struct sound_reader *s = calloc(1, sizeof *s);
    if (!s)
        return status_memory(path);
    s->request = *request;
    s->descriptor = -1;
    struct status status = open_file(s, path);
    if (!status_failed(&status))
        status = check_file(s);
    if (!status_failed(&status))
        status = find_segment(s);
    if (!status_failed(&status)) {
        s->rate_hz = request->rate_hz ? request->rate_hz : s->info.samplerate;
        s->ratio = (double)s->rate_hz / s->info.samplerate /
                   (request->speed > 0 ? request->speed : 1);
        status = status_named(resampler_open(&s->resampler, s->ratio), s->name);
    }
    if (status_failed(&status))
        sound_close(s);
    else
        *out = s;
    return status;
}

void sound_close(struct sound_reader *s)
{
    if (!s)
        return;
    resampler_close(s->resampler);
    if (s->file)
        sf_close(s->file);
    if (s->descriptor >= 0)
        close(s->descriptor);
    free(s->name);
    free(s);
}

int sound_rate_hz(const struct sound_reader *s)
{
    return s->rate_hz;
}

int sound_channels(const struct sound_reader *s)
{
    return s->info.channels;
}

double sound_length_s(const struct sound_reader *s)
{
    double speed = s->request.speed > 0 ? s->request.speed : 1;
    if (s->most == SIZE_MAX && !s->known)
        return 0;
    size_t frames =
        s->most == SIZE_MAX ? (size_t)s->info.frames - s->first : s->most;
    return (double)frames / s->info.samplerate / speed;
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

/* Lossy formats state their length only nearly. */
static bool is_lossy(const SF_INFO *info)
{
    int type = info->format & SF_FORMAT_TYPEMASK;
    return type == SF_FORMAT_OGG || type == SF_FORMAT_MPEG;
}

/* Whether all was there. */
static struct status check_end(const struct sound_reader *s)
{
    double rate = s->info.samplerate;
    if (sf_error(s->file))
        return status_error(STATUS_INPUT, "%s: damaged after %zu samples: %s",
                            s->name, s->count, sf_strerror(s->file));
    if (!s->count)
        return status_error(STATUS_INPUT, "%s: holds no samples", s->name);
    /* Half a second of grace: tables are rounded. */
    if (s->most != SIZE_MAX && s->count + (size_t)(rate / 2) < s->most)
        return status_error(
            STATUS_INPUT, "%s: the segment ends at %g s, the recording at %g s",
            s->name, s->request.end_s, (double)(s->first + s->count) / rate);
    size_t grace = is_lossy(&s->info) ? (size_t)rate : 0;
    if (s->known && s->most == SIZE_MAX &&
        s->first + s->count + grace < (size_t)s->info.frames)
        return status_error(STATUS_INPUT,
                            "%s: truncated: its header promises %lld samples, "
                            "%zu are there",
                            s->name, (long long)s->info.frames,
                            s->first + s->count);
    return status_ok();
}

/* Reads up to want frames, which are mixed. */
static struct status read_frames(struct sound_reader *s, size_t want)
{
    int channels = s->info.channels;
    size_t room = BLOCK / (size_t)channels, left = s->most - s->count;
    double longest_s = s->request.longest_s;
    want = want < room ? want : room;
    if (s->streamed && (size_t)s->info.frames - s->first < s->most)
        left = (size_t)s->info.frames - s->first - s->count;
    want = want < left ? want : left;
    sf_count_t got =
        want ? sf_readf_float(s->file, s->block, (sf_count_t)want) : 0;
    s->at = s->held = 0;
    if (got <= 0) {
        s->ended = true;
        return check_end(s);
    }
    if (longest_s > 0 && (double)(s->count + (size_t)got) >
                             floor(longest_s * s->info.samplerate))
        return status_error(STATUS_INPUT,
                            "%s: longer than %.0f s: cut it, or give start "
                            "and end",
                            s->name, longest_s);
    for (sf_count_t i = 0; i < got; i++) {
        float value =
            mix(s->block + i * channels, channels, s->request.channel);
        if (!isfinite(value))
            return status_error(STATUS_INPUT, "%s: sample %zu is not a number",
                                s->name, s->count);
        s->mixed[s->held++] = value;
        s->count++;
    }
    return status_ok();
}

struct status sound_next(size_t *count, struct sound_reader *s, float *samples,
                         size_t most)
{
    struct status status = status_ok();
    size_t made, used;
    *count = 0;
    while (*count < most) {
        if (s->at == s->held && !s->ended)
            status = read_frames(
                s, (size_t)ceil((double)(most - *count) / s->ratio));
        if (!status_failed(&status))
            status = status_named(resampler_run(&made, &used, s->resampler,
                                                samples + *count, most - *count,
                                                s->mixed + s->at,
                                                s->held - s->at, s->ended),
                                  s->name);
        if (status_failed(&status) || (s->ended && !made))
            break;
        s->at += used;
        *count += made;
        s->given += made;
    }
    if (!status_failed(&status) && !s->given)
        status =
            status_error(STATUS_INPUT, "%s: too short to resample to %d Hz",
                         s->name, s->rate_hz);
    return status;
}
