/* What each layer of an encoder makes of recordings, for linear probes. */
#ifndef MODEL_TRAIN_LAYER_ROWS_H
#define MODEL_TRAIN_LAYER_ROWS_H

#include <stdint.h>

#include "audio/status.h"
#include "model/encoder/parameters.h"
#include "model/kernel/team.h"
#include "model/train/run.h"
#include "model/train/spoken_letters.h"

struct layer_rows {
    size_t count;      /* rows */
    uint16_t *letters; /* [count] */
    real *frames;      /* [count, input] the encoder's input */
    real *outputs;     /* [layers + 1, count, dim]; 0 is the projection */
};

/* Rows evenly spread over the recordings whose letters are known, most at the
 * most. data, settings: the encoder's features. Refuses recordings none of
 * which is known, else fails on reading and memory. The same on any number of
 * workers. */
MUST_CHECK struct status layer_rows_open(struct layer_rows *rows,
                                         struct recordings *data,
                                         const struct spoken_letters *letters,
                                         const struct settings *settings,
                                         const struct parameters *parameters,
                                         const real *weights, size_t most,
                                         struct team *team);
void layer_rows_close(struct layer_rows *rows);

#endif
