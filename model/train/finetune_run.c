/* `attune finetune`: CTC from transcribed recordings to a recogniser. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/encoder/encoder.h"
#include "model/kernel/gemm.h"
#include "model/layer/dropout.h"
#include "model/train/joining.h"
#include "model/train/packing.h"
#include "model/train/reading.h"
#include "model/train/run.h"
#include "model/train/schedule.h"
#include "model/train/transcripts.h"
#include "model/train/utterance_losses.h"
#include "model/train/validation.h"

/* Dropout before the head, beside the layers' keys: of the last layer, of the
 * middle one. */
#define KEY_HEAD 2000000
#define KEY_MIDDLE 2000001

/* Percent of the characters: who errs as much has learned hardly a letter. */
#define UNTAUGHT_CER 70

/* One worker's memory. */
struct worker {
    struct encoder *encoder;
    struct batch_item *items; /* of all views */
    struct packing packing;
    struct joining joining;
    struct reading reading;
    real *d_output, *d_middle; /* [rows, dim] */
};

struct finetuning {
    struct settings *settings;
    struct checkpoint init;
    struct recordings data, dev;
    struct transcripts texts, dev_texts;
    struct checkpoint model; /* what is saved; weights belong to the state */
    size_t head_weight, head_bias; /* offsets */
    struct augment_settings augment;
    struct batch_plan *plan;
    size_t rows_most, longest; /* of the workers' memory */
    size_t join_rows;          /* longest of joined recordings */
    struct training_state state;
    struct team *team;
    int workers;
    struct worker *worker;
    struct validation validation;
    double wer, cer; /* of the last validation: a save follows it */
    bool alarmed;
    const struct run_host *host;
};

/* A micro-batch: packed rows, and what is said in them. */
static void fill(struct finetuning *f, struct worker *w,
                 const struct trainer_micro *micro)
{
    const struct settings *s = f->settings;
    const struct micro_batch *m = &micro->batch->micros[micro->micro];
    struct random_key join = random_key((uint64_t)s->seed, RANDOM_JOIN);
    size_t count = utterance_views_fill(
        w->items, micro->batch->items + m->first, m->count, s);
    struct augment_settings augment =
        augment_narrower(&f->augment, schedule_mask_share(s, micro->update));
    packing_fill(&w->packing, w->items, count, f->data.features, s, &augment);
    joining_fill(&w->joining, &w->packing.pack, w->items, &f->texts,
                 f->join_rows, tokens_space(&f->model.tokens),
                 random_below(random_below(join, micro->update), micro->micro));
}

/* CTC from the last layer and, where it is asked for, from the middle one: Lee
 * and Watanabe 2021, "Intermediate loss regularization for CTC-based speech
 * recognition". */
static void compute(void *context, struct lane_sums *sums, real *gradients,
                    const real *weights, const struct trainer_micro *micro)
{
    struct finetuning *f = context;
    const struct settings *s = f->settings;
    struct worker *w = &f->worker[micro->worker];
    const struct pack *pack = &w->packing.pack;
    struct random_key key = random_key((uint64_t)s->seed, RANDOM_DROPOUT);
    key = random_below(random_below(key, micro->update), micro->micro);
    struct encoder_noise noise = {.key = key,
                                  .dropout = (float)s->dropout,
                                  .attention_dropout =
                                      (float)s->attention_dropout,
                                  .layer_drop = (float)s->layer_drop};
    struct dropout dropout = {.key = random_below(key, KEY_HEAD),
                              .rate = (float)s->dropout};
    fill(f, w, micro);
    bool inter_ctc = s->inter_ctc > 0 && s->layers > 1;
    encoder_forward(w->encoder, weights, w->packing.input, NULL, pack, &noise);
    reading_learn(sums, gradients, w->d_output, &w->reading, weights,
                  encoder_layer(w->encoder, s->layers), pack, &w->joining,
                  dropout, 1);
    if (inter_ctc) {
        struct lane_sums inter = {.loss = 0};
        dropout.key = random_below(key, KEY_MIDDLE);
        reading_learn(&inter, gradients, w->d_middle, &w->reading, weights,
                      encoder_layer(w->encoder, encoder_middle(s->layers)),
                      pack, &w->joining, dropout, (real)s->inter_ctc);
        sums->loss += s->inter_ctc * inter.loss;
    }
    encoder_backward(w->encoder, gradients, w->d_output,
                     inter_ctc ? w->d_middle : NULL, micro->lowest);
}

/* Says once that half of the updates have taught no letters, and what may. */
static void raise_alarm(struct finetuning *f, struct journal *journal,
                        uint64_t update)
{
    char text[160];
    if (f->alarmed || f->cer < UNTAUGHT_CER ||
        update < (uint64_t)(f->settings->updates + 1) / 2)
        return;
    snprintf(text, sizeof text,
             "hardly a letter is learned yet, CER %.0f: %smore transcripts, "
             "more --updates or another --seed may help",
             f->cer, f->init.weights ? "" : "--init ENCODER, ");
    journal_text(journal, "alarm", text);
    f->host->note(text);
    f->alarmed = true;
}

static void describe(void *context, struct journal *journal, char *text,
                     size_t size, const struct lane_sums *sums, double norm,
                     uint64_t update)
{
    (void)sums;
    raise_alarm(context, journal, update);
    snprintf(text, size, "gradient %.2f", norm);
}

/* WER decides; CER where WER is equal. n errors deviate by sqrt(n),
 * and none by one. */
static struct status validate(void *context, struct trainer_error *error,
                              struct journal *journal, char *text, size_t size,
                              const real *weights)
{
    struct finetuning *f = context;
    struct edit_counts words, characters;
    struct status status =
        validation_run(&words, &characters, &f->validation, weights);
    if (status_failed(&status))
        return status;
    f->wer = edit_rate(&words);
    f->cer = edit_rate(&characters);
    error->error = f->wer + f->cer / 1000;
    double all = (double)words.reference;
    error->deviation = 100 * sqrt(f->wer / 100 * all + 1) / all;
    journal_number(journal, "dev_wer", f->wer);
    journal_number(journal, "dev_cer", f->cer);
    snprintf(text, size, "dev WER %.2f CER %.2f", f->wer, f->cer);
    return status;
}

static struct status save(void *context, const real *weights,
                          const struct training_state *state)
{
    struct finetuning *f = context;
    struct checkpoint out = f->model;
    char text[32];
    out.weights = (real *)weights;
    out.cmvn_mean = (float *)features_mean(f->data.features);
    out.cmvn_scale = (float *)features_scale(f->data.features);
    run_provenance(&out.provenance, f->settings, VERB_FINETUNE, &f->data,
                   state);
    snprintf(text, sizeof text, "%.2f", f->wer);
    provenance_set(&out.provenance, "finetune.dev_wer", text);
    snprintf(text, sizeof text, "%.2f", f->cer);
    provenance_set(&out.provenance, "finetune.dev_cer", text);
    return checkpoint_write(f->settings->out, &out);
}

/* Tokens of the model to adapt, or the characters of the transcripts. */
static struct status open_texts(struct finetuning *f)
{
    struct settings *s = f->settings;
    struct tokens *tokens = &f->model.tokens;
    struct status status = transcripts_open(&f->texts, &f->data.manifest, s);
    if (!status_failed(&status))
        status = transcripts_open(&f->dev_texts, &f->dev.manifest, s);
    if (status_failed(&status))
        return status;
    if (f->init.tokens.count)
        status =
            tokens_from_list(tokens, (const char *const *)f->init.tokens.texts,
                             (size_t)f->init.tokens.count, s->init);
    else
        status = tokens_from_texts(tokens, (const char *const *)f->texts.texts,
                                   f->texts.count);
    if (!status_failed(&status) && tokens->count < 2)
        status = status_error(STATUS_INPUT, "%s: all transcripts are empty",
                              s->data);
    if (!status_failed(&status))
        status = transcripts_encode(&f->texts, tokens, &f->data.manifest,
                                    f->host->note);
    if (!status_failed(&status))
        status = transcripts_encode(&f->dev_texts, tokens, &f->dev.manifest,
                                    f->host->note);
    if (!status_failed(&status) && !f->dev_texts.starts[f->dev_texts.count])
        status = status_error(STATUS_INPUT,
                              "%s: no transcript has a letter that the model "
                              "writes: nothing could choose a checkpoint",
                              s->dev);
    return status;
}

static struct status open_plan(struct finetuning *f)
{
    const struct settings *s = f->settings;
    size_t count = f->data.manifest.count;
    struct batch_settings batches = {
        .seed = (uint64_t)s->seed,
        .lanes = (size_t)s->lanes,
        .batch_rows = settings_rows(s, s->batch_seconds),
        .micro_rows = settings_rows(s, s->micro_seconds),
        /* Whole recordings: the slowed are longer than the limit on them. */
        .longest = 2 * settings_rows(s, s->longest_seconds) + 2,
        .speed = s->speed};
    uint32_t *rows = calloc(count, sizeof *rows);
    if (!rows)
        return status_memory("batches");
    transcripts_eligible(rows, &f->texts, &f->data.manifest, f->data.features,
                         settings_rows(s, s->longest_seconds), f->host->note);
    struct status status = batch_plan_open(&f->plan, &batches, rows, count);
    free(rows);
    if (status.code == STATUS_INPUT)
        return status_error(STATUS_INPUT,
                            "%s: no recording can be learned from", s->data);
    if (status_failed(&status))
        return status;
    f->rows_most = batch_plan_micro_rows(f->plan) * (size_t)utterance_views(s);
    f->longest = batch_plan_longest(f->plan);
    for (size_t u = 0; u < f->dev.manifest.count; u++) {
        size_t own = features_rows(f->dev.features, u);
        f->longest = own > f->longest ? own : f->longest;
    }
    if (s->join_seconds > 0)
        f->join_rows = settings_rows(s, s->join_seconds);
    if (f->join_rows > f->rows_most)
        f->join_rows = f->rows_most;
    if (f->longest < f->join_rows)
        f->longest = f->join_rows;
    if (f->longest > f->rows_most)
        f->rows_most = f->longest;
    return status;
}

static size_t most_labels(const struct transcripts *t)
{
    size_t most = 0;
    for (size_t u = 0; u < t->count; u++) {
        size_t count = t->starts[u + 1] - t->starts[u];
        most = count > most ? count : most;
    }
    return most;
}

static struct status open_workers(struct finetuning *f)
{
    size_t rows = f->rows_most;
    size_t items =
        batch_plan_micro_items(f->plan) * (size_t)utterance_views(f->settings);
    size_t dim = (size_t)f->settings->dim;
    size_t width = (size_t)(f->settings->bins * f->settings->stride);
    size_t labels = most_labels(&f->texts);
    size_t joined = labels > f->join_rows ? labels : f->join_rows;
    f->worker = calloc((size_t)f->workers, sizeof *f->worker);
    f->validation.workers =
        calloc((size_t)f->workers, sizeof *f->validation.workers);
    struct status status = status_ok();
    if (!f->worker || !f->validation.workers)
        return status_memory("workers");
    for (int i = 0; i < f->workers && !status_failed(&status); i++) {
        struct worker *w = &f->worker[i];
        status = encoder_open(&w->encoder, &f->model.parameters, rows,
                              f->longest, true);
        if (!status_failed(&status))
            status = packing_open(&w->packing, rows, items, width);
        if (!status_failed(&status))
            status = joining_open(&w->joining, items, labels);
        if (!status_failed(&status))
            status = reading_open(&w->reading, &f->model.parameters,
                                  f->settings, rows, f->longest, joined);
        w->d_output = calloc(rows, dim * sizeof *w->d_output);
        w->d_middle = calloc(rows, dim * sizeof *w->d_middle);
        w->items = calloc(items, sizeof *w->items);
        if (!status_failed(&status) &&
            (!w->d_output || !w->d_middle || !w->items))
            status = status_memory("workers");
        f->validation.workers[i] =
            (struct validation_worker){.encoder = w->encoder,
                                       .packing = &w->packing,
                                       .logits = w->reading.logits};
    }
    return status;
}

static void close_workers(struct finetuning *f)
{
    for (int i = 0; f->worker && i < f->workers; i++) {
        struct worker *w = &f->worker[i];
        encoder_close(w->encoder);
        packing_close(&w->packing);
        joining_close(&w->joining);
        free(w->d_output);
        free(w->d_middle);
        reading_close(&w->reading);
        free(w->items);
    }
    free(f->worker);
    free(f->validation.workers);
}

static struct status open_model(bool *finished, struct finetuning *f,
                                uint64_t fingerprint)
{
    struct settings *s = f->settings;
    const struct parameters *all = &f->model.parameters;
    struct model_shape shape = settings_shape(s, f->model.tokens.count, 0);
    f->model.settings = *s;
    f->model.provenance = f->init.provenance;
    struct status status = parameters_open(&f->model.parameters, &shape);
    if (!status_failed(&status))
        status = training_state_open(&f->state, all, true);
    if (!status_failed(&status)) {
        f->head_weight = parameters_find(all, "lm_head.weight")->offset;
        f->head_bias = parameters_find(all, "lm_head.bias")->offset;
        run_initialise(f->state.weights, all, &f->init, (uint64_t)s->seed);
    }
    return run_resume(finished, &f->state, status, all, s, VERB_FINETUNE,
                      fingerprint, f->host);
}

static void prepare_rest(struct finetuning *f)
{
    const struct settings *s = f->settings;
    f->augment = (struct augment_settings){
        .time_masks = s->time_masks,
        .time_width = (size_t)(s->time_mask_seconds * 100 + 0.5),
        .time_share = s->time_mask_share,
        .frequency_masks = s->frequency_masks,
        .frequency_width = s->frequency_width};
    f->validation.settings = s;
    f->validation.features = f->dev.features;
    f->validation.texts = f->dev_texts.texts;
    f->validation.count = f->dev_texts.count;
    f->validation.tokens = &f->model.tokens;
    f->validation.head_weight = f->head_weight;
    f->validation.head_bias = f->head_bias;
    f->validation.team = f->team;
    f->validation.ranks = f->host->ranks;
}

static struct status run(struct finetuning *f)
{
    char text[160];
    uint64_t fingerprint = manifest_fingerprint(&f->data.manifest) ^
                           3 * manifest_fingerprint(&f->dev.manifest);
    bool finished = false;
    struct status status = open_model(&finished, f, fingerprint);
    if (status_failed(&status) || finished)
        return status;
    snprintf(text, sizeof text, "%.2f million parameters, %d tokens%s",
             (double)parameters_size(&f->model.parameters) / 1e6,
             f->model.tokens.count, f->init.weights ? "" : ", from scratch");
    f->host->note(text);
    status = open_plan(f);
    if (!status_failed(&status))
        status = open_workers(f);
    prepare_rest(f);
    struct task task = {.context = f,
                        .compute = compute,
                        .describe = describe,
                        .validate = validate,
                        .save = save};
    struct trainer trainer = {.settings = f->settings,
                              .verb = VERB_FINETUNE,
                              .parameters = &f->model.parameters,
                              .manifest = &f->data.manifest,
                              .features = f->data.features,
                              .plan = f->plan,
                              .team = f->team,
                              .ranks = f->host->ranks,
                              .task = &task,
                              .validate_first = f->init.tokens.count > 0,
                              .fingerprint = fingerprint,
                              .listener = f->host->listener,
                              .listener_context = f->host->context,
                              .stop = f->host->stop};
    status = ranks_agree(trainer.ranks, status);
    if (!status_failed(&status))
        status = trainer_run(&trainer, &f->state);
    return status;
}

struct status finetune_run(struct settings *settings, const bool *given,
                           const struct run_host *host)
{
    struct finetuning f = {.settings = settings,
                           .host = host,
                           .workers =
                               run_workers(settings, host->ranks->sharing)};
    gemm_threads(1);
    struct status status = run_check_out(settings, host->ranks);
    if (!status_failed(&status))
        status = run_adopt(&f.init, settings, given);
    if (!status_failed(&status))
        status = settings_check(settings);
    if (!status_failed(&status))
        status = team_open(&f.team, f.workers);
    if (!status_failed(&status))
        status =
            recordings_open(&f.data, settings->data, settings, f.init.cmvn_mean,
                            f.init.cmvn_scale, f.team, host);
    if (!status_failed(&status))
        status = recordings_open(&f.dev, settings->dev, settings,
                                 features_mean(f.data.features),
                                 features_scale(f.data.features), f.team, host);
    if (!status_failed(&status))
        status = open_texts(&f);
    status = run_meet(status, settings, &f.data, f.workers, host);
    if (!status_failed(&status))
        status = run(&f);
    close_workers(&f);
    batch_plan_close(f.plan);
    training_state_close(&f.state);
    parameters_close(&f.model.parameters);
    tokens_free(&f.model.tokens);
    transcripts_close(&f.dev_texts);
    transcripts_close(&f.texts);
    recordings_close(&f.dev);
    recordings_close(&f.data);
    team_close(f.team);
    checkpoint_free(&f.init);
    return status;
}
