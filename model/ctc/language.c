/* What a beam search expects of a text, token by token. */
#include "model/ctc/language.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ln of what other programs write where a model says 0 (log10: -99). */
#define LOWEST (-99 * 2.302585092994046)

struct language {
    struct language_settings settings;
    size_t vocabulary;
    int32_t space;
    const struct ngram *words;      /* NULL: there is none, or */
    const struct ngram *characters; /* this one */
    uint32_t *units;                /* [vocabulary] of characters */
    const struct lexicon *lexicon;
    const struct hotwords *hotwords;
    double unknown; /* score of a word that n-grams of words lack */
    double gain;    /* most that a token inside a word adds */
};

/* lm_weight ln P; 0 is far away, but no infinity, so that hypotheses with it
 * keep their order. */
static double weigh(double *lm, const struct language *l, double log_p)
{
    double p = log_p < LOWEST ? LOWEST : log_p > 0 ? 0 : log_p;
    *lm += p;
    return l->settings.lm_weight * p;
}

static struct status find_units(struct language *l, const struct tokens *tokens)
{
    l->units = calloc(l->vocabulary, sizeof *l->units);
    if (!l->units)
        return status_memory("language model");
    for (size_t k = 1; k < l->vocabulary; k++) {
        const char *text =
            (int32_t)k == l->space ? "<space>" : tokens->texts[k];
        l->units[k] = ngram_find(l->characters, text, strlen(text));
    }
    return status_ok();
}

struct status language_open(struct language **language,
                            const struct language_settings *settings,
                            const struct tokens *tokens,
                            const struct ngram *ngram,
                            const struct lexicon *lexicon,
                            const struct hotwords *hotwords)
{
    struct status status = status_ok();
    int32_t space = tokens_space(tokens);
    *language = NULL;
    assert(settings->lm_weight >= 0 && (lexicon || !settings->closed));
    assert(!ngram || space || ngram_of_characters(ngram));
    struct language *l = calloc(1, sizeof *l);
    if (!l)
        return status_memory("language model");
    l->settings = *settings;
    l->vocabulary = (size_t)tokens->count;
    l->space = space;
    l->lexicon = lexicon;
    l->hotwords = hotwords;
    l->gain = fmax(settings->word_bonus, 0) + (hotwords ? hotwords->gain : 0);
    if (ngram && (!space || ngram_find(ngram, "<space>", 7) != NGRAM_UNKNOWN)) {
        l->characters = ngram;
        l->gain += fmax(settings->unknown_score, 0);
        status = find_units(l, tokens);
    } else if (ngram) {
        double lm = 0;
        uint32_t after;
        assert(lexicon && lexicon->ngram == ngram);
        l->words = ngram;
        l->unknown = settings->unknown_score +
                     weigh(&lm, l,
                           ngram_score(&after, ngram, ngram_empty(ngram),
                                       NGRAM_UNKNOWN));
        if (!settings->closed)
            l->gain += fmax(l->unknown, 0);
    }
    if (status_failed(&status))
        language_close(l);
    else
        *language = l;
    return status;
}

void language_close(struct language *l)
{
    if (!l)
        return;
    free(l->units);
    free(l);
}

size_t language_vocabulary(const struct language *l)
{
    return l->vocabulary;
}

int32_t language_space(const struct language *l)
{
    return l->space;
}

void language_begin(struct language_state *state, const struct language *l)
{
    const struct ngram *ngram = l->words ? l->words : l->characters;
    *state = (struct language_state){
        .context = ngram ? ngram_begin(ngram) : 0,
        .spelt = TRIE_ROOT,
        .matched = l->hotwords ? l->hotwords->begin : 0,
    };
}

/* The most that a word at hand can bring: its bonus, and as n-gram the best
 * word that begins so, in no context. Within a word it never rises. */
static double hope_of_word(const struct language *l, uint32_t spelt)
{
    double bonus = l->settings.word_bonus;
    if (spelt == TRIE_ROOT)
        return 0;
    if (!l->words)
        return bonus;
    if (spelt == TRIE_NONE)
        return bonus + l->unknown;
    double lm = 0;
    double best = weigh(&lm, l, (double)l->lexicon->best[spelt]);
    if (!l->settings.closed && best < l->unknown)
        best = l->unknown;
    return bonus + best;
}

/* Puts the word at hand in its context in place of the hope for it. */
static bool end_word(struct language_state *s, const struct language *l)
{
    uint32_t word = NGRAM_UNKNOWN, entry = TRIE_NONE;
    if (l->lexicon && s->spelt != TRIE_NONE)
        entry = l->lexicon->trie.entries[s->spelt];
    if (entry == TRIE_NONE && l->settings.closed)
        return false;
    if (l->words) {
        if (entry != TRIE_NONE)
            word = l->lexicon->words[entry];
        double log_p = ngram_score(&s->context, l->words, s->context, word);
        s->score += weigh(&s->lm, l, log_p) + l->settings.word_bonus -
                    hope_of_word(l, s->spelt);
        if (word == NGRAM_UNKNOWN)
            s->score += l->settings.unknown_score;
    }
    s->spelt = TRIE_ROOT;
    return true;
}

/* Goes on with the word at hand, or begins one. */
static bool spell(struct language_state *s, const struct language *l,
                  int32_t token)
{
    uint32_t next = TRIE_NONE;
    if (l->lexicon && s->spelt != TRIE_NONE)
        next = token_trie_step(&l->lexicon->trie, s->spelt, token);
    if (next == TRIE_NONE && l->settings.closed)
        return false;
    s->score += hope_of_word(l, next) - hope_of_word(l, s->spelt);
    /* Where there is no space, each token is a word, or the whole text is. */
    s->spelt = l->space || l->settings.closed ? next : TRIE_ROOT;
    return true;
}

bool language_step(struct language_state *next, const struct language *l,
                   const struct language_state *state, int32_t token)
{
    *next = *state;
    if (token == l->space ? !end_word(next, l) : !spell(next, l, token))
        return false;
    if (l->characters) {
        uint32_t unit = l->units[token];
        double log_p =
            ngram_score(&next->context, l->characters, state->context, unit);
        next->score += weigh(&next->lm, l, log_p);
        if (unit == NGRAM_UNKNOWN)
            next->score += l->settings.unknown_score;
    }
    if (l->hotwords)
        next->matched =
            hotwords_step(&next->score, l->hotwords, state->matched, token);
    return true;
}

double language_most(const struct language *l, int32_t token)
{
    return l->words && token == l->space ? INFINITY : l->gain;
}

bool language_end(double *lm, double *score, const struct language *l,
                  const struct language_state *state)
{
    struct language_state s = *state;
    bool inside = s.spelt != TRIE_ROOT;
    if (inside && !end_word(&s, l))
        return false;
    if (l->words || l->characters)
        s.score += weigh(
            &s.lm, l,
            ngram_score_end(l->words ? l->words : l->characters, s.context));
    if (l->hotwords) {
        if (inside && l->hotwords->space)
            s.matched = hotwords_step(&s.score, l->hotwords, s.matched,
                                      l->hotwords->space);
        s.score -= l->hotwords->hope[s.matched];
    }
    *lm = s.lm;
    *score = s.score;
    return true;
}
