/* Golden values: text files of named arrays, made by an independent tool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/golden.h"

#define GOLDEN_ARRAYS 512

struct golden_entry {
    char name[120];
    size_t count;
    real *values;
};

struct golden {
    size_t count;
    struct golden_entry entries[GOLDEN_ARRAYS];
};

struct golden *golden_open(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: cannot be opened", path);
    struct golden *golden = calloc(1, sizeof *golden);
    assert_non_null(golden);
    if (fgetc(file) != '#' || fscanf(file, "%*[^\n]") == EOF)
        fail_msg("%s:1: lacks the line that says how it was made", path);
    struct golden_entry *e = golden->entries;
    while (fscanf(file, " @%119s %zu", e->name, &e->count) == 2) {
        e->values = malloc((e->count + 1) * sizeof *e->values);
        assert_non_null(e->values);
        for (size_t i = 0; i < e->count; i++) {
            double value;
            if (fscanf(file, "%lf", &value) != 1)
                fail_msg("%s: @%s: value %zu is missing", path, e->name, i);
            e->values[i] = (real)value;
        }
        assert_true(++golden->count < GOLDEN_ARRAYS);
        e++;
    }
    if (!feof(file) || !golden->count)
        fail_msg("%s: malformed after %zu arrays", path, golden->count);
    fclose(file);
    return golden;
}

void golden_close(struct golden *golden)
{
    for (size_t i = 0; golden && i < golden->count; i++)
        free(golden->entries[i].values);
    free(golden);
}

const real *golden_array(const struct golden *golden, const char *name,
                         size_t *count)
{
    for (size_t i = 0; i < golden->count; i++)
        if (!strcmp(golden->entries[i].name, name)) {
            *count = golden->entries[i].count;
            return golden->entries[i].values;
        }
    fail_msg("golden array %s is missing", name);
    return NULL;
}
