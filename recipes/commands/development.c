/* A development set: recordings that the model has heard once. */
#include "recipes/commands/development.h"

#include <stdlib.h>
#include <string.h>

#include "model/text/normalise.h"
#include "model/train/run.h"

#define CHUNK 64 /* recordings that are heard before failures are looked at */

struct development_item {
    char *reference;         /* normalised */
    real *log_probabilities; /* [rows, tokens] */
    size_t rows;
    struct speech speech; /* until then */
    double length_s;
    struct edit_counts counts; /* with the decoder at hand */
    struct status status;
};

/* A job for the team: one of these for each worker. */
struct work {
    struct development *development;
    const struct settings *settings;
    size_t first;
    struct voices *voices; /* of speakers */
    struct recogniser_state **states;
    struct decoding **decodings;
};

static struct status normalise(char **out, const char *text,
                               const struct development *d)
{
    const struct settings *own = recogniser_settings(d->recogniser);
    struct normalise_settings how = {.fold_case = own->fold_case,
                                     .drop_punctuation = own->drop_punctuation};
    return normalise_text(out, text, &how);
}

/* ---- What the model makes of it ---- */

static struct status keep(struct development_item *item,
                          const struct development *d,
                          struct recogniser_state *state)
{
    const real *log_probabilities;
    size_t rows, tokens = (size_t)recogniser_tokens(d->recogniser)->count;
    struct status status = recogniser_probabilities(&log_probabilities, &rows,
                                                    state, &item->speech);
    if (status_failed(&status) || !rows)
        return status;
    item->rows = rows;
    item->log_probabilities =
        malloc(item->rows * tokens * sizeof *item->log_probabilities);
    if (!item->log_probabilities)
        return status_memory("recordings");
    memcpy(item->log_probabilities, log_probabilities,
           item->rows * tokens * sizeof *log_probabilities);
    return status;
}

static struct status listen(struct development_item *item,
                            const struct utterance *u, const struct work *work,
                            struct recogniser_state *state)
{
    const struct development *d = work->development;
    struct sound sound;
    struct sound_request request = {.rate_hz =
                                        recogniser_rate_hz(d->recogniser),
                                    .channel = work->settings->channel,
                                    .start_s = u->start_s,
                                    .end_s = u->end_s};
    struct status status = status_ok();
    if (work->settings->raw[0])
        status = sound_parse_raw(&request, work->settings->raw);
    if (!status_failed(&status))
        status = sound_read(&sound, u->path, &request);
    if (status_failed(&status))
        return status;
    item->length_s = (double)sound.count / sound.rate_hz;
    status =
        status_named(recogniser_listen(&item->speech, state, &sound), u->path);
    sound_free(&sound);
    return status;
}

static void listen_to_one(void *context, size_t index, int worker)
{
    struct work *work = context;
    struct development *d = work->development;
    const struct utterance *u = &d->manifest.utterances[work->first + index];
    struct development_item *item = &d->items[work->first + index];
    item->status = listen(item, u, work, work->states[worker]);
}

static void hear_one(void *context, size_t index, int worker)
{
    struct work *work = context;
    struct development *d = work->development;
    const struct utterance *u = &d->manifest.utterances[work->first + index];
    struct development_item *item = &d->items[work->first + index];
    item->status = status_named(keep(item, d, work->states[worker]), u->path);
    speech_free(&item->speech);
}

static struct status first_failure(const struct development_item *items,
                                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (status_failed(&items[i].status))
            return items[i].status;
    return status_ok();
}

/* A speaker's recordings, in the order of the table. */
static void tell_voices(struct work *work, size_t count)
{
    const struct utterance *all = work->development->manifest.utterances;
    for (size_t i = work->first; i < work->first + count; i++) {
        struct voice *voice = voices_find(work->voices, all[i].speaker);
        if (voice)
            voice_say(&work->development->items[i].speech, voice);
    }
}

/* Those of the next chunk. */
static struct status hear_some(struct work *work, size_t count)
{
    struct development *d = work->development;
    team_run(d->team, listen_to_one, work, count);
    struct status status = first_failure(d->items + work->first, count);
    if (status_failed(&status))
        return status;
    tell_voices(work, count);
    team_run(d->team, hear_one, work, count);
    return first_failure(d->items + work->first, count);
}

static struct status open_voices(struct work *work)
{
    const struct manifest *manifest = &work->development->manifest;
    const char **names = malloc((manifest->count + 1) * sizeof *names);
    if (!names)
        return status_memory("speakers");
    for (size_t i = 0; i < manifest->count; i++)
        names[i] = manifest->utterances[i].speaker;
    struct status status =
        voices_open(&work->voices, names, manifest->count,
                    recogniser_settings(work->development->recogniser),
                    work->settings->cmvn_history);
    free(names);
    return status;
}

static struct status hear_all(struct development *d,
                              const struct settings *settings)
{
    int workers = team_workers(d->team);
    struct work work = {.development = d, .settings = settings};
    struct status status = status_ok();
    work.states = calloc((size_t)workers, sizeof *work.states);
    if (!work.states)
        return status_memory("workers");
    status = open_voices(&work);
    for (int i = 0; i < workers && !status_failed(&status); i++)
        status = recogniser_start(&work.states[i], d->recogniser);
    for (; work.first < d->manifest.count && !status_failed(&status);
         work.first += CHUNK) {
        size_t left = d->manifest.count - work.first;
        status = hear_some(&work, left < CHUNK ? left : CHUNK);
    }
    for (int i = 0; i < workers; i++)
        recogniser_finish(work.states[i]);
    free(work.states);
    voices_close(work.voices);
    return status;
}

static struct status read_references(struct development *d)
{
    bool words = false;
    struct status status = status_ok();
    d->items = calloc(d->manifest.count, sizeof *d->items);
    if (!d->items)
        return status_memory("recordings");
    for (size_t i = 0; i < d->manifest.count && !status_failed(&status); i++) {
        status = normalise(&d->items[i].reference,
                           d->manifest.utterances[i].text, d);
        words = words || (d->items[i].reference && d->items[i].reference[0]);
    }
    if (!status_failed(&status) && !words)
        status = status_error(STATUS_INPUT,
                              "%s: has no text to count errors against",
                              d->manifest.path);
    return status;
}

struct status development_open(struct development *d,
                               const struct settings *settings,
                               const struct recogniser *recogniser)
{
    *d = (struct development){.recogniser = recogniser};
    struct status status =
        manifest_read(&d->manifest, settings->table, settings->outside);
    if (!status_failed(&status))
        status = read_references(d);
    if (!status_failed(&status))
        status = team_open(&d->team, run_workers(settings, 1));
    if (!status_failed(&status))
        status = hear_all(d, settings);
    for (size_t i = 0; i < d->manifest.count && !status_failed(&status); i++)
        d->length_s += d->items[i].length_s;
    if (status_failed(&status))
        development_close(d);
    return status;
}

void development_close(struct development *d)
{
    for (size_t i = 0; d->items && i < d->manifest.count; i++) {
        free(d->items[i].reference);
        free(d->items[i].log_probabilities);
        speech_free(&d->items[i].speech);
    }
    free(d->items);
    team_close(d->team);
    manifest_free(&d->manifest);
    *d = (struct development){.items = NULL};
}

/* ---- Errors ---- */

static struct status count_errors(struct development_item *item,
                                  const struct development *d,
                                  struct decoding *decoding)
{
    char *text, *hypothesis = NULL;
    item->counts = (struct edit_counts){.reference = 0};
    struct status status =
        decoding_text(&text, decoding, item->log_probabilities, item->rows);
    if (!status_failed(&status))
        status = normalise(&hypothesis, text, d);
    if (!status_failed(&status))
        status =
            edit_distance_text(&item->counts, item->reference, hypothesis, 0);
    free(hypothesis);
    free(text);
    return status;
}

static void count_one(void *context, size_t index, int worker)
{
    struct work *work = context;
    struct development_item *item = &work->development->items[index];
    item->status =
        count_errors(item, work->development, work->decodings[worker]);
}

struct status development_errors(struct edit_counts *counts,
                                 struct development *d,
                                 const struct decoder *decoder)
{
    int workers = team_workers(d->team);
    struct work work = {.development = d};
    struct status status = status_ok();
    *counts = (struct edit_counts){.reference = 0};
    work.decodings = calloc((size_t)workers, sizeof *work.decodings);
    if (!work.decodings)
        return status_memory("workers");
    for (int i = 0; i < workers && !status_failed(&status); i++)
        status = decoding_open(&work.decodings[i], decoder);
    if (!status_failed(&status)) {
        team_run(d->team, count_one, &work, d->manifest.count);
        status = first_failure(d->items, d->manifest.count);
    }
    for (size_t i = 0; i < d->manifest.count; i++) {
        counts->reference += d->items[i].counts.reference;
        counts->insertions += d->items[i].counts.insertions;
        counts->deletions += d->items[i].counts.deletions;
        counts->substitutions += d->items[i].counts.substitutions;
    }
    for (int i = 0; i < workers; i++)
        decoding_close(work.decodings[i]);
    free(work.decodings);
    return status;
}
