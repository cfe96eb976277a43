/* Any text as a lexicon: it is read or refused. */
#include <stdlib.h>
#include <string.h>

#include "model/ctc/lexicon.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const letters[] = {" abcdefghijklmnopqrstuvwxyz'"};
    const struct normalise_settings how = {.fold_case = true};
    struct tokens tokens;
    struct lexicon *lexicon = NULL;
    char *text = strndup((const char *)bytes, size);
    struct status status = tokens_from_texts(&tokens, letters, 1);
    if (text && !status_failed(&status))
        status = lexicon_parse(&lexicon, text, "fuzz", &tokens, &how, NULL);
    if (status_failed(&status) == (lexicon != NULL))
        abort();
    lexicon_free(lexicon);
    tokens_free(&tokens);
    free(text);
    return 0;
}
