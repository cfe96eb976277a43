/* Decimal numbers, read fast and the same in every locale. */
#ifndef MODEL_TEXT_DECIMAL_H
#define MODEL_TEXT_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/* The number that all of text [length] is: sign, digits with a point, exponent.
 * False if it is something else, or too large. Computed in double, where it is
 * off by a few units of the last place at most. */
bool decimal_parse(float *number, const char *text, size_t length);

#endif
