/* A file written whole or not at all. */
#ifndef MODEL_STORE_WHOLE_FILE_H
#define MODEL_STORE_WHOLE_FILE_H

#include <stddef.h>

#include "audio/status.h"

/* A file being written beside its place, as PATH.tmp-PID. */
struct whole_file {
    char *path, *temporary;
    int descriptor; /* -1: none */
};

/* Begins a file that will take path's place. What is at path may be a regular
 * file or a symbolic link to one (which stays, and leads to the new file),
 * nothing else: not a device, nor a link to one such as /dev/stdout. The new
 * file's permissions are those of any new file (0666 less the umask). A file
 * left under the temporary name by a killed process of the same number is
 * replaced. Two threads may not write one path at once. */
MUST_CHECK struct status whole_file_open(struct whole_file *file,
                                         const char *path);

/* Whether a file could be begun. Nothing is changed. */
MUST_CHECK struct status whole_file_check(const char *path);

/* Refuses a path that leads to input, which is to be read. */
MUST_CHECK struct status whole_file_spare(const char *path, const char *input);

/* Appends bytes [count]. */
MUST_CHECK struct status whole_file_write(struct whole_file *file,
                                          const void *bytes, size_t count);

/* fsync, rename, fsync of the folder. On failure nothing has changed at path.
 * (That the folder cannot be synced is no failure: the file is in place, and
 * only a power cut can take it back.) */
MUST_CHECK struct status whole_file_commit(struct whole_file *file);

/* Removes what was written unless it was committed; wanted in either case. */
void whole_file_close(struct whole_file *file);

/* Removes what killed processes left beside path, PATH.tmp-*. Only for one who
 * knows that nobody writes path now. Cannot fail: what stays is harmless. */
void whole_file_sweep(const char *path);

#endif
