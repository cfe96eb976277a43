/* The loop that pretraining and fine-tuning share: update, report, validate,
 * save, stop, resume. */
#ifndef MODEL_TRAIN_TRAINER_H
#define MODEL_TRAIN_TRAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/data/batch.h"
#include "model/data/features.h"
#include "model/data/manifest.h"
#include "model/encoder/parameters.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/train/journal.h"
#include "model/train/ranks.h"
#include "model/train/training_state.h"

/* Sums over what a lane computed. Added up in the order of lanes. */
struct lane_sums {
    double loss, weight; /* the gradient is divided by the weight */
    double correct;      /* predictions of hidden rows (pretraining) */
    double hidden, rows;
    double seconds; /* audio */
};

/* One micro-batch to compute. */
struct trainer_micro {
    const struct batch *batch;
    size_t micro;
    uint64_t update;
    int lowest; /* depth of the lowest part that is trained */
    int worker;
};

/* What a validation found. */
struct trainer_error {
    double error;     /* lower is better */
    double deviation; /* standard, of sets of recordings like this one */
};

/* What a run is about. */
struct task {
    void *context;
    /* Adds to gradients and sums; on any worker, touching only that worker's
     * memory. */
    void (*compute)(void *context, struct lane_sums *sums, real *gradients,
                    const real *weights, const struct trainer_micro *micro);
    /* Adds values to the journal's line and to text [size] for the screen. */
    void (*describe)(void *context, struct journal *journal, char *text,
                     size_t size, const struct lane_sums *sums, double norm,
                     uint64_t update);
    /* Error of weights; NULL: no validation. All ranks call it, and agree. */
    struct status (*validate)(void *context, struct trainer_error *error,
                              struct journal *journal, char *text, size_t size,
                              const real *weights);
    /* Writes the model file; only the first rank calls it. */
    struct status (*save)(void *context, const real *weights,
                          const struct training_state *state);
};

/* What the caller shows. */
struct trainer_report {
    uint64_t update, updates;
    double loss, audio_per_second, seconds_left;
    const char *text; /* the task's words */
    int important;    /* a line to keep: validation, saving, alarms */
};
typedef void trainer_listener(void *context,
                              const struct trainer_report *report);

struct trainer {
    const struct settings *settings;
    enum verb verb;
    const struct parameters *parameters;
    const struct manifest *manifest;
    struct features *features;
    struct batch_plan *plan;
    struct team *team;
    const struct ranks *ranks;
    const struct task *task;
    bool validate_first; /* what is there before the first update is the
                          * model to beat */
    uint64_t fingerprint;
    trainer_listener *listener;
    void *listener_context;
    const volatile sig_atomic_t *stop; /* set: save and return */
};

/* Runs updates state->update .. settings->updates - 1 (state is read from
 * OUT.state before, see training_state_read, and the first rank's counts) and
 * writes OUT, OUT.state and OUT.journal. STATUS_INTERRUPTED when stopped, after
 * saving. All ranks call it; they agree on the status. */
MUST_CHECK struct status trainer_run(const struct trainer *trainer,
                                     struct training_state *state);

/* OUT.state, OUT.journal into path [size]. */
void trainer_path(char *path, size_t size, const struct settings *settings,
                  const char *ending);

#endif
