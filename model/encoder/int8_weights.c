/* The layers' matrices in eight bits, for evaluation. */
#include "model/encoder/int8_weights.h"

#include <stdlib.h>

/* The same walk sizes the arena and carves it. */
static void carve(struct int8_weights *q, const struct parameters *parameters,
                  const real *weights)
{
    struct gemm_int8 *matrix = q->matrices;
    size_t *offset = q->offsets;
    for (int layer = 0; layer < q->shape.layers; layer++) {
        struct conformer_weights own;
        struct conformer_matrix all[CONFORMER_MATRICES];
        conformer_weights(&own, (real *)weights, parameters, layer);
        conformer_matrices(all, &own, &q->shape);
        for (size_t i = 0; i < CONFORMER_MATRICES; i++) {
            *offset++ = (size_t)(all[i].linear->weight - weights);
            gemm_int8_carve(matrix++, &q->arena, all[i].out, all[i].in);
        }
    }
}

struct status int8_weights_open(struct int8_weights *q,
                                const struct parameters *parameters,
                                const real *weights)
{
    const struct model_shape *shape = &parameters->shape;
    *q = (struct int8_weights){.shape = *shape};
    if (shape->dim > GEMM_INT8_IN_MOST || shape->ffn > GEMM_INT8_IN_MOST)
        return status_error(STATUS_INPUT,
                            "layers wider than %d have no weights of eight "
                            "bits: --precision float",
                            GEMM_INT8_IN_MOST);
    q->count = (size_t)shape->layers * CONFORMER_MATRICES;
    q->matrices = calloc(q->count, sizeof *q->matrices);
    q->offsets = calloc(q->count, sizeof *q->offsets);
    struct status status = status_ok();
    if (!q->matrices || !q->offsets)
        status = status_memory("weights of eight bits");
    if (!status_failed(&status)) {
        carve(q, parameters, weights);
        status = arena_open(&q->arena, "weights of eight bits");
    }
    if (status_failed(&status))
        int8_weights_close(q);
    else
        carve(q, parameters, weights);
    return status;
}

void int8_weights_close(struct int8_weights *q)
{
    arena_close(&q->arena);
    free(q->matrices);
    free(q->offsets);
    *q = (struct int8_weights){.count = 0};
}

bool int8_weights_take(struct int8_weights *q, const struct parameter *p,
                       const float *values)
{
    for (size_t i = 0; i < q->count; i++) {
        struct gemm_int8 *m = &q->matrices[i];
        if (p->offset < q->offsets[i] ||
            p->offset >= q->offsets[i] + m->out * m->in)
            continue;
        gemm_int8_set(m, (p->offset - q->offsets[i]) / m->in, values,
                      p->count / m->in);
        return true;
    }
    return false;
}

void int8_weights_bind(struct conformer_weights *weights,
                       const struct int8_weights *q, int layer)
{
    struct conformer_matrix all[CONFORMER_MATRICES];
    conformer_matrices(all, weights, &q->shape);
    for (size_t i = 0; i < CONFORMER_MATRICES; i++)
        all[i].linear->int8 =
            &q->matrices[(size_t)layer * CONFORMER_MATRICES + i];
}
