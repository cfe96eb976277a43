/* Writing a model into one file. */
#include "model/store/checkpoint.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/store/json_string.h"

#define TEXTS_MOST (SETTINGS_MOST + CHECKPOINT_PROVENANCE + 4)

struct writer {
    struct safetensors_text texts[TEXTS_MOST];
    size_t text_count;
    struct safetensor *tensors;
    size_t tensor_count;
    float *copies; /* the double build's weights as float */
};

static struct status add_text(struct writer *w, const char *prefix,
                              const char *key, const char *value)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    struct safetensors_text *t = &w->texts[w->text_count];
    t->key = strdup(name);
    t->value = strdup(value);
    w->text_count++;
    if (!t->key || !t->value)
        return status_memory("checkpoint header");
    return status_ok();
}

static void add_tensor(struct writer *w, const char *name, const float *data,
                       int dims, const size_t *shape)
{
    struct safetensor *t = &w->tensors[w->tensor_count++];
    t->name = (char *)name; /* not changed by safetensors_write */
    t->dims = dims;
    t->count = 1;
    for (int i = 0; i < dims; i++) {
        t->shape[i] = shape[i];
        t->count *= shape[i];
    }
    t->data = data;
}

static struct status add_settings(struct writer *w, const struct settings *s)
{
    size_t count;
    char value[SETTING_TEXT_SIZE];
    struct status status = status_ok();
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        if (!table[i].of_model)
            continue;
        settings_get(value, sizeof value, s, &table[i]);
        status = add_text(w, "attune.setting.", table[i].name, value);
    }
    return status;
}

static struct status add_tokens(struct writer *w, const struct tokens *tokens)
{
    struct status status = status_memory("tokens");
    json_t *list = json_array();
    bool whole = list != NULL;
    for (int i = 0; whole && i < tokens->count; i++)
        whole = !json_array_append_new(list, json_string(tokens->texts[i]));
    char *text = whole ? json_text_of(list) : NULL;
    if (text)
        status = add_text(w, "attune.", "tokens", text);
    free(text);
    json_decref(list);
    return status;
}

/* Weights as float: in place, or copied in the double build. */
static struct status add_weights(struct writer *w, const struct checkpoint *c)
{
    const float *block = (const float *)c->weights;
    if (sizeof(real) != sizeof(float)) {
        w->copies = malloc(c->parameters.total * sizeof *w->copies);
        if (!w->copies)
            return status_memory("weights");
        for (size_t i = 0; i < c->parameters.total; i++)
            w->copies[i] = (float)c->weights[i];
        block = w->copies;
    }
    for (size_t i = 0; i < c->parameters.count; i++) {
        const struct parameter *p = &c->parameters.list[i];
        add_tensor(w, p->name, block + p->offset, p->dims, p->shape);
    }
    return status_ok();
}

static void add_quantiser(struct writer *w, const struct quantiser *q)
{
    size_t input = (size_t)q->input, width = (size_t)q->width;
    size_t books = (size_t)q->codebooks, codes = (size_t)q->codes;
    add_tensor(w, "attune.targets.mean", q->mean, 1, (size_t[]){input});
    add_tensor(w, "attune.targets.projection", q->projection, 3,
               (size_t[]){books, width, input});
    add_tensor(w, "attune.targets.code", q->code, 3,
               (size_t[]){books, codes, width});
    add_tensor(w, "attune.targets.bias", q->bias, 2, (size_t[]){books, codes});
}

struct status checkpoint_write(const char *path, const struct checkpoint *c)
{
    struct writer w = {.text_count = 0};
    struct status status = status_ok();
    assert(!c->int8.count);
    w.tensors = calloc(c->parameters.count + CHECKPOINT_EXTRA_TENSORS,
                       sizeof *w.tensors);
    if (!w.tensors)
        status = status_memory("checkpoint");
    if (!status_failed(&status))
        status = add_text(&w, "attune.", "format", CHECKPOINT_FORMAT);
    if (!status_failed(&status))
        status = add_settings(&w, &c->settings);
    if (!status_failed(&status) && c->tokens.count)
        status = add_tokens(&w, &c->tokens);
    for (size_t i = 0; i < c->provenance.count && !status_failed(&status); i++)
        status = add_text(&w, "attune.run.", c->provenance.key[i],
                          c->provenance.value[i]);
    if (!status_failed(&status))
        status = add_weights(&w, c);
    if (!status_failed(&status)) {
        size_t bins = (size_t)c->settings.bins;
        if (c->quantiser.codes)
            add_quantiser(&w, &c->quantiser);
        if (c->cmvn_mean) {
            add_tensor(&w, "attune.cmvn.mean", c->cmvn_mean, 1, &bins);
            add_tensor(&w, "attune.cmvn.scale", c->cmvn_scale, 1, &bins);
        }
        status = safetensors_write(path, w.tensors, w.tensor_count, w.texts,
                                   w.text_count);
    }
    for (size_t i = 0; i < w.text_count; i++) {
        free(w.texts[i].key);
        free(w.texts[i].value);
    }
    free(w.tensors);
    free(w.copies);
    return status;
}
