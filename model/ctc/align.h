/* Forced alignment: which rows say which of given tokens. */
#ifndef MODEL_CTC_ALIGN_H
#define MODEL_CTC_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/kernel/real.h"

/* The rows of one token: first .. end - 1, at least one. */
struct align_span {
    size_t first, end;
};

/* The likeliest of all CTC paths that read as ids (Viterbi): every row gives
 * one token or a blank, repeats merge, and so adjacent equal tokens have a
 * blank between them. Models may write more spaces than are read: at either end
 * and beside a space a row that gives none of the tokens may also be a space.
 * Of equally likely paths the one that, seen from the end,
 * stays longest where it is.
 *
 * spans              [count]  out: in order, none overlaps the next
 * score                       out: log-probability of the path, a sum over all
 *                             rows, blanks too; may be NULL
 * log_probabilities  [rows, vocabulary]  in; 0 is the blank
 * ids                [count]  1 .. vocabulary - 1; may be none
 * space              the token between words; 0: there is none
 *
 * Refuses what has no path (rows < ctc_frames_needed, or probabilities of 0),
 * else fails on memory only. Time grows with rows * count; memory with
 * sqrt(rows) * count, because only every so many rows are kept and the rows
 * between them computed a second time. An hour of speech (90,000 rows of 40 ms,
 * 43,000 characters) takes 6 s of one core and 140 MiB. */
MUST_CHECK struct status align_tokens(struct align_span *spans, double *score,
                                      const real *log_probabilities,
                                      size_t rows, size_t vocabulary,
                                      const int32_t *ids, size_t count,
                                      int32_t space);

#endif
