/* One JSON object on a line: what journals and --json are made of. */
#ifndef MODEL_STORE_RECORD_H
#define MODEL_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Members keep the order in which they were added. Zero is empty. */
struct record {
    void *json;
    bool broken; /* memory ran out: what was added is not complete */
};

/* Adding cannot fail visibly; record_line tells in the end. A key that is
 * there is replaced. A number that is not finite becomes null. Bytes of text
 * that are not UTF-8 become '?'. Numbers keep nine digits. */
void record_count(struct record *record, const char *key, uint64_t value);
void record_number(struct record *record, const char *key, double value);
void record_text(struct record *record, const char *key, const char *value);

/* The line [owned by the caller], with its newline, *length without the zero;
 * NULL when memory ran out now or before. */
char *record_line(const struct record *record, size_t *length);

/* Reads a line [length, with or without newline]; false if it is not one JSON
 * object (or memory ran out), *record then empty. */
bool record_parse(struct record *record, const char *line, size_t length);

/* A member's value; false and untouched, or NULL, if it is not there or of
 * another kind. */
bool record_find_number(const struct record *record, const char *key,
                        double *value);
const char *record_find_text(const struct record *record, const char *key);

void record_free(struct record *record);

#endif
