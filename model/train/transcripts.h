/* The transcripts of a manifest as labels, and who cannot be learned from. */
#ifndef MODEL_TRAIN_TRANSCRIPTS_H
#define MODEL_TRAIN_TRANSCRIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"
#include "model/data/features.h"
#include "model/data/manifest.h"
#include "model/encoder/settings.h"
#include "model/text/tokens.h"

struct transcripts {
    char **texts;    /* [count] normalised */
    int32_t *labels; /* of all recordings, end to end */
    size_t *starts;  /* [count + 1] */
    size_t count;
};

/* Normalises every text as the settings say; refuses a manifest without texts
 * and text that is not UTF-8, naming path and line. */
MUST_CHECK struct status transcripts_open(struct transcripts *transcripts,
                                          const struct manifest *manifest,
                                          const struct settings *settings);
void transcripts_close(struct transcripts *transcripts);

/* Labels of every text; characters that are no tokens are left out, and said
 * through note. */
MUST_CHECK struct status transcripts_encode(struct transcripts *transcripts,
                                            const struct tokens *tokens,
                                            const struct manifest *manifest,
                                            void (*note)(const char *text));

/* rows [count] out: rows of each recording, 0 where it cannot be learned from
 * (no text, fewer rows than CTC needs, longer than longest rows): each kind is
 * counted and the first ones are named through note. */
void transcripts_eligible(uint32_t *rows, const struct transcripts *transcripts,
                          const struct manifest *manifest,
                          const struct features *features, size_t longest,
                          void (*note)(const char *text));

#endif
