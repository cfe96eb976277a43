/* One recording in numbers. */
#include "recipes/commands/probe_picture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/ctc/align.h"
#include "model/encoder/encoder.h"
#include "model/layer/linear.h"
#include "model/layer/softmax_loss.h"
#include "model/store/whole_file.h"
#include "model/train/packing.h"
#include "model/train/transcripts.h"
#include "recipes/commands/probe_targets.h"

enum part { FRAMES, CODES, POSTERIORS, LETTERS, AXES, PARTS };

static const char *const names[PARTS] = {
    "frames.txt", "codes.txt", "posteriors.txt", "letters.txt", "axes.gp"};

struct picture {
    const struct checkpoint *aligner;
    const struct settings *settings; /* the aligner's */
    struct recordings data;
    struct transcripts transcripts;
    struct encoder *encoder;
    struct packing packing;
    real *logits; /* [rows, tokens] */
    struct align_span *spans;
    bool *shown; /* [tokens] */
    size_t utterance, rows, count;
    const int32_t *ids; /* [count] */
    char *texts[PARTS];
    size_t lengths[PARTS];
};

static struct status find(size_t *utterance, const struct manifest *manifest,
                          const char *id)
{
    for (*utterance = 0; *utterance < manifest->count; (*utterance)++)
        if (!id[0] || !strcmp(manifest->utterances[*utterance].id, id))
            return status_ok();
    return status_error(STATUS_INPUT, "%.200s: has no recording \"%.100s\"",
                        manifest->path, id);
}

static struct status make_room(struct picture *p)
{
    size_t tokens = (size_t)p->aligner->tokens.count;
    size_t width = (size_t)p->settings->bins * (size_t)p->settings->stride;
    struct status status = encoder_open(&p->encoder, &p->aligner->parameters,
                                        p->rows, p->rows, false);
    if (!status_failed(&status))
        status = packing_open(&p->packing, p->rows, 1, width);
    p->logits = malloc(p->rows * tokens * sizeof *p->logits);
    p->spans = malloc((p->count + 1) * sizeof *p->spans);
    p->shown = calloc(tokens, sizeof *p->shown);
    if (!status_failed(&status) && (!p->logits || !p->spans || !p->shown))
        status = status_memory("picture");
    return status;
}

static struct status listen(struct picture *p)
{
    const struct checkpoint *c = p->aligner;
    size_t tokens = (size_t)c->tokens.count;
    int32_t space = tokens_space(&c->tokens);
    struct batch_item item = {.key = {.utterance = (uint32_t)p->utterance},
                              .rows = (uint32_t)p->rows};
    packing_fill(&p->packing, &item, 1, p->data.features, p->settings, NULL);
    const real *output = encoder_forward(
        p->encoder, c->weights, p->packing.input, NULL, &p->packing.pack, NULL);
    linear_forward(
        p->logits, output,
        c->weights + parameters_find(&c->parameters, "lm_head.weight")->offset,
        c->weights + parameters_find(&c->parameters, "lm_head.bias")->offset,
        p->rows, (size_t)p->settings->dim, tokens);
    log_softmax(p->logits, p->rows, tokens);
    p->shown[TOKENS_BLANK] = true;
    for (size_t i = 0; i < p->count; i++)
        p->shown[p->ids[i]] = p->ids[i] != space;
    return align_tokens(p->spans, NULL, p->logits, p->rows, tokens, p->ids,
                        p->count, space);
}

/* A token between quotes of gnuplot. */
static void print_token(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fputc('"', out);
}

static void print_part(FILE *out, const struct picture *p, enum part part,
                       const struct targets *targets, int stride)
{
    const struct tokens *tokens = &p->aligner->tokens;
    size_t bins = (size_t)p->settings->bins, all = (size_t)tokens->count;
    double step = 0.01 * p->settings->stride;
    size_t books = (size_t)targets->quantiser.codebooks;
    size_t from = targets->starts[p->utterance];
    size_t frames = p->rows * (size_t)p->settings->stride;
    if (part == FRAMES)
        for (size_t i = 0; i < frames * bins; i++)
            fprintf(out, "%.3f%c", (double)p->packing.input[i],
                    (i + 1) % bins ? ' ' : '\n');
    if (part == CODES)
        for (size_t r = 0; r < targets->starts[p->utterance + 1] - from; r++)
            fprintf(out, "%d\n", targets->codes[(from + r) * books]);
    for (size_t r = 0; part == POSTERIORS && r < p->rows; r++) {
        for (size_t t = 0; t < all; t++)
            if (p->shown[t])
                fprintf(out, "%s%.4f", t ? " " : "",
                        exp((double)p->logits[r * all + t]));
        fputc('\n', out);
    }
    for (size_t i = 0; part == LETTERS && i < p->count; i++)
        if (p->shown[p->ids[i]]) {
            fprintf(out, "%.3f %.3f ", step * (double)p->spans[i].first,
                    step * (double)p->spans[i].end);
            print_token(out, tokens->texts[p->ids[i]]);
            fputc('\n', out);
        }
    if (part == AXES) {
        fprintf(out, "step = %.2f\ncode_step = %.2f\ncodes = %d\n", step,
                0.01 * stride, targets->quantiser.codes);
        fprintf(out, "bins = %zu\nlength = %.2f\narray tokens = [\"blank\"",
                bins, 0.01 * (double)frames);
        for (size_t t = 1; t < all; t++)
            if (p->shown[t]) {
                fputs(", ", out);
                print_token(out, tokens->texts[t]);
            }
        fputs("]\n", out);
    }
}

static struct status print(struct picture *p, const struct targets *targets,
                           int stride)
{
    for (int i = 0; i < PARTS; i++) {
        FILE *out = open_memstream(&p->texts[i], &p->lengths[i]);
        if (!out)
            return status_memory("picture");
        print_part(out, p, (enum part)i, targets, stride);
        if (fclose(out))
            return status_memory("picture");
    }
    return status_ok();
}

static struct status write_all(const struct picture *p, const char *folder)
{
    struct whole_file files[PARTS];
    char path[SETTING_TEXT_SIZE + 32];
    int opened = 0;
    if (mkdir(folder, 0777) && errno != EEXIST)
        return status_error(STATUS_SYSTEM, "%s: cannot be made: %s", folder,
                            strerror(errno));
    struct status status = status_ok();
    for (; opened < PARTS && !status_failed(&status); opened++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[opened]);
        status = whole_file_open(&files[opened], path);
        if (!status_failed(&status))
            status = whole_file_write(&files[opened], p->texts[opened],
                                      p->lengths[opened]);
    }
    for (int i = 0; i < PARTS && !status_failed(&status); i++)
        status = whole_file_commit(&files[i]);
    while (opened)
        whole_file_close(&files[--opened]);
    return status;
}

static void close_picture(struct picture *p)
{
    for (int i = 0; i < PARTS; i++)
        free(p->texts[i]);
    encoder_close(p->encoder);
    packing_close(&p->packing);
    free(p->logits);
    free(p->spans);
    free(p->shown);
    transcripts_close(&p->transcripts);
    recordings_close(&p->data);
}

/* What the aligner makes of the recording. */
static struct status align(struct picture *p, struct team *team,
                           const struct run_host *host)
{
    const struct checkpoint *c = p->aligner;
    struct features_key key;
    struct status status =
        recordings_open(&p->data, p->settings->dev, p->settings, c->cmvn_mean,
                        c->cmvn_scale, team, host);
    if (!status_failed(&status))
        status = find(&p->utterance, &p->data.manifest, p->settings->utterance);
    if (!status_failed(&status))
        status =
            transcripts_open(&p->transcripts, &p->data.manifest, p->settings);
    if (!status_failed(&status))
        status = transcripts_encode(&p->transcripts, &c->tokens,
                                    &p->data.manifest, host->note);
    if (status_failed(&status))
        return status;
    size_t u = p->utterance;
    p->ids = p->transcripts.labels + p->transcripts.starts[u];
    p->count = p->transcripts.starts[u + 1] - p->transcripts.starts[u];
    p->rows = features_rows(p->data.features, u);
    if (!p->rows || !p->count)
        return status_error(STATUS_INPUT, "%.200s: cannot be aligned",
                            p->data.manifest.utterances[u].id);
    status = make_room(p);
    if (status_failed(&status))
        return status;
    key = (struct features_key){.utterance = (uint32_t)u};
    features_hold(p->data.features, &key, 1);
    status = features_wait(p->data.features);
    if (!status_failed(&status))
        status = listen(p);
    features_release(p->data.features, &key, 1);
    return status;
}

static void say_nothing(const char *text)
{
    (void)text;
}

struct status picture_write(const struct checkpoint *model,
                            const struct settings *of_model,
                            const struct checkpoint *aligner,
                            const struct settings *of_aligner,
                            struct team *team, const struct run_host *host)
{
    struct picture p = {.aligner = aligner, .settings = of_aligner};
    struct recordings data = {.features = NULL};
    struct targets targets = {.codes = NULL};
    struct run_host quiet = *host;
    quiet.note = say_nothing;
    if (!model->quantiser.codes)
        return status_error(STATUS_INPUT, "%s: keeps no codes to draw",
                            of_model->model);
    struct status status = align(&p, team, host);
    if (!status_failed(&status))
        status =
            recordings_open(&data, of_model->dev, of_model, model->cmvn_mean,
                            model->cmvn_scale, team, &quiet);
    if (!status_failed(&status))
        status = probe_targets_open(&targets, &data, of_model,
                                    &model->quantiser, team);
    if (!status_failed(&status)) {
        status = print(&p, &targets, of_model->stride);
        targets_close(&targets);
    }
    if (!status_failed(&status))
        status = write_all(&p, of_model->picture);
    recordings_close(&data);
    close_picture(&p);
    return status;
}
