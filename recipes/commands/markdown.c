/* Text for Markdown. */
#include "recipes/commands/markdown.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of a character at text that is not to be seen; 0 if it is: C0, DEL, C1,
 * U+2028 .. U+202E, U+2066 .. U+2069. */
static size_t unseen(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (*p < ' ' || *p == 0x7f)
        return 1;
    if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
        return 2;
    if (*p != 0xe2 || !p[1])
        return 0;
    return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
                   (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
               ? 3
               : 0;
}

/* Characters of text, those in special with before in front. */
static void put(FILE *out, const char *text, const char *special,
                const char *before)
{
    while (*text) {
        size_t skipped = unseen(text);
        if (skipped) {
            fputc('?', out);
            text += skipped;
            continue;
        }
        if (strchr(special, *text))
            fputs(before, out);
        fputc(*text++, out);
    }
}

void markdown_text(FILE *out, const char *text)
{
    put(out, text, "\\`*_{}[]<>#+!|&~$", "\\");
}

void markdown_code(FILE *out, const char *text)
{
    size_t longest = 0, length = strlen(text);
    for (const char *p = strchr(text, '`'); p; p = strchr(p, '`')) {
        size_t run = strspn(p, "`");
        longest = run > longest ? run : longest;
        p += run;
    }
    /* A space at each end is not part of it. */
    bool padded =
        !length || strchr(" `", text[0]) || strchr(" `", text[length - 1]);
    for (size_t i = 0; i <= longest; i++)
        fputc('`', out);
    fputs(padded ? " " : "", out);
    put(out, text, "", "");
    fputs(padded ? " " : "", out);
    for (size_t i = 0; i <= longest; i++)
        fputc('`', out);
}

void markdown_word(FILE *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    if (*text && text[strspn(text, plain)] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('\'', out);
    put(out, text, "'", "'\\'");
    fputc('\'', out);
}

void markdown_value(FILE *out, const char *text)
{
    fputc('\'', out);
    put(out, text, "'", "'");
    fputc('\'', out);
}
