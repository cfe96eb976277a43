/* Recordings that come through a pipe, which cannot seek. */
#ifndef AUDIO_PIPE_H
#define AUDIO_PIPE_H

#include "audio/header.h"
#include "audio/status.h"

/* Makes file, open for reading, ready to be read as a recording; name is its
 * own in messages.
 *
 * Where it begins like WAV or AU with plain samples, *samples says of which
 * form, and *file is at the first of them. All else is copied, to its end,
 * into a file without a name under $TMPDIR or /tmp, which takes the place of
 * *file; samples->format is "". So is a file that can seek, in its own place.
 *
 * raw: it has no header, and stays as it is. live: what would be copied is
 * refused. On failure *file is closed and -1. */
MUST_CHECK struct status pipe_prepare(int *file, struct header_samples *samples,
                                      bool raw, bool live, const char *name);

#endif
