/* Text as a JSON string, whatever its bytes, and JSON as text. */
#include "model/store/json_string.h"

#include <stdlib.h>
#include <string.h>

#include "model/text/normalise.h"

json_t *json_string_of(const char *text)
{
    size_t bad;
    char *copy = strdup(text);
    if (!copy)
        return NULL;
    for (size_t at = 0, length = strlen(copy); at < length; at += bad + 1) {
        if (normalise_is_utf8(copy + at, length - at, &bad))
            break;
        copy[at + bad] = '?';
    }
    json_t *string = json_string(copy);
    free(copy);
    return string;
}

/* json_dumps goes on when memory for a key runs out, and the key is missing
 * from its text (Jansson 2.14); json_dumpb allocates nothing. */
char *json_text_of(const json_t *json)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(9);
    size_t length = json_dumpb(json, NULL, 0, flags);
    char *text = length ? malloc(length + 1) : NULL;
    if (text && json_dumpb(json, text, length, flags) != length) {
        free(text);
        text = NULL;
    }
    if (text)
        text[length] = '\0';
    return text;
}
