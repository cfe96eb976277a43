/* Transcripts as they are compared and learned: one spelling of each thing. */
#ifndef MODEL_TEXT_NORMALISE_H
#define MODEL_TEXT_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"

/* What is done to a transcript. The zero value only checks UTF-8, applies NFC
 * and squeezes white space to single spaces. Kept in the checkpoint. */
struct normalise_settings {
    bool fold_case;        /* Unicode case folding */
    bool drop_punctuation; /* categories P* and S* become spaces, but an
                            * apostrophe between letters stays (as U+0027) */
};

/* text [owned by the caller] out. Fails on invalid UTF-8, naming the byte. */
MUST_CHECK struct status normalise_text(char **text, const char *raw,
                                        const struct normalise_settings *s);

/* Whether text [length bytes] is valid UTF-8 without NUL; *bad is the first
 * bad byte's offset where not. */
bool normalise_is_utf8(const char *text, size_t length, size_t *bad);

#endif
