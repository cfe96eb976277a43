/* Tokens: the characters a model writes. */
#include "model/text/tokens.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/text/normalise.h"

#define BLANK_TEXT "<blank>"

size_t tokens_character_length(const char *text)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t before, point, state = 0;
    utf8proc_ssize_t used = utf8proc_iterate(p, -1, &before);
    size_t length = used > 0 ? (size_t)used : 1;
    while (p[length]) {
        used = utf8proc_iterate(p + length, -1, &point);
        if (used <= 0 ||
            utf8proc_grapheme_break_stateful(before, point, &state))
            break;
        length += (size_t)used;
        before = point;
    }
    return length;
}

/* Whether a character is among the sorted tokens 1 .. count - 1; *place is
 * where it is or would be. */
static bool find(int *place, const struct tokens *tokens, const char *text,
                 size_t length)
{
    int low = 1, high = tokens->count - 1;
    while (low <= high) {
        int middle = low + (high - low) / 2;
        const char *token = tokens->texts[middle];
        int order = strncmp(token, text, length);
        if (!order && token[length])
            order = 1;
        *place = middle;
        if (!order)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle - 1;
    }
    *place = low;
    return false;
}

static bool insert(struct tokens *tokens, int place, const char *text,
                   size_t length)
{
    char *copy = strndup(text, length);
    if (!copy)
        return false;
    memmove(tokens->texts + place + 1, tokens->texts + place,
            (size_t)(tokens->count - place) * sizeof *tokens->texts);
    tokens->texts[place] = copy;
    tokens->count++;
    return true;
}

struct status tokens_from_texts(struct tokens *tokens, const char *const *texts,
                                size_t count)
{
    struct status status = status_ok();
    *tokens = (struct tokens){.count = 0};
    tokens->texts = calloc(TOKENS_MOST + 1, sizeof *tokens->texts);
    if (!tokens->texts || !insert(tokens, 0, BLANK_TEXT, strlen(BLANK_TEXT)))
        status = status_memory("tokens");
    for (size_t i = 0; i < count && !status_failed(&status); i++)
        for (const char *p = texts[i]; *p && !status_failed(&status);) {
            size_t length = tokens_character_length(p);
            int place;
            if (!find(&place, tokens, p, length)) {
                if (tokens->count == TOKENS_MOST)
                    status = status_error(STATUS_INPUT,
                                          "the transcripts have more than %d "
                                          "different characters",
                                          TOKENS_MOST - 1);
                else if (!insert(tokens, place, p, length))
                    status = status_memory("tokens");
            }
            p += length;
        }
    if (status_failed(&status))
        tokens_free(tokens);
    return status;
}

struct status tokens_from_list(struct tokens *tokens, const char *const *list,
                               size_t count, const char *path)
{
    *tokens = (struct tokens){.count = 0};
    if (count < 1 || count > TOKENS_MOST || strcmp(list[0], BLANK_TEXT))
        return status_error(STATUS_INPUT,
                            "%s: tokens: the first of 1 .. %d must be "
                            "\"" BLANK_TEXT "\"",
                            path, TOKENS_MOST);
    for (size_t i = 1; i < count; i++) {
        size_t bad;
        if (!*list[i] || !normalise_is_utf8(list[i], strlen(list[i]), &bad))
            return status_error(STATUS_INPUT,
                                "%s: token %zu is empty or not UTF-8", path, i);
        if (i > 1 && strcmp(list[i - 1], list[i]) >= 0)
            return status_error(STATUS_INPUT,
                                "%s: token %zu is out of order or doubled",
                                path, i);
    }
    tokens->texts = calloc(count, sizeof *tokens->texts);
    bool whole = tokens->texts != NULL;
    for (size_t i = 0; whole && i < count; i++)
        whole = insert(tokens, (int)i, list[i], strlen(list[i]));
    if (!whole) {
        tokens_free(tokens);
        return status_memory("tokens");
    }
    return status_ok();
}

int32_t tokens_space(const struct tokens *tokens)
{
    int place;
    return find(&place, tokens, " ", 1) ? place : 0;
}

struct status tokens_encode(int32_t **ids, size_t *count, size_t *unknown,
                            const struct tokens *tokens, const char *text)
{
    *count = 0;
    *unknown = 0;
    *ids = malloc((strlen(text) + 1) * sizeof **ids);
    if (!*ids)
        return status_memory("tokens");
    while (*text) {
        size_t length = tokens_character_length(text);
        int id;
        if (find(&id, tokens, text, length))
            (*ids)[(*count)++] = id;
        else
            (*unknown)++;
        text += length;
    }
    return status_ok();
}

struct status tokens_join(char **text, const struct tokens *tokens,
                          const int32_t *ids, size_t count)
{
    size_t room = 1;
    for (size_t i = 0; i < count; i++)
        room += strlen(tokens->texts[ids[i]]);
    char *out = malloc(room);
    *text = out;
    if (!out)
        return status_memory("text");
    char *start = out;
    bool space = false;
    for (size_t i = 0; i < count; i++) {
        const char *token = tokens->texts[ids[i]];
        if (ids[i] == TOKENS_BLANK)
            continue;
        if (!strcmp(token, " ")) {
            space = true;
            continue;
        }
        if (space && out > start)
            *out++ = ' ';
        space = false;
        size_t length = strlen(token);
        memcpy(out, token, length);
        out += length;
    }
    *out = '\0';
    return status_ok();
}

void tokens_free(struct tokens *tokens)
{
    for (int i = 0; i < tokens->count; i++)
        free(tokens->texts[i]);
    free(tokens->texts);
    *tokens = (struct tokens){.count = 0};
}
