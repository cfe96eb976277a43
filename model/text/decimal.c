/* Decimal numbers, the same in every locale. */
#include "model/text/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* "C" as a whole is built in: this makes nothing, and cannot fail. */
static locale_t plain(void)
{
    return newlocale(LC_ALL_MASK, "C", NULL);
}

double decimal_read(const char *text, char **end)
{
    return strtod_l(text, end, plain());
}

void decimal_write(char *text, size_t size, int digits, double number)
{
    locale_t callers = uselocale(plain());
    snprintf(text, size, "%.*g", digits, number);
    uselocale(callers);
}

bool decimal_parse(float *number, const char *text, size_t length)
{
    const char *end = text + length;
    bool minus = *text == '-', some = false, point = false;
    double digits = 0;
    int scale = 0, exponent = 0;
    for (text += minus || *text == '+'; text < end; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9')
            break;
        some = true;
        /* More digits than a double holds change nothing. */
        bool fits = digits < 1e16;
        if (fits)
            digits = 10 * digits + (*text - '0');
        scale += !fits - point;
    }
    if (some && text < end && (*text == 'e' || *text == 'E')) {
        bool down = ++text < end && *text == '-';
        text += text < end && (*text == '-' || *text == '+');
        some = text < end;
        for (; text < end && *text >= '0' && *text <= '9'; text++)
            exponent = exponent < 9999 ? 10 * exponent + (*text - '0') : 9999;
        exponent = down ? -exponent : exponent;
    }
    static const double powers[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                    1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                    1e14, 1e15, 1e16, 1e17, 1e18};
    scale += exponent;
    if (scale <= 0 && scale > -19)
        digits /= powers[-scale];
    else if (digits > 0)
        digits *= pow(10, scale);
    *number = (float)(minus ? -digits : digits);
    return some && text == end && isfinite(*number);
}
