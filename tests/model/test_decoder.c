/* Tests of decoding: what settings name is used, and lines say what texts
 * say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/decoder.h"
#include "model/layer/softmax_loss.h"
#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"
#include "tests/tiny_model.h"

#define TOKENS 6
#define ROWS 12

static struct checkpoint model;
static const struct words_place place = {
    .start_s = 20, .end_s = 20 + ROWS * 0.03, .stride = 3};

/* "ab cd", whose b is nearly a d. */
static real log_probabilities[ROWS * TOKENS];

static const char arpa[] = "\\data\\\nngram 1=5\n\n\\1-grams:\n"
                           "-2\t<unk>\n-99\t<s>\n-1\t</s>\n"
                           "-0.1\tad\n-1\tcd\n\n\\end\\\n";

static struct settings usual(void)
{
    struct settings settings;
    settings_default(&settings, VERB_TRANSCRIBE);
    return settings;
}

/* The line of the rows as settings decode them, and that its text is what
 * decoding_text gives. */
static struct transcript_line decode(const struct settings *settings,
                                     const char *want)
{
    struct decoder *decoder;
    struct decoding *decoding;
    struct transcript_line line;
    char *text;
    assert_ok(decoder_open(&decoder, settings, &model));
    assert_ok(decoding_open(&decoding, decoder));
    assert_ok(decoding_line(&line, decoding, log_probabilities, ROWS, &place));
    assert_ok(decoding_text(&text, decoding, log_probabilities, ROWS));
    assert_string_equal(line.text, want);
    assert_string_equal(text, want);
    free(text);
    decoding_close(decoding);
    decoder_close(decoder);
    return line;
}

static void the_likeliest_tokens_become_words_with_times(void **state)
{
    (void)state;
    struct settings settings = usual();
    for (settings.beam = 0; settings.beam <= 8; settings.beam += 4) {
        struct transcript_line line = decode(&settings, "ab cd");
        assert_int_equal(line.word_count, 2);
        assert_int_equal(line.alternative_count, 0);
        assert_string_equal(line.words[0].text, "ab");
        assert_true(line.words[0].start_s >= place.start_s);
        assert_true(line.words[0].end_s <= line.words[1].start_s);
        assert_true(line.words[1].end_s <= place.end_s);
        assert_true(line.words[0].confidence < line.words[1].confidence);
        transcript_free_line(&line);
    }
}

static void no_rows_are_a_line_without_words(void **state)
{
    (void)state;
    struct settings settings = usual();
    for (settings.beam = 0; settings.beam <= 4; settings.beam += 4) {
        struct decoder *decoder;
        struct decoding *decoding;
        struct transcript_line line;
        assert_ok(decoder_open(&decoder, &settings, &model));
        assert_ok(decoding_open(&decoding, decoder));
        assert_ok(decoding_line(&line, decoding, NULL, 0, &place));
        assert_int_equal(line.word_count, 0);
        assert_string_equal(line.text, "");
        assert_close(line.start_s, place.start_s, 0, 0);
        transcript_free_line(&line);
        decoding_close(decoding);
        decoder_close(decoder);
    }
}

static void a_language_model_decides_what_the_sound_leaves_open(void **state)
{
    (void)state;
    struct settings settings = usual();
    strcpy(settings.lm, scratch_text("lm.arpa", arpa));
    settings.lm_weight = 1;
    struct transcript_line line = decode(&settings, "ad cd");
    transcript_free_line(&line);
    settings.lm_weight = 0;
    settings.unknown_score = 0;
    line = decode(&settings, "ab cd");
    transcript_free_line(&line);
}

static void assert_decodes(const struct decoder *decoder, const char *want)
{
    struct decoding *decoding;
    char *text;
    assert_ok(decoding_open(&decoding, decoder));
    assert_ok(decoding_text(&text, decoding, log_probabilities, ROWS));
    assert_string_equal(text, want);
    free(text);
    decoding_close(decoding);
}

static void a_variant_has_its_own_weights_and_the_same_language(void **state)
{
    (void)state;
    struct settings settings = usual();
    struct decoder *decoder, *without, *with;
    strcpy(settings.lm, scratch_text("lm.arpa", arpa));
    settings.unknown_score = 0;
    settings.lm_weight = 0;
    assert_ok(decoder_open(&decoder, &settings, &model));
    assert_ok(decoder_vary(&with, decoder, 1, settings.word_bonus));
    assert_ok(decoder_vary(&without, with, 0, settings.word_bonus));
    assert_decodes(decoder, "ab cd");
    assert_decodes(with, "ad cd");
    assert_decodes(without, "ab cd");
    decoder_close(without);
    assert_ok(decoder_vary(&without, decoder, 0, -8));
    assert_decodes(without, "abcd");
    decoder_close(without);
    decoder_close(with);
    assert_decodes(decoder, "ab cd");
    decoder_close(decoder);
}

static void a_lexicon_leaves_no_other_words(void **state)
{
    (void)state;
    struct settings settings = usual();
    struct decoder *decoder;
    strcpy(settings.lexicon, scratch_text("words", "ad\nCD\nxyz\n"));
    struct transcript_line line = decode(&settings, "ad cd");
    transcript_free_line(&line);
    assert_ok(decoder_open(&decoder, &settings, &model));
    assert_int_equal(decoder_left_out(decoder).words, 1);
    decoder_close(decoder);
    strcpy(settings.lexicon, "lm");
    assert_refused(decoder_open(&decoder, &settings, &model), "--lexicon lm");
    strcpy(settings.lm, scratch_text("lm.arpa", arpa));
    settings.lm_weight = 0;
    line = decode(&settings, "ad cd");
    transcript_free_line(&line);
}

static void hotwords_are_favoured_from_a_file_or_a_list(void **state)
{
    (void)state;
    struct settings settings = usual();
    struct decoder *decoder;
    const char *const given[] = {scratch_text("hot", "ad cd\t4\nxyz\n"),
                                 "ad:4,xyz"};
    for (size_t i = 0; i < 2; i++) {
        strcpy(settings.hotwords, given[i]);
        struct transcript_line line = decode(&settings, "ad cd");
        transcript_free_line(&line);
        assert_ok(decoder_open(&decoder, &settings, &model));
        assert_int_equal(decoder_left_out(decoder).hotwords, 1);
        decoder_close(decoder);
    }
}

static void alternatives_are_given_best_first(void **state)
{
    (void)state;
    struct settings settings = usual();
    settings.n_best = 3;
    struct transcript_line line = decode(&settings, "ab cd");
    assert_int_equal(line.alternative_count, 3);
    assert_string_equal(line.alternatives[0].text, "ab cd");
    assert_string_equal(line.alternatives[1].text, "ad cd");
    assert_close(line.alternatives[0].score, line.score, 0, 0);
    for (size_t i = 1; i < 3; i++)
        assert_true(line.alternatives[i].score <=
                    line.alternatives[i - 1].score);
    transcript_free_line(&line);
}

static void words_for_a_model_without_a_space_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const texts[] = {"abcd"};
    struct checkpoint spaceless = model;
    struct settings settings = usual();
    struct decoder *decoder;
    assert_ok(tokens_from_texts(&spaceless.tokens, texts, 1));
    strcpy(settings.lm, scratch_text("words.arpa", arpa));
    assert_refused(decoder_open(&decoder, &settings, &spaceless), "words.arpa");
    assert_null(decoder);
    tokens_free(&spaceless.tokens);
}

static void what_cannot_be_read_is_refused_by_name(void **state)
{
    (void)state;
    struct decoder *decoder;
    struct settings settings = usual();
    strcpy(settings.lm, scratch_path("absent.arpa"));
    assert_refused(decoder_open(&decoder, &settings, &model), "absent.arpa");
    assert_null(decoder);
    settings = usual();
    strcpy(settings.lm, scratch_text("bad.arpa", "no model\n"));
    assert_refused(decoder_open(&decoder, &settings, &model), "bad.arpa");
    settings = usual();
    strcpy(settings.lexicon, scratch_text("two", "ab\ncd ad\n"));
    assert_refused(decoder_open(&decoder, &settings, &model), "two:2");
    settings = usual();
    strcpy(settings.hotwords, scratch_text("bad.hot", "ab\tmuch\n"));
    assert_refused(decoder_open(&decoder, &settings, &model), "bad.hot:1");
    settings = usual();
    strcpy(settings.hotwords, scratch_path("absent.hot"));
    assert_refused(decoder_open(&decoder, &settings, &model),
                   "absent.hot: no such file; one phrase");
}

static int open_all(void **state)
{
    static const char best[ROWS + 1] = "..aab. .cd..";
    static const char *const letters = ". abcd";
    tiny_model(&model, CMVN_UTTERANCE);
    for (size_t t = 0; t < ROWS; t++)
        for (size_t k = 0; k < TOKENS; k++)
            log_probabilities[t * TOKENS + k] = best[t] == letters[k] ? 6 : 0;
    log_probabilities[4 * TOKENS + 5] = 5.5f;
    log_softmax(log_probabilities, ROWS, TOKENS);
    return scratch_open(state);
}

static int close_all(void **state)
{
    checkpoint_free(&model);
    return scratch_close(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_likeliest_tokens_become_words_with_times),
        cmocka_unit_test(no_rows_are_a_line_without_words),
        cmocka_unit_test(a_language_model_decides_what_the_sound_leaves_open),
        cmocka_unit_test(a_variant_has_its_own_weights_and_the_same_language),
        cmocka_unit_test(a_lexicon_leaves_no_other_words),
        cmocka_unit_test(hotwords_are_favoured_from_a_file_or_a_list),
        cmocka_unit_test(alternatives_are_given_best_first),
        cmocka_unit_test(words_for_a_model_without_a_space_are_refused_by_name),
        cmocka_unit_test(what_cannot_be_read_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
