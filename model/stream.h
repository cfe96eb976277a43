/* Speech to text of any length: samples in, finished lines out. */
#ifndef MODEL_STREAM_H
#define MODEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "model/text/transcript.h"

struct stream; /* one recording or live input; one thread at a time */

/* settings: vad, pause, segment-seconds, speech-threshold, partial-seconds,
 * cmvn-history. recogniser, and voice, stay the caller's and must outlive it.
 * voice: who speaks, in other streams, too; NULL: nothing was heard of them
 * yet. Memory is that of the longest segment, whatever the length of the
 * stream. */
MUST_CHECK struct status stream_open(struct stream **stream,
                                     const struct recogniser *recogniser,
                                     struct voice *voice,
                                     const struct settings *settings);
void stream_close(struct stream *stream);

/* Takes samples of the recogniser's rate (full scale +-1), in blocks of any
 * size: it makes no difference to the lines. Finished segments wait until
 * stream_transcribe. */
MUST_CHECK struct status stream_feed(struct stream *stream,
                                     const float *samples, size_t count);

/* The stream is at its end: what is open is finished. */
MUST_CHECK struct status stream_finish(struct stream *stream);

/* Seconds of finished segments that wait to be transcribed. */
double stream_waiting_s(const struct stream *stream);

/* Transcribes all that waits in streams [count] of one recogniser, on the
 * workers of team with a state for each. Lines do not depend on what is
 * transcribed together; those who share a voice speak in the order of streams.
 * statuses [count] out: what fails in one stream keeps
 * back no other; that one can only be closed. */
void stream_transcribe(struct status *statuses, struct stream *const *streams,
                       size_t count, struct team *team,
                       struct recogniser_state **states);

/* The next line, in order, if there is one, to be freed; segments in which
 * nothing was heard give none. Times are those of the stream. */
bool stream_next(struct transcript_line *line, struct stream *stream);

/* text [owned by the caller] out: what is heard so far in the segment that is
 * open; NULL where that is no news: none is open, or less than
 * partial-seconds were fed since the last. */
MUST_CHECK struct status stream_partial(char **text, struct stream *stream,
                                        struct recogniser_state *state);

/* Seconds fed. */
double stream_length_s(const struct stream *stream);

#endif
