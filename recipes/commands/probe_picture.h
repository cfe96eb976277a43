/* One recording in numbers, which recipes/picture.gp draws. */
#ifndef RECIPES_COMMANDS_PROBE_PICTURE_H
#define RECIPES_COMMANDS_PROBE_PICTURE_H

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/store/checkpoint.h"
#include "model/train/run.h"

/* Writes into a folder, which is made if need be; none is put there before
 * all could be written:
 *
 * frames.txt      [frames, bins]  what the aligner hears, normalised
 * codes.txt       [rows]          of codebook 1
 * posteriors.txt  [rows, 1 + letters]  probabilities: the blank, then the
 *                                 transcript's letters (no space), each once
 * letters.txt     begin and end in seconds, and the letter in quotes
 * axes.gp         what gnuplot must know of them
 *
 * of_model, of_aligner: the user's settings, with those of the checkpoint. They
 * name the folder (picture), the table (dev) and the recording (utterance, "":
 * the first). Refuses a model without codes, a recording that is not in the
 * table or cannot be aligned; fails on reading, writing and memory. */
MUST_CHECK struct status picture_write(const struct checkpoint *model,
                                       const struct settings *of_model,
                                       const struct checkpoint *aligner,
                                       const struct settings *of_aligner,
                                       struct team *team,
                                       const struct run_host *host);

#endif
