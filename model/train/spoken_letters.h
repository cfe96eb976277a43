/* Which letter is said in each row of transcribed recordings, as a recogniser
 * finds it. */
#ifndef MODEL_TRAIN_SPOKEN_LETTERS_H
#define MODEL_TRAIN_SPOKEN_LETTERS_H

#include <stdint.h>

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/store/checkpoint.h"
#include "model/train/run.h"

struct spoken_letters {
    uint16_t *letters; /* of all recordings' rows, end to end: see
                        * model/ctc/row_letters.h */
    size_t *starts;    /* [recordings + 1]; a recording that was left out has
                        * no rows */
    int stride;        /* frames of 10 ms in a row */
};

/* Aligns the transcripts of path (a table or folder) with aligner, which must
 * have tokens. settings are the user's, with the aligner's where it decides.
 * Recordings without text, too short for it, or longer than
 * settings->longest_seconds are left out, and named through host. Fails on what
 * cannot be read, and on memory. The same on any number of workers. */
MUST_CHECK struct status spoken_letters_open(struct spoken_letters *letters,
                                             const char *path,
                                             const struct checkpoint *aligner,
                                             const struct settings *settings,
                                             struct team *team,
                                             const struct run_host *host);
void spoken_letters_close(struct spoken_letters *letters);

/* Whether the recording was aligned. */
bool spoken_letters_known(const struct spoken_letters *letters,
                          size_t recording);

/* The letter in the middle of a row of `stride` frames. */
uint16_t spoken_letters_at(const struct spoken_letters *letters,
                           size_t recording, size_t row, int stride);

#endif
