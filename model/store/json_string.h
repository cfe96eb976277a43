/* Text as a JSON string, whatever its bytes, and JSON as text.  For model/store
 * alone. */
#ifndef MODEL_STORE_JSON_STRING_H
#define MODEL_STORE_JSON_STRING_H

#include <jansson.h>

/* Bytes of text that are not UTF-8 become '?': a path or a name among what is
 * written shall not cost the whole. NULL when there is no memory. */
json_t *json_string_of(const char *text);

/* json as compact text [owned by the caller], numbers with nine digits; NULL
 * when there is no memory. */
char *json_text_of(const json_t *json);

#endif
