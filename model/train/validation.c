/* Word and character errors of a model on transcribed recordings. */
#include "model/train/validation.h"

#include <stdlib.h>

#include "model/ctc/greedy.h"
#include "model/layer/linear.h"

#define CHUNK 64 /* recordings in memory at a time */

struct pass {
    const struct validation *v;
    const real *weights;
    size_t first, end;
    struct edit_counts *words, *characters; /* [count] */
    struct status *failures;                /* [count] */
};

static void decode(void *context, size_t index, int worker)
{
    struct pass *p = context;
    const struct validation *v = p->v;
    const struct validation_worker *w = &v->workers[worker];
    size_t u = p->first + index, rows = features_rows(v->features, u);
    size_t tokens = (size_t)v->tokens->count, dim = (size_t)v->settings->dim;
    struct batch_item item = {.key = {.utterance = (uint32_t)u},
                              .rows = (uint32_t)rows};
    int32_t *ids = NULL;
    char *text = NULL;
    size_t count = 0;
    struct status *status = &p->failures[u];
    if (rows) {
        packing_fill(w->packing, &item, 1, v->features, v->settings, NULL);
        const real *output =
            encoder_forward(w->encoder, p->weights, w->packing->input, NULL,
                            &w->packing->pack, NULL);
        linear_forward(w->logits, output, p->weights + v->head_weight,
                       p->weights + v->head_bias, rows, dim, tokens);
    }
    ids = malloc((rows + 1) * sizeof *ids);
    if (!ids) {
        *status = status_memory("transcript");
        return;
    }
    count = greedy_decode(ids, NULL, w->logits, rows, tokens);
    *status = tokens_join(&text, v->tokens, ids, count);
    if (!status_failed(status))
        *status = edit_distance_text(&p->words[u], v->texts[u], text, 0);
    if (!status_failed(status))
        *status = edit_distance_text(&p->characters[u], v->texts[u], text, 1);
    free(text);
    free(ids);
}

static void add(struct edit_counts *to, const struct edit_counts *from)
{
    to->reference += from->reference;
    to->insertions += from->insertions;
    to->deletions += from->deletions;
    to->substitutions += from->substitutions;
}

static struct status decode_chunk(struct pass *p)
{
    const struct validation *v = p->v;
    struct features_key keys[CHUNK];
    size_t left = p->end - p->first, held = 0;
    size_t count = left < CHUNK ? left : CHUNK;
    for (size_t i = 0; i < count; i++)
        if (features_rows(v->features, p->first + i))
            keys[held++] =
                (struct features_key){.utterance = (uint32_t)(p->first + i)};
    features_hold(v->features, keys, held);
    struct status status = features_wait(v->features);
    if (!status_failed(&status))
        team_run(v->team, decode, p, count);
    features_release(v->features, keys, held);
    for (size_t i = 0; i < count && !status_failed(&status); i++)
        status = p->failures[p->first + i];
    return status;
}

/* The recordings of this rank. */
static struct status decode_share(struct pass *p)
{
    const struct validation *v = p->v;
    const struct ranks *ranks = v->ranks;
    struct status status = status_ok();
    if (!p->words || !p->characters || !p->failures)
        return status_memory("validation");
    p->first = ranks_start(ranks, ranks->own, v->count);
    p->end = ranks_start(ranks, ranks->own + 1, v->count);
    for (; p->first < p->end && !status_failed(&status); p->first += CHUNK)
        status = decode_chunk(p);
    return status;
}

static void add_ranks(struct edit_counts *counts, const struct ranks *ranks)
{
    size_t values[] = {counts->reference, counts->insertions, counts->deletions,
                       counts->substitutions};
    ranks_add(ranks, values, sizeof values / sizeof *values);
    *counts = (struct edit_counts){.reference = values[0],
                                   .insertions = values[1],
                                   .deletions = values[2],
                                   .substitutions = values[3]};
}

struct status validation_run(struct edit_counts *words,
                             struct edit_counts *characters,
                             const struct validation *v, const real *weights)
{
    struct pass p = {.v = v, .weights = weights};
    p.words = calloc(v->count, sizeof *p.words);
    p.characters = calloc(v->count, sizeof *p.characters);
    p.failures = calloc(v->count, sizeof *p.failures);
    struct status status = ranks_agree(v->ranks, decode_share(&p));
    *words = *characters = (struct edit_counts){.reference = 0};
    for (size_t u = 0; u < v->count && !status_failed(&status); u++) {
        add(words, &p.words[u]);
        add(characters, &p.characters[u]);
    }
    if (!status_failed(&status)) {
        add_ranks(words, v->ranks);
        add_ranks(characters, v->ranks);
    }
    free(p.words);
    free(p.characters);
    free(p.failures);
    return status;
}
