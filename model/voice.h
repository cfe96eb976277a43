/* Speech, and what is known of the voice that speaks.
 *
 * Features are normalised by their mean and variance, of which a segment of a
 * second or two tells too little. What the same voice said before, over the
 * same microphone, tells more: its last seconds count as if they were of the
 * segment, too (as speaker_frames do in Kaldi's OnlineCmvnOptions). */
#ifndef MODEL_VOICE_H
#define MODEL_VOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/cmvn.h"
#include "audio/status.h"
#include "model/encoder/settings.h"

/* Features of a segment or recording. */
struct speech {
    float *frames;         /* [count, bins], not normalised; owned */
    struct cmvn_sums sums; /* of frames and, when known, of the voice; [bins];
                            * owned */
    size_t count;
    int bins;
    double length_s;
    bool known; /* is normalised by sums, not by itself */
};

/* Sums of frames [count, bins], which become the speech's, also on failure. */
MUST_CHECK struct status speech_open(struct speech *speech, float *frames,
                                     size_t count, int bins, double length_s);
void speech_free(struct speech *speech);

struct voice;

/* Of a recogniser with these settings: only where its cmvn is of utterances is
 * there anything to know. Of history_s seconds at most. */
MUST_CHECK struct status voice_open(struct voice **voice,
                                    const struct settings *settings,
                                    double history_s);
void voice_close(struct voice *voice);

/* speech is normalised by what voice said before, too. Cannot fail. */
void voice_tell(struct speech *speech, const struct voice *voice);

/* And voice said this. In the order of speaking. Cannot fail. */
void voice_say(struct speech *speech, struct voice *voice);

/* The voices of speakers by their names. */
struct voices;

/* names [count]: in any order, and as often as they come; "": nobody knows
 * who. */
MUST_CHECK struct status voices_open(struct voices **voices,
                                     const char *const *names, size_t count,
                                     const struct settings *settings,
                                     double history_s);
void voices_close(struct voices *voices);

/* The voice of the speaker, a name that was given; NULL for "". */
struct voice *voices_find(const struct voices *voices, const char *name);

#endif
