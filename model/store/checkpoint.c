/* Reading a model from one file: settings, tokens, weights, provenance. */
#include "model/store/checkpoint.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel/cpu.h"

void provenance_set(struct provenance *p, const char *key, const char *value)
{
    size_t i = 0;
    while (i < p->count && strcmp(p->key[i], key))
        i++;
    if (i == CHECKPOINT_PROVENANCE)
        return;
    if (i == p->count)
        p->count++;
    snprintf(p->key[i], sizeof p->key[i], "%s", key);
    snprintf(p->value[i], sizeof p->value[i], "%s", value);
}

const char *provenance_get(const struct provenance *p, const char *key)
{
    for (size_t i = 0; i < p->count; i++)
        if (!strcmp(p->key[i], key))
            return p->value[i];
    return "";
}

static struct status read_settings(struct settings *s,
                                   const struct safetensors *file,
                                   const char *path)
{
    size_t count;
    char key[128], where[SETTING_TEXT_SIZE + 160];
    struct status status = status_ok();
    const struct setting *table = settings_table(&count);
    settings_default(s, ~0u);
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        if (!table[i].of_model)
            continue;
        snprintf(key, sizeof key, "attune.setting.%s", table[i].name);
        const char *value = safetensors_find_text(file, key);
        if (!value)
            return status_error(STATUS_INPUT, "%s: lacks \"%s\"", path, key);
        snprintf(where, sizeof where, "%s: %s", path, key);
        status = settings_set(s, &table[i], value, where);
    }
    return status;
}

/* Settings that this program does not know would change what the model is. */
static struct status check_keys(const struct safetensors *file,
                                const char *path)
{
    static const char prefix[] = "attune.setting.";
    for (size_t i = 0; i < file->text_count; i++) {
        const char *key = file->texts[i].key;
        if (strncmp(key, prefix, sizeof prefix - 1))
            continue;
        const struct setting *setting =
            settings_find(key + sizeof prefix - 1, ~0u);
        if (!setting || !setting->of_model)
            return status_error(STATUS_INPUT, "%s: unknown setting \"%s\"",
                                path, key);
    }
    return status_ok();
}

static struct status read_tokens(struct tokens *tokens,
                                 const struct safetensors *file,
                                 const char *path)
{
    struct status status = status_ok();
    const char *text = safetensors_find_text(file, "attune.tokens");
    if (!text)
        return status;
    json_error_t error = {.line = 0};
    json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    size_t count = json_array_size(list);
    const char **texts = calloc(count + 1, sizeof *texts);
    /* Out of memory, Jansson mostly says nothing at all. */
    if (!texts || (!list && !error.text[0]))
        status = status_memory("tokens");
    else if (!count)
        status = status_error(STATUS_INPUT,
                              "%s: attune.tokens is not a JSON list", path);
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        texts[i] = json_string_value(json_array_get(list, i));
        if (!texts[i])
            status = status_error(STATUS_INPUT,
                                  "%s: attune.tokens: item %zu is no string",
                                  path, i);
    }
    if (!status_failed(&status))
        status = tokens_from_list(tokens, texts, count, path);
    free(texts);
    json_decref(list);
    return status;
}

/* Reads a tensor, which must have this shape, into values. */
static struct status read_tensor(float *values, const struct safetensors *file,
                                 const char *name, int dims,
                                 const size_t *shape, const char *path)
{
    const struct safetensor *t = safetensors_find(file, name);
    if (!t)
        return status_error(STATUS_INPUT, "%s: lacks tensor \"%s\"", path,
                            name);
    bool same = t->dims == dims;
    for (int i = 0; same && i < dims; i++)
        same = t->shape[i] == shape[i];
    if (!same)
        return status_error(STATUS_INPUT,
                            "%s: tensor \"%s\" has another shape than the "
                            "settings say",
                            path, name);
    struct status status = safetensors_values(values, file, t);
    if (status_failed(&status))
        return status;
    float zero = 0; /* NaN if a value is not finite */
#pragma omp simd reduction(+ : zero)
    for (size_t i = 0; i < t->count; i++)
        zero += values[i] * 0;
    for (size_t i = 0; isnan(zero) && i < t->count; i++)
        if (!isfinite(values[i]))
            return status_error(STATUS_INPUT,
                                "%s: tensor \"%s\": value %zu is not finite",
                                path, name, i);
    return status;
}

/* Floats that lie at the beginning of values become reals, in place. */
static void widen(real *values, size_t count)
{
    for (size_t i = sizeof(real) == sizeof(float) ? 0 : count; i > 0; i--) {
        float value;
        memcpy(&value, (const char *)values + (i - 1) * sizeof value,
               sizeof value);
        values[i - 1] = (real)value;
    }
}

/* Values of the largest tensor. */
static size_t largest(const struct parameters *parameters)
{
    size_t most = 0;
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->list[i].count > most)
            most = parameters->list[i].count;
    return most;
}

/* Straight to their places; or, where buffer is not NULL, by way of it, and the
 * layers' matrices to int8 instead: pages of the block that nothing is written
 * to cost no memory. */
static struct status fill_weights(struct checkpoint *c, float *buffer,
                                  const struct safetensors *file,
                                  const char *path)
{
    struct status status = status_ok();
    for (size_t i = 0; i < c->parameters.count && !status_failed(&status);
         i++) {
        const struct parameter *p = &c->parameters.list[i];
        real *own = c->weights + p->offset;
        float *values = buffer ? buffer : (float *)own;
        status = read_tensor(values, file, p->name, p->dims, p->shape, path);
        if (status_failed(&status) ||
            (buffer && int8_weights_take(&c->int8, p, buffer)))
            continue;
        if (buffer)
            memcpy(own, buffer, p->count * sizeof *buffer);
        widen(own, p->count);
    }
    return status;
}

static struct status read_weights(struct checkpoint *c, bool int8,
                                  const struct safetensors *file,
                                  const char *path)
{
    size_t total = c->parameters.total;
    float *buffer = NULL;
    struct status status = status_ok();
    c->weights = calloc(total, sizeof *c->weights);
    if (!c->weights)
        return status_memory("weights");
    if (int8) {
        status = status_named(
            int8_weights_open(&c->int8, &c->parameters, c->weights), path);
        buffer = malloc(largest(&c->parameters) * sizeof *buffer);
        if (!buffer && !status_failed(&status))
            status = status_memory("weights");
    } else {
        cpu_large_pages(c->weights, total * sizeof *c->weights);
    }
    if (!status_failed(&status))
        status = fill_weights(c, buffer, file, path);
    free(buffer);
    return status;
}

static struct status read_quantiser(struct quantiser *q,
                                    const struct safetensors *file,
                                    const char *path)
{
    const struct safetensor *p =
        safetensors_find(file, "attune.targets.projection");
    const struct safetensor *code =
        safetensors_find(file, "attune.targets.code");
    if (!p && !code)
        return status_ok();
    if (!p || !code || p->dims != 3 || code->dims != 3 || p->shape[0] > 64 ||
        p->shape[1] > 65536 || p->shape[2] > 65536 ||
        code->shape[1] > QUANTISER_CODES_MOST || !p->count || !code->count)
        return status_error(STATUS_INPUT,
                            "%s: attune.targets.* is not complete", path);
    size_t books = p->shape[0], width = p->shape[1], input = p->shape[2];
    size_t codes = code->shape[1];
    struct status status =
        quantiser_open(q, (int)books, (int)codes, (int)width, (int)input);
    if (!status_failed(&status))
        status =
            read_tensor(q->mean, file, "attune.targets.mean", 1, &input, path);
    if (!status_failed(&status))
        status = read_tensor(q->projection, file, "attune.targets.projection",
                             3, (size_t[]){books, width, input}, path);
    if (!status_failed(&status))
        status = read_tensor(q->code, file, "attune.targets.code", 3,
                             (size_t[]){books, codes, width}, path);
    if (!status_failed(&status))
        status = read_tensor(q->bias, file, "attune.targets.bias", 2,
                             (size_t[]){books, codes}, path);
    return status;
}

static struct status read_cmvn(struct checkpoint *c,
                               const struct safetensors *file, const char *path)
{
    if (!safetensors_find(file, "attune.cmvn.mean"))
        return c->settings.cmvn == CMVN_UTTERANCE
                   ? status_ok()
                   : status_error(STATUS_INPUT,
                                  "%s: lacks tensor \"attune.cmvn.mean\"",
                                  path);
    size_t bins = (size_t)c->settings.bins;
    c->cmvn_mean = calloc(bins, sizeof *c->cmvn_mean);
    c->cmvn_scale = calloc(bins, sizeof *c->cmvn_scale);
    if (!c->cmvn_mean || !c->cmvn_scale)
        return status_memory("statistics");
    struct status status =
        read_tensor(c->cmvn_mean, file, "attune.cmvn.mean", 1, &bins, path);
    if (!status_failed(&status))
        status = read_tensor(c->cmvn_scale, file, "attune.cmvn.scale", 1, &bins,
                             path);
    return status;
}

/* Names the first tensor that belongs to nothing. */
static struct status check_extra(const struct checkpoint *c,
                                 const struct safetensors *file,
                                 const char *path)
{
    static const char *const others[CHECKPOINT_EXTRA_TENSORS] = {
        "attune.targets.mean", "attune.targets.projection",
        "attune.targets.code", "attune.targets.bias",
        "attune.cmvn.mean",    "attune.cmvn.scale"};
    for (size_t i = 0; i < file->tensor_count; i++) {
        const char *name = file->tensors[i].name;
        bool known = parameters_find(&c->parameters, name) != NULL;
        for (size_t k = 0; k < CHECKPOINT_EXTRA_TENSORS && !known; k++)
            known = !strcmp(name, others[k]);
        if (!known)
            return status_error(STATUS_INPUT,
                                "%s: tensor \"%s\" is none of the model's",
                                path, name);
    }
    return status_ok();
}

static void read_provenance(struct provenance *p,
                            const struct safetensors *file)
{
    static const char prefix[] = "attune.run.";
    for (size_t i = 0; i < file->text_count; i++)
        if (!strncmp(file->texts[i].key, prefix, sizeof prefix - 1))
            provenance_set(p, file->texts[i].key + sizeof prefix - 1,
                           file->texts[i].value);
}

/* Heads are known by their tensors. */
static struct status read_shape(struct checkpoint *c,
                                const struct safetensors *file,
                                const char *path)
{
    int codes = 0;
    const struct safetensor *head =
        safetensors_find(file, "masked_prediction_head.weight");
    if (head && (head->dims != 2 || head->shape[0] > (1 << 24)))
        return status_error(STATUS_INPUT,
                            "%s: tensor \"%s\" has another shape than the "
                            "settings say",
                            path, head->name);
    if (head)
        codes = (int)head->shape[0];
    struct model_shape shape =
        settings_shape(&c->settings, c->tokens.count, codes);
    struct status status = parameters_open(&c->parameters, &shape);
    return status_named(status, path);
}

static struct status read_all(struct checkpoint *c, bool int8, const char *path)
{
    struct safetensors file = {.tensor_count = 0};
    memset(c, 0, sizeof *c);
    struct status status = safetensors_open(&file, path);
    const char *format = NULL;
    if (!status_failed(&status)) {
        format = safetensors_find_text(&file, "attune.format");
        if (!format)
            status = status_error(STATUS_INPUT,
                                  "%s: a safetensors file, but not an attune "
                                  "checkpoint (lacks \"attune.format\")",
                                  path);
        else if (strcmp(format, CHECKPOINT_FORMAT))
            status = status_error(STATUS_INPUT,
                                  "%s: attune.format \"%.20s\" is newer than "
                                  "this program",
                                  path, format);
    }
    if (!status_failed(&status))
        status = check_keys(&file, path);
    if (!status_failed(&status))
        status = read_settings(&c->settings, &file, path);
    if (!status_failed(&status))
        status = read_tokens(&c->tokens, &file, path);
    if (!status_failed(&status))
        status = read_shape(c, &file, path);
    if (!status_failed(&status))
        status = check_extra(c, &file, path);
    if (!status_failed(&status))
        status = read_weights(c, int8, &file, path);
    if (!status_failed(&status))
        status = read_quantiser(&c->quantiser, &file, path);
    if (!status_failed(&status))
        status = read_cmvn(c, &file, path);
    if (!status_failed(&status))
        read_provenance(&c->provenance, &file);
    safetensors_free(&file);
    if (status_failed(&status))
        checkpoint_free(c);
    return status;
}

struct status checkpoint_read(struct checkpoint *c, const char *path)
{
    return read_all(c, false, path);
}

struct status checkpoint_read_int8(struct checkpoint *c, const char *path)
{
    return read_all(c, true, path);
}

void checkpoint_free(struct checkpoint *c)
{
    int8_weights_close(&c->int8);
    parameters_close(&c->parameters);
    free(c->weights);
    tokens_free(&c->tokens);
    quantiser_close(&c->quantiser);
    free(c->cmvn_mean);
    free(c->cmvn_scale);
    memset(c, 0, sizeof *c);
}
