/* One JSON object on a line. */
#include "model/store/record.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/store/json_string.h"

#define LINE_MOST ((size_t)1 << 24) /* a longer line is none of ours */

/* Takes the value over, which may be NULL. */
static void add(struct record *record, const char *key, json_t *value)
{
    if (!record->json)
        record->json = json_object();
    if (!record->json || json_object_set_new(record->json, key, value))
        record->broken = true;
    if (!record->json)
        json_decref(value);
}

void record_count(struct record *record, const char *key, uint64_t value)
{
    add(record, key, json_integer((json_int_t)value));
}

void record_number(struct record *record, const char *key, double value)
{
    add(record, key, isfinite(value) ? json_real(value) : json_null());
}

void record_text(struct record *record, const char *key, const char *value)
{
    add(record, key, json_string_of(value));
}

char *record_line(const struct record *record, size_t *length)
{
    char *line = NULL;
    *length = 0;
    if (record->broken)
        return NULL;
    char *text = record->json ? json_text_of(record->json) : strdup("{}");
    if (text)
        line = malloc(strlen(text) + 2);
    if (line) {
        *length = strlen(text) + 1;
        memcpy(line, text, *length - 1);
        memcpy(line + *length - 1, "\n", 2);
    }
    free(text);
    return line;
}

bool record_parse(struct record *record, const char *line, size_t length)
{
    *record = (struct record){.json = NULL};
    if (length > LINE_MOST)
        return false;
    json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return false;
    }
    record->json = json;
    return true;
}

bool record_find_number(const struct record *record, const char *key,
                        double *value)
{
    const json_t *found = json_object_get(record->json, key);
    if (!json_is_number(found))
        return false;
    *value = json_number_value(found);
    return true;
}

const char *record_find_text(const struct record *record, const char *key)
{
    return json_string_value(json_object_get(record->json, key));
}

void record_free(struct record *record)
{
    json_decref(record->json);
    *record = (struct record){.json = NULL};
}
