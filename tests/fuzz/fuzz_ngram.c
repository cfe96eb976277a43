/* Any bytes as a language model: `make fuzz`. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/text/ngram.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Every word after every other, so that nodes of all lengths are met. */
static void ask(const struct ngram *model)
{
    uint32_t state = ngram_begin(model);
    size_t words = ngram_words(model);
    for (size_t i = 0; i < 300; i++) {
        const char *text = ngram_text(model, (uint32_t)(i * i % words));
        uint32_t word = ngram_find(model, text, strlen(text));
        assert(word == i * i % words);
        double score = ngram_score(&state, model, state, word);
        assert(!isnan(score) && !isnan(ngram_score_end(model, state)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static int file = -1;
    char path[40];
    if (file < 0)
        file = memfd_create("ngram", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (ftruncate(file, 0) || pwrite(file, bytes, count, 0) != (ssize_t)count)
        return -1;
    struct ngram *model;
    struct status status = ngram_read(&model, path);
    assert(status_failed(&status) == !model);
    if (model)
        ask(model);
    ngram_close(model);
    return 0;
}
