/* Speech, and what is known of the voice that speaks. */
#include "model/voice.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_A_SECOND 100

struct voice {
    double most; /* frames; 0: nothing is to be known */
    struct cmvn_sums sums;
};

struct voices {
    size_t count;
    const char **names;    /* [count], sorted; the caller's */
    struct voice **voices; /* [count] */
};

static struct status open_sums(struct cmvn_sums *sums, int bins)
{
    *sums =
        (struct cmvn_sums){.sum = calloc(2 * (size_t)bins, sizeof *sums->sum)};
    if (!sums->sum)
        return status_memory("features");
    sums->sum_square = sums->sum + bins;
    return status_ok();
}

struct status speech_open(struct speech *speech, float *frames, size_t count,
                          int bins, double length_s)
{
    *speech = (struct speech){
        .frames = frames, .count = count, .bins = bins, .length_s = length_s};
    struct status status = open_sums(&speech->sums, bins);
    if (!status_failed(&status))
        cmvn_add(&speech->sums, frames, count, bins);
    else
        speech_free(speech);
    return status;
}

void speech_free(struct speech *speech)
{
    free(speech->frames);
    free(speech->sums.sum);
    *speech = (struct speech){.frames = NULL};
}

struct status voice_open(struct voice **out, const struct settings *settings,
                         double history_s)
{
    *out = NULL;
    struct voice *voice = calloc(1, sizeof *voice);
    if (!voice)
        return status_memory("voice");
    if (settings->cmvn == CMVN_UTTERANCE)
        voice->most = history_s * FRAMES_A_SECOND;
    struct status status = open_sums(&voice->sums, settings->bins);
    if (status_failed(&status))
        voice_close(voice);
    else
        *out = voice;
    return status;
}

void voice_close(struct voice *voice)
{
    if (!voice)
        return;
    free(voice->sums.sum);
    free(voice);
}

void voice_tell(struct speech *speech, const struct voice *voice)
{
    struct cmvn_sums *sums = &speech->sums;
    if (!(voice->sums.count > 0))
        return;
    sums->count += voice->sums.count;
    for (int i = 0; i < 2 * speech->bins; i++)
        sums->sum[i] += voice->sums.sum[i];
    speech->known = true;
}

void voice_say(struct speech *speech, struct voice *voice)
{
    voice_tell(speech, voice);
    const struct cmvn_sums *all = &speech->sums;
    double share = all->count > voice->most ? voice->most / all->count : 1;
    voice->sums.count = share * all->count;
    for (int i = 0; i < 2 * speech->bins; i++)
        voice->sums.sum[i] = share * all->sum[i];
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct status voices_open(struct voices **out, const char *const *names,
                          size_t count, const struct settings *settings,
                          double history_s)
{
    struct status status = status_ok();
    *out = NULL;
    struct voices *v = calloc(1, sizeof *v);
    if (!v)
        return status_memory("voices");
    v->names = malloc((count + 1) * sizeof *v->names);
    v->voices = calloc(count + 1, sizeof *v->voices);
    if (!v->names || !v->voices)
        status = status_memory("voices");
    for (size_t i = 0; i < count && !status_failed(&status); i++)
        if (names[i][0])
            v->names[v->count++] = names[i];
    if (v->count)
        qsort(v->names, v->count, sizeof *v->names, compare_names);
    size_t different = 0;
    for (size_t i = 0; i < v->count; i++)
        if (!i || strcmp(v->names[i], v->names[different - 1]) != 0)
            v->names[different++] = v->names[i];
    v->count = different;
    for (size_t i = 0; i < v->count && !status_failed(&status); i++)
        status = voice_open(&v->voices[i], settings, history_s);
    if (status_failed(&status))
        voices_close(v);
    else
        *out = v;
    return status;
}

void voices_close(struct voices *v)
{
    if (!v)
        return;
    for (size_t i = 0; v->voices && i < v->count; i++)
        voice_close(v->voices[i]);
    free(v->voices);
    free(v->names);
    free(v);
}

struct voice *voices_find(const struct voices *v, const char *name)
{
    const char **found = v->count ? bsearch(&name, v->names, v->count,
                                            sizeof *v->names, compare_names)
                                  : NULL;
    return found ? v->voices[found - v->names] : NULL;
}
