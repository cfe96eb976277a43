/* A folder for a test's files, removed at the end. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stddef.h>

/* cmocka set-up and tear-down: the folder is made under $TMPDIR or /tmp and
 * removed with all that is in it. *state is not used. */
int scratch_open(void **state);
int scratch_close(void **state);

/* A path in the folder; good until eight more were asked for. "" is the folder
 * itself. */
const char *scratch_path(const char *name);

/* Writes a file in the folder and gives its path. Text is zero-terminated. */
const char *scratch_write(const char *name, const void *bytes, size_t count);
const char *scratch_text(const char *name, const char *text);

/* Makes a folder in it, and gives its path. */
const char *scratch_folder(const char *name);

/* The bytes of any file [owned by the caller], with a zero after them. */
char *scratch_read(size_t *count, const char *path);

/* Number of names in the folder: to see that no temporary file stayed. */
size_t scratch_count(void);

#endif
