/* Speech to text: model, features, encoder, greedy decoding. */
#include "model/recogniser.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/frontend.h"
#include "model/ctc/greedy.h"
#include "model/data/features.h"
#include "model/encoder/encoder.h"
#include "model/layer/linear.h"
#include "model/store/checkpoint.h"

struct recogniser {
    struct checkpoint model;
    size_t head_weight, head_bias; /* offsets */
};

struct recogniser_state {
    const struct recogniser *recogniser;
    struct frontend *frontend;
    /* For recordings of up to rows rows; grows. */
    size_t rows;
    struct encoder *encoder;
    float *frames;
    real *input, *logits;
    int32_t *ids;
};

struct status recogniser_open(struct recogniser **out, const char *path)
{
    *out = NULL;
    struct recogniser *r = calloc(1, sizeof *r);
    if (!r)
        return status_memory("recogniser");
    struct status status = checkpoint_read(&r->model, path);
    if (!status_failed(&status) && !r->model.tokens.count)
        status = status_error(STATUS_INPUT,
                              "%s: pretrained only: it has no tokens yet; "
                              "`attune finetune --init %s` makes a recogniser",
                              path, path);
    if (status_failed(&status)) {
        recogniser_close(r);
        return status;
    }
    const struct parameters *all = &r->model.parameters;
    r->head_weight = parameters_find(all, "lm_head.weight")->offset;
    r->head_bias = parameters_find(all, "lm_head.bias")->offset;
    *out = r;
    return status;
}

void recogniser_close(struct recogniser *r)
{
    if (!r)
        return;
    checkpoint_free(&r->model);
    free(r);
}

int recogniser_rate_hz(const struct recogniser *r)
{
    return r->model.settings.rate;
}

struct status recogniser_start(struct recogniser_state **out,
                               const struct recogniser *recogniser)
{
    *out = NULL;
    struct frontend_settings chain =
        settings_frontend(&recogniser->model.settings);
    struct recogniser_state *s = calloc(1, sizeof *s);
    if (!s)
        return status_memory("recogniser");
    s->recogniser = recogniser;
    struct status status = frontend_open(&s->frontend, &chain);
    if (status_failed(&status))
        recogniser_finish(s);
    else
        *out = s;
    return status;
}

static void drop_room(struct recogniser_state *s)
{
    encoder_close(s->encoder);
    free(s->frames);
    free(s->input);
    free(s->logits);
    free(s->ids);
    s->encoder = NULL;
    s->frames = NULL;
    s->input = s->logits = NULL;
    s->ids = NULL;
    s->rows = 0;
}

void recogniser_finish(struct recogniser_state *s)
{
    if (!s)
        return;
    drop_room(s);
    frontend_close(s->frontend);
    free(s);
}

static struct status make_room(struct recogniser_state *s, size_t rows)
{
    const struct checkpoint *m = &s->recogniser->model;
    size_t width = (size_t)(m->settings.bins * m->settings.stride);
    if (rows <= s->rows)
        return status_ok();
    drop_room(s);
    struct status status =
        encoder_open(&s->encoder, &m->parameters, rows, rows, false);
    /* The last frames may not fill a row. */
    s->frames = malloc((rows + 1) * width * sizeof *s->frames);
    s->input = malloc(rows * width * sizeof *s->input);
    s->logits = malloc(rows * (size_t)m->tokens.count * sizeof *s->logits);
    s->ids = malloc(rows * sizeof *s->ids);
    if (!status_failed(&status) &&
        (!s->frames || !s->input || !s->logits || !s->ids))
        status = status_memory("recogniser");
    if (status_failed(&status))
        drop_room(s);
    else
        s->rows = rows;
    return status;
}

struct status recogniser_transcribe(char **text, struct recogniser_state *s,
                                    const struct sound *sound)
{
    const struct recogniser *r = s->recogniser;
    const struct settings *own = &r->model.settings;
    struct frontend_settings chain = settings_frontend(own);
    size_t stride = (size_t)own->stride, bins = (size_t)own->bins;
    size_t count = frontend_frames(&chain, sound->count);
    size_t rows = count / stride, tokens = (size_t)r->model.tokens.count;
    *text = NULL;
    if ((double)sound->count > RECOGNISER_LONGEST_S * own->rate)
        return status_error(STATUS_INPUT,
                            "%.0f s long: the longest that is transcribed in "
                            "one piece is %.0f s: cut it, or list pieces with "
                            "start and end in a --table",
                            (double)sound->count / own->rate,
                            RECOGNISER_LONGEST_S);
    if (!rows)
        return tokens_join(text, &r->model.tokens, NULL, 0);
    struct status status = make_room(s, rows);
    if (!status_failed(&status))
        status = frontend_compute(s->frames, s->frontend, sound->samples,
                                  sound->count);
    if (!status_failed(&status))
        status = features_normalise(s->frames, count, own, r->model.cmvn_mean,
                                    r->model.cmvn_scale);
    if (status_failed(&status))
        return status;
    for (size_t i = 0; i < rows * stride * bins; i++)
        s->input[i] = (real)s->frames[i];
    size_t starts[2] = {0, rows};
    struct pack pack = {.rows = rows, .utterances = 1, .starts = starts};
    const real *output = encoder_forward(s->encoder, r->model.weights, s->input,
                                         NULL, &pack, NULL);
    linear_forward(s->logits, output, r->model.weights + r->head_weight,
                   r->model.weights + r->head_bias, rows, (size_t)own->dim,
                   tokens);
    size_t found = greedy_decode(s->ids, NULL, s->logits, rows, tokens);
    return tokens_join(text, &r->model.tokens, s->ids, found);
}
