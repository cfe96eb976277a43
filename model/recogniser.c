/* Speech to text: model, features, encoder, decoder. */
#include "model/recogniser.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/frontend.h"
#include "model/data/features.h"
#include "model/encoder/encoder.h"
#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"
#include "model/store/checkpoint.h"

struct recogniser {
    struct checkpoint model;
    struct decoder *decoder;
    size_t head_weight, head_bias; /* offsets */
};

struct recogniser_state {
    const struct recogniser *recogniser;
    struct frontend *frontend;
    struct decoding *decoding;
    float *mean; /* [2, bins]: of a voice, and the scale */
    /* For recordings of up to rows rows; grows. */
    size_t rows;
    struct encoder *encoder;
    float *frames;
    real *input, *logits;
};

struct status recogniser_open(struct recogniser **out, const char *path,
                              const struct settings *settings)
{
    static const struct settings plain = {.precision = PRECISION_FLOAT};
    *out = NULL;
    struct recogniser *r = calloc(1, sizeof *r);
    if (!r)
        return status_memory("recogniser");
    settings = settings ? settings : &plain;
    struct status status = settings->precision == PRECISION_INT8
                               ? checkpoint_read_int8(&r->model, path)
                               : checkpoint_read(&r->model, path);
    if (!status_failed(&status) && !r->model.tokens.count)
        status = status_error(STATUS_INPUT,
                              "%s: pretrained only: it has no tokens yet; "
                              "`attune finetune --init %s` makes a recogniser",
                              path, path);
    if (!status_failed(&status))
        status = decoder_open(&r->decoder, settings, &r->model);
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
    decoder_close(r->decoder);
    checkpoint_free(&r->model);
    free(r);
}

struct decoder_left_out recogniser_left_out(const struct recogniser *r)
{
    return decoder_left_out(r->decoder);
}

const struct settings *recogniser_settings(const struct recogniser *r)
{
    return &r->model.settings;
}

const struct tokens *recogniser_tokens(const struct recogniser *r)
{
    return &r->model.tokens;
}

const struct decoder *recogniser_decoder(const struct recogniser *r)
{
    return r->decoder;
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
    s->mean =
        malloc(2 * (size_t)recogniser->model.settings.bins * sizeof *s->mean);
    if (!status_failed(&status) && !s->mean)
        status = status_memory("recogniser");
    if (!status_failed(&status))
        status = decoding_open(&s->decoding, recogniser->decoder);
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
    s->encoder = NULL;
    s->frames = NULL;
    s->input = s->logits = NULL;
    s->rows = 0;
}

void recogniser_finish(struct recogniser_state *s)
{
    if (!s)
        return;
    drop_room(s);
    free(s->mean);
    decoding_close(s->decoding);
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
    if (!status_failed(&status) && m->int8.count)
        encoder_use_int8(s->encoder, &m->int8);
    /* The last frames may not fill a row. */
    s->frames = malloc((rows + 1) * width * sizeof *s->frames);
    s->input = malloc(rows * width * sizeof *s->input);
    s->logits = malloc(rows * (size_t)m->tokens.count * sizeof *s->logits);
    if (!status_failed(&status) && (!s->frames || !s->input || !s->logits))
        status = status_memory("recogniser");
    if (status_failed(&status))
        drop_room(s);
    else
        s->rows = rows;
    return status;
}

struct status recogniser_listen(struct speech *speech,
                                struct recogniser_state *s,
                                const struct sound *sound)
{
    const struct settings *own = &s->recogniser->model.settings;
    struct frontend_settings chain = settings_frontend(own);
    *speech = (struct speech){.frames = NULL};
    if ((double)sound->count > RECOGNISER_LONGEST_S * own->rate)
        return status_error(STATUS_INPUT,
                            "%.0f s long: the longest that is transcribed in "
                            "one piece is %.0f s: cut it, or list pieces with "
                            "start and end in a --table",
                            (double)sound->count / own->rate,
                            RECOGNISER_LONGEST_S);
    size_t count = frontend_frames(&chain, sound->count);
    float *frames = malloc((count + 1) * (size_t)own->bins * sizeof *frames);
    if (!frames)
        return status_memory("recogniser");
    struct status status =
        frontend_compute(frames, s->frontend, sound->samples, sound->count);
    if (status_failed(&status)) {
        free(frames);
        return status;
    }
    return speech_open(speech, frames, count, own->bins,
                       (double)sound->count / own->rate);
}

/* Normalised frames of speech to rows of s->input. */
static struct status fill_input(struct recogniser_state *s,
                                const struct speech *speech, size_t rows)
{
    const struct checkpoint *m = &s->recogniser->model;
    size_t bins = (size_t)speech->bins;
    size_t width = bins * (size_t)m->settings.stride;
    struct status status = status_ok();
    memcpy(s->frames, speech->frames, speech->count * bins * sizeof *s->frames);
    if (speech->known) {
        cmvn_statistics(s->mean, s->mean + bins, &speech->sums, speech->bins);
        cmvn_stored(s->frames, s->mean, s->mean + bins, speech->count,
                    speech->bins);
    } else {
        status = features_normalise(s->frames, speech->count, &m->settings,
                                    m->cmvn_mean, m->cmvn_scale);
    }
    for (size_t i = 0; !status_failed(&status) && i < rows * width; i++)
        s->input[i] = (real)s->frames[i];
    return status;
}

struct status recogniser_probabilities(const real **log_probabilities,
                                       size_t *rows, struct recogniser_state *s,
                                       const struct speech *speech)
{
    const struct recogniser *r = s->recogniser;
    const struct settings *own = &r->model.settings;
    size_t tokens = (size_t)r->model.tokens.count;
    size_t count = speech->count / (size_t)own->stride;
    *log_probabilities = NULL;
    *rows = 0;
    if (!count)
        return status_ok();
    struct status status = make_room(s, count);
    if (!status_failed(&status))
        status = fill_input(s, speech, count);
    if (status_failed(&status))
        return status;
    size_t starts[2] = {0, count};
    struct pack pack = {.rows = count, .utterances = 1, .starts = starts};
    const real *output = encoder_forward(s->encoder, r->model.weights, s->input,
                                         NULL, &pack, NULL);
    linear_forward(s->logits, output, r->model.weights + r->head_weight,
                   r->model.weights + r->head_bias, count, (size_t)own->dim,
                   tokens);
    log_softmax(s->logits, count, tokens);
    *log_probabilities = s->logits;
    *rows = count;
    return status;
}

struct status recogniser_hear(struct transcript_line *line,
                              struct recogniser_state *s,
                              const struct speech *speech, double begin_s)
{
    const struct words_place place = {.start_s = begin_s,
                                      .end_s = begin_s + speech->length_s,
                                      .stride =
                                          s->recogniser->model.settings.stride};
    const real *log_probabilities;
    size_t rows;
    *line = (struct transcript_line){.text = NULL};
    struct status status =
        recogniser_probabilities(&log_probabilities, &rows, s, speech);
    if (!status_failed(&status))
        status =
            decoding_line(line, s->decoding, log_probabilities, rows, &place);
    return status;
}

struct status recogniser_transcribe(char **text, struct recogniser_state *s,
                                    const struct speech *speech)
{
    const real *log_probabilities;
    size_t rows;
    *text = NULL;
    struct status status =
        recogniser_probabilities(&log_probabilities, &rows, s, speech);
    if (!status_failed(&status))
        status = decoding_text(text, s->decoding, log_probabilities, rows);
    return status;
}
