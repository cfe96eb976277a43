/* The library's face: recogniser and stream behind attune.h. */
#include "model/attune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "model/encoder/settings.h"
#include "model/kernel/cpu.h"
#include "model/kernel/gemm.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "model/stream.h"

#define BLOCK_S 4.0 /* fed between looks for finished segments */

struct attune_model {
    struct recogniser *recogniser;
    struct settings settings;
};

struct attune_stream {
    const struct attune_model *model;
    struct stream *stream;
    struct team *team; /* of the calling thread alone */
    struct recogniser_state *state;
    size_t block; /* samples */
    bool ended;
    /* Given away until the next call. */
    struct transcript_line taken;
    struct attune_line line;
    struct attune_word *words;
    char *partial;
};

static _Thread_local struct status last_failure;

/* The code of status for a caller, who may ask for its text. */
static int report(const struct status *status)
{
    if (status_failed(status))
        last_failure = *status;
    switch (status->code) {
    case STATUS_OK:
        return ATTUNE_OK;
    case STATUS_INPUT:
        return ATTUNE_INPUT;
    case STATUS_MEMORY:
        return ATTUNE_MEMORY;
    case STATUS_SYSTEM:
    case STATUS_INTERRUPTED:
        break;
    }
    return ATTUNE_SYSTEM;
}

const char *attune_error(void)
{
    return last_failure.text;
}

const char *attune_version(void)
{
    return ATTUNE_VERSION;
}

const char *attune_faster_kernels(void)
{
    return cpu_better_blas();
}

static struct status open_model(struct attune_model *model, const char *path,
                                const char *settings)
{
    bool given[SETTINGS_MOST] = {false};
    struct sound_request request = {.rate_hz = 0};
    struct status status = status_ok();
    settings_default(&model->settings, VERB_TRANSCRIBE);
    if (settings)
        status = settings_parse(&model->settings, given, settings, "settings",
                                VERB_TRANSCRIBE);
    if (!status_failed(&status) && model->settings.channel == SETTING_WORD)
        status = status_error(STATUS_INPUT,
                              "settings: channel: a stream has one channel");
    if (!status_failed(&status) && model->settings.raw[0])
        status = sound_parse_raw(&request, model->settings.raw);
    if (!status_failed(&status))
        status = recogniser_open(&model->recogniser, path, &model->settings);
    return status;
}

int attune_open(struct attune_model **out, const char *path,
                const char *settings)
{
    *out = NULL;
    struct status status = status_memory("model");
    struct attune_model *model = calloc(1, sizeof *model);
    if (model)
        status = open_model(model, path, settings);
    if (status_failed(&status)) {
        attune_close(model);
    } else {
        gemm_threads(1);
        *out = model;
    }
    return report(&status);
}

void attune_close(struct attune_model *model)
{
    if (!model)
        return;
    recogniser_close(model->recogniser);
    free(model);
}

int attune_rate_hz(const struct attune_model *model)
{
    return recogniser_rate_hz(model->recogniser);
}

int attune_start(struct attune_stream **out, const struct attune_model *model)
{
    *out = NULL;
    struct attune_stream *s = calloc(1, sizeof *s);
    struct status status = s ? status_ok() : status_memory("stream");
    if (!status_failed(&status)) {
        s->model = model;
        s->block = (size_t)(BLOCK_S * attune_rate_hz(model));
        status = team_open(&s->team, 1);
    }
    if (!status_failed(&status))
        status = recogniser_start(&s->state, model->recogniser);
    if (!status_failed(&status))
        status =
            stream_open(&s->stream, model->recogniser, NULL, &model->settings);
    if (status_failed(&status))
        attune_stop(s);
    else
        *out = s;
    return report(&status);
}

/* What was given away is no longer the caller's. */
static void take_back(struct attune_stream *s)
{
    transcript_free_line(&s->taken);
    free(s->words);
    free(s->partial);
    s->words = NULL;
    s->partial = NULL;
}

void attune_stop(struct attune_stream *s)
{
    if (!s)
        return;
    take_back(s);
    stream_close(s->stream);
    recogniser_finish(s->state);
    team_close(s->team);
    free(s);
}

/* What is finished becomes lines. The calling thread's denormals are flushed
 * only meanwhile. */
static struct status transcribe(struct attune_stream *s)
{
    unsigned mode = cpu_flush_denormals();
    struct status status;
    stream_transcribe(&status, &s->stream, 1, s->team, &s->state);
    cpu_set_float_mode(mode);
    return status;
}

static struct status check_samples(const struct attune_stream *s,
                                   const float *samples, size_t count)
{
    if (s->ended)
        return status_error(STATUS_INPUT, "stream: fed after its end");
    for (size_t i = 0; i < count; i++)
        if (!isfinite(samples[i]))
            return status_error(STATUS_INPUT,
                                "stream: sample %zu of the block is %g", i,
                                (double)samples[i]);
    return status_ok();
}

static struct status feed(struct attune_stream *s, const float *samples,
                          size_t count)
{
    struct status status = check_samples(s, samples, count);
    while (count && !status_failed(&status)) {
        size_t some = count < s->block ? count : s->block;
        status = stream_feed(s->stream, samples, some);
        if (!status_failed(&status))
            status = transcribe(s);
        samples += some;
        count -= some;
    }
    return status;
}

int attune_feed(struct attune_stream *s, const float *samples, size_t count)
{
    take_back(s);
    struct status status = feed(s, samples, count);
    return report(&status);
}

static struct status end(struct attune_stream *s)
{
    if (s->ended)
        return status_ok();
    s->ended = true;
    struct status status = stream_finish(s->stream);
    if (!status_failed(&status))
        status = transcribe(s);
    return status;
}

int attune_end(struct attune_stream *s)
{
    take_back(s);
    struct status status = end(s);
    return report(&status);
}

const struct attune_line *attune_next(struct attune_stream *s)
{
    take_back(s);
    if (!stream_next(&s->taken, s->stream))
        return NULL;
    const struct transcript_word *from = s->taken.words;
    size_t count = s->taken.word_count;
    s->words = malloc(count * sizeof *s->words);
    for (size_t i = 0; i < count && s->words; i++)
        s->words[i] = (struct attune_word){.text = from[i].text,
                                           .start_s = from[i].start_s,
                                           .end_s = from[i].end_s,
                                           .confidence = from[i].confidence};
    s->line = (struct attune_line){.text = s->taken.text,
                                   .start_s = s->taken.start_s,
                                   .end_s = s->taken.end_s,
                                   .word_count = s->words ? count : 0,
                                   .words = s->words};
    return &s->line;
}

int attune_partial(const char **text, struct attune_stream *s)
{
    take_back(s);
    unsigned mode = cpu_flush_denormals();
    struct status status = stream_partial(&s->partial, s->stream, s->state);
    cpu_set_float_mode(mode);
    *text = s->partial;
    return report(&status);
}

/* Appends the lines that are finished to *text. */
static struct status take_lines(char **text, struct attune_stream *s)
{
    const struct attune_line *line;
    while ((line = attune_next(s))) {
        size_t before = *text ? strlen(*text) : 0;
        size_t length = strlen(line->text);
        char *longer = realloc(*text, before + length + 2);
        if (!longer)
            return status_memory("text");
        if (before)
            longer[before++] = ' ';
        memcpy(longer + before, line->text, length + 1);
        *text = longer;
    }
    return status_ok();
}

static struct status read_all(char **text, struct attune_stream *s,
                              struct sound_reader *reader, float *samples)
{
    size_t count = 1;
    struct status status = status_ok();
    while (count && !status_failed(&status)) {
        status = sound_next(&count, reader, samples, s->block);
        if (!status_failed(&status))
            status = count ? feed(s, samples, count) : end(s);
        if (!status_failed(&status))
            status = take_lines(text, s);
    }
    if (!status_failed(&status) && !*text && !(*text = calloc(1, 1)))
        status = status_memory("text");
    return status;
}

static struct status transcribe_file(char **text, struct attune_stream *s,
                                     const char *path)
{
    const struct settings *settings = &s->model->settings;
    struct sound_request request = {.rate_hz = attune_rate_hz(s->model),
                                    .channel = settings->channel};
    struct sound_reader *reader = NULL;
    float *samples = malloc(s->block * sizeof *samples);
    struct status status = samples ? status_ok() : status_memory(path);
    if (!status_failed(&status) && settings->raw[0])
        status = sound_parse_raw(&request, settings->raw);
    if (!status_failed(&status))
        status = sound_open(&reader, path, &request);
    if (!status_failed(&status))
        status = read_all(text, s, reader, samples);
    sound_close(reader);
    free(samples);
    return status;
}

int attune_transcribe_file(char **text, const struct attune_model *model,
                           const char *path)
{
    struct attune_stream *s;
    *text = NULL;
    int code = attune_start(&s, model);
    if (code)
        return code;
    struct status status = transcribe_file(text, s, path);
    attune_stop(s);
    if (status_failed(&status)) {
        free(*text);
        *text = NULL;
    }
    return report(&status);
}
