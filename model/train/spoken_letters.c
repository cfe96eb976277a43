/* Which letter is said in each row of transcribed recordings. */
#include "model/train/spoken_letters.h"

#include <stdlib.h>
#include <string.h>

#include "model/ctc/row_letters.h"
#include "model/encoder/encoder.h"
#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"
#include "model/train/packing.h"
#include "model/train/transcripts.h"

#define CHUNK 64 /* recordings in memory at a time */

struct worker {
    struct encoder *encoder;
    struct packing packing;
    real *logits;
    struct align_span *spans;
};

struct pass {
    struct spoken_letters *out;
    const struct checkpoint *aligner;
    const struct settings *settings;
    struct recordings data;
    struct transcripts transcripts;
    struct worker *workers;
    int worker_count;
    size_t first;
    struct status failures[CHUNK];
};

static void align_one(void *context, size_t index, int worker)
{
    struct pass *p = context;
    struct worker *w = &p->workers[worker];
    const struct checkpoint *c = p->aligner;
    const real *weights = c->weights;
    size_t u = p->first + index;
    size_t rows = p->out->starts[u + 1] - p->out->starts[u];
    size_t tokens = (size_t)c->tokens.count;
    const int32_t *ids = p->transcripts.labels + p->transcripts.starts[u];
    size_t count = p->transcripts.starts[u + 1] - p->transcripts.starts[u];
    int32_t space = tokens_space(&c->tokens);
    size_t reach =
        (size_t)(p->settings->silence * 100 / p->settings->stride + 1e-9);
    struct batch_item item = {.key = {.utterance = (uint32_t)u},
                              .rows = (uint32_t)rows};
    p->failures[index] = status_ok();
    if (!rows)
        return;
    packing_fill(&w->packing, &item, 1, p->data.features, p->settings, NULL);
    const real *output = encoder_forward(w->encoder, weights, w->packing.input,
                                         NULL, &w->packing.pack, NULL);
    linear_forward(
        w->logits, output,
        weights + parameters_find(&c->parameters, "lm_head.weight")->offset,
        weights + parameters_find(&c->parameters, "lm_head.bias")->offset, rows,
        (size_t)p->settings->dim, tokens);
    log_softmax(w->logits, rows, tokens);
    p->failures[index] = align_tokens(w->spans, NULL, w->logits, rows, tokens,
                                      ids, count, space);
    if (!status_failed(&p->failures[index]))
        row_letters(p->out->letters + p->out->starts[u], w->spans, ids, count,
                    rows, reach, space);
}

static struct status align_all(struct pass *p, struct team *team)
{
    struct features_key keys[CHUNK];
    struct status status = status_ok();
    size_t all = p->data.manifest.count;
    for (; p->first < all && !status_failed(&status); p->first += CHUNK) {
        size_t count = all - p->first < CHUNK ? all - p->first : CHUNK;
        size_t held = 0;
        for (size_t u = p->first; u < p->first + count; u++)
            if (spoken_letters_known(p->out, u))
                keys[held++] = (struct features_key){.utterance = (uint32_t)u};
        features_hold(p->data.features, keys, held);
        status = features_wait(p->data.features);
        if (!status_failed(&status))
            team_run(team, align_one, p, count);
        features_release(p->data.features, keys, held);
        for (size_t i = 0; i < count && !status_failed(&status); i++)
            if (status_failed(&p->failures[i]))
                status =
                    status_error(p->failures[i].code, "%.200s: %.200s",
                                 p->data.manifest.utterances[p->first + i].path,
                                 p->failures[i].text);
    }
    return status;
}

/* Rows of every recording, and room for the workers. */
static struct status make_room(struct pass *p, const struct run_host *host)
{
    size_t count = p->data.manifest.count, longest = 1;
    size_t most = settings_rows(p->settings, p->settings->longest_seconds);
    size_t width = (size_t)p->settings->bins * (size_t)p->settings->stride;
    size_t tokens = (size_t)p->aligner->tokens.count;
    size_t letters = p->transcripts.starts[count] + 1;
    uint32_t *rows = calloc(count, sizeof *rows);
    p->out->starts = calloc(count + 1, sizeof *p->out->starts);
    if (!rows || !p->out->starts) {
        free(rows);
        return status_memory("letters");
    }
    transcripts_eligible(rows, &p->transcripts, &p->data.manifest,
                         p->data.features, most, host->note);
    for (size_t u = 0; u < count; u++) {
        p->out->starts[u + 1] = p->out->starts[u] + rows[u];
        longest = rows[u] > longest ? rows[u] : longest;
    }
    free(rows);
    p->out->letters =
        calloc(p->out->starts[count] + 1, sizeof *p->out->letters);
    p->workers = calloc((size_t)p->worker_count, sizeof *p->workers);
    if (!p->out->letters || !p->workers)
        return status_memory("letters");
    struct status status = status_ok();
    for (int i = 0; i < p->worker_count && !status_failed(&status); i++) {
        struct worker *w = &p->workers[i];
        status = encoder_open(&w->encoder, &p->aligner->parameters, longest,
                              longest, false);
        if (!status_failed(&status))
            status = packing_open(&w->packing, longest, 1, width);
        w->logits = malloc(longest * tokens * sizeof *w->logits);
        w->spans = malloc(letters * sizeof *w->spans);
        if (!status_failed(&status) && (!w->logits || !w->spans))
            status = status_memory("letters");
    }
    return status;
}

static void close_pass(struct pass *p)
{
    for (int i = 0; p->workers && i < p->worker_count; i++) {
        encoder_close(p->workers[i].encoder);
        packing_close(&p->workers[i].packing);
        free(p->workers[i].logits);
        free(p->workers[i].spans);
    }
    free(p->workers);
    transcripts_close(&p->transcripts);
    recordings_close(&p->data);
}

struct status spoken_letters_open(struct spoken_letters *letters,
                                  const char *path,
                                  const struct checkpoint *aligner,
                                  const struct settings *settings,
                                  struct team *team,
                                  const struct run_host *host)
{
    struct pass p = {.out = letters,
                     .aligner = aligner,
                     .settings = settings,
                     .worker_count = team_workers(team)};
    *letters = (struct spoken_letters){.stride = settings->stride};
    struct status status =
        recordings_open(&p.data, path, settings, aligner->cmvn_mean,
                        aligner->cmvn_scale, team, host);
    if (!status_failed(&status))
        status = transcripts_open(&p.transcripts, &p.data.manifest, settings);
    if (!status_failed(&status))
        status = transcripts_encode(&p.transcripts, &aligner->tokens,
                                    &p.data.manifest, host->note);
    if (!status_failed(&status))
        status = make_room(&p, host);
    if (!status_failed(&status))
        status = align_all(&p, team);
    close_pass(&p);
    if (status_failed(&status))
        spoken_letters_close(letters);
    return status;
}

void spoken_letters_close(struct spoken_letters *letters)
{
    free(letters->letters);
    free(letters->starts);
    *letters = (struct spoken_letters){.letters = NULL};
}

bool spoken_letters_known(const struct spoken_letters *letters,
                          size_t recording)
{
    return letters->starts[recording + 1] > letters->starts[recording];
}

uint16_t spoken_letters_at(const struct spoken_letters *letters,
                           size_t recording, size_t row, int stride)
{
    size_t frame = row * (size_t)stride + (size_t)stride / 2;
    size_t at = letters->starts[recording] + frame / (size_t)letters->stride;
    return at < letters->starts[recording + 1] ? letters->letters[at]
                                               : ROW_SILENCE;
}
