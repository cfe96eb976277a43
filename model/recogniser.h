/* Speech to text: an immutable model that threads share, and a state for each
 * recording. */
#ifndef MODEL_RECOGNISER_H
#define MODEL_RECOGNISER_H

#include <stddef.h>

#include "audio/sound.h"
#include "audio/status.h"
#include "model/kernel/real.h"

#define RECOGNISER_LONGEST_S 600.0 /* transcribed in one piece */

struct recogniser;       /* immutable; any number of threads */
struct recogniser_state; /* one thread at a time */

/* Reads a fine-tuned checkpoint; refuses one without tokens. */
MUST_CHECK struct status recogniser_open(struct recogniser **recogniser,
                                         const char *path);

/* The same with the encoder's weights in eight bits: three times as fast where
 * the CPU has products of them (AVX-512 VNNI), in a quarter of the memory. */
MUST_CHECK struct status recogniser_open_int8(struct recogniser **recogniser,
                                              const char *path);
void recogniser_close(struct recogniser *recogniser);

/* Rate that recordings are brought to. */
int recogniser_rate_hz(const struct recogniser *recogniser);

MUST_CHECK struct status recogniser_start(struct recogniser_state **state,
                                          const struct recogniser *recogniser);
void recogniser_finish(struct recogniser_state *state);

/* What the model makes of several recordings, each for itself, in one go: short
 * ones one by one leave the weights too few rows.
 *
 * logits  [starts[count], tokens] out, valid until the next call
 * starts  [count + 1] out: sounds[i] is rows starts[i] .. starts[i + 1] - 1
 * sounds  [count] in, of the recogniser's rate, RECOGNISER_LONGEST_S together
 */
MUST_CHECK struct status recogniser_logits(const real **logits, size_t *starts,
                                           struct recogniser_state *state,
                                           const struct sound *sounds,
                                           size_t count);

/* texts [count] out, each owned by the caller: what is said in sounds [count],
 * as recogniser_logits; all NULL on failure. */
MUST_CHECK struct status
recogniser_transcribe_all(char **texts, struct recogniser_state *state,
                          const struct sound *sounds, size_t count);

/* text [owned by the caller] out: what is said in sound, which has the
 * recogniser's rate; "" for one too short to hold a frame. */
MUST_CHECK struct status recogniser_transcribe(char **text,
                                               struct recogniser_state *state,
                                               const struct sound *sound);

#endif
