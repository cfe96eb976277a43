/* Any text as hotwords: it is read or refused, and then followed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/ctc/hotwords.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Goes through the automaton with the bytes as tokens. */
static void follow(const struct hotwords *h, const uint8_t *bytes, size_t size,
                   int vocabulary)
{
    uint32_t state = h->begin;
    for (size_t i = 0; i < size; i++) {
        double gain = 0;
        int32_t token = 1 + bytes[i] % (vocabulary - 1);
        state = hotwords_step(&gain, h, state, token);
        if (state >= h->trie.count || !(gain <= h->gain + 1e-6))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const letters[] = {" abcdefghijklmnopqrstuvwxyz'"};
    const struct normalise_settings how = {.fold_case = true};
    struct tokens tokens;
    struct hotwords *hotwords = NULL;
    char *text = strndup((const char *)bytes, size);
    struct status status = tokens_from_texts(&tokens, letters, 1);
    if (text && !status_failed(&status)) {
        if (size % 2)
            status = hotwords_parse(&hotwords, text, "fuzz", &tokens, &how, 2);
        else
            status =
                hotwords_parse_list(&hotwords, text, "fuzz", &tokens, &how, 2);
    }
    if (status_failed(&status) == (hotwords != NULL))
        abort();
    if (hotwords)
        follow(hotwords, bytes, size, tokens.count);
    hotwords_free(hotwords);
    tokens_free(&tokens);
    free(text);
    return 0;
}
