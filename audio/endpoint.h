/* Speech and pauses: where a long recording, or one without an end, is cut
 * into segments. */
#ifndef AUDIO_ENDPOINT_H
#define AUDIO_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

/* A frame (10 ms) is speech when its level, smoothed, stands threshold_db above
 * the noise of the last seconds, or less far where speech itself does not stand
 * far above it. */
struct endpoint_settings {
    int rate_hz;
    bool everything;     /* all is speech: cut for length alone */
    double threshold_db; /* >= 0 */
    double pause_s;      /* without speech: ends a segment; > 0 */
    double longest_s;    /* a segment that is longer is cut in its longest
                          * pause, or where it is quietest; >= 1 */
};

/* Samples begin .. end - 1 of the stream. */
struct segment {
    uint64_t begin, end;
};

struct endpoint; /* one stream's state */

/* Fails with one clear line if the rate is none that features have. */
MUST_CHECK struct status endpoint_open(struct endpoint **endpoint,
                                       const struct endpoint_settings *s);
void endpoint_close(struct endpoint *endpoint);

/* Takes samples (full scale +-1). */
MUST_CHECK struct status endpoint_push(struct endpoint *endpoint,
                                       const float *samples, size_t count);

/* The stream is at its end: what is open is finished. */
MUST_CHECK struct status endpoint_finish(struct endpoint *endpoint);

/* The next finished segment, if there is one: speech with 0.28 s around it, and
 * up to an end of the stream that is near: a second from its begin, pause_s
 * from its end. They are in order, do not overlap and are no longer than
 * longest_s, and the same samples give the same segments in blocks of any size.
 * As long as a stream had no speech at all it is given whole, for that might be
 * quiet, unless it is all zeros. */
bool endpoint_next(struct segment *segment, struct endpoint *endpoint);

/* The first sample of all that segments to come may hold: longest_s and two
 * seconds before the last one pushed, or later. */
uint64_t endpoint_needed(const struct endpoint *endpoint);

/* Whether speech has begun that has not come to its end; *begin is the first
 * sample of its segment. */
bool endpoint_is_open(uint64_t *begin, const struct endpoint *endpoint);

#endif
