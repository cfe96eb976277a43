/* Decimal numbers, the same in every locale. */
#ifndef MODEL_TEXT_DECIMAL_H
#define MODEL_TEXT_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/* The number that all of text [length] is: sign, digits with a point, exponent.
 * False if it is something else, or too large. Computed in double, where it is
 * off by a few units of the last place at most. */
bool decimal_parse(float *number, const char *text, size_t length);

/* strtod with a decimal point, whatever the program's locale is. Exact. */
double decimal_read(const char *text, char **end);

/* Number as "%.*g" writes it with a decimal point, into text [size]. */
void decimal_write(char *text, size_t size, int digits, double number);

#endif
