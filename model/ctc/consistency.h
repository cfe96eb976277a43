/* Consistency regularisation: two differently augmented views of an utterance
 * shall be read alike. Yao et al. 2025, "CR-CTC". */
#ifndef MODEL_CTC_CONSISTENCY_H
#define MODEL_CTC_CONSISTENCY_H

#include <stddef.h>

#include "model/kernel/real.h"

/* weight * sum over rows of KL(b || a) + KL(a || b), each with its first
 * argument held fixed, so that a view learns from the other as from a teacher.
 *
 * d_logits  [2 rows, tokens]  added to: those of the first view, then of the
 *                             second
 * log_p     [2 rows, tokens]  in: log-probabilities of the views
 *
 * Cannot fail. */
double consistency_loss(real *d_logits, const real *log_p, size_t rows,
                        size_t tokens, double weight);

#endif
