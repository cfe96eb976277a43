/* `attune pretrain`: masked prediction from recordings to a model file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/encoder/encoder.h"
#include "model/kernel/gemm.h"
#include "model/pretrain/masked_prediction.h"
#include "model/pretrain/span_mask.h"
#include "model/train/packing.h"
#include "model/train/run.h"
#include "model/train/targets.h"

#define NOISE_DEVIATION                                                        \
    0.1 /* of hidden frames' fill-in: BEST-RQ, section 3                       \
         */

/* One worker's memory. */
struct worker {
    struct encoder *encoder;
    struct packing packing;
    unsigned char *hidden;     /* [rows] */
    uint16_t *codes;           /* [rows, codebooks] */
    real *d_output, *d_middle; /* [rows, dim] */
    real *scratch;             /* the head's */
};

struct pretraining {
    struct settings *settings;
    struct checkpoint init;
    struct recordings data;
    struct targets targets;
    struct checkpoint model; /* what is saved; weights belong to the state */
    struct masked_prediction_shape head;
    size_t head_weight, head_bias; /* offsets */
    struct batch_plan *plan;
    struct training_state state;
    struct team *team;
    int workers;
    struct worker *worker;
    const struct run_host *host;
    bool alarmed;
};

static void mask_and_code(struct worker *w, const struct pretraining *p,
                          const struct batch_item *items, size_t count)
{
    const struct settings *s = p->settings;
    size_t books = p->head.codebooks;
    size_t span = settings_rows(s, s->mask_span);
    for (size_t i = 0; i < count; i++) {
        size_t start = w->packing.starts[i];
        size_t rows = w->packing.starts[i + 1] - start;
        struct random_key key = random_key((uint64_t)s->seed, RANDOM_MASK);
        key = random_below(random_below(key, items[i].pass),
                           items[i].key.utterance);
        span_mask(w->hidden + start, rows, s->mask_start, span, key);
        memcpy(w->codes + start * books,
               targets_codes(&p->targets, items[i].key.utterance,
                             w->packing.first[i]),
               rows * books * sizeof *w->codes);
    }
}

static void fill_with_noise(struct worker *w, const struct pretraining *p,
                            struct random_key key)
{
    size_t width = (size_t)(p->settings->bins * p->settings->stride);
    for (size_t r = 0; r < w->packing.pack.rows; r++)
        for (size_t i = 0; w->hidden[r] && i < width; i++)
            w->packing.input[r * width + i] =
                (real)(NOISE_DEVIATION * random_normal(key, r * width + i));
}

/* d  out: the gradient of the layer's output */
static struct masked_prediction_result predict(real *gradients, real *d,
                                               struct pretraining *p,
                                               struct worker *w,
                                               const real *weights, int layer)
{
    struct masked_prediction_result result;
    masked_prediction(&result, d, gradients + p->head_weight,
                      gradients + p->head_bias,
                      encoder_layer(w->encoder, layer), w->hidden, w->codes,
                      weights + p->head_weight, weights + p->head_bias,
                      w->packing.pack.rows, &p->head, w->scratch);
    return result;
}

/* The last layer predicts and, where it is asked for, the middle one, too: Wang
 * et al. 2022, "Improving self-supervised learning for speech recognition with
 * intermediate layer supervision"; here with one head. */
static void compute(void *context, struct lane_sums *sums, real *gradients,
                    const real *weights, const struct trainer_micro *micro)
{
    struct pretraining *p = context;
    const struct settings *s = p->settings;
    struct worker *w = &p->worker[micro->worker];
    const struct micro_batch *m = &micro->batch->micros[micro->micro];
    const struct batch_item *items = micro->batch->items + m->first;
    struct random_key key = random_key((uint64_t)s->seed, RANDOM_DROPOUT);
    key = random_below(random_below(key, micro->update), micro->micro);
    struct encoder_noise noise = {.key = key,
                                  .dropout = (float)s->dropout,
                                  .attention_dropout =
                                      (float)s->attention_dropout,
                                  .layer_drop = (float)s->layer_drop};
    packing_fill(&w->packing, items, m->count, p->data.features, s, NULL);
    mask_and_code(w, p, items, m->count);
    if (s->mask_fill == FILL_NOISE)
        fill_with_noise(w, p, random_below(key, RANDOM_NOISE));
    encoder_forward(w->encoder, weights, w->packing.input,
                    s->mask_fill == FILL_LEARNED ? w->hidden : NULL,
                    &w->packing.pack, &noise);
    size_t rows = w->packing.pack.rows;
    bool inter_prediction = s->inter_prediction && s->layers > 1;
    struct masked_prediction_result result =
        predict(gradients, w->d_output, p, w, weights, s->layers);
    if (inter_prediction)
        predict(gradients, w->d_middle, p, w, weights,
                encoder_middle(s->layers));
    encoder_backward(w->encoder, gradients, w->d_output,
                     inter_prediction ? w->d_middle : NULL, micro->lowest);
    sums->loss += result.loss;
    sums->weight += result.weight;
    sums->correct += (double)result.correct;
    sums->hidden += (double)(result.hidden / p->head.codebooks);
    sums->rows += (double)rows;
    sums->seconds += (double)rows * s->stride / 100;
}

static void describe(void *context, struct journal *journal, char *text,
                     size_t size, const struct lane_sums *sums, double norm,
                     uint64_t update)
{
    struct pretraining *p = context;
    struct health health = {.codebooks = p->targets.use,
                            .codes = p->settings->codes,
                            .accuracy = sums->correct / sums->hidden /
                                        (double)p->head.codebooks,
                            .loss = sums->loss / sums->weight,
                            .hidden_share = sums->hidden / sums->rows,
                            .gradient_norm = norm,
                            .update = update,
                            .updates = (uint64_t)p->settings->updates};
    char alarm[256];
    uint64_t warmup = (uint64_t)(p->settings->warmup * p->settings->updates);
    journal_number(journal, "accuracy", health.accuracy);
    journal_number(journal, "guess", health.codebooks.guess);
    journal_number(journal, "codes_used", health.codebooks.used);
    journal_number(journal, "perplexity", health.codebooks.perplexity);
    journal_number(journal, "hidden", health.hidden_share);
    health_format(text, size, &health);
    if (health_alarm(alarm, sizeof alarm, &health, warmup)) {
        journal_text(journal, "alarm", alarm);
        if (!p->alarmed)
            p->host->note(alarm);
        p->alarmed = true;
    }
}

static struct status save(void *context, const real *weights,
                          const struct training_state *state)
{
    struct pretraining *p = context;
    struct checkpoint out = p->model;
    out.weights = (real *)weights;
    out.quantiser = p->targets.quantiser;
    out.cmvn_mean = (float *)features_mean(p->data.features);
    out.cmvn_scale = (float *)features_scale(p->data.features);
    run_provenance(&out.provenance, p->settings, VERB_PRETRAIN, &p->data,
                   state);
    return checkpoint_write(p->settings->out, &out);
}

static struct status open_plan(struct pretraining *p)
{
    const struct settings *s = p->settings;
    size_t count = p->data.manifest.count;
    struct batch_settings batches = {
        .seed = (uint64_t)s->seed,
        .lanes = (size_t)s->lanes,
        .batch_rows = settings_rows(s, s->batch_seconds),
        .micro_rows = settings_rows(s, s->micro_seconds),
        .longest = settings_rows(s, s->longest_seconds)};
    uint32_t *rows = calloc(count, sizeof *rows);
    if (!rows)
        return status_memory("batches");
    for (size_t u = 0; u < count; u++)
        rows[u] = (uint32_t)features_rows(p->data.features, u);
    struct status status = batch_plan_open(&p->plan, &batches, rows, count);
    free(rows);
    return status;
}

static struct status open_workers(struct pretraining *p)
{
    size_t rows = batch_plan_micro_rows(p->plan);
    size_t items = batch_plan_micro_items(p->plan);
    size_t width = (size_t)(p->settings->bins * p->settings->stride);
    p->worker = calloc((size_t)p->workers, sizeof *p->worker);
    struct status status = status_ok();
    if (!p->worker)
        return status_memory("workers");
    for (int i = 0; i < p->workers && !status_failed(&status); i++) {
        struct worker *w = &p->worker[i];
        status = encoder_open(&w->encoder, &p->model.parameters, rows,
                              batch_plan_longest(p->plan), true);
        if (!status_failed(&status))
            status = packing_open(&w->packing, rows, items, width);
        w->hidden = calloc(rows, 1);
        w->codes = calloc(rows, p->head.codebooks * sizeof *w->codes);
        w->d_output = calloc(rows, p->head.dim * sizeof *w->d_output);
        w->d_middle = calloc(rows, p->head.dim * sizeof *w->d_middle);
        w->scratch = calloc(masked_prediction_scratch(&p->head, rows),
                            sizeof *w->scratch);
        if (!status_failed(&status) &&
            (!w->hidden || !w->codes || !w->d_output || !w->d_middle ||
             !w->scratch))
            status = status_memory("workers");
    }
    return status;
}

static void close_workers(struct pretraining *p)
{
    for (int i = 0; p->worker && i < p->workers; i++) {
        struct worker *w = &p->worker[i];
        encoder_close(w->encoder);
        packing_close(&w->packing);
        free(w->hidden);
        free(w->codes);
        free(w->d_output);
        free(w->d_middle);
        free(w->scratch);
    }
    free(p->worker);
}

/* The model's shape, and its weights at the start or where the run was. */
static struct status open_model(bool *finished, struct pretraining *p)
{
    struct settings *s = p->settings;
    const struct parameters *all = &p->model.parameters;
    p->head = (struct masked_prediction_shape){
        .dim = (size_t)s->dim,
        .codebooks = (size_t)p->targets.quantiser.codebooks,
        .codes = (size_t)p->targets.quantiser.codes,
        .visible_weight = s->visible_weight};
    struct model_shape shape =
        settings_shape(s, 0, (int)(p->head.codebooks * p->head.codes));
    p->model.settings = *s;
    p->model.provenance = p->init.provenance;
    struct status status = parameters_open(&p->model.parameters, &shape);
    if (!status_failed(&status))
        status = training_state_open(&p->state, all, false);
    if (!status_failed(&status)) {
        p->head_weight =
            parameters_find(all, "masked_prediction_head.weight")->offset;
        p->head_bias =
            parameters_find(all, "masked_prediction_head.bias")->offset;
        run_initialise(p->state.weights, all, &p->init, (uint64_t)s->seed);
    }
    return run_resume(finished, &p->state, status, all, s, VERB_PRETRAIN,
                      manifest_fingerprint(&p->data.manifest), p->host);
}

static struct status run(struct pretraining *p)
{
    char text[160];
    bool finished = false;
    struct status status = open_model(&finished, p);
    if (status_failed(&status) || finished)
        return status;
    snprintf(
        text, sizeof text,
        "%.2f million parameters; codes%s in use %d of %d, perplexity %.1f",
        (double)parameters_size(&p->model.parameters) / 1e6,
        p->init.quantiser.codes ? " of --init" : "", p->targets.use.used,
        p->targets.quantiser.codes, p->targets.use.perplexity);
    p->host->note(text);
    status = open_plan(p);
    if (!status_failed(&status))
        status = open_workers(p);
    struct task task = {
        .context = p, .compute = compute, .describe = describe, .save = save};
    struct trainer trainer = {.settings = p->settings,
                              .verb = VERB_PRETRAIN,
                              .parameters = &p->model.parameters,
                              .manifest = &p->data.manifest,
                              .features = p->data.features,
                              .plan = p->plan,
                              .team = p->team,
                              .ranks = p->host->ranks,
                              .task = &task,
                              .fingerprint =
                                  manifest_fingerprint(&p->data.manifest),
                              .listener = p->host->listener,
                              .listener_context = p->host->context,
                              .stop = p->host->stop};
    status = ranks_agree(trainer.ranks, status);
    if (!status_failed(&status))
        status = trainer_run(&trainer, &p->state);
    return status;
}

struct status pretrain_run(struct settings *settings, const bool *given,
                           const struct run_host *host)
{
    struct pretraining p = {.settings = settings,
                            .host = host,
                            .workers =
                                run_workers(settings, host->ranks->sharing)};
    gemm_threads(1);
    struct status status = run_check_out(settings, host->ranks);
    if (!status_failed(&status))
        status = run_adopt(&p.init, settings, given);
    if (!status_failed(&status))
        status = settings_check(settings);
    if (!status_failed(&status))
        status = team_open(&p.team, p.workers);
    if (!status_failed(&status))
        status =
            recordings_open(&p.data, settings->data, settings, p.init.cmvn_mean,
                            p.init.cmvn_scale, p.team, host);
    if (!run_same_targets(&p.init, settings))
        quantiser_close(&p.init.quantiser);
    if (!status_failed(&status))
        status = targets_open(&p.targets, &p.data.manifest, p.data.features,
                              settings, &p.init.quantiser, p.team);
    status = run_meet(status, settings, &p.data, p.workers, host);
    if (!status_failed(&status))
        status = ranks_same(host->ranks, p.targets.codes,
                            targets_bytes(&p.targets, p.data.manifest.count),
                            "targets (processors of one kind are wanted)");
    if (!status_failed(&status))
        status = run(&p);
    close_workers(&p);
    batch_plan_close(p.plan);
    training_state_close(&p.state);
    parameters_close(&p.model.parameters);
    targets_close(&p.targets);
    recordings_close(&p.data);
    team_close(p.team);
    checkpoint_free(&p.init);
    return status;
}
