/* Text for Markdown (CommonMark), from whoever it may be. */
#ifndef RECIPES_COMMANDS_MARKDOWN_H
#define RECIPES_COMMANDS_MARKDOWN_H

#include <stdio.h>

/* All of these write what cannot be seen (control characters, and those that
 * turn the direction of text) as '?'. Failures are left for ferror. */

/* Text within a line: nothing of it is markup. */
void markdown_text(FILE *out, const char *text);

/* A span of code that has text, letter by letter. Not for tables, where a '|'
 * ends a cell even so. */
void markdown_code(FILE *out, const char *text);

/* A word as a POSIX shell wants it, in quotes where that must be. Without a
 * line's end, so that it cannot end a block of code. */
void markdown_word(FILE *out, const char *text);

/* A value of the front matter, which is YAML: within a line, in quotes. */
void markdown_value(FILE *out, const char *text);

#endif
