/* The journal of a run: one JSON object a line. */
#include "model/train/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 2048
#define PATH_SIZE 4200

struct journal {
    FILE *file;
    char path[PATH_SIZE];
    char line[LINE_SIZE]; /* being filled */
    size_t length;
};

/* Offset behind the last whole line of an update up to `update`. */
static long last_good(FILE *file, uint64_t update)
{
    char line[LINE_SIZE];
    long good = 0;
    uint64_t of;
    while (fgets(line, sizeof line, file)) {
        if (!strchr(line, '\n') ||
            sscanf(line, "{\"update\": %" SCNu64, &of) != 1 || of > update)
            break;
        good = ftell(file);
    }
    return good;
}

struct status journal_open(struct journal **out, const char *path,
                           uint64_t update)
{
    *out = NULL;
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return status_memory("journal");
    snprintf(j->path, sizeof j->path, "%s", path);
    j->file = fopen(path, update ? "r+" : "w");
    if (!j->file && update && errno == ENOENT)
        j->file = fopen(path, "w");
    if (!j->file) {
        struct status status =
            status_error(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
        free(j);
        return status;
    }
    long good = update ? last_good(j->file, update) : 0;
    if (good < 0 || ftruncate(fileno(j->file), good) ||
        fseek(j->file, good, SEEK_SET)) {
        struct status status =
            status_error(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
        journal_close(j);
        return status;
    }
    *out = j;
    return status_ok();
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    fclose(j->file);
    free(j);
}

__attribute__((format(printf, 2, 3))) static void
append(struct journal *j, const char *format, ...)
{
    va_list arguments;
    size_t room = sizeof j->line - j->length;
    va_start(arguments, format);
    int length = vsnprintf(j->line + j->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        j->length += (size_t)length < room ? (size_t)length : room - 1;
}

void journal_begin(struct journal *j, uint64_t update)
{
    j->length = 0;
    append(j, "{\"update\": %" PRIu64, update);
}

void journal_number(struct journal *j, const char *key, double value)
{
    if (isfinite(value))
        append(j, ", \"%s\": %.9g", key, value);
    else
        append(j, ", \"%s\": null", key);
}

void journal_text(struct journal *j, const char *key, const char *text)
{
    append(j, ", \"%s\": \"", key);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            append(j, "\\%c", *text);
        else
            append(j, "%c", *text);
    append(j, "\"");
}

struct status journal_end(struct journal *j)
{
    append(j, "}\n");
    if (fwrite(j->line, 1, j->length, j->file) != j->length || fflush(j->file))
        return status_error(STATUS_SYSTEM, "%s: %s", j->path, strerror(errno));
    return status_ok();
}
