/* Connectionist temporal classification: loss and gradient. */
#ifndef MODEL_CTC_CTC_LOSS_H
#define MODEL_CTC_CTC_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "model/kernel/real.h"

/* Frames that labels need: one each, plus one blank between each adjacent
 * repeat. */
size_t ctc_frames_needed(const int32_t *labels, size_t label_count);

/* Doubles of scratch that ctc_loss wants. */
size_t ctc_scratch(size_t frames, size_t vocabulary, size_t label_count);

/* Negative log-likelihood of labels, summed over all alignments, in log space
 * (Graves et al. 2006, eq. 14 and 16; alpha and beta in double).
 *
 * d_logits   [frames, vocabulary]  out: d loss / d logits, overwritten with
 *                                  softmax(logits) - posterior; may be logits
 *                                  itself; NULL if not wanted
 * logits     [frames, vocabulary]  in, before softmax; 0 is the blank
 * labels     [label_count]         in, 1 .. vocabulary - 1; may be empty
 * scratch    [ctc_scratch]
 *
 * Returns the loss; INFINITY (and zero gradients) where no alignment exists
 * (frames < ctc_frames_needed). Cannot fail. */
double ctc_loss(real *d_logits, const real *logits, size_t frames,
                size_t vocabulary, const int32_t *labels, size_t label_count,
                double *scratch);

#endif
