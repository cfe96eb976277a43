/* attune.h: speech to text from C and C++, with models that attune made.
 *
 *     cc program.c $(pkg-config --cflags --libs attune)
 *
 * A model is opened once and shared: it never changes, and any number of
 * threads may use it at once. A stream is one recording or one microphone: it
 * takes samples, gives lines, and is used by one thread at a time. Any
 * function may be called by any thread; none starts threads, prints, or ends
 * the program. What fails returns a code below, and attune_error() says why.
 *
 * What belongs to the whole process. Matrix products are OpenBLAS's, which
 * attune_open sets to one thread. Where OpenBLAS chose its kernels badly for
 * this CPU, attune_faster_kernels() names better ones. attune_start plans with
 * FFTW's planner (of double precision), which takes one thread at a time: a
 * program that plans, too, must not do so meanwhile. */
#ifndef ATTUNE_H
#define ATTUNE_H

#include <stddef.h>

#if defined(__GNUC__)
#define ATTUNE_PUBLIC __attribute__((visibility("default")))
#else
#define ATTUNE_PUBLIC
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum attune_code {
    ATTUNE_OK = 0,
    ATTUNE_INPUT,  /* what was given is wrong: a file, a setting, a sample */
    ATTUNE_SYSTEM, /* the machine said no: open, read */
    ATTUNE_MEMORY  /* an allocation failed */
};

struct attune_model;
struct attune_stream;

/* Text is UTF-8, times are seconds in the stream. */
struct attune_word {
    const char *text;
    double start_s, end_s;
    double confidence; /* 0 .. 1: how probably the word is right */
};

/* What was said between two pauses: never "". */
struct attune_line {
    const char *text;
    double start_s, end_s;
    size_t word_count; /* 0 where memory for them ran out */
    const struct attune_word *words;
};

/* *model out: the recogniser in the file path, as `attune finetune` wrote it.
 * settings: NULL, or lines "name = value" as in a settings file of `attune
 * transcribe`, whose options they are; "pause = 0.8\nvad = no\n". On failure
 * *model is NULL. */
ATTUNE_PUBLIC int attune_open(struct attune_model **model, const char *path,
                              const char *settings);

/* When its streams are stopped. NULL is nothing, here and in attune_stop. */
ATTUNE_PUBLIC void attune_close(struct attune_model *model);

/* Samples in a second that attune_feed takes. */
ATTUNE_PUBLIC int attune_rate_hz(const struct attune_model *model);

/* *stream out: a new recording, which begins at 0 s. On failure NULL. */
ATTUNE_PUBLIC int attune_start(struct attune_stream **stream,
                               const struct attune_model *model);
ATTUNE_PUBLIC void attune_stop(struct attune_stream *stream);

/* Takes samples [count], mono, full scale +-1, in blocks of any size, which
 * makes no difference to what is heard; transcribes what was ended by a pause
 * before it returns. Refuses samples that are not finite, all of them, and any
 * after attune_end. After another failure the stream can only be stopped. */
ATTUNE_PUBLIC int attune_feed(struct attune_stream *stream,
                              const float *samples, size_t count);

/* No more samples: what is open is transcribed. */
ATTUNE_PUBLIC int attune_end(struct attune_stream *stream);

/* The next line, in order; NULL: none is finished yet (after attune_end: that
 * was the last). The stream's until the next call with this stream. */
ATTUNE_PUBLIC const struct attune_line *
attune_next(struct attune_stream *stream);

/* *text out: what is heard so far of the line that is not finished; NULL where
 * that is no news, for none is open, or less than the setting partial-seconds
 * was fed since the last. It may change as more is said. The stream's until the
 * next call with this stream. */
ATTUNE_PUBLIC int attune_partial(const char **text,
                                 struct attune_stream *stream);

/* *text out: all that is said in the recording path (any format, rate and
 * number of channels; the settings channel and raw count), lines with a space
 * between; for the caller to free(). On failure NULL. */
ATTUNE_PUBLIC int attune_transcribe_file(char **text,
                                         const struct attune_model *model,
                                         const char *path);

/* One line about the last failure of a function above in this thread, "thing:
 * reason", until the next failure in it; "" before the first. */
ATTUNE_PUBLIC const char *attune_error(void);

/* Such as "0.1.0". */
ATTUNE_PUBLIC const char *attune_version(void);

/* OpenBLAS may take a new CPU for an older one, up to twice as slow. If so, the
 * name of kernels to put into the environment variable OPENBLAS_CORETYPE before
 * the program starts (OpenBLAS reads it when it is loaded); else NULL. */
ATTUNE_PUBLIC const char *attune_faster_kernels(void);

#ifdef __cplusplus
}
#endif

#endif
