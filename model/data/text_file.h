/* A text file as a whole. */
#ifndef MODEL_DATA_TEXT_FILE_H
#define MODEL_DATA_TEXT_FILE_H

#include <stddef.h>

#include "audio/status.h"

/* text [owned by the caller] out: the file as a string, without a byte order
 * mark. Refuses what is no regular file, is longer than most bytes, or holds a
 * NUL or what is not UTF-8, naming the line. NULL on failure. */
MUST_CHECK struct status text_file_read(char **text, const char *path,
                                        size_t most);

#endif
