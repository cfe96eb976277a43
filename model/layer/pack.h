/* Utterances packed end to end: where each begins in one matrix. */
#ifndef MODEL_LAYER_PACK_H
#define MODEL_LAYER_PACK_H

#include <stddef.h>

/* Utterance u is rows starts[u] .. starts[u + 1] - 1; starts[0] is 0 and
 * starts[utterances] is rows. No padding exists. */
struct pack {
    size_t rows;
    size_t utterances;
    const size_t *starts; /* [utterances + 1] */
};

#endif
