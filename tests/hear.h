/* What a recogniser makes of a sound by itself. */
#ifndef TESTS_HEAR_H
#define TESTS_HEAR_H

#include "model/recogniser.h"

static inline struct status hear_rows(const real **log_probabilities,
                                      size_t *rows,
                                      struct recogniser_state *state,
                                      const struct sound *sound)
{
    struct speech speech;
    struct status status = recogniser_listen(&speech, state, sound);
    if (!status_failed(&status))
        status =
            recogniser_probabilities(log_probabilities, rows, state, &speech);
    speech_free(&speech);
    return status;
}

static inline struct status hear_line(struct transcript_line *line,
                                      struct recogniser_state *state,
                                      const struct sound *sound, double begin_s)
{
    struct speech speech;
    struct status status = recogniser_listen(&speech, state, sound);
    *line = (struct transcript_line){.text = NULL};
    if (!status_failed(&status))
        status = recogniser_hear(line, state, &speech, begin_s);
    speech_free(&speech);
    return status;
}

static inline struct status hear_text(char **text,
                                      struct recogniser_state *state,
                                      const struct sound *sound)
{
    struct speech speech;
    struct status status = recogniser_listen(&speech, state, sound);
    *text = NULL;
    if (!status_failed(&status))
        status = recogniser_transcribe(text, state, &speech);
    speech_free(&speech);
    return status;
}

#endif
