/* Golden values: text files of named arrays, made by an independent tool.
 *
 *     # TOOL VERSION: COMMAND          line 1
 *     @name count                      then, for each array,
 *     1.5 2.25 ...                     its values, white space between
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <stddef.h>

#include "model/kernel/real.h"

struct golden;

/* Fails the test when the file is missing or malformed. */
struct golden *golden_open(const char *path);
void golden_close(struct golden *golden);

/* The array name, its length in *count; fails the test when there is none. */
const real *golden_array(const struct golden *golden, const char *name,
                         size_t *count);

#endif
