/* Tests of counting n-grams, and of what is made of the counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/text/perplexity.h"
#include "model/text/sentences.h"
#include "tests/close.h"
#include "tests/golden.h"
#include "tests/scratch.h"

#include "tests/fault.h"

#include "model/text/ngram_count.c"
#include "model/text/ngram_estimate.c"
#include "model/text/arpa_write.c"

#define GOLDEN "tests/model/text/golden/"

static const struct sentence_settings plain = {.unit = UNIT_WORD};
static const struct ngram_estimate_options all = {.interpolate_unigrams = true};

static struct status add(void *context, const char *sentence, const char *path,
                         size_t line)
{
    return ngram_counts_add(context, sentence, path, line);
}

static void count_lines(struct ngram_counts *counts, int order,
                        const char *const *lines)
{
    assert_ok(ngram_counts_open(counts, order));
    for (size_t i = 0; lines[i]; i++)
        assert_ok(ngram_counts_add(counts, lines[i], "t", i + 1));
}

static void count_golden(struct ngram_counts *counts, int order)
{
    assert_ok(ngram_counts_open(counts, order));
    assert_ok(sentences_read(add, counts, GOLDEN "ngram_text.txt", &plain));
}

/* The index of an n-gram of words with spaces between, of *level + 1 words. */
static size_t find_ngram(int *level, const struct ngram_counts *counts,
                         const char *text)
{
    size_t at = 0;
    *level = -1;
    while (*text) {
        size_t length = strcspn(text, " "), i = 0;
        uint32_t word = vocabulary_find(&counts->vocabulary, text, length);
        const struct ngram_level *next = &counts->levels[++*level];
        while (i < next->count &&
               (next->list[i].word != word || next->list[i].context != at))
            i++;
        assert_true(i < next->count);
        at = i;
        text += length + (text[length] == ' ');
    }
    return at;
}

static double probability(const struct ngram_estimate *estimate,
                          const struct ngram_counts *counts, const char *text)
{
    int level;
    size_t i = find_ngram(&level, counts, text);
    return (double)estimate->probability[level][i];
}

static double weight(const struct ngram_estimate *estimate,
                     const struct ngram_counts *counts, const char *text)
{
    int level;
    size_t i = find_ngram(&level, counts, text);
    return (double)estimate->backoff[level][i];
}

static void check_count(const struct ngram_counts *counts, const char *text,
                        uint32_t seen, uint32_t adjusted)
{
    int level;
    size_t i = find_ngram(&level, counts, text);
    assert_int_equal(counts->levels[level].list[i].seen, seen);
    assert_int_equal(ngram_counts_adjusted(counts, level, i), adjusted);
}

static void adjusted_counts_are_of_different_words_before(void **state)
{
    static const char *const lines[] = {"a b a b", "a b", "", "c b", NULL};
    struct ngram_counts counts;
    (void)state;
    count_lines(&counts, 3, lines);
    assert_int_equal(counts.sentences, 3);
    assert_int_equal(counts.words, 8);
    assert_int_equal(counts.levels[0].count, 6);
    assert_int_equal(counts.levels[1].count, 6);
    assert_int_equal(counts.levels[2].count, 6);
    check_count(&counts, "<unk>", 0, 0);
    check_count(&counts, "<s>", 0, 0);
    check_count(&counts, "a", 3, 2);       /* <s>, b */
    check_count(&counts, "b", 4, 2);       /* a, c */
    check_count(&counts, "</s>", 3, 1);    /* b */
    check_count(&counts, "<s> a", 2, 2);   /* as seen */
    check_count(&counts, "a b", 3, 2);     /* <s>, b */
    check_count(&counts, "b </s>", 3, 2);  /* a, c */
    check_count(&counts, "<s> a b", 2, 2); /* the longest: as seen */
    check_count(&counts, "a b </s>", 2, 2);
    ngram_counts_free(&counts);
}

/* By hand: three words have the adjusted count 1 and one has 2, so that there
 * is no n[3] and the discounts are 0.5 and 1. Of the words' 5, 2.5 is shared by
 * the 5 words that may follow. */
static void a_tiny_text_is_as_computed_by_hand(void **state)
{
    static const char *const lines[] = {"a b", "a c", NULL};
    struct ngram_counts c;
    struct ngram_estimate e;
    (void)state;
    count_lines(&c, 2, lines);
    assert_ok(ngram_estimate(&e, &c, &all));
    assert_true(e.discounts[0].fallback && e.discounts[1].fallback);
    assert_int_equal(e.kept[0], 6);
    assert_int_equal(e.kept[1], 5);
    assert_close(probability(&e, &c, "<unk>"), 0.1, 1e-6, 0);
    assert_close(probability(&e, &c, "a"), 0.2, 1e-6, 0);
    assert_close(probability(&e, &c, "</s>"), 0.3, 1e-6, 0);
    assert_close(weight(&e, &c, "<s>"), 0.5, 1e-6, 0);
    assert_close(probability(&e, &c, "<s> a"), 0.6, 1e-6, 0);
    assert_close(weight(&e, &c, "a"), 0.5, 1e-6, 0);
    assert_close(probability(&e, &c, "a b"), 0.35, 1e-6, 0);
    assert_close(probability(&e, &c, "b </s>"), 0.65, 1e-6, 0);
    assert_close(weight(&e, &c, "</s>"), 1, 0, 0);
    ngram_estimate_free(&e);
    ngram_counts_free(&c);
}

static void discounts_are_chen_and_goodmans(void **state)
{
    /* Seen: 4 words once, 3 twice, 2 thrice, 1 four times; "</s>" five. */
    static const char *const lines[] = {
        "a b c d e e", "f f g g h h h", "i i i", "j j j", "j", NULL};
    struct ngram_counts c;
    struct ngram_estimate e;
    const double y = 4.0 / (4 + 2 * 3);
    (void)state;
    count_lines(&c, 1, lines);
    assert_ok(ngram_estimate(&e, &c, &all));
    assert_false(e.discounts[0].fallback);
    assert_close(e.discounts[0].taken[1], 1 - 2 * y * 3 / 4, 1e-12, 0);
    assert_close(e.discounts[0].taken[2], 2 - 3 * y * 2 / 3, 1e-12, 0);
    assert_close(e.discounts[0].taken[3], 3 - 4 * y * 1 / 2, 1e-12, 0);
    ngram_estimate_free(&e);
    ngram_counts_free(&c);
}

/* Every n-gram of lmplz's file is there, with its numbers, and no other. */
static void check_golden(const char *path, int order,
                         const struct ngram_estimate_options *options)
{
    struct ngram_counts c;
    struct ngram_estimate e;
    char line[512];
    size_t lines[NGRAM_ORDER_MOST] = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    count_golden(&c, order);
    assert_ok(ngram_estimate(&e, &c, options));
    while (fgets(line, sizeof line, file)) {
        double log_p, log_weight = 0;
        char words[256];
        int level;
        if (sscanf(line, "%lf\t%255[^\t\n]\t%lf", &log_p, words, &log_weight) <
            2)
            continue;
        size_t i = find_ngram(&level, &c, words);
        lines[level]++;
        if (strcmp(words, "<s>"))
            assert_close(log10((double)e.probability[level][i]), log_p, 0,
                         2e-6);
        if (level < order - 1)
            assert_close(log10((double)e.backoff[level][i]), log_weight, 0,
                         2e-6);
    }
    for (int level = 0; level < order; level++)
        assert_int_equal(lines[level], e.kept[level]);
    fclose(file);
    ngram_estimate_free(&e);
    ngram_counts_free(&c);
}

static struct status add_word_of(void *context, const char *sentence,
                                 const char *path, size_t line)
{
    (void)path;
    (void)line;
    return vocabulary_add(context, sentence, strlen(sentence));
}

static void models_are_kenlms(void **state)
{
    struct ngram_estimate_options pruned = all, words = all;
    struct vocabulary vocabulary = {.count = 0};
    (void)state;
    pruned.prune[2] = pruned.prune[3] = 1;
    assert_ok(sentences_read(add_word_of, &vocabulary, GOLDEN "ngram_words.txt",
                             &plain));
    words.vocabulary = &vocabulary;
    words.interpolate_unigrams = false;
    check_golden(GOLDEN "ngram_plain.arpa", 3, &all);
    check_golden(GOLDEN "ngram_pruned.arpa", 4, &pruned);
    check_golden(GOLDEN "ngram_words.arpa", 2, &words);
    vocabulary_free(&vocabulary);
}

/* What arpa_write gives, in a file. */
struct target {
    FILE *file;
    size_t left; /* calls that are taken */
};

static struct status take(void *context, const void *bytes, size_t count)
{
    struct target *target = context;
    if (!target->left)
        return status_error(STATUS_SYSTEM, "the disk is full");
    target->left--;
    assert_int_equal(fwrite(bytes, 1, count, target->file), count);
    return status_ok();
}

static const char *write_model(const char *name,
                               const struct ngram_counts *counts,
                               const struct ngram_estimate *estimate, bool gzip)
{
    const char *path = scratch_path(name);
    struct target target = {fopen(path, "w"), SIZE_MAX};
    struct arpa_sink sink = {take, &target};
    assert_non_null(target.file);
    assert_ok(arpa_write(sink, counts, estimate, gzip));
    assert_int_equal(fclose(target.file), 0);
    return path;
}

static double sum_after(const struct ngram *model, uint32_t state)
{
    uint32_t begin = ngram_find(model, "<s>", 3), next;
    uint32_t end = ngram_find(model, "</s>", 4);
    double sum = exp(ngram_score_end(model, state));
    for (uint32_t word = 0; word < ngram_words(model); word++)
        if (word != begin && word != end)
            sum += exp(ngram_score(&next, model, state, word));
    return sum;
}

/* After every context of two words, seen or not. */
static void check_sums(const char *path)
{
    struct ngram *model;
    uint32_t one, two;
    assert_ok(ngram_read(&model, path));
    uint32_t count = (uint32_t)ngram_words(model);
    assert_close(sum_after(model, ngram_empty(model)), 1, 0, 1e-4);
    assert_close(sum_after(model, ngram_begin(model)), 1, 0, 1e-4);
    for (uint32_t word = 0; word < count; word++)
        for (uint32_t other = 0; other < count; other += 7) {
            ngram_score(&one, model, ngram_begin(model), word);
            ngram_score(&two, model, one, other);
            assert_close(sum_after(model, one), 1, 0, 1e-4);
            assert_close(sum_after(model, two), 1, 0, 1e-4);
        }
    ngram_close(model);
}

static void probabilities_sum_to_one_in_every_context(void **state)
{
    struct vocabulary vocabulary = {.count = 0};
    (void)state;
    assert_ok(sentences_read(add_word_of, &vocabulary, GOLDEN "ngram_words.txt",
                             &plain));
    for (int variant = 0; variant < 8; variant++)
        for (int order = 1; order <= 5; order += 2) {
            struct ngram_counts counts;
            struct ngram_estimate estimate;
            struct ngram_estimate_options options = {
                .interpolate_unigrams = variant & 1,
                .vocabulary = variant & 2 ? &vocabulary : NULL};
            for (int n = 1; n < NGRAM_ORDER_MOST; n++)
                options.prune[n] = variant & 4 ? (uint32_t)n : 0;
            count_golden(&counts, order);
            ngram_counts_finish(&counts);
            assert_ok(ngram_estimate(&estimate, &counts, &options));
            check_sums(write_model("model.arpa", &counts, &estimate, false));
            ngram_estimate_free(&estimate);
            ngram_counts_free(&counts);
        }
    vocabulary_free(&vocabulary);
}

static void packed_and_plain_models_say_the_same(void **state)
{
    struct ngram_counts counts;
    struct ngram_estimate estimate;
    size_t values;
    (void)state;
    struct golden *golden = golden_open(GOLDEN "ngram_query.txt");
    const real *want = golden_array(golden, "summary", &values);
    count_golden(&counts, 3);
    assert_ok(ngram_estimate(&estimate, &counts, &all));
    for (int gzip = 0; gzip < 2; gzip++) {
        struct perplexity p = {.words = 0};
        struct ngram *model;
        assert_ok(
            ngram_read(&model, write_model("m", &counts, &estimate, gzip)));
        p.model = model;
        assert_ok(sentences_read(perplexity_add, &p, GOLDEN "ngram_other.txt",
                                 &plain));
        assert_close(perplexity_of_all(&p), (double)want[0], 1e-5, 0);
        assert_close(perplexity_of_known(&p), (double)want[1], 1e-5, 0);
        assert_close((double)p.unknown, (double)want[2], 0, 0);
        assert_close((double)(p.words + p.sentences), (double)want[3], 0, 0);
        assert_close(p.log_p_unknown + p.log_p_end -
                         (double)(p.words - p.unknown) *
                             log(perplexity_of_words(&p)),
                     p.log_p, 1e-9, 0);
        ngram_close(model);
    }
    golden_close(golden);
    ngram_estimate_free(&estimate);
    ngram_counts_free(&counts);
}

static void a_models_own_words_are_refused(void **state)
{
    static const char *const bad[] = {"a <s>", "</s>", "b <unk> c"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ngram_counts counts;
        assert_ok(ngram_counts_open(&counts, 2));
        assert_refused(ngram_counts_add(&counts, bad[i], "t.txt", 7),
                       "t.txt:7: \"<");
        ngram_counts_free(&counts);
    }
}

static struct status count_and_write(struct target *target, bool gzip)
{
    struct ngram_counts counts;
    struct ngram_estimate estimate = {.order = 0};
    struct arpa_sink sink = {take, target};
    char line[64];
    struct status status = ngram_counts_open(&counts, 3);
    /* Enough that every list and table grows. */
    for (int i = 0; i < 1500 && !status_failed(&status); i++) {
        snprintf(line, sizeof line, "w%d x%d y", i % 1100, i);
        status = ngram_counts_add(&counts, line, "t", 1);
    }
    if (!status_failed(&status))
        status = ngram_estimate(&estimate, &counts, &all);
    if (!status_failed(&status))
        status = arpa_write(sink, &counts, &estimate, gzip);
    ngram_estimate_free(&estimate);
    ngram_counts_free(&counts);
    return status;
}

static void without_memory_they_fail_and_keep_nothing(void **state)
{
    struct target target = {fopen("/dev/null", "w"), SIZE_MAX};
    long n = 0;
    (void)state;
    for (bool happened = true; happened; n++) {
        fault_at(n);
        struct status status = count_and_write(&target, n % 2);
        happened = fault_happened();
        fault_at(-1);
        assert_int_equal(fault_held(), 0);
        assert_int_equal(status.code, happened ? STATUS_MEMORY : STATUS_OK);
    }
    assert_true(n > 20);
    fclose(target.file);
}

static void a_full_disk_stops_writing(void **state)
{
    (void)state;
    for (size_t calls = 0; calls < 4; calls++) {
        struct target target = {fopen("/dev/null", "w"), calls / 2};
        assert_refused(count_and_write(&target, calls % 2), "the disk is full");
        fclose(target.file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjusted_counts_are_of_different_words_before),
        cmocka_unit_test(a_tiny_text_is_as_computed_by_hand),
        cmocka_unit_test(discounts_are_chen_and_goodmans),
        cmocka_unit_test(models_are_kenlms),
        cmocka_unit_test_setup_teardown(
            probabilities_sum_to_one_in_every_context, scratch_open,
            scratch_close),
        cmocka_unit_test_setup_teardown(packed_and_plain_models_say_the_same,
                                        scratch_open, scratch_close),
        cmocka_unit_test(a_models_own_words_are_refused),
        cmocka_unit_test(without_memory_they_fail_and_keep_nothing),
        cmocka_unit_test(a_full_disk_stops_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
