/* Tokens: the characters a model writes, and the way from text to numbers and
 * back. */
#ifndef MODEL_TEXT_TOKENS_H
#define MODEL_TEXT_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

#define TOKENS_BLANK 0 /* CTC's blank, always the first token, "<blank>" */
#define TOKENS_MOST 16384

struct tokens {
    int count;    /* with the blank */
    char **texts; /* [count] UTF-8, owned; a token is one user-perceived
                   * character (grapheme cluster) or the space " " */
};

/* Bytes of the first user-perceived character of text (valid UTF-8, not
 * empty). */
size_t tokens_character_length(const char *text);

/* The sorted set (by bytes) of characters of texts [count], which are
 * normalised already, behind the blank. Refuses more than TOKENS_MOST. */
MUST_CHECK struct status tokens_from_texts(struct tokens *tokens,
                                           const char *const *texts,
                                           size_t count);

/* From a checkpoint's list: the first must be "<blank>", no duplicates, none
 * empty, valid UTF-8. Copies. path is for the message. */
MUST_CHECK struct status tokens_from_list(struct tokens *tokens,
                                          const char *const *list, size_t count,
                                          const char *path);

/* The id of " "; 0 where the tokens have none. */
int32_t tokens_space(const struct tokens *tokens);

/* ids [*count] owned by the caller: text's characters as tokens. Characters
 * that are not tokens are left out and counted in *unknown. */
MUST_CHECK struct status tokens_encode(int32_t **ids, size_t *count,
                                       size_t *unknown,
                                       const struct tokens *tokens,
                                       const char *text);

/* Text of ids [count], owned by the caller. Blanks are skipped, spaces at the
 * ends and doubled ones removed. */
MUST_CHECK struct status tokens_join(char **text, const struct tokens *tokens,
                                     const int32_t *ids, size_t count);

void tokens_free(struct tokens *tokens);

#endif
