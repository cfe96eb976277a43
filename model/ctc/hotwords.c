/* Phrases that a search is to favour. */
#include "model/ctc/hotwords.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/text/decimal.h"

/* Phrases as they are gathered, one behind the other. */
struct phrases {
    const char *name;
    const struct tokens *tokens;
    const struct normalise_settings *how;
    int32_t space;
    int32_t *ids;
    size_t id_count, id_room;
    size_t *starts;
    double *boosts;
    size_t count, left_out;
};

static struct status append(struct phrases *p, const int32_t *ids, size_t count,
                            double boost)
{
    size_t padding = p->space ? 1 : 0;
    if (p->id_count + count + 2 > p->id_room) {
        size_t room = 2 * p->id_room + count + 256;
        int32_t *grown = realloc(p->ids, room * sizeof *grown);
        if (!grown)
            return status_memory(p->name);
        p->ids = grown;
        p->id_room = room;
    }
    int32_t *at = p->ids + p->id_count;
    at[0] = p->space;
    memcpy(at + padding, ids, count * sizeof *ids);
    at[padding + count] = p->space;
    p->id_count += count + 2 * padding;
    p->boosts[p->count++] = boost;
    p->starts[p->count] = p->id_count;
    return status_ok();
}

static struct status gather(struct phrases *p, const char *raw, double boost)
{
    char *text = NULL;
    int32_t *ids = NULL;
    size_t count = 0, unknown = 0;
    struct status status = normalise_text(&text, raw, p->how);
    if (!status_failed(&status))
        status = tokens_encode(&ids, &count, &unknown, p->tokens, text);
    if (!status_failed(&status) && count && !unknown)
        status = append(p, ids, count, boost);
    p->left_out += unknown > 0;
    free(ids);
    free(text);
    return status;
}

/* One phrase with its boost. where: the line, for messages. */
static struct status read_phrase(struct phrases *p, char *entry, char mark,
                                 double usual_boost, const char *where)
{
    char *boost_text = strrchr(entry, mark), *end;
    double boost = usual_boost;
    if (boost_text) {
        *boost_text++ = '\0';
        boost = decimal_read(boost_text, &end);
        bool empty = end == boost_text;
        end += strspn(end, " \t\r");
        if (empty || *end || !(fabs(boost) <= HOTWORDS_LARGEST))
            return status_error(
                STATUS_INPUT, "%s: boost \"%.40s\" is no number of -%d .. %d",
                where, boost_text, HOTWORDS_LARGEST, HOTWORDS_LARGEST);
    }
    return gather(p, entry, boost);
}

static struct status read_phrases(struct phrases *p, const char *text,
                                  char between, char mark, double usual_boost)
{
    const char ends[] = {between, '\0'};
    struct status status = status_ok();
    for (size_t line = 1; *text && !status_failed(&status); line++) {
        size_t length = strcspn(text, ends);
        char *entry = strndup(text, length), where[400];
        if (between == '\n')
            snprintf(where, sizeof where, "%s:%zu", p->name, line);
        else
            snprintf(where, sizeof where, "%s", p->name);
        if (entry)
            status = read_phrase(p, entry, mark, usual_boost, where);
        else
            status = status_memory(p->name);
        free(entry);
        text += length + (text[length] == between);
    }
    return status;
}

/* Awards and hopes of the nodes that phrases themselves go through. */
static void set_own(struct hotwords *h, const struct phrases *p)
{
    size_t padding = p->space ? 1 : 0;
    for (size_t i = 0; i < p->count; i++) {
        size_t first = p->starts[i] + padding;
        size_t length = p->starts[i + 1] - padding - first;
        uint32_t node = h->begin, path_end = h->begin;
        for (size_t k = first; k < p->starts[i + 1]; k++)
            path_end = token_trie_step(&h->trie, path_end, p->ids[k]);
        if (h->trie.entries[path_end] != i)
            continue;
        h->award[path_end] = p->boosts[i];
        for (size_t k = first; k + 1 < p->starts[i + 1]; k++) {
            double share = (double)(k + 1 - first) / (double)length;
            node = token_trie_step(&h->trie, node, p->ids[k]);
            h->hope[node] = fmax(h->hope[node], p->boosts[i] * share);
        }
    }
}

/* Suffixes level by level, and what a node has of its suffixes. */
static void set_falls(struct hotwords *h)
{
    const struct token_trie *trie = &h->trie;
    for (uint32_t n = 0; n < trie->count; n++)
        for (uint32_t c = trie->children[n]; c < trie->children[n + 1]; c++) {
            uint32_t at = n, next = TRIE_NONE;
            while (at != TRIE_ROOT && next == TRIE_NONE) {
                at = h->falls[at];
                next = token_trie_step(trie, at, trie->tokens[c]);
            }
            h->falls[c] = next == TRIE_NONE ? TRIE_ROOT : next;
            h->award[c] += h->award[h->falls[c]];
            h->hope[c] = fmax(h->hope[c], h->hope[h->falls[c]]);
            h->gain = fmax(h->gain, h->award[c] + h->hope[c] - h->hope[n]);
        }
}

static struct status build(struct hotwords **out, const struct phrases *p)
{
    struct hotwords *h = calloc(1, sizeof *h);
    if (!h)
        return status_memory(p->name);
    struct status status =
        token_trie_build(&h->trie, p->ids, p->starts, p->count);
    if (!status_failed(&status)) {
        h->falls = calloc(h->trie.count, sizeof *h->falls);
        h->award = calloc(h->trie.count, sizeof *h->award);
        h->hope = calloc(h->trie.count, sizeof *h->hope);
        if (!h->falls || !h->award || !h->hope)
            status = status_memory(p->name);
    }
    if (status_failed(&status)) {
        hotwords_free(h);
        return status;
    }
    h->space = p->space;
    h->left_out = p->left_out;
    if (p->space && p->count)
        h->begin = token_trie_step(&h->trie, TRIE_ROOT, p->space);
    set_own(h, p);
    set_falls(h);
    *out = h;
    return status;
}

static struct status parse(struct hotwords **hotwords, struct phrases *p,
                           const char *text, char between, char mark,
                           double usual_boost)
{
    size_t most = 1;
    *hotwords = NULL;
    for (const char *at = text; (at = strchr(at, between)); at++)
        most++;
    p->space = tokens_space(p->tokens);
    p->starts = calloc(most + 1, sizeof *p->starts);
    p->boosts = calloc(most, sizeof *p->boosts);
    struct status status =
        p->starts && p->boosts ? status_ok() : status_memory(p->name);
    if (!status_failed(&status))
        status = read_phrases(p, text, between, mark, usual_boost);
    if (!status_failed(&status))
        status = build(hotwords, p);
    free(p->ids);
    free(p->starts);
    free(p->boosts);
    return status;
}

struct status hotwords_parse(struct hotwords **hotwords, const char *text,
                             const char *name, const struct tokens *tokens,
                             const struct normalise_settings *how,
                             double usual_boost)
{
    struct phrases p = {.name = name, .tokens = tokens, .how = how};
    return parse(hotwords, &p, text, '\n', '\t', usual_boost);
}

struct status hotwords_parse_list(struct hotwords **hotwords, const char *text,
                                  const char *name, const struct tokens *tokens,
                                  const struct normalise_settings *how,
                                  double usual_boost)
{
    struct phrases p = {.name = name, .tokens = tokens, .how = how};
    return parse(hotwords, &p, text, ',', ':', usual_boost);
}

void hotwords_free(struct hotwords *h)
{
    if (!h)
        return;
    token_trie_free(&h->trie);
    free(h->falls);
    free(h->award);
    free(h->hope);
    free(h);
}

uint32_t hotwords_step(double *score, const struct hotwords *h, uint32_t state,
                       int32_t token)
{
    uint32_t at = state, next = token_trie_step(&h->trie, at, token);
    while (next == TRIE_NONE && at != TRIE_ROOT) {
        at = h->falls[at];
        next = token_trie_step(&h->trie, at, token);
    }
    if (next == TRIE_NONE)
        next = TRIE_ROOT;
    *score += h->award[next] + h->hope[next] - h->hope[state];
    return next;
}
