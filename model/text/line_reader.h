/* The lines of a text file, plain or gzip, one after the other. */
#ifndef MODEL_TEXT_LINE_READER_H
#define MODEL_TEXT_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"

#define LINE_READER_MOST (1 << 20) /* bytes of a line */

struct line_reader {
    const char *path; /* the caller's, or "stdin" */
    void *file;       /* zlib's */
    char *bytes;      /* [room], of which start .. end are unread */
    size_t room, start, end;
    size_t line; /* the number of the last line given, from 1 */
    bool whole;  /* all of the file is in bytes */
};

/* "-" is stdin. Refuses other paths than those of regular files. */
MUST_CHECK struct status line_reader_open(struct line_reader *reader,
                                          const char *path);
void line_reader_close(struct line_reader *reader);

/* *text is the next line without its end (LF or CRLF), good until the next
 * call; NULL after the last. Refuses, naming path and line: a line longer than
 * LINE_READER_MOST, a NUL, a gzip file that is damaged or cut short. */
MUST_CHECK struct status line_reader_next(char **text, size_t *length,
                                          struct line_reader *reader);

#endif
