/* CTC prefix beam search against every path there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/beam_search.h"
#include "model/kernel/random.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <math.h>

#define FRAMES_MOST 6
#define TEXTS_MOST 4096
#define TEXT_SIZE 16

static const char words_arpa[] = "\\data\\\nngram 1=6\nngram 2=6\n\n"
                                 "\\1-grams:\n"
                                 "-1.5\t<unk>\n"
                                 "-99\t<s>\t-0.4\n"
                                 "-0.8\t</s>\n"
                                 "-0.6\ta\t-0.3\n"
                                 "-0.9\tab\t-0.2\n"
                                 "-1.2\tbb\t-0.1\n\n"
                                 "\\2-grams:\n"
                                 "-0.3\t<s> a\n"
                                 "-0.5\t<s> ab\n"
                                 "-0.2\ta ab\n"
                                 "-1.4\tab a\n"
                                 "-0.7\tbb </s>\n"
                                 "-0.1\tab bb\n\n"
                                 "\\end\\\n";

static const char characters_arpa[] = "\\data\\\nngram 1=5\nngram 2=5\n\n"
                                      "\\1-grams:\n"
                                      "-2\t<unk>\n"
                                      "-99\t<s>\t-0.4\n"
                                      "-0.8\t</s>\n"
                                      "-0.6\ta\t-0.3\n"
                                      "-0.7\t<space>\t-0.2\n\n"
                                      "\\2-grams:\n"
                                      "-0.3\t<s> a\n"
                                      "-0.2\ta a\n"
                                      "-0.4\ta <space>\n"
                                      "-1.1\t<space> a\n"
                                      "-0.5\ta </s>\n\n"
                                      "\\end\\\n";

/* What a text is worth apart from its sound. */
struct world {
    const char *letters;  /* the tokens; one in upper case is unknown to all */
    const char *arpa;     /* NULL: no n-grams */
    const char *lexicon;  /* NULL: the n-gram model's words; lines */
    const char *hotwords; /* NULL: none */
    const char *phrases[4];
    double boosts[4];
    struct language_settings settings;
    struct tokens tokens;
    struct ngram *ngram;
    struct lexicon *vocabulary, *words;
    struct hotwords *favourites;
    struct language *language;
};

static void open_world(struct world *w)
{
    const struct normalise_settings how = {.fold_case = false};
    const char *texts[] = {w->letters};
    assert_ok(tokens_from_texts(&w->tokens, texts, 1));
    if (w->arpa)
        assert_ok(ngram_read(&w->ngram, scratch_text("lm.arpa", w->arpa)));
    if (w->arpa == words_arpa)
        assert_ok(lexicon_from_ngram(&w->vocabulary, w->ngram, "lm.arpa",
                                     &w->tokens, &how));
    if (w->lexicon)
        assert_ok(lexicon_parse(&w->words, w->lexicon, "words", &w->tokens,
                                &how, w->vocabulary));
    if (w->hotwords)
        assert_ok(hotwords_parse_list(&w->favourites, w->hotwords, "hotwords",
                                      &w->tokens, &how, 1));
    assert_ok(language_open(&w->language, &w->settings, &w->tokens, w->ngram,
                            w->words ? w->words : w->vocabulary,
                            w->favourites));
}

static void close_world(struct world *w)
{
    language_close(w->language);
    hotwords_free(w->favourites);
    lexicon_free(w->words);
    lexicon_free(w->vocabulary);
    ngram_close(w->ngram);
    tokens_free(&w->tokens);
    w->words = w->vocabulary = NULL;
    w->favourites = NULL;
    w->ngram = NULL;
}

static bool has_line(const char *lines, const char *line)
{
    char all[256], one[64];
    snprintf(all, sizeof all, "\n%s\n", lines);
    snprintf(one, sizeof one, "\n%s\n", line);
    return strstr(all, one) != NULL;
}

/* A word or a character of n-grams, in its context. */
static double score_unit(double *lm, uint32_t *context, const struct world *w,
                         const char *unit)
{
    uint32_t id = ngram_find(w->ngram, unit, strlen(unit));
    double log_p = ngram_score(context, w->ngram, *context, id);
    *lm += log_p;
    return w->settings.lm_weight * log_p +
           (id == NGRAM_UNKNOWN ? w->settings.unknown_score : 0);
}

static double score_hotwords(const struct world *w, const char *text)
{
    double score = 0;
    char padded[TEXT_SIZE + 2], phrase[TEXT_SIZE + 2];
    bool spaced = strchr(w->letters, ' ') != NULL;
    snprintf(padded, sizeof padded, spaced ? " %s " : "%s", text);
    for (int i = 0; i < 4 && w->phrases[i]; i++) {
        snprintf(phrase, sizeof phrase, spaced ? " %s " : "%s", w->phrases[i]);
        for (const char *p = padded; (p = strstr(p, phrase)); p++)
            score += w->boosts[i];
    }
    return score;
}

/* Score of a whole text, word by word; false where the lexicon lacks one. */
static bool score_text(double *lm, double *score, const struct world *w,
                       const char *text)
{
    bool spaced = strchr(w->letters, ' ') != NULL;
    uint32_t context = w->ngram ? ngram_begin(w->ngram) : 0;
    *lm = 0;
    *score = w->hotwords ? score_hotwords(w, text) : 0;
    for (const char *p = text; *p; p += *p == ' ') {
        char word[TEXT_SIZE];
        size_t length = spaced               ? strcspn(p, " ")
                        : w->settings.closed ? strlen(p)
                                             : 1;
        snprintf(word, sizeof word, "%.*s", (int)length, p);
        p += length;
        *score += w->settings.word_bonus;
        if (w->settings.closed && !has_line(w->lexicon, word))
            return false;
        if (w->arpa == words_arpa)
            *score += score_unit(lm, &context, w, word);
        for (size_t i = 0; w->arpa == characters_arpa && i < length; i++)
            *score += score_unit(lm, &context, w, (char[2]){word[i], '\0'});
        if (w->arpa == characters_arpa && *p == ' ')
            *score += score_unit(lm, &context, w, "<space>");
    }
    if (w->ngram) {
        double end = ngram_score_end(w->ngram, context);
        *lm += end;
        *score += w->settings.lm_weight * end;
    }
    return true;
}

struct candidate {
    char text[TEXT_SIZE];
    double p, lm, score;
};

/* The text of a path: repeats merged, blanks dropped, spaces single. */
static void collapse(char *text, const struct tokens *tokens, const int *path,
                     size_t frames)
{
    size_t length = 0;
    for (size_t t = 0; t < frames; t++) {
        if (path[t] == 0 || (t > 0 && path[t] == path[t - 1]))
            continue;
        char c = tokens->texts[path[t]][0];
        if (c != ' ' || (length && text[length - 1] != ' '))
            text[length++] = c;
    }
    while (length && text[length - 1] == ' ')
        length--;
    text[length] = '\0';
}

static int by_score(const void *a, const void *b)
{
    double left = ((const struct candidate *)a)->score;
    double right = ((const struct candidate *)b)->score;
    return (left < right) - (left > right);
}

/* All texts that have a probability and are allowed, best first. */
static size_t enumerate(struct candidate *all, const struct world *w,
                        const real *log_probs, size_t frames)
{
    int path[FRAMES_MOST] = {0};
    size_t count = 0, kept = 0;
    int v = w->tokens.count;
    for (size_t t = 0; t < frames || !frames;) {
        char text[TEXT_SIZE];
        double log_p = 0;
        for (size_t i = 0; i < frames; i++)
            log_p += (double)log_probs[i * (size_t)v + (size_t)path[i]];
        collapse(text, &w->tokens, path, frames);
        size_t at = 0;
        while (at < count && strcmp(all[at].text, text))
            at++;
        assert_true(at < TEXTS_MOST);
        if (at == count) {
            count++;
            all[at].p = 0;
            strcpy(all[at].text, text);
        }
        all[at].p += exp(log_p);
        for (t = 0; t < frames && ++path[t] == v; t++)
            path[t] = 0;
        if (!frames)
            break;
    }
    for (size_t i = 0; i < count; i++) {
        struct candidate *c = &all[i];
        if (c->p == 0 || !score_text(&c->lm, &c->score, w, c->text))
            continue;
        c->score += log(c->p);
        all[kept++] = *c;
    }
    qsort(all, kept, sizeof *all, by_score);
    return kept;
}

static real *random_rows(size_t frames, int vocabulary, uint64_t seed)
{
    struct random_key key = random_key(seed, RANDOM_NOISE);
    size_t v = (size_t)vocabulary;
    real *rows = calloc(frames * v + 1, sizeof *rows);
    for (size_t t = 0; t < frames; t++) {
        double sum = 0;
        for (size_t k = 0; k < v; k++)
            sum += exp(2 * random_normal(key, t * v + k));
        for (size_t k = 0; k < v; k++)
            rows[t * v + k] =
                (real)(2 * random_normal(key, t * v + k) - log(sum));
    }
    return rows;
}

static struct beam_search *open_search(const struct world *w, size_t width)
{
    struct beam_search *search;
    const struct beam_settings settings = {
        .width = width, .threshold = INFINITY, .token_floor = -INFINITY};
    assert_ok(beam_search_open(&search, &settings, w->language));
    return search;
}

static char *text_of(const struct world *w, const struct hypothesis *h)
{
    char *text;
    assert_ok(tokens_join(&text, &w->tokens, h->ids, h->count));
    return text;
}

static void assert_as_enumerated(const struct world *w, struct beam_search *s,
                                 const real *rows, size_t frames)
{
    static struct candidate all[TEXTS_MOST];
    size_t want = enumerate(all, w, rows, frames), count;
    const struct hypothesis *list;
    assert_ok(beam_search_finish(&list, &count, s, TEXTS_MOST));
    if (!want) {
        assert_int_equal(count, 1);
        return;
    }
    assert_int_equal(count, want);
    for (size_t i = 0; i < count; i++) {
        char *text = text_of(w, &list[i]);
        size_t at = 0;
        while (at < want && strcmp(all[at].text, text))
            at++;
        assert_true(at < want);
        assert_close(list[i].ctc, log(all[at].p), 1e-9, 1e-9);
        assert_close(list[i].lm, all[at].lm, 1e-9, 1e-9);
        assert_close(list[i].score, all[at].score, 1e-9, 1e-9);
        assert_close(list[i].score, all[i].score, 1e-9, 1e-9);
        free(text);
    }
}

#define NGRAMS .lm_weight = 0.7, .word_bonus = 0.9, .unknown_score = -1.3

static const struct world worlds[] = {
    {.letters = " ab"},
    {.letters = "abc"},
    {.letters = "a"},
    {.letters = " ab", .settings = {.word_bonus = -0.8}},
    {.letters = " ab", .arpa = words_arpa, .settings = {NGRAMS}},
    {.letters = " a", .arpa = words_arpa, .settings = {NGRAMS}},
    {.letters = " ab", .arpa = characters_arpa, .settings = {NGRAMS}},
    {.letters = "ab", .arpa = characters_arpa, .settings = {NGRAMS}},
    {.letters = " ab",
     .lexicon = "ab\nb\nbab",
     .settings = {.closed = true, .word_bonus = 0.4}},
    {.letters = " ab",
     .arpa = words_arpa,
     .lexicon = "a\nbb\nbab",
     .settings = {NGRAMS, .closed = true}},
    {.letters = " ab",
     .arpa = characters_arpa,
     .lexicon = "ab\nba",
     .settings = {NGRAMS, .closed = true}},
    {.letters = "ab",
     .lexicon = "ab\nb\nbab",
     .settings = {.closed = true, .word_bonus = 0.4}},
    {.letters = "ab",
     .arpa = characters_arpa,
     .lexicon = "ab\nb\nbab",
     .settings = {NGRAMS, .closed = true}},
    {.letters = " ab",
     .hotwords = "b:2,a b:1.5,ab a:-1,ba",
     .phrases = {"b", "a b", "ab a", "ba"},
     .boosts = {2, 1.5, -1, 1}},
    {.letters = "ab",
     .hotwords = "b:0.3,aba:1.5,ba:2",
     .phrases = {"b", "aba", "ba"},
     .boosts = {0.3, 1.5, 2}},
    {.letters = " ab",
     .arpa = words_arpa,
     .hotwords = "bb:1,ab bb:1.5",
     .phrases = {"bb", "ab bb"},
     .boosts = {1, 1.5},
     .settings = {NGRAMS}},
    {.letters = " ab",
     .arpa = characters_arpa,
     .lexicon = "ab\na\nb",
     .hotwords = "b:1,ab b:2",
     .phrases = {"b", "ab b"},
     .boosts = {1, 2},
     .settings = {NGRAMS, .closed = true}},
    {.letters = " ab",
     .arpa = words_arpa,
     .settings = {.lm_weight = 0.7, .unknown_score = 5}},
    {.letters = " ab",
     .arpa = words_arpa,
     .lexicon = "a\nbb\nbab",
     .settings = {.lm_weight = 0.7, .unknown_score = 5, .closed = true}},
    {.letters = " ab",
     .arpa = characters_arpa,
     .settings = {.lm_weight = 0.7, .unknown_score = 5}},
};
#define WORLDS (sizeof worlds / sizeof *worlds)

static void with_room_for_all_every_path_is_summed(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORLDS; i++) {
        struct world w = worlds[i];
        open_world(&w);
        struct beam_search *search = open_search(&w, TEXTS_MOST);
        for (size_t frames = 0; frames <= FRAMES_MOST; frames++) {
            real *rows = random_rows(frames, w.tokens.count, 10 * i + frames);
            beam_search_start(search);
            assert_ok(beam_search_feed(search, rows, frames));
            assert_as_enumerated(&w, search, rows, frames);
            free(rows);
        }
        beam_search_close(search);
        close_world(&w);
    }
}

static void impossible_tokens_are_never_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORLDS; i++) {
        struct world w = worlds[i];
        open_world(&w);
        struct beam_search *search = open_search(&w, TEXTS_MOST);
        size_t v = (size_t)w.tokens.count, size = FRAMES_MOST * v;
        real *rows = random_rows(FRAMES_MOST, w.tokens.count, i);
        /* In each row another one, and the blank in two of them. */
        for (size_t t = 0; t < FRAMES_MOST; t++)
            rows[t * v + t % v] = -INFINITY;
        assert_ok(beam_search_feed(search, rows, FRAMES_MOST));
        assert_as_enumerated(&w, search, rows, FRAMES_MOST);
        /* What is no number is no probability. */
        real *same = calloc(size, sizeof *same);
        for (size_t k = 0; k < size; k++)
            same[k] = isinf(rows[k]) ? (real)NAN : rows[k];
        beam_search_start(search);
        assert_ok(beam_search_feed(search, same, FRAMES_MOST));
        assert_as_enumerated(&w, search, rows, FRAMES_MOST);
        free(same);
        free(rows);
        beam_search_close(search);
        close_world(&w);
    }
}

static void how_rows_are_cut_into_calls_changes_nothing(void **state)
{
    (void)state;
    struct random_key key = random_key(3, RANDOM_NOISE);
    uint64_t turn = 0;
    for (size_t i = 0; i < WORLDS; i++) {
        struct world w = worlds[i];
        open_world(&w);
        size_t v = (size_t)w.tokens.count, count[2];
        const struct hypothesis *list[2];
        struct beam_search *search[2];
        real *rows = random_rows(200, w.tokens.count, i);
        for (int k = 0; k < 2; k++)
            search[k] = open_search(&w, 9);
        assert_ok(beam_search_feed(search[0], rows, 200));
        for (size_t at = 0; at < 200;) {
            size_t most = 200 - at;
            size_t step = random_below_count(key, turn++, 7);
            step = step < most ? step : most;
            assert_ok(beam_search_feed(search[1], rows + at * v, step));
            /* A look at the texts so far disturbs nothing. */
            assert_ok(beam_search_finish(&list[1], &count[1], search[1], 2));
            at += step;
        }
        for (int k = 0; k < 2; k++)
            assert_ok(beam_search_finish(&list[k], &count[k], search[k], 9));
        assert_int_equal(count[0], count[1]);
        for (size_t k = 0; k < count[0]; k++) {
            const struct hypothesis *a = &list[0][k], *b = &list[1][k];
            assert_int_equal(a->count, b->count);
            assert_memory_equal(a->ids, b->ids, a->count * sizeof *a->ids);
            assert_true(a->ctc == b->ctc && a->lm == b->lm);
            assert_true(a->score == b->score && isfinite(a->score));
        }
        for (int k = 0; k < 2; k++)
            beam_search_close(search[k]);
        free(rows);
        close_world(&w);
    }
}

/* What a narrow search finds is a text as it is, with some of its paths. */
static void a_narrow_search_finds_no_more_than_there_is(void **state)
{
    (void)state;
    static struct candidate all[TEXTS_MOST];
    for (size_t i = 0; i < WORLDS; i++) {
        struct world w = worlds[i];
        open_world(&w);
        for (size_t width = 1; width < 40; width += width) {
            struct beam_search *search = open_search(&w, width);
            real *rows = random_rows(FRAMES_MOST, w.tokens.count, i + width);
            size_t want = enumerate(all, &w, rows, FRAMES_MOST), count;
            const struct hypothesis *list;
            assert_ok(beam_search_feed(search, rows, FRAMES_MOST));
            assert_ok(beam_search_finish(&list, &count, search, TEXTS_MOST));
            assert_true(count >= 1 && count <= width);
            for (size_t k = 0; k < count; k++) {
                char *text = text_of(&w, &list[k]);
                size_t at = 0;
                while (at < want && strcmp(all[at].text, text))
                    at++;
                /* A text cut within a word has the scores of the whole. */
                if (w.settings.closed && count == 1)
                    at = want;
                else
                    assert_true(at < want);
                if (at < want) {
                    assert_true(list[k].ctc <= log(all[at].p) + 1e-9);
                    assert_close(list[k].score - list[k].ctc,
                                 all[at].score - log(all[at].p), 0, 1e-9);
                }
                assert_true(!k || list[k - 1].score >= list[k].score);
                free(text);
            }
            free(rows);
            beam_search_close(search);
        }
        close_world(&w);
    }
}

static void a_wide_search_of_certain_rows_is_greedy(void **state)
{
    (void)state;
    static const char path[] = "0220 0332120";
    struct world w = {.letters = " ab"};
    open_world(&w);
    size_t v = (size_t)w.tokens.count, count = 0;
    struct beam_search *search = open_search(&w, 4);
    for (const char *p = path; *p; p++) {
        real row[8];
        size_t k = *p == ' ' ? 1 : (size_t)(*p - '0');
        for (size_t n = 0; n < v; n++)
            row[n] = n == k ? 0 : -INFINITY;
        assert_ok(beam_search_feed(search, row, 1));
    }
    const struct hypothesis *list;
    assert_ok(beam_search_finish(&list, &count, search, 4));
    assert_int_equal(count, 1);
    char *text = text_of(&w, &list[0]);
    assert_string_equal(text, "a ba a");
    assert_close(list[0].score, 0, 0, 0);
    free(text);
    beam_search_close(search);
    close_world(&w);
}

/* Rows in which all is impossible, or all that the lexicon allows, are passed
 * over. */
static void a_row_that_nothing_survives_is_passed_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORLDS; i++) {
        struct world w = worlds[i];
        open_world(&w);
        size_t v = (size_t)w.tokens.count;
        struct beam_search *search = open_search(&w, TEXTS_MOST);
        real *rows = random_rows(4, w.tokens.count, i), nothing[8];
        for (size_t k = 0; k < v; k++)
            nothing[k] = k % 2 ? -INFINITY : (real)NAN;
        for (size_t t = 0; t < 4; t++) {
            assert_ok(beam_search_feed(search, nothing, 1));
            assert_ok(beam_search_feed(search, rows + t * v, 1));
        }
        assert_ok(beam_search_feed(search, nothing, 1));
        assert_as_enumerated(&w, search, rows, 4);
        free(rows);
        beam_search_close(search);
        close_world(&w);
    }
}

static void a_text_cut_within_a_word_loses_the_word(void **state)
{
    (void)state;
    struct world w = {.letters = " abc",
                      .lexicon = "ab\nabc\n\nbca\r\n",
                      .settings = {.closed = true}};
    open_world(&w);
    size_t v = (size_t)w.tokens.count, count;
    struct beam_search *search = open_search(&w, 8);
    for (const char *p = "ab bc"; *p; p++) {
        real row[8];
        for (size_t n = 0; n < v; n++)
            row[n] = w.tokens.texts[n][0] == *p ? 0 : -INFINITY;
        assert_ok(beam_search_feed(search, row, 1));
    }
    const struct hypothesis *list;
    assert_ok(beam_search_finish(&list, &count, search, 8));
    assert_int_equal(count, 1);
    char *text = text_of(&w, &list[0]);
    assert_string_equal(text, "ab");
    free(text);
    beam_search_close(search);
    close_world(&w);
}

static void what_was_before_is_forgotten(void **state)
{
    (void)state;
    struct world w = worlds[4];
    open_world(&w);
    struct beam_search *search = open_search(&w, TEXTS_MOST);
    for (uint64_t seed = 0; seed < 3; seed++) {
        real *rows = random_rows(5, w.tokens.count, seed);
        beam_search_start(search);
        assert_ok(beam_search_feed(search, rows, 5));
        assert_as_enumerated(&w, search, rows, 5);
        free(rows);
    }
    beam_search_close(search);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_room_for_all_every_path_is_summed),
        cmocka_unit_test(impossible_tokens_are_never_written),
        cmocka_unit_test(how_rows_are_cut_into_calls_changes_nothing),
        cmocka_unit_test(a_narrow_search_finds_no_more_than_there_is),
        cmocka_unit_test(a_wide_search_of_certain_rows_is_greedy),
        cmocka_unit_test(a_row_that_nothing_survives_is_passed_over),
        cmocka_unit_test(a_text_cut_within_a_word_loses_the_word),
        cmocka_unit_test(what_was_before_is_forgotten),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
