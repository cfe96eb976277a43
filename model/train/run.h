/* A whole training run, from settings to a model file. */
#ifndef MODEL_TRAIN_RUN_H
#define MODEL_TRAIN_RUN_H

#include <signal.h>
#include <stdbool.h>

#include "audio/status.h"
#include "model/data/features.h"
#include "model/data/manifest.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/store/checkpoint.h"
#include "model/train/trainer.h"

/* How a run speaks and is stopped. */
struct run_host {
    trainer_listener *listener; /* progress */
    void *context;
    void (*note)(const char *text); /* a line worth knowing */
    void (*scanning)(size_t done, size_t all);
    const volatile sig_atomic_t *stop;
    const struct ranks *ranks; /* the others are silent but for errors */
};

/* `attune pretrain`. settings is changed where --init decides: given
 * [SETTINGS_MOST] says what the user set. */
MUST_CHECK struct status pretrain_run(struct settings *settings,
                                      const bool *given,
                                      const struct run_host *host);

/* `attune finetune`. */
MUST_CHECK struct status finetune_run(struct settings *settings,
                                      const bool *given,
                                      const struct run_host *host);

/* ---- What both begin with ---- */

/* A manifest and its features. */
struct recordings {
    struct manifest manifest;
    struct features *features;
};

/* Reads the table, opens and scans the recordings; names what is skipped. */
MUST_CHECK struct status recordings_open(struct recordings *recordings,
                                         const char *path,
                                         const struct settings *settings,
                                         const float *mean, const float *scale,
                                         struct team *team,
                                         const struct run_host *host);
void recordings_close(struct recordings *recordings);

/* Reads --init into init (left empty without one) and takes over the model's
 * settings from it; refuses those that the user gave otherwise. Settings of
 * text are free until the model has tokens. */
MUST_CHECK struct status run_adopt(struct checkpoint *init,
                                   struct settings *settings,
                                   const bool *given);

/* Refuses an --out that exists without a state, unless --overwrite, one that
 * cannot be written, and one that is read, too. Nothing is touched. The first
 * rank does it for all: only it needs the files. */
MUST_CHECK struct status run_check_out(const struct settings *settings,
                                       const struct ranks *ranks);

/* After opening: the ranks agree on status, refuse settings and recordings that
 * are not the same everywhere, and say how many they are. */
MUST_CHECK struct status run_meet(struct status status,
                                  const struct settings *settings,
                                  const struct recordings *data, int workers,
                                  const struct run_host *host);

/* Reads OUT.state, where there is one and no --overwrite, and on the first
 * rank; says through the host where the run goes on, or that nothing is left to
 * do (*finished, on all ranks). status is what came before: the ranks agree on
 * it. */
MUST_CHECK struct status
run_resume(bool *finished, struct training_state *state, struct status status,
           const struct parameters *parameters, const struct settings *settings,
           enum verb verb, uint64_t fingerprint, const struct run_host *host);

/* Whether a run of settings predicts what the run that made init did: its codes
 * and the head that predicts them can go on. */
bool run_same_targets(const struct checkpoint *init,
                      const struct settings *settings);

/* block: initial values, then init's tensors of the same name and shape; the
 * head that predicts codes only if init has the codes, too. */
void run_initialise(real *block, const struct parameters *parameters,
                    const struct checkpoint *init, uint64_t seed);

/* Who made this: version, verb, data, minutes, updates, seed, settings of the
 * run ("NAME=VALUE NAME=VALUE ...": all but paths, the model's own, and those
 * that change nothing in the result). If the model to start from tells of a run
 * of the same verb, that is kept in a sentence, as "VERB.before". */
void run_provenance(struct provenance *provenance,
                    const struct settings *settings, enum verb verb,
                    const struct recordings *data,
                    const struct training_state *state);

/* Workers as --threads says, or one for each core; sharing: processes that
 * share the cores. */
int run_workers(const struct settings *settings, int sharing);

#endif
