/* What each layer of an encoder makes of recordings. */
#include "model/train/layer_rows.h"

#include <stdlib.h>
#include <string.h>

#include "model/encoder/encoder.h"
#include "model/train/packing.h"

#define CHUNK 64 /* recordings in memory at a time */

struct worker {
    struct encoder *encoder;
    struct packing packing;
};

struct pass {
    struct layer_rows *out;
    struct recordings *data;
    const struct spoken_letters *letters;
    const struct settings *settings;
    const struct parameters *parameters;
    const real *weights;
    struct worker *workers;
    int worker_count;
    size_t *starts; /* [recordings + 1] first row of each */
    size_t first, step;
};

/* Copies every step-th row of all recordings. */
static void collect(void *context, size_t index, int worker)
{
    struct pass *p = context;
    struct worker *w = &p->workers[worker];
    const struct model_shape *shape = &p->parameters->shape;
    size_t u = p->first + index, start = p->starts[u];
    size_t rows = p->starts[u + 1] - start;
    size_t dim = (size_t)shape->dim, input = (size_t)shape->input;
    struct batch_item item = {.key = {.utterance = (uint32_t)u},
                              .rows = (uint32_t)rows};
    if (!rows)
        return;
    packing_fill(&w->packing, &item, 1, p->data->features, p->settings, NULL);
    encoder_forward(w->encoder, p->weights, w->packing.input, NULL,
                    &w->packing.pack, NULL);
    size_t r = (start + p->step - 1) / p->step * p->step;
    for (; r < start + rows; r += p->step) {
        size_t to = r / p->step, from = r - start;
        p->out->letters[to] =
            spoken_letters_at(p->letters, u, from, p->settings->stride);
        memcpy(p->out->frames + to * input, w->packing.input + from * input,
               input * sizeof(real));
        for (size_t l = 0; l <= (size_t)shape->layers; l++)
            memcpy(p->out->outputs + (l * p->out->count + to) * dim,
                   encoder_layer(w->encoder, (int)l) + from * dim,
                   dim * sizeof(real));
    }
}

static struct status collect_all(struct pass *p, struct team *team)
{
    struct features_key keys[CHUNK];
    struct status status = status_ok();
    size_t all = p->data->manifest.count;
    for (; p->first < all && !status_failed(&status); p->first += CHUNK) {
        size_t count = all - p->first < CHUNK ? all - p->first : CHUNK;
        size_t held = 0;
        for (size_t u = p->first; u < p->first + count; u++)
            if (p->starts[u + 1] > p->starts[u])
                keys[held++] = (struct features_key){.utterance = (uint32_t)u};
        features_hold(p->data->features, keys, held);
        status = features_wait(p->data->features);
        if (!status_failed(&status))
            team_run(team, collect, p, count);
        features_release(p->data->features, keys, held);
    }
    return status;
}

static struct status make_room(struct pass *p, size_t most)
{
    const struct model_shape *shape = &p->parameters->shape;
    size_t count = p->data->manifest.count, longest = 1;
    size_t input = (size_t)shape->input, dim = (size_t)shape->dim;
    p->starts = calloc(count + 1, sizeof *p->starts);
    p->workers = calloc((size_t)p->worker_count, sizeof *p->workers);
    if (!p->starts || !p->workers)
        return status_memory("probe");
    for (size_t u = 0; u < count; u++) {
        size_t rows = spoken_letters_known(p->letters, u)
                          ? features_rows(p->data->features, u)
                          : 0;
        p->starts[u + 1] = p->starts[u] + rows;
        longest = rows > longest ? rows : longest;
    }
    size_t rows = p->starts[count];
    if (!rows)
        return status_error(STATUS_INPUT, "%s: no recording could be aligned",
                            p->data->manifest.path);
    p->step = (rows + most - 1) / most;
    p->out->count = (rows + p->step - 1) / p->step;
    p->out->letters = calloc(p->out->count, sizeof *p->out->letters);
    p->out->frames = calloc(p->out->count, input * sizeof *p->out->frames);
    p->out->outputs =
        calloc(p->out->count * ((size_t)shape->layers + 1), dim * sizeof(real));
    if (!p->out->letters || !p->out->frames || !p->out->outputs)
        return status_memory("probe (lower --rows)");
    struct status status = status_ok();
    for (int i = 0; i < p->worker_count && !status_failed(&status); i++) {
        status = encoder_open(&p->workers[i].encoder, p->parameters, longest,
                              longest, true);
        if (!status_failed(&status))
            status = packing_open(&p->workers[i].packing, longest, 1, input);
    }
    return status;
}

struct status layer_rows_open(struct layer_rows *rows, struct recordings *data,
                              const struct spoken_letters *letters,
                              const struct settings *settings,
                              const struct parameters *parameters,
                              const real *weights, size_t most,
                              struct team *team)
{
    struct pass p = {.out = rows,
                     .data = data,
                     .letters = letters,
                     .settings = settings,
                     .parameters = parameters,
                     .weights = weights,
                     .worker_count = team_workers(team)};
    *rows = (struct layer_rows){.count = 0};
    struct status status = make_room(&p, most);
    if (!status_failed(&status))
        status = collect_all(&p, team);
    for (int i = 0; p.workers && i < p.worker_count; i++) {
        encoder_close(p.workers[i].encoder);
        packing_close(&p.workers[i].packing);
    }
    free(p.workers);
    free(p.starts);
    if (status_failed(&status))
        layer_rows_close(rows);
    return status;
}

void layer_rows_close(struct layer_rows *rows)
{
    free(rows->letters);
    free(rows->frames);
    free(rows->outputs);
    *rows = (struct layer_rows){.count = 0};
}
