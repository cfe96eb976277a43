/* From log-probabilities to what was said. */
#include "model/decoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/ctc/beam_search.h"
#include "model/ctc/greedy.h"
#include "model/ctc/hotwords.h"
#include "model/ctc/language.h"
#include "model/ctc/lexicon.h"
#include "model/data/text_file.h"
#include "model/text/ngram.h"
#include "model/text/normalise.h"

#define FILE_MOST ((size_t)1 << 28) /* bytes of a lexicon, of hotwords */

struct decoder {
    const struct tokens *tokens;
    struct beam_settings beam; /* width 0: greedy */
    size_t alternatives;
    struct language_settings weights;
    bool varied; /* only the language is its own */
    struct ngram *ngram;
    struct lexicon *vocabulary; /* the n-gram model's words */
    struct lexicon *lexicon;
    struct hotwords *hotwords;
    struct language *language;
};

struct decoding {
    const struct decoder *decoder;
    struct beam_search *search; /* NULL: greedy */
    int32_t *ids;               /* [room] of a greedy search */
    size_t room;
};

/* The n-gram model, and its words where it is one of words (language_open). */
static struct status read_ngram(struct decoder *d, const char *path,
                                const struct normalise_settings *how)
{
    struct status status = ngram_read(&d->ngram, path);
    if (status_failed(&status))
        return status;
    if (!tokens_space(d->tokens) && !ngram_of_characters(d->ngram))
        status = status_error(STATUS_INPUT,
                              "%s: n-grams of words are no use for a model "
                              "without a space among its tokens",
                              path);
    else if (tokens_space(d->tokens) &&
             ngram_find(d->ngram, "<space>", 7) == NGRAM_UNKNOWN)
        status =
            lexicon_from_ngram(&d->vocabulary, d->ngram, path, d->tokens, how);
    return status;
}

/* The words of a file, or "lm" for those of the n-gram model. */
static struct status read_lexicon(struct decoder *d, const char *path,
                                  const struct normalise_settings *how)
{
    char *text;
    if (!strcmp(path, "lm"))
        return d->vocabulary
                   ? status_ok()
                   : status_error(STATUS_INPUT, "--lexicon lm: there is no "
                                                "--lm with words");
    struct status status = text_file_read(&text, path, FILE_MOST);
    if (!status_failed(&status))
        status = lexicon_parse(&d->lexicon, text, path, d->tokens, how,
                               d->vocabulary);
    free(text);
    return status;
}

/* A file, or a list as on a command line: what has a comma or a colon. */
static struct status read_hotwords(struct decoder *d,
                                   const struct settings *settings,
                                   const struct normalise_settings *how)
{
    char *text;
    const char *given = settings->hotwords;
    if (strpbrk(given, ",:"))
        return hotwords_parse_list(&d->hotwords, given, "--hotwords", d->tokens,
                                   how, settings->hotword_boost);
    if (access(given, F_OK))
        return status_error(STATUS_INPUT,
                            "--hotwords %s: no such file; one phrase alone "
                            "wants its boost, %s:5",
                            given, given);
    struct status status = text_file_read(&text, given, FILE_MOST);
    if (!status_failed(&status))
        status = hotwords_parse(&d->hotwords, text, given, d->tokens, how,
                                settings->hotword_boost);
    free(text);
    return status;
}

static struct status open_language(struct decoder *d)
{
    return language_open(&d->language, &d->weights, d->tokens, d->ngram,
                         d->lexicon ? d->lexicon : d->vocabulary, d->hotwords);
}

static struct status read_all(struct decoder *d,
                              const struct settings *settings,
                              const struct normalise_settings *how)
{
    struct status status = status_ok();
    d->weights = (struct language_settings){
        .lm_weight = settings->lm_weight,
        .word_bonus = settings->lm[0] ? settings->word_bonus : 0,
        .unknown_score = settings->unknown_score,
        .closed = settings->lexicon[0] != '\0'};
    if (settings->lm[0])
        status = read_ngram(d, settings->lm, how);
    if (!status_failed(&status) && settings->lexicon[0])
        status = read_lexicon(d, settings->lexicon, how);
    if (!status_failed(&status) && settings->hotwords[0])
        status = read_hotwords(d, settings, how);
    if (!status_failed(&status))
        status = open_language(d);
    return status;
}

struct status decoder_open(struct decoder **out,
                           const struct settings *settings,
                           const struct checkpoint *model)
{
    const struct normalise_settings how = {
        .fold_case = model->settings.fold_case,
        .drop_punctuation = model->settings.drop_punctuation};
    bool plain =
        !settings->lm[0] && !settings->lexicon[0] && !settings->hotwords[0];
    struct status status = status_ok();
    *out = NULL;
    struct decoder *d = calloc(1, sizeof *d);
    if (!d)
        return status_memory("decoder");
    d->tokens = &model->tokens;
    d->alternatives = (size_t)settings->n_best;
    if (settings->beam || !plain || settings->n_best > 1) {
        d->beam = (struct beam_settings){.width = settings->beam
                                                      ? (size_t)settings->beam
                                                      : DECODER_USUAL_BEAM,
                                         .threshold = settings->beam_threshold,
                                         .token_floor = settings->token_floor};
        status = read_all(d, settings, &how);
    }
    if (status_failed(&status))
        decoder_close(d);
    else
        *out = d;
    return status;
}

void decoder_close(struct decoder *d)
{
    if (!d)
        return;
    language_close(d->language);
    if (!d->varied) {
        hotwords_free(d->hotwords);
        lexicon_free(d->lexicon);
        lexicon_free(d->vocabulary);
        ngram_close(d->ngram);
    }
    free(d);
}

struct status decoder_vary(struct decoder **out, const struct decoder *of,
                           double lm_weight, double word_bonus)
{
    *out = NULL;
    assert(of->ngram);
    struct decoder *d = malloc(sizeof *d);
    if (!d)
        return status_memory("decoder");
    *d = *of;
    d->varied = true;
    d->language = NULL;
    d->weights.lm_weight = lm_weight;
    d->weights.word_bonus = word_bonus;
    struct status status = open_language(d);
    if (status_failed(&status))
        decoder_close(d);
    else
        *out = d;
    return status;
}

struct decoder_left_out decoder_left_out(const struct decoder *d)
{
    const struct lexicon *words = d->lexicon ? d->lexicon : d->vocabulary;
    return (struct decoder_left_out){
        .words = words ? words->left_out : 0,
        .hotwords = d->hotwords ? d->hotwords->left_out : 0};
}

struct status decoding_open(struct decoding **out, const struct decoder *d)
{
    struct status status = status_ok();
    *out = NULL;
    struct decoding *own = calloc(1, sizeof *own);
    if (!own)
        return status_memory("decoder");
    own->decoder = d;
    if (d->beam.width)
        status = beam_search_open(&own->search, &d->beam, d->language);
    if (status_failed(&status))
        decoding_close(own);
    else
        *out = own;
    return status;
}

void decoding_close(struct decoding *own)
{
    if (!own)
        return;
    beam_search_close(own->search);
    free(own->ids);
    free(own);
}

/* The texts of all rows, best first, which are the decoding's. */
static struct status search(const struct hypothesis **list, size_t *count,
                            struct decoding *own, const real *log_probabilities,
                            size_t rows, size_t most)
{
    beam_search_start(own->search);
    struct status status =
        beam_search_feed(own->search, log_probabilities, rows);
    if (!status_failed(&status))
        status = beam_search_finish(list, count, own->search, most);
    return status;
}

static struct status search_greedily(struct hypothesis *only,
                                     struct decoding *own,
                                     const real *log_probabilities, size_t rows)
{
    if (rows > own->room) {
        free(own->ids);
        own->ids = malloc(rows * sizeof *own->ids);
        own->room = own->ids ? rows : 0;
        if (!own->ids)
            return status_memory("decoder");
    }
    *only = (struct hypothesis){
        .ids = own->ids,
        .count = rows ? greedy_decode(own->ids, NULL, log_probabilities, rows,
                                      (size_t)own->decoder->tokens->count)
                      : 0};
    return status_ok();
}

struct status decoding_text(char **text, struct decoding *own,
                            const real *log_probabilities, size_t rows)
{
    struct hypothesis only;
    const struct hypothesis *best = &only;
    size_t count;
    *text = NULL;
    struct status status =
        own->search ? search(&best, &count, own, log_probabilities, rows, 1)
                    : search_greedily(&only, own, log_probabilities, rows);
    if (!status_failed(&status))
        status =
            tokens_join(text, own->decoder->tokens, best->ids, best->count);
    return status;
}

static struct status add_alternatives(struct transcript_line *line,
                                      const struct tokens *tokens,
                                      const struct hypothesis *list,
                                      size_t count)
{
    struct status status = status_ok();
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        char *text;
        status = tokens_join(&text, tokens, list[i].ids, list[i].count);
        if (!status_failed(&status))
            status = transcript_add_alternative(line, text, list[i].score);
        free(text);
    }
    return status;
}

struct status decoding_line(struct transcript_line *line, struct decoding *own,
                            const real *log_probabilities, size_t rows,
                            const struct words_place *place)
{
    const struct tokens *tokens = own->decoder->tokens;
    struct hypothesis only;
    const struct hypothesis *list = &only;
    size_t count = 1;
    *line = (struct transcript_line){.text = NULL};
    struct status status =
        own->search ? search(&list, &count, own, log_probabilities, rows,
                             own->decoder->alternatives)
                    : search_greedily(&only, own, log_probabilities, rows);
    if (!status_failed(&status))
        status = words_align(line, tokens, list->ids, list->count,
                             log_probabilities, rows, place);
    if (!status_failed(&status) && own->search)
        line->score = list->score;
    if (!status_failed(&status) && own->decoder->alternatives > 1)
        status = add_alternatives(line, tokens, list, count);
    if (status_failed(&status))
        transcript_free_line(line);
    return status;
}
