/* Speech to text: an immutable model that threads share, and a state for each
 * recording. */
#ifndef MODEL_RECOGNISER_H
#define MODEL_RECOGNISER_H

#include <stddef.h>

#include "audio/sound.h"
#include "audio/status.h"
#include "model/decoder.h"
#include "model/encoder/settings.h"
#include "model/kernel/real.h"
#include "model/text/tokens.h"
#include "model/text/transcript.h"
#include "model/voice.h"

#define RECOGNISER_LONGEST_S 600.0 /* transcribed in one piece */

struct recogniser;       /* immutable; any number of threads */
struct recogniser_state; /* one thread at a time */

/* Reads a fine-tuned checkpoint, and what settings (those of transcribe) name
 * for decoding; NULL: nothing, and weights in float. Weights of eight bits are
 * three times as fast where the CPU has products of them (AVX-512 VNNI), in a
 * quarter of the memory. Refuses a checkpoint without tokens. */
MUST_CHECK struct status recogniser_open(struct recogniser **recogniser,
                                         const char *path,
                                         const struct settings *settings);
void recogniser_close(struct recogniser *recogniser);

/* Words and hotwords that the model's tokens cannot spell. */
struct decoder_left_out
recogniser_left_out(const struct recogniser *recogniser);

/* Rate that recordings are brought to. */
int recogniser_rate_hz(const struct recogniser *recogniser);

/* What the model is made of, and writes with. */
const struct settings *recogniser_settings(const struct recogniser *recogniser);
const struct tokens *recogniser_tokens(const struct recogniser *recogniser);

/* What its states decode with. */
const struct decoder *recogniser_decoder(const struct recogniser *recogniser);

MUST_CHECK struct status recogniser_start(struct recogniser_state **state,
                                          const struct recogniser *recogniser);
void recogniser_finish(struct recogniser_state *state);

/* speech out, to be freed: the features of sound, which has the recogniser's
 * rate and is no longer than RECOGNISER_LONGEST_S. What is known of the voice
 * (model/voice.h) comes between this and what follows. */
MUST_CHECK struct status recogniser_listen(struct speech *speech,
                                           struct recogniser_state *state,
                                           const struct sound *sound);

/* log_probabilities [*rows, tokens] out: of each token in each row of speech
 * (settings.stride frames of 10 ms); the state's, until it is used again. No
 * rows for a speech too short to hold one. */
MUST_CHECK struct status
recogniser_probabilities(const real **log_probabilities, size_t *rows,
                         struct recogniser_state *state,
                         const struct speech *speech);

/* line out, to be freed: what is said in speech, which begins at begin_s of its
 * recording; empty on failure. */
MUST_CHECK struct status recogniser_hear(struct transcript_line *line,
                                         struct recogniser_state *state,
                                         const struct speech *speech,
                                         double begin_s);

/* text [owned by the caller] out: the same without times; "" for one too short
 * to hold a row. */
MUST_CHECK struct status recogniser_transcribe(char **text,
                                               struct recogniser_state *state,
                                               const struct speech *speech);

#endif
