/* The error type: a code and one line of text, returned by value. */
#ifndef AUDIO_STATUS_H
#define AUDIO_STATUS_H

#include <stdbool.h>

enum status_code {
    STATUS_OK = 0,
    STATUS_INPUT,      /* what the user gave is wrong: file, line, key */
    STATUS_SYSTEM,     /* the machine said no: open, write, disk full */
    STATUS_MEMORY,     /* an allocation failed */
    STATUS_INTERRUPTED /* asked to stop; what is done is saved */
};

/* text is one line without a newline, "thing: reason[: what to do]", in UTF-8;
 * control characters of untrusted names are shown as '?'. Cut off with "..."
 * where it does not fit. Empty for STATUS_OK. */
struct status {
    enum status_code code;
    char text[504];
};

#define MUST_CHECK __attribute__((warn_unused_result))

MUST_CHECK struct status status_ok(void);

MUST_CHECK __attribute__((format(printf, 2, 3))) struct status
status_error(enum status_code code, const char *format, ...);

/* STATUS_MEMORY, naming what the memory was for. */
MUST_CHECK struct status status_memory(const char *what);

/* A failure with the name of what failed before it; ok stays so. */
MUST_CHECK struct status status_named(struct status status, const char *name);

static inline bool status_failed(const struct status *status)
{
    return status->code != STATUS_OK;
}

#endif
