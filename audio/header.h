/* What the header of a recording promises. */
#ifndef AUDIO_HEADER_H
#define AUDIO_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the header of the WAV, RF64, AIFF, AU or SPHERE file promises
 * more bytes of samples than the file has left: libsndfile reads what there is
 * and says nothing. Sizes that streaming programs leave, for want of the true
 * one, are no promise. False for all other files. file is open for reading
 * and stays where it is. Cannot fail. */
bool header_is_broken_promise(uint64_t *promised, uint64_t *there, int file);

/* Samples that follow a header of WAV or AU. */
struct header_samples {
    char format[8]; /* as in struct sound_request; "": other than plain ones */
    int rate_hz, channels;
    size_t frame_bytes;
    uint64_t bytes; /* promised; 0: no promise */
};

#define HEADER_MOST 65536 /* bytes */

/* Reads the first bytes [count] of a file that cannot seek. Returns how many
 * there must be to tell: with as many or more of them samples is what follows
 * the first so many, and with fewer it says nothing. At most HEADER_MOST.
 * Cannot fail. */
size_t header_parse(struct header_samples *samples, const unsigned char *head,
                    size_t count);

#endif
