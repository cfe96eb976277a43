/* Speech and pauses: where a long recording, or one without an end, is cut
 * into segments. */
#ifndef AUDIO_ENDPOINT_H
#define AUDIO_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

struct endpoint_settings {
    int rate_hz;
    bool everything;     /* all is speech: cut for length alone */
    double threshold_db; /* how far speech stands above the noise */
    double pause_s;      /* without speech: ends a segment */
    double join_s;       /* a segment that is shorter goes on over pauses of up
                          * to this many seconds */
    double longest_s;    /* a longer segment is cut at its quietest place */
};

/* Samples begin .. end - 1 of the stream. */
struct segment {
    uint64_t begin, end;
};

struct endpoint; /* one stream's state */

/* Fails with one clear line if a setting is out of range. */
MUST_CHECK struct status endpoint_open(struct endpoint **endpoint,
                                       const struct endpoint_settings *s);
void endpoint_close(struct endpoint *endpoint);

/* Takes samples (full scale +-1). */
MUST_CHECK struct status endpoint_push(struct endpoint *endpoint,
                                       const float *samples, size_t count);

/* The stream is at its end: what is open is finished. */
void endpoint_finish(struct endpoint *endpoint);

/* The next finished segment, if there is one. They are in order and do not
 * overlap, and the same samples give the same segments in blocks of any
 * size. */
bool endpoint_next(struct segment *segment, struct endpoint *endpoint);

/* The first sample of all that segments to come may hold. */
uint64_t endpoint_needed(const struct endpoint *endpoint);

/* Whether speech has begun that has not come to its end; *begin is the first
 * sample of its segment. */
bool endpoint_is_open(uint64_t *begin, const struct endpoint *endpoint);

#endif
