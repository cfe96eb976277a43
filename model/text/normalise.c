/* Transcripts as they are compared and learned: one spelling of each thing. */
#include "model/text/normalise.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

bool normalise_is_utf8(const char *text, size_t length, size_t *bad)
{
    size_t at = 0;
    while (at < length) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                             (utf8proc_ssize_t)(length - at), &point);
        if (used <= 0 || point == 0) {
            *bad = at;
            return false;
        }
        at += (size_t)used;
    }
    return true;
}

static bool is_space(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || category == UTF8PROC_CATEGORY_CC;
}

static bool is_letter(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return (category >= UTF8PROC_CATEGORY_LU &&
            category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_MN &&
            category <= UTF8PROC_CATEGORY_ME);
}

static bool is_punctuation(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_SO;
}

static bool is_apostrophe(utf8proc_int32_t point)
{
    return point == 0x27 || point == 0x2019 || point == 0x02bc;
}

/* Drops punctuation and squeezes white space: in and out may not overlap; out
 * has room for as many bytes as in. */
static void rewrite(char *out, const utf8proc_uint8_t *in,
                    const struct normalise_settings *s)
{
    utf8proc_int32_t before = ' ', point, after;
    bool space = false;
    char *start = out;
    while (*in) {
        in += utf8proc_iterate(in, -1, &point);
        if (*in)
            utf8proc_iterate(in, -1, &after);
        else
            after = ' ';
        bool keep = !is_space(point);
        if (keep && s->drop_punctuation &&
            (is_punctuation(point) || is_apostrophe(point))) {
            keep =
                is_apostrophe(point) && is_letter(before) && is_letter(after);
            if (keep)
                point = '\'';
        }
        before = point;
        if (!keep) {
            space = true;
            continue;
        }
        if (space && out > start)
            *out++ = ' ';
        space = false;
        out += utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
    }
    *out = '\0';
}

struct status normalise_text(char **text, const char *raw,
                             const struct normalise_settings *s)
{
    size_t bad;
    utf8proc_uint8_t *composed = NULL;
    *text = NULL;
    if (!normalise_is_utf8(raw, strlen(raw), &bad))
        return status_error(STATUS_INPUT, "byte %zu of the text is not UTF-8",
                            bad + 1);
    utf8proc_option_t options = UTF8PROC_NULLTERM | UTF8PROC_STABLE |
                                UTF8PROC_COMPOSE |
                                (s->fold_case ? UTF8PROC_CASEFOLD : 0);
    utf8proc_ssize_t length =
        utf8proc_map((const utf8proc_uint8_t *)raw, 0, &composed, options);
    if (length < 0)
        return length == UTF8PROC_ERROR_NOMEM
                   ? status_memory("text")
                   : status_error(STATUS_INPUT, "text: %s",
                                  utf8proc_errmsg(length));
    /* An encoded point never grows, a space takes the place of something. */
    char *out = malloc((size_t)length + 2);
    if (out)
        rewrite(out, composed, s);
    free(composed);
    if (!out)
        return status_memory("text");
    *text = out;
    return status_ok();
}
