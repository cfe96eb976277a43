/* Tests of language models: what they say, and what they are read from. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "model/text/ngram.h"
#include "tests/close.h"
#include "tests/golden.h"
#include "tests/scratch.h"

#define FOLDER "tests/model/text/golden/"

/* Two words, pairs of them, and a triple whose context "b a" is no pair. */
#define SMALL                                                                  \
    "\\data\\\nngram 1=4\nngram 2=2\nngram 3=1\n\n"                            \
    "\\1-grams:\n-99 <s> -0.3\n-0.5 </s>\n-0.7\ta\t-0.2\n-0.8 b -0.1\n\n"      \
    "\\2-grams:\n-0.3 <s> a -0.5\n-0.2 a b\n\n"                                \
    "\\3-grams:\n-0.1 b a b\n\n\\end\\\n"

static struct ngram *read_text(const char *text)
{
    struct ngram *model;
    assert_ok(ngram_read(&model, scratch_text("small.arpa", text)));
    return model;
}

static uint32_t find(const struct ngram *model, const char *word)
{
    return ngram_find(model, word, strlen(word));
}

/* log10 P of the words (split at spaces) after "<s>", and of the end. */
static double score_log10(const struct ngram *model, const char *text)
{
    uint32_t state = ngram_begin(model);
    double sum = 0;
    for (size_t length; *text; text += length) {
        text += strspn(text, " ");
        length = strcspn(text, " ");
        sum +=
            ngram_score(&state, model, state, ngram_find(model, text, length));
    }
    return (sum + ngram_score_end(model, state)) / M_LN10;
}

/* ---- What a model says ---- */

static void every_state_gives_probabilities_that_sum_to_one(void **state)
{
    (void)state;
    static const char *const names[] = {FOLDER "ngram.arpa",
                                        FOLDER "pruned.arpa"};
    for (int k = 0; k < 2; k++) {
        struct ngram *model;
        assert_ok(ngram_read(&model, names[k]));
        uint32_t begin = find(model, "<s>"), end = find(model, "</s>");
        uint32_t states[4096] = {ngram_empty(model), ngram_begin(model)};
        size_t count = 2, words = ngram_words(model);
        for (size_t i = 0; i < count; i++) {
            double sum = exp(ngram_score_end(model, states[i]));
            for (uint32_t w = 0; w < words; w++) {
                uint32_t next;
                double score = ngram_score(&next, model, states[i], w);
                if (w == begin || w == end)
                    continue;
                sum += exp(score);
                bool known = false;
                for (size_t n = 0; n < count && !known; n++)
                    known = states[n] == next;
                if (!known) {
                    assert_in_range(count, 0, 4095);
                    states[count++] = next;
                }
            }
            assert_close(sum, 1, 0, 2e-6);
        }
        assert_true(count > 200);
        ngram_close(model);
    }
}

static void compare_with_kenlm(const char *name)
{
    char path[80], line[4096];
    size_t count, at = 0;
    struct ngram *model;
    struct golden *golden = golden_open(FOLDER "ngram.txt");
    const real *want = golden_array(golden, name, &count);
    FILE *sentences = fopen(FOLDER "sentences.txt", "r");
    assert_non_null(sentences);
    snprintf(path, sizeof path, FOLDER "%s.arpa", name);
    assert_ok(ngram_read(&model, path));
    while (fgets(line, sizeof line, sentences)) {
        uint32_t state = ngram_begin(model);
        for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
            assert_close(ngram_score(&state, model, state, find(model, word)) /
                             M_LN10,
                         want[at++], 0, 1e-4);
        assert_close(ngram_score_end(model, state) / M_LN10, want[at++], 0,
                     1e-4);
    }
    assert_int_equal(at, count);
    fclose(sentences);
    ngram_close(model);
    golden_close(golden);
}

static void scores_are_kenlms_also_of_unknown_words(void **state)
{
    (void)state;
    compare_with_kenlm("ngram");
}

static void scores_of_a_pruned_model_are_kenlms(void **state)
{
    (void)state;
    compare_with_kenlm("pruned");
}

/* By hand: the weights of "<s> a", "a b" and "b", and b a = b's and a's. */
static void a_context_that_is_missing_follows_from_shorter_ones(void **state)
{
    (void)state;
    struct ngram *model = read_text(SMALL);
    assert_close(score_log10(model, "a b"), -0.3 - 0.5 - 0.2 - 0.1 - 0.5, 0,
                 1e-5);
    assert_close(score_log10(model, "b a b"),
                 -0.3 - 0.8 - 0.1 - 0.7 - 0.1 - 0.1 - 0.5, 0, 1e-5);
    ngram_close(model);
}

static void an_unknown_word_costs_a_hundred_where_none_is_said(void **state)
{
    (void)state;
    struct ngram *model = read_text(SMALL);
    assert_int_equal(find(model, "c"), NGRAM_UNKNOWN);
    assert_int_equal(find(model, "A"), NGRAM_UNKNOWN);
    assert_close(score_log10(model, "c"), -0.3 - 100 - 0.5, 0, 1e-4);
    ngram_close(model);
    model = read_text("\\data\\\nngram 1=2\n\\1-grams:\n-1 <UNK>\n-2 a\n"
                      "\\end\\\n");
    assert_close(score_log10(model, "x"), -1, 0, 1e-6);
    assert_int_equal(ngram_words(model), 2);
    ngram_close(model);
}

/* What follows is the same, so the states are. */
static void states_that_remember_the_same_are_equal(void **state)
{
    (void)state;
    struct ngram *model = read_text(SMALL);
    uint32_t a = find(model, "a"), b = find(model, "b"), one, other;
    ngram_score(&one, model, ngram_begin(model), a);
    ngram_score(&other, model, ngram_empty(model), a);
    assert_int_not_equal(one, other); /* "<s> a" has a weight */
    ngram_score(&one, model, one, b);
    ngram_score(&other, model, ngram_empty(model), b);
    assert_int_equal(one, other); /* "a b" has none, and nothing behind it */
    ngram_score(&one, model, one, NGRAM_UNKNOWN);
    assert_int_equal(one, ngram_empty(model));
    ngram_close(model);
}

static void a_model_without_sentences_begins_with_nothing(void **state)
{
    (void)state;
    struct ngram *model =
        read_text("\\data\\\nngram 1=1\n\\1-grams:\n-0.5 a\n\\end\\\n");
    assert_int_equal(ngram_begin(model), ngram_empty(model));
    assert_close(score_log10(model, "a"), -0.5, 0, 1e-6);
    ngram_close(model);
}

static void characters_are_told_from_words(void **state)
{
    (void)state;
    static const struct {
        const char *words[3];
        bool characters;
    } cases[] = {{{"a", "e\u0301", "<space>"}, true},
                 {{"\u4f60", "\u597d", "\U0001f469\u200d\U0001f52c"}, true},
                 {{"a", "<space>", "an"}, false},
                 {{"a", "<blank>", "b"}, false},
                 {{"<s>", "</s>", "<unk>"}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "\\data\\\nngram 1=3\n\\1-grams:\n-1 %s\n-1 %s\n-1 %s\n"
                 "\\end\\\n",
                 cases[i].words[0], cases[i].words[1], cases[i].words[2]);
        struct ngram *model = read_text(text);
        assert_int_equal(ngram_of_characters(model), cases[i].characters);
        for (int k = 0; k < 3; k++)
            assert_string_equal(
                ngram_text(model, find(model, cases[i].words[k])),
                cases[i].words[k]);
        ngram_close(model);
    }
}

/* ---- What it is read from ---- */

static void gzip_spaces_and_line_ends_make_no_difference(void **state)
{
    (void)state;
    size_t count, sum = 0;
    char *text = scratch_read(&count, FOLDER "ngram.arpa");
    char *other = malloc(3 * count);
    for (size_t i = 0; i < count; i++) {
        if (text[i] == '\n')
            other[sum++] = '\r';
        other[sum++] = text[i] == '\t' ? ' ' : text[i];
        if (text[i] == '\t' || text[i] == ' ')
            other[sum++] = '\t';
    }
    const char *zipped = scratch_path("zipped");
    gzFile file = gzopen(zipped, "wb9");
    assert_int_equal(gzwrite(file, other, (unsigned)sum), sum);
    assert_int_equal(gzclose(file), Z_OK);
    struct ngram *plain, *again;
    assert_ok(ngram_read(&plain, FOLDER "ngram.arpa"));
    assert_ok(ngram_read(&again, zipped));
    uint32_t one = ngram_begin(plain), two = ngram_begin(again);
    assert_int_equal(ngram_words(plain), ngram_words(again));
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t word = i * i * 7 % (uint32_t)ngram_words(plain);
        double want = ngram_score(&one, plain, one, word);
        assert_true(ngram_score(&two, again, two, word) == want);
        assert_int_equal(one, two);
    }
    ngram_close(plain);
    ngram_close(again);
    free(other);
    free(text);
}

static void refuse(const char *text, const char *piece)
{
    struct ngram *model;
    assert_refused(ngram_read(&model, scratch_text("bad", text)), piece);
    assert_null(model);
}

#define DATA "\\data\\\nngram 1=2\nngram 2=1\n"
#define WORDS DATA "\\1-grams:\n-1 a\n-1 b\n"
#define PAIRS WORDS "\\2-grams:\n"

static void bad_files_are_refused_with_path_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *piece;
    } cases[] = {
        {"", "bad: is no ARPA file"},
        {"a b\n\n", "bad: is no ARPA file"},
        {"mmap lm http://kheafield.com/code\n", "KenLM's binary form"},
        {"\\data\\\n", "bad:1: no words are promised"},
        {"\\data\\\n\\end\\\n", "bad:2: no words are promised"},
        {"\\data\\\nngram 1=0\n\\1-grams:\n\\end\\\n", "no words are promised"},
        {"\\data\\\nngram 2=1\n", "bad:2: n-grams of 2 words where those of 1"},
        {"\\data\\\nngram 1=x\n", "bad:2: \"ngram 1=x\" is no"},
        {"\\data\\\nngram 1=-1\n", "is no \"ngram ORDER=COUNT\""},
        {"\\data\\\nngram 1=99999999999999999999\n", "is no \"ngram"},
        {DATA, "bad:3: the file ends before \"\\1-grams:\""},
        {DATA "\\2-grams:\n", "bad:4: \"\\2-grams:\" where \"\\1-grams:\""},
        {DATA "\\1-grams:\n-1 a\n\\2-grams:\n",
         "bad:4: 1 1-grams, where \\data\\ says 2"},
        {WORDS "-1 c\n\\2-grams:\n", "bad:4: 3 1-grams, where"},
        {DATA "\\1-grams:\n-1 a\n-1 a\n\\2-grams:\n",
         "bad:6: this n-gram is that of line 5"},
        {DATA "\\1-grams:\n-1 \xff\n", "bad:5: the word is not UTF-8"},
        {DATA "\\1-grams:\n-1\n", "bad:5: 0 words where an n-gram has 1"},
        {DATA "\\1-grams:\nnan a\n", "bad:5: \"nan a\" is no log-prob"},
        {DATA "\\1-grams:\n-inf a\n", "bad:5: \"-inf a\" is no log-prob"},
        {DATA "\\1-grams:\n-1e99 a\n", "is no log-probability"},
        {DATA "\\1-grams:\n-3e38 a\n", "the numbers are too large"},
        {DATA "\\1-grams:\n-1-1 a\n", "is no log-probability"},
        {DATA "\\1-grams:\n-1e a\n", "is no log-probability"},
        {DATA "\\1-grams:\n- a\n", "is no log-probability"},
        {DATA "\\1-grams:\n0.5 a\n", "bad:5: the log-probability 0.5 is above"},
        {DATA "\\1-grams:\n-1 a b\n", "bad:5: \"b\" is no back-off weight"},
        {DATA "\\1-grams:\n-1 a -1 -1\n", "\"-1\" after an n-gram of 1 words"},
        {WORDS "\\end\\\n", "bad:7: \"\\end\\\" where \"\\2-grams:\" is to be"},
        {PAIRS "-1 a c\n", "bad:8: \"c\" is none of the 1-grams"},
        {PAIRS "-1 a\n", "bad:8: 1 words where an n-gram has 2"},
        {PAIRS "-1 a b c\n", "bad:8: \"c\" is no back-off weight"},
        {PAIRS "-1 a b\n", "bad:8: the file ends before \"\\end\\\""},
        {PAIRS "-1 a b\n-1 b b\n-1 a b\n\\end\\\n", "bad:7: 3 2-grams, where"},
        {PAIRS "-1 a b\n\\3-grams:\n", "where \"\\end\\\" is to be"},
        {PAIRS "-1 a b\n\\end\\\nmore\n", "bad:10: \"more\" after"},
        {"\\data\\\nngram 1=2\nngram 2=3\n\\1-grams:\n-1 a\n-1 b\n\\2-grams:\n"
         "-1 a b\n\n-1 b b\n-1 a b\n\\end\\\n",
         "bad:11: this n-gram is that of line 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(cases[i].text, cases[i].piece);
}

static void more_words_than_the_most_are_refused(void **state)
{
    (void)state;
    char text[400] = "\\data\\\n";
    for (int n = 1; n <= NGRAM_ORDER_MOST + 1; n++)
        snprintf(text + strlen(text), 40, "ngram %d=1\n", n);
    refuse(text, "bad:12: n-grams of more than 10 words");
}

static void long_lines_and_zeros_are_refused(void **state)
{
    (void)state;
    static const char zero[] = "\\data\\\nngram 1=1\n\\1-grams:\n-1 a\0b\n";
    struct ngram *model;
    size_t length = 3 << 20;
    char *text = malloc(length + 1);
    memset(text, 'x', length);
    memcpy(text, "\\data\\\n", 7);
    text[length] = '\0';
    refuse(text, "bad:2: is longer than 1048576 bytes");
    free(text);
    assert_refused(
        ngram_read(&model, scratch_write("zero", zero, sizeof zero - 1)),
        "zero:4: holds a NUL");
}

/* A word of 300,000 bytes crosses every buffer, and its number has a thousand
 * digits. */
static void long_words_and_numbers_are_read(void **state)
{
    (void)state;
    size_t length = 300000;
    char *text = malloc(length + 2000);
    char *at = text + sprintf(text, "\\data\\\nngram 1=2\n\\1-grams:\n-1 b\n-");
    memset(at, '0', 1000);
    memcpy(at + 990, "1.50", 4);
    at[1000] = ' ';
    memset(at + 1001, 'a', length);
    strcpy(at + 1001 + length, "\n\\end\\");
    struct ngram *model = read_text(text);
    uint32_t word = ngram_find(model, at + 1001, length), next;
    assert_int_equal(word, 2);
    assert_close(ngram_score(&next, model, 0, word), -1.5 * M_LN10, 1e-6, 0);
    ngram_close(model);
    free(text);
}

static void damaged_gzip_files_are_refused(void **state)
{
    (void)state;
    struct ngram *model;
    size_t count;
    const char *path = scratch_path("whole.gz");
    gzFile file = gzopen(path, "wb");
    char *text = scratch_read(&count, FOLDER "ngram.arpa");
    assert_int_equal(gzwrite(file, text, (unsigned)count), count);
    assert_int_equal(gzclose(file), Z_OK);
    free(text);
    text = scratch_read(&count, path);
    for (size_t n = 20; n < count; n += 97)
        assert_refused(ngram_read(&model, scratch_write("cut", text, n)),
                       "the gzip file is cut short");
    assert_refused(ngram_read(&model, scratch_write("cut", text, count - 1)),
                   "the gzip file is cut short");
    text[count / 2] ^= 0x55;
    assert_refused(ngram_read(&model, scratch_write("bad", text, count)),
                   "bad:");
    free(text);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct ngram *model;
    assert_refused(ngram_read(&model, scratch_path("none")),
                   "none: cannot be opened: No such file");
    assert_refused(ngram_read(&model, scratch_path("")),
                   "is not a regular file");
}

/* What broke the reader once, and what fuzzing begins with. */
static void files_of_the_fuzzer_are_read_or_refused(void **state)
{
    (void)state;
    DIR *folder = opendir("tests/fuzz/corpus/ngram");
    assert_non_null(folder);
    size_t good = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[400];
        struct ngram *model;
        snprintf(path, sizeof path, "tests/fuzz/corpus/ngram/%s",
                 entry->d_name);
        struct status status = ngram_read(&model, path);
        good += !status_failed(&status);
        ngram_close(model);
    }
    closedir(folder);
    assert_true(good >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_gives_probabilities_that_sum_to_one),
        cmocka_unit_test(scores_are_kenlms_also_of_unknown_words),
        cmocka_unit_test(scores_of_a_pruned_model_are_kenlms),
        cmocka_unit_test(a_context_that_is_missing_follows_from_shorter_ones),
        cmocka_unit_test(an_unknown_word_costs_a_hundred_where_none_is_said),
        cmocka_unit_test(states_that_remember_the_same_are_equal),
        cmocka_unit_test(a_model_without_sentences_begins_with_nothing),
        cmocka_unit_test(characters_are_told_from_words),
        cmocka_unit_test(gzip_spaces_and_line_ends_make_no_difference),
        cmocka_unit_test(bad_files_are_refused_with_path_and_line),
        cmocka_unit_test(more_words_than_the_most_are_refused),
        cmocka_unit_test(long_lines_and_zeros_are_refused),
        cmocka_unit_test(long_words_and_numbers_are_read),
        cmocka_unit_test(damaged_gzip_files_are_refused),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(files_of_the_fuzzer_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
