/* From log-probabilities to what was said: greedily, or by a beam search with
 * what is known of the language; then aligned, for times and confidence. */
#ifndef MODEL_DECODER_H
#define MODEL_DECODER_H

#include <stddef.h>

#include "audio/status.h"
#include "model/ctc/words.h"
#include "model/encoder/settings.h"
#include "model/kernel/real.h"
#include "model/store/checkpoint.h"
#include "model/text/transcript.h"

#define DECODER_USUAL_BEAM 64 /* where settings leave it open */

struct decoder;  /* immutable; any number of threads */
struct decoding; /* one thread's search */

/* What the tokens of the model cannot spell, and no search will find. */
struct decoder_left_out {
    size_t words, hotwords;
};

/* Reads what settings (those of transcribe) name: lm, lexicon, hotwords. The
 * search is greedy where they name nothing and beam is 0. model must outlive
 * the decoder. Refuses, naming the file and line, what these cannot be read
 * from, and a lexicon or words for tokens without a space. */
MUST_CHECK struct status decoder_open(struct decoder **decoder,
                                      const struct settings *settings,
                                      const struct checkpoint *model);
void decoder_close(struct decoder *decoder);

/* One with an lm, with other weights: what was read is decoder's, which must
 * outlive the variant. Cheap; fails on memory only. */
MUST_CHECK struct status decoder_vary(struct decoder **variant,
                                      const struct decoder *decoder,
                                      double lm_weight, double word_bonus);

struct decoder_left_out decoder_left_out(const struct decoder *decoder);

MUST_CHECK struct status decoding_open(struct decoding **decoding,
                                       const struct decoder *decoder);
void decoding_close(struct decoding *decoding);

/* text [owned by the caller] out: the likeliest.
 *
 * log_probabilities  [rows, tokens]  in */
MUST_CHECK struct status decoding_text(char **text, struct decoding *decoding,
                                       const real *log_probabilities,
                                       size_t rows);

/* The likeliest text as words with times and confidence, and n-best texts; "" a
 * line without words, whose times are place's.
 *
 * line               out: empty on failure, else to be freed
 * log_probabilities  [rows, tokens]  in
 * place              of the rows in the recording */
MUST_CHECK struct status decoding_line(struct transcript_line *line,
                                       struct decoding *decoding,
                                       const real *log_probabilities,
                                       size_t rows,
                                       const struct words_place *place);

#endif
