/* What a run needs to go on as if it had not been stopped. */
#include "model/train/training_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/store/safetensors.h"
#include "model/text/decimal.h"

#define KEY_SIZE 96
#define BLOCKS 4
#define COUNT_MOST 9007199254740992.0 /* double holds every count below */

/* Settings that the result does not depend on: they may change on resuming. */
static bool is_free(const char *name)
{
    static const char *const names[] = {
        "threads",   "readers", "cache-mib",    "save-every", "report-every",
        "overwrite", "config",  "out",          "help",       "data",
        "dev",       "init",    "target-model", "outside"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

struct status training_state_open(struct training_state *state,
                                  const struct parameters *parameters,
                                  bool average)
{
    size_t total = parameters->total;
    memset(state, 0, sizeof *state);
    state->best = -1;
    state->weights = calloc(total, sizeof *state->weights);
    state->first = calloc(total, sizeof *state->first);
    state->second = calloc(total, sizeof *state->second);
    state->average = average ? calloc(total, sizeof *state->average) : NULL;
    if (state->weights && state->first && state->second &&
        (state->average || !average))
        return status_ok();
    training_state_close(state);
    return status_memory("parameters and moments");
}

void training_state_close(struct training_state *state)
{
    free(state->weights);
    free(state->first);
    free(state->second);
    free(state->average);
    memset(state, 0, sizeof *state);
}

void training_state_average(struct training_state *state,
                            const struct parameters *parameters)
{
    real part = (real)(1.0 / (double)(state->averaged + 1));
    for (size_t i = 0; i < parameters->total; i++)
        state->average[i] += part * (state->weights[i] - state->average[i]);
    state->averaged++;
}

/* The blocks, under their names in the file. */
static size_t list_blocks(const char **names, real **blocks,
                          const struct training_state *state)
{
    static const char *const all[BLOCKS] = {"weights", "moment1", "moment2",
                                            "average"};
    real *pointers[BLOCKS] = {state->weights, state->first, state->second,
                              state->average};
    size_t count = state->average ? BLOCKS : BLOCKS - 1;
    for (size_t i = 0; i < count; i++) {
        names[i] = all[i];
        blocks[i] = pointers[i];
    }
    return count;
}

struct header {
    size_t count;
    struct safetensors_text texts[SETTINGS_MOST + 12];
    char keys[SETTINGS_MOST + 12][KEY_SIZE];
    char *values[SETTINGS_MOST + 12];
};

__attribute__((format(printf, 3, 4))) static bool
header_add(struct header *h, const char *key, const char *format, ...)
{
    va_list arguments;
    char *value = NULL;
    va_start(arguments, format);
    bool whole = vasprintf(&value, format, arguments) >= 0;
    va_end(arguments);
    if (!whole)
        return false;
    snprintf(h->keys[h->count], KEY_SIZE, "%s", key);
    h->values[h->count] = value;
    h->texts[h->count] =
        (struct safetensors_text){.key = h->keys[h->count], .value = value};
    h->count++;
    return true;
}

static bool header_fill(struct header *h, const struct training_state *state,
                        const struct settings *settings, unsigned verb,
                        uint64_t fingerprint)
{
    size_t count;
    char key[KEY_SIZE], value[SETTING_TEXT_SIZE], best[32], seconds[32];
    const struct setting *table = settings_table(&count);
    decimal_write(best, sizeof best, 17, state->best);
    decimal_write(seconds, sizeof seconds, 17, state->seconds);
    bool whole =
        header_add(h, "state.update", "%" PRIu64, state->update) &&
        header_add(h, "state.averaged", "%" PRIu64, state->averaged) &&
        header_add(h, "state.best", "%s", best) &&
        header_add(h, "state.best_update", "%" PRIu64, state->best_update) &&
        header_add(h, "state.seconds", "%s", seconds) &&
        header_add(h, "state.finished", "%d", state->finished) &&
        header_add(h, "state.data", "%016" PRIx64, fingerprint);
    for (size_t i = 0; whole && i < count; i++) {
        if (!(table[i].verbs & verb) || is_free(table[i].name))
            continue;
        settings_get(value, sizeof value, settings, &table[i]);
        snprintf(key, sizeof key, "setting.%s", table[i].name);
        whole = header_add(h, key, "%s", value);
    }
    return whole;
}

struct status training_state_write(const char *path,
                                   const struct training_state *state,
                                   const struct parameters *parameters,
                                   const struct settings *settings,
                                   unsigned verb, uint64_t fingerprint)
{
    const char *names[BLOCKS];
    real *blocks[BLOCKS];
    struct safetensor tensors[BLOCKS] = {{.name = NULL}};
    float *copies[BLOCKS] = {NULL};
    size_t count = list_blocks(names, blocks, state);
    struct status status = status_memory("training state");
    struct header *header = calloc(1, sizeof *header);
    if (!header || !header_fill(header, state, settings, verb, fingerprint))
        goto out;
    for (size_t i = 0; i < count; i++) {
        const float *data = (const float *)blocks[i];
        if (sizeof(real) != sizeof(float)) {
            copies[i] = malloc(parameters->total * sizeof *copies[i]);
            if (!copies[i])
                goto out;
            for (size_t j = 0; j < parameters->total; j++)
                copies[i][j] = (float)blocks[i][j];
            data = copies[i];
        }
        tensors[i] = (struct safetensor){.name = (char *)names[i],
                                         .dims = 1,
                                         .shape = {parameters->total},
                                         .count = parameters->total,
                                         .data = data};
    }
    status =
        safetensors_write(path, tensors, count, header->texts, header->count);
out:
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    for (size_t i = 0; header && i < header->count; i++)
        free(header->values[i]);
    free(header);
    return status;
}

static struct status compare_settings(const struct safetensors *file,
                                      const char *path,
                                      const struct settings *settings,
                                      unsigned verb)
{
    size_t count;
    char key[KEY_SIZE], value[SETTING_TEXT_SIZE];
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (!(table[i].verbs & verb) || is_free(table[i].name))
            continue;
        settings_get(value, sizeof value, settings, &table[i]);
        snprintf(key, sizeof key, "setting.%s", table[i].name);
        const char *before = safetensors_find_text(file, key);
        if (!before || strcmp(before, value))
            return status_error(
                STATUS_INPUT,
                "%s: that run has %s = %s, this one %s: take the same "
                "settings, another --out, or --overwrite to start over",
                path, table[i].name, before ? before : "(none)", value);
    }
    return status_ok();
}

/* The numbers of the header: counts are whole and not negative. The best error
 * may be infinite, where there were words and none in the reference. */
static struct status read_numbers(struct training_state *state,
                                  const struct safetensors *file,
                                  const char *path)
{
    uint64_t finished = 0;
    const struct {
        const char *key;
        uint64_t *count;
        double *number;
    } wanted[] = {{"state.update", &state->update, NULL},
                  {"state.averaged", &state->averaged, NULL},
                  {"state.best", NULL, &state->best},
                  {"state.best_update", &state->best_update, NULL},
                  {"state.seconds", NULL, &state->seconds},
                  {"state.finished", &finished, NULL}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *text = safetensors_find_text(file, wanted[i].key);
        char *end = NULL;
        double value = text ? decimal_read(text, &end) : 0;
        bool good = text && end != text && !*end && !isnan(value);
        if (wanted[i].count)
            good = good && value >= 0 && value < COUNT_MOST &&
                   value == floor(value);
        if (!good)
            return status_error(STATUS_INPUT,
                                "%s: %s is missing or no number: --overwrite "
                                "starts over",
                                path, wanted[i].key);
        if (wanted[i].count)
            *wanted[i].count = (uint64_t)value;
        else
            *wanted[i].number = value;
    }
    state->finished = finished != 0;
    return status_ok();
}

static struct status read_blocks(struct training_state *state,
                                 const struct safetensors *file,
                                 const char *path, size_t total)
{
    const char *names[BLOCKS];
    real *blocks[BLOCKS];
    size_t count = list_blocks(names, blocks, state);
    for (size_t i = 0; i < count; i++) {
        const struct safetensor *t = safetensors_find(file, names[i]);
        if (!t || t->count != total)
            return status_error(STATUS_INPUT,
                                "%s: tensor \"%s\" is missing or of another "
                                "size: --overwrite starts over",
                                path, names[i]);
        for (size_t j = 0; j < total; j++)
            blocks[i][j] = (real)t->data[j];
    }
    return status_ok();
}

struct status training_state_read(bool *found, struct training_state *state,
                                  const char *path,
                                  const struct parameters *parameters,
                                  const struct settings *settings,
                                  unsigned verb, uint64_t fingerprint)
{
    struct safetensors file = {.tensor_count = 0};
    char data[24];
    *found = access(path, F_OK) == 0;
    if (!*found)
        return status_ok();
    struct status status = safetensors_read(&file, path);
    if (!status_failed(&status))
        status = compare_settings(&file, path, settings, verb);
    snprintf(data, sizeof data, "%016" PRIx64, fingerprint);
    const char *before = safetensors_find_text(&file, "state.data");
    if (!status_failed(&status) && (!before || strcmp(before, data)))
        status = status_error(STATUS_INPUT,
                              "%s: that run learned from other data: take "
                              "another --out, or --overwrite to start over",
                              path);
    if (!status_failed(&status))
        status = read_blocks(state, &file, path, parameters->total);
    if (!status_failed(&status))
        status = read_numbers(state, &file, path);
    safetensors_free(&file);
    return status;
}

void training_state_share(struct training_state *state,
                          const struct parameters *parameters,
                          const size_t *slices, size_t grain,
                          const struct ranks *ranks)
{
    size_t bytes = parameters->total * sizeof *state->weights;
    struct training_state first = *state;
    ranks_share(ranks, &first, sizeof first);
    first.weights = state->weights;
    first.first = state->first;
    first.second = state->second;
    first.average = state->average;
    *state = first;
    ranks_share(ranks, state->weights, bytes);
    if (state->average)
        ranks_share(ranks, state->average, bytes);
    ranks_scatter(ranks, state->first, slices, grain);
    ranks_scatter(ranks, state->second, slices, grain);
}

void training_state_collect(struct training_state *state, const size_t *slices,
                            size_t grain, const struct ranks *ranks)
{
    ranks_collect(ranks, state->first, slices, grain);
    ranks_collect(ranks, state->second, slices, grain);
}
