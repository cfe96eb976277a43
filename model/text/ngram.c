/* Back-off n-gram language models, from ARPA files. */
#include "model/text/ngram.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/text/arpa.h"
#include "model/text/ngram_tree.h"
#include "model/text/tokens.h"

static bool is_character(const char *text)
{
    return !strcmp(text, "<space>") ||
           tokens_character_length(text) == strlen(text);
}

static bool is_of_characters(const struct ngram *model, uint32_t begin)
{
    size_t characters = 0;
    for (size_t i = 0; i < model->vocabulary.count; i++) {
        if (i == NGRAM_UNKNOWN || i == begin || i == model->end)
            continue;
        if (!is_character(ngram_text(model, (uint32_t)i)))
            return false;
        characters++;
    }
    return characters > 0;
}

struct status ngram_read(struct ngram **model, const char *path)
{
    *model = NULL;
    struct ngram *made = calloc(1, sizeof *made);
    if (!made)
        return status_memory(path);
    struct status status = arpa_read(made, path);
    if (status_failed(&status)) {
        ngram_close(made);
        return status;
    }
    ngram_tree_finish(made);
    uint32_t begin = vocabulary_find(&made->vocabulary, "<s>", 3);
    if (begin != VOCABULARY_NONE)
        made->begin = ngram_tree_state(made, 1 + begin);
    made->end = vocabulary_find(&made->vocabulary, "</s>", 4);
    made->of_characters = is_of_characters(made, begin);
    *model = made;
    return status;
}

void ngram_close(struct ngram *model)
{
    if (model)
        ngram_tree_free(model);
    free(model);
}

size_t ngram_words(const struct ngram *model)
{
    return model->vocabulary.count;
}

const char *ngram_text(const struct ngram *model, uint32_t word)
{
    return vocabulary_text(&model->vocabulary, word);
}

uint32_t ngram_find(const struct ngram *model, const char *word, size_t length)
{
    uint32_t found = vocabulary_find(&model->vocabulary, word, length);
    return found == VOCABULARY_NONE ? NGRAM_UNKNOWN : found;
}

bool ngram_of_characters(const struct ngram *model)
{
    return model->of_characters;
}

uint32_t ngram_begin(const struct ngram *model)
{
    return model->begin;
}

uint32_t ngram_empty(const struct ngram *model)
{
    (void)model;
    return 0;
}

double ngram_score(uint32_t *next, const struct ngram *model, uint32_t state,
                   uint32_t word)
{
    uint32_t found;
    assert(word < model->vocabulary.count);
    double score = ngram_tree_score(&found, model, state, word);
    *next = ngram_tree_state(model, found);
    return score;
}

double ngram_score_end(const struct ngram *model, uint32_t state)
{
    uint32_t found;
    if (model->end == VOCABULARY_NONE)
        return 0;
    return ngram_tree_score(&found, model, state, model->end);
}
