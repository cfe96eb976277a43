/* What the header of a recording promises. */
#ifndef AUDIO_HEADER_H
#define AUDIO_HEADER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the header of the WAV, RF64, AIFF, AU or SPHERE file path promises
 * more bytes of samples than the file has left: libsndfile reads what there is
 * and says nothing. Sizes that streaming programs leave, for want of the true
 * one, are no promise. False for all other files. Cannot fail. */
bool header_is_broken_promise(uint64_t *promised, uint64_t *there,
                              const char *path);

#endif
