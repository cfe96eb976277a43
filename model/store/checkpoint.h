/* A model in one file: everything that decides features, tokens and shapes
 * travels with the weights. */
#ifndef MODEL_STORE_CHECKPOINT_H
#define MODEL_STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/encoder/int8_weights.h"
#include "model/encoder/parameters.h"
#include "model/encoder/settings.h"
#include "model/kernel/real.h"
#include "model/pretrain/quantiser.h"
#include "model/store/safetensors.h"
#include "model/text/tokens.h"

#define CHECKPOINT_FORMAT "1"
#define CHECKPOINT_EXTRA_TENSORS 6 /* "attune.*": targets and statistics */

/* Where a model comes from, kept as "attune.run.KEY" in the header. */
#define CHECKPOINT_PROVENANCE 32
#define PROVENANCE_SIZE 2048 /* of a value; what is longer is cut */
struct provenance {
    size_t count;
    char key[CHECKPOINT_PROVENANCE][32];
    char value[CHECKPOINT_PROVENANCE][PROVENANCE_SIZE];
};

void provenance_set(struct provenance *provenance, const char *key,
                    const char *value);

/* The value of key; "" if there is none. */
const char *provenance_get(const struct provenance *provenance,
                           const char *key);

struct checkpoint {
    struct settings settings; /* those of the model are meaningful */
    struct parameters parameters;
    real *weights;                 /* [parameters.total], owned */
    struct int8_weights int8;      /* count 0: none */
    struct tokens tokens;          /* count 0: not fine-tuned yet */
    struct quantiser quantiser;    /* codes 0: none */
    float *cmvn_mean, *cmvn_scale; /* [bins]: statistics of the training data,
                                    * for cmvn = stored or running */
    struct provenance provenance;
};

/* File format: safetensors. Tensors under transformers' names
 * (Wav2Vec2BertForCTC), the masked-prediction head as
 * "masked_prediction_head.*", targets as "attune.targets.*", statistics as
 * "attune.cmvn.*". Header texts: "attune.format" "1", one
 * "attune.setting.NAME" for each of the model's settings, "attune.tokens" (a
 * JSON list), "attune.run.*".
 *
 * Refuses, naming path and key or tensor: what safetensors_read refuses, a file
 * without our texts, a setting missing, unknown or out of range, a tensor
 * missing, extra, or of another shape, a value that is not finite. */
MUST_CHECK struct status checkpoint_read(struct checkpoint *checkpoint,
                                         const char *path);

/* The layers' matrices in eight bits: int8, and zeros in weights. For a model
 * that is neither trained nor written. */
MUST_CHECK struct status checkpoint_read_int8(struct checkpoint *checkpoint,
                                              const char *path);

/* Whole or not at all, as safetensors_write. */
MUST_CHECK struct status checkpoint_write(const char *path,
                                          const struct checkpoint *checkpoint);

void checkpoint_free(struct checkpoint *checkpoint);

#endif
