/* The error type: a code and one line of text, returned by value. */
#include "audio/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status status_ok(void)
{
    struct status status = {.code = STATUS_OK};
    return status;
}

/* Whether p is at a byte of UTF-8 that does not begin a character. */
static bool is_inside_character(const char *p)
{
    return ((unsigned char)*p & 0xc0) == 0x80;
}

struct status status_error(enum status_code code, const char *format, ...)
{
    struct status status = {.code = code};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(status.text, sizeof status.text, format, arguments);
    va_end(arguments);
    if (length < 0)
        status.text[0] = '\0';
    if (length >= (int)sizeof status.text) {
        char *cut = status.text + sizeof status.text - 4;
        while (cut > status.text && is_inside_character(cut))
            cut--;
        memcpy(cut, "...", 4);
    }
    for (unsigned char *p = (unsigned char *)status.text; *p; p++)
        if (*p < 0x20 || *p == 0x7f) {
            *p = '?';
        } else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
            /* U+0080 .. U+009F, which begin commands in some terminals. */
            p[0] = '?';
            p[1] = '?';
        }
    return status;
}

struct status status_memory(const char *what)
{
    return status_error(STATUS_MEMORY, "%s: out of memory", what);
}

struct status status_named(struct status status, const char *name)
{
    return status_failed(&status)
               ? status_error(status.code, "%s: %s", name, status.text)
               : status;
}
