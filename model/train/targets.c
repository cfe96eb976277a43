/* What masked prediction predicts: a quantiser fitted to the recordings, and
 * every frame's codes. */
#include "model/train/targets.h"

#include <stdlib.h>
#include <string.h>

#include "audio/delta.h"
#include "audio/mfcc.h"
#include "model/encoder/encoder.h"
#include "model/store/checkpoint.h"

#define SAMPLE_ROWS 60000 /* that a quantiser is fitted to */
#define CHUNK 64          /* recordings in memory at a time */
#define KMEANS_ITERATIONS 30

/* Where a row's vector comes from. */
struct source {
    const struct settings *settings;
    struct features *features; /* stacked frames, or MFCC */
    size_t width;              /* of a vector */
    bool mfcc;
    struct checkpoint model; /* of settings->target_model, or empty */
    int layer;
    struct encoder **encoders; /* [workers] */
    int workers;
};

/* A pass over all recordings. */
struct labelling {
    const struct source *source;
    const struct targets *targets;
    size_t first;    /* recording of this chunk */
    float **vectors; /* [workers] one recording's */
    float **scratch; /* [workers] the quantiser's, when labelling */
    float *sample;   /* when collecting: every step-th row */
    size_t step;
};

/* vectors [rows, width] of a held recording. */
static void make_vectors(float *vectors, const struct source *s,
                         size_t recording, size_t rows, int worker)
{
    struct features_key key = {.utterance = (uint32_t)recording};
    size_t frames, stride = (size_t)s->settings->stride;
    const float *x = features_get(&frames, s->features, key);
    if (s->mfcc) {
        delta_append(vectors, x, rows * stride, MFCC_COEFFICIENTS);
    } else if (s->encoders) {
        size_t starts[2] = {0, rows};
        struct pack pack = {.rows = rows, .utterances = 1, .starts = starts};
        struct encoder *encoder = s->encoders[worker];
        real *input = (real *)(vectors + rows * s->width);
        for (size_t i = 0; i < rows * stride * (size_t)s->settings->bins; i++)
            input[i] = (real)x[i];
        encoder_forward(encoder, s->model.weights, input, NULL, &pack, NULL);
        const real *out = encoder_layer(encoder, s->layer);
        for (size_t i = 0; i < rows * s->width; i++)
            vectors[i] = (float)out[i];
    } else {
        memcpy(vectors, x, rows * s->width * sizeof *vectors);
    }
}

static size_t rows_of(const struct targets *t, size_t recording)
{
    return t->starts[recording + 1] - t->starts[recording];
}

static void do_recording(void *context, size_t index, int worker)
{
    const struct labelling *l = context;
    size_t recording = l->first + index, width = l->source->width;
    size_t rows = rows_of(l->targets, recording);
    size_t start = l->targets->starts[recording];
    float *vectors = l->vectors[worker];
    if (!rows)
        return;
    make_vectors(vectors, l->source, recording, rows, worker);
    if (l->sample) {
        size_t r = (start + l->step - 1) / l->step * l->step;
        for (; r < start + rows; r += l->step)
            memcpy(l->sample + r / l->step * width,
                   vectors + (r - start) * width, width * sizeof *vectors);
    } else {
        const struct quantiser *q = &l->targets->quantiser;
        quantiser_label(l->targets->codes + start * (size_t)q->codebooks, q,
                        vectors, rows, l->scratch[worker]);
    }
}

static struct status pass(struct labelling *l, size_t recordings,
                          struct team *team)
{
    struct features_key keys[CHUNK];
    struct features *features = l->source->features;
    struct status status = status_ok();
    for (l->first = 0; l->first < recordings && !status_failed(&status);
         l->first += CHUNK) {
        size_t left = recordings - l->first, count = 0, held = 0;
        count = left < CHUNK ? left : CHUNK;
        for (size_t i = 0; i < count; i++)
            if (rows_of(l->targets, l->first + i))
                keys[held++] = (struct features_key){
                    .utterance = (uint32_t)(l->first + i)};
        features_hold(features, keys, held);
        status = features_wait(features);
        if (!status_failed(&status))
            team_run(team, do_recording, l, count);
        features_release(features, keys, held);
    }
    return status;
}

/* ---- Sources ---- */

int targets_layer(int chosen, int layers, bool recogniser)
{
    if (chosen)
        return chosen;
    return recogniser && layers > 1 ? layers - 1 : encoder_middle(layers);
}

static struct status open_model_source(struct source *s, size_t longest)
{
    const struct settings *own = s->settings;
    struct status status = checkpoint_read(&s->model, own->target_model);
    if (status_failed(&status))
        return status;
    const struct settings *m = &s->model.settings;
    if (m->rate != own->rate || m->bins != own->bins ||
        m->stride != own->stride || m->cmvn != own->cmvn ||
        m->low_hz != own->low_hz || m->high_hz != own->high_hz)
        return status_error(STATUS_INPUT,
                            "--target-model %s: its rate, bins, stride, cmvn "
                            "or mel range differ from this run's",
                            own->target_model);
    s->layer =
        targets_layer(own->target_layer, m->layers, s->model.tokens.count > 0);
    if (s->layer > m->layers)
        return status_error(STATUS_INPUT, "--target-layer %d: %s has %d layers",
                            s->layer, own->target_model, m->layers);
    s->width = (size_t)m->dim;
    s->encoders = calloc((size_t)s->workers, sizeof *s->encoders);
    if (!s->encoders)
        return status_memory("targets");
    for (int i = 0; i < s->workers && !status_failed(&status); i++)
        status = encoder_open(&s->encoders[i], &s->model.parameters, longest,
                              longest, true);
    return status;
}

static void close_source(struct source *s, const struct features *fbank)
{
    for (int i = 0; s->encoders && i < s->workers; i++)
        encoder_close(s->encoders[i]);
    free(s->encoders);
    checkpoint_free(&s->model);
    if (s->features != fbank)
        features_close(s->features);
}

/* MFCC of the same recordings, by a store of their own. */
static struct status open_mfcc_source(struct source *s,
                                      struct settings *changed,
                                      const struct manifest *manifest,
                                      struct team *team)
{
    *changed = *s->settings;
    changed->mfcc = 1;
    changed->bins = MFCC_COEFFICIENTS;
    changed->cmvn = CMVN_UTTERANCE;
    s->mfcc = true;
    s->width = 3 * MFCC_COEFFICIENTS * (size_t)changed->stride;
    s->features = NULL;
    struct status status =
        features_open(&s->features, manifest, changed, NULL, NULL);
    if (!status_failed(&status))
        status = features_scan(s->features, team, NULL);
    return status;
}

/* ---- Fitting ---- */

static struct status fit(struct targets *t, struct labelling *l,
                         size_t recordings, struct team *team)
{
    const struct settings *s = l->source->settings;
    size_t rows = t->starts[recordings], width = l->source->width;
    l->step = rows / SAMPLE_ROWS + 1;
    size_t count = (rows + l->step - 1) / l->step;
    l->sample = calloc(count, width * sizeof *l->sample);
    if (!l->sample)
        return status_memory("targets");
    struct status status = pass(l, recordings, team);
    uint64_t seed = (uint64_t)s->seed;
    if (status_failed(&status)) {
        ;
    } else if (s->targets == TARGET_KMEANS) {
        status = quantiser_kmeans(&t->quantiser, l->sample, count, (int)width,
                                  s->codes, KMEANS_ITERATIONS,
                                  random_key(seed, RANDOM_KMEANS), team);
    } else {
        status = quantiser_random_projection(
            &t->quantiser, l->sample, count, (int)width, s->codebooks, s->codes,
            s->code_width, s->whiten, random_key(seed, RANDOM_CODEBOOK));
    }
    free(l->sample);
    l->sample = NULL;
    return status;
}

static struct status label(struct targets *t, struct labelling *l,
                           size_t recordings, struct team *team)
{
    const struct quantiser *q = &t->quantiser;
    size_t books = (size_t)q->codebooks, codes = (size_t)q->codes;
    size_t rows = t->starts[recordings];
    t->codes = calloc(rows, books * sizeof *t->codes);
    uint64_t *counts = calloc(books * codes, sizeof *counts);
    struct status status = status_ok();
    if (!t->codes || !counts)
        status = status_memory("targets");
    for (int i = 0; i < l->source->workers && !status_failed(&status); i++) {
        l->scratch[i] = malloc(quantiser_scratch(q) * sizeof **l->scratch);
        if (!l->scratch[i])
            status = status_memory("targets");
    }
    if (!status_failed(&status))
        status = pass(l, recordings, team);
    for (size_t r = 0; r < rows && !status_failed(&status); r++)
        for (size_t b = 0; b < books; b++)
            counts[b * codes + t->codes[r * books + b]]++;
    if (!status_failed(&status))
        health_codebooks(&t->use, counts, q->codebooks, q->codes);
    free(counts);
    return status;
}

static struct status fit_and_label(struct targets *t, const struct source *s,
                                   size_t recordings, size_t longest,
                                   const struct quantiser *kept,
                                   struct team *team)
{
    size_t workers = (size_t)s->workers;
    size_t input = (size_t)s->settings->bins * (size_t)s->settings->stride;
    struct labelling l = {.source = s, .targets = t};
    struct status status = status_ok();
    l.vectors = calloc(workers, sizeof *l.vectors);
    l.scratch = calloc(workers, sizeof *l.scratch);
    if (!l.vectors || !l.scratch)
        status = status_memory("targets");
    /* Behind the vectors: the encoder's input, where there is one. */
    size_t bytes = longest * (s->width * sizeof(float) +
                              (s->encoders ? input * sizeof(real) : 0));
    for (size_t i = 0; i < workers && !status_failed(&status); i++) {
        l.vectors[i] = malloc(bytes);
        if (!l.vectors[i])
            status = status_memory("targets");
    }
    if (!status_failed(&status) && kept->codes)
        status = quantiser_copy(&t->quantiser, kept);
    else if (!status_failed(&status))
        status = fit(t, &l, recordings, team);
    if (!status_failed(&status))
        status = label(t, &l, recordings, team);
    for (size_t i = 0; i < workers; i++) {
        free(l.vectors ? l.vectors[i] : NULL);
        free(l.scratch ? l.scratch[i] : NULL);
    }
    free(l.vectors);
    free(l.scratch);
    return status;
}

struct status targets_open(struct targets *t, const struct manifest *manifest,
                           struct features *features,
                           const struct settings *settings,
                           const struct quantiser *kept, struct team *team)
{
    size_t longest = 0, count = manifest->count;
    struct settings changed;
    struct source source = {.settings = settings,
                            .features = features,
                            .width = (size_t)settings->bins *
                                     (size_t)settings->stride,
                            .workers = team_workers(team)};
    memset(t, 0, sizeof *t);
    t->starts = calloc(count + 1, sizeof *t->starts);
    if (!t->starts)
        return status_memory("targets");
    for (size_t u = 0; u < count; u++) {
        size_t rows = features_rows(features, u);
        t->starts[u + 1] = t->starts[u] + rows;
        longest = rows > longest ? rows : longest;
    }
    struct status status = status_ok();
    if (settings->target_model[0] && settings->targets != TARGET_KMEANS)
        status = status_error(STATUS_INPUT,
                              "--target-model: only with --targets k-means");
    else if (settings->target_model[0])
        status = open_model_source(&source, longest);
    else if (settings->targets == TARGET_KMEANS)
        status = open_mfcc_source(&source, &changed, manifest, team);
    if (!status_failed(&status) && kept->codes &&
        (size_t)kept->input != source.width)
        status =
            status_error(STATUS_INPUT,
                         "--target-model %s: its layers have %zu "
                         "dimensions, the codes %d",
                         settings->target_model, source.width, kept->input);
    if (!status_failed(&status))
        status = fit_and_label(t, &source, count, longest, kept, team);
    close_source(&source, features);
    if (status_failed(&status))
        targets_close(t);
    return status;
}

void targets_close(struct targets *t)
{
    quantiser_close(&t->quantiser);
    free(t->codes);
    free(t->starts);
    memset(t, 0, sizeof *t);
}

size_t targets_bytes(const struct targets *t, size_t recordings)
{
    return t->starts[recordings] * (size_t)t->quantiser.codebooks *
           sizeof *t->codes;
}

const uint16_t *targets_codes(const struct targets *t, size_t recording,
                              size_t first)
{
    return t->codes +
           (t->starts[recording] + first) * (size_t)t->quantiser.codebooks;
}
