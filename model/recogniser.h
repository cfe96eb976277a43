/* Speech to text: an immutable model that threads share, and a state for each
 * recording. */
#ifndef MODEL_RECOGNISER_H
#define MODEL_RECOGNISER_H

#include <stddef.h>

#include "audio/sound.h"
#include "audio/status.h"

#define RECOGNISER_LONGEST_S 600.0 /* transcribed in one piece */

struct recogniser;       /* immutable; any number of threads */
struct recogniser_state; /* one thread at a time */

/* Reads a fine-tuned checkpoint; refuses one without tokens. */
MUST_CHECK struct status recogniser_open(struct recogniser **recogniser,
                                         const char *path);
void recogniser_close(struct recogniser *recogniser);

/* Rate that recordings are brought to. */
int recogniser_rate_hz(const struct recogniser *recogniser);

MUST_CHECK struct status recogniser_start(struct recogniser_state **state,
                                          const struct recogniser *recogniser);
void recogniser_finish(struct recogniser_state *state);

/* text [owned by the caller] out: what is said in sound, which has the
 * recogniser's rate; "" for one too short to hold a frame. */
MUST_CHECK struct status recogniser_transcribe(char **text,
                                               struct recogniser_state *state,
                                               const struct sound *sound);

#endif
