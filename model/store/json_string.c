/* Text as a JSON string, whatever its bytes. */
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
