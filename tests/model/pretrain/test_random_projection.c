/* Tests of random-projection targets and of labelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/pretrain/health.h"
#include "model/pretrain/quantiser.h"
#include "tests/close.h"

#include <math.h>

#define COUNT 3000
#define INPUT 24
#define BOOKS 2
#define CODES 64
#define WIDTH 8

/* Vectors whose neighbouring dimensions correlate, as mel bins do. */
static float *correlated(size_t count)
{
    struct random_key key = random_key(7, RANDOM_CODEBOOK);
    float *x = malloc(count * INPUT * sizeof *x);
    assert_non_null(x);
    for (size_t t = 0; t < count; t++) {
        double value = random_normal(key, t * INPUT);
        for (size_t i = 0; i < INPUT; i++) {
            value = 0.97 * value + 0.243 * random_normal(key, t * INPUT + i);
            x[t * INPUT + i] = (float)(value + 0.1 * (double)i);
        }
    }
    return x;
}

static struct random_key key_of(uint64_t seed)
{
    return random_key(seed, RANDOM_CODEBOOK);
}

static uint16_t *label(const struct quantiser *q, const float *x, size_t count)
{
    float *scratch = malloc(quantiser_scratch(q) * sizeof *scratch);
    uint16_t *codes =
        malloc((count + 1) * (size_t)q->codebooks * sizeof *codes);
    assert_true(scratch && codes);
    quantiser_label(codes, q, x, count, scratch);
    free(scratch);
    return codes;
}

static struct codebook_use use_of(const struct quantiser *q, const float *x)
{
    struct codebook_use use;
    size_t books = (size_t)q->codebooks, all = (size_t)q->codes;
    uint64_t *counts = calloc(books * all, sizeof *counts);
    uint16_t *codes = label(q, x, COUNT);
    for (size_t t = 0; t < COUNT; t++)
        for (size_t b = 0; b < books; b++)
            counts[b * all + codes[t * books + b]]++;
    health_codebooks(&use, counts, q->codebooks, q->codes);
    free(counts);
    free(codes);
    return use;
}

static double score(const struct quantiser *q, size_t b, size_t v,
                    const float *x)
{
    size_t width = (size_t)q->width, input = (size_t)q->input;
    double sum = (double)q->bias[b * (size_t)q->codes + v];
    for (size_t w = 0; w < width; w++) {
        double z = 0;
        for (size_t i = 0; i < input; i++)
            z += (double)q->projection[(b * width + w) * input + i] *
                 ((double)x[i] - (double)q->mean[i]);
        sum += z * (double)q->code[(b * (size_t)q->codes + v) * width + w];
    }
    return sum;
}

/* Over the block of vectors that are labelled at a time, and its ends. */
static void labels_are_the_best_codes(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 255, 256, 257, 600};
    struct quantiser q;
    float *x = correlated(COUNT);
    assert_ok(quantiser_random_projection(&q, x, COUNT, INPUT, BOOKS, CODES,
                                          WIDTH, 0, key_of(1)));
    for (size_t v = 0; v < BOOKS * CODES; v++)
        q.bias[v] = (float)(v % 5) / 10;
    for (size_t k = 0; k < 6; k++) {
        uint16_t *codes = label(&q, x, counts[k]);
        for (size_t t = 0; t < counts[k]; t++)
            for (size_t b = 0; b < BOOKS; b++) {
                double best = -INFINITY;
                for (size_t v = 0; v < CODES; v++)
                    best = fmax(best, score(&q, b, v, x + t * INPUT));
                size_t chosen = codes[t * BOOKS + b];
                assert_true(chosen < CODES);
                assert_close(score(&q, b, chosen, x + t * INPUT), best, 0,
                             1e-4);
            }
        free(codes);
    }
    quantiser_close(&q);
    free(x);
}

static void ties_go_to_the_smaller_code(void **state)
{
    (void)state;
    struct quantiser q;
    const float x[2] = {1, 2};
    assert_ok(quantiser_open(&q, 1, 4, 2, 2));
    q.bias[1] = q.bias[3] = 1;
    uint16_t *codes = label(&q, x, 1);
    assert_int_equal(codes[0], 1);
    free(codes);
    quantiser_close(&q);
    quantiser_close(&q);
}

/* The plain projection of BEST-RQ, without whitening. */
static void drop_whitening(struct quantiser *q)
{
    for (size_t i = 0; i < BOOKS * WIDTH * INPUT; i++)
        q->projection[i] = (float)random_normal(key_of(9), i);
}

static void whitening_brings_codes_into_use(void **state)
{
    (void)state;
    struct quantiser q;
    float *x = correlated(COUNT);
    assert_ok(quantiser_random_projection(&q, x, COUNT, INPUT, BOOKS, CODES,
                                          WIDTH, 16, key_of(1)));
    struct codebook_use white = use_of(&q, x);
    drop_whitening(&q);
    struct codebook_use plain = use_of(&q, x);
    assert_true(white.used > 0.9 * CODES);
    assert_true(white.perplexity > 0.6 * CODES);
    assert_true(plain.used > 1 && plain.perplexity < 0.5 * white.perplexity);
    quantiser_close(&q);
    free(x);
}

static void targets_are_a_function_of_their_key(void **state)
{
    (void)state;
    struct quantiser q[3];
    float *x = correlated(COUNT);
    for (int i = 0; i < 3; i++)
        assert_ok(quantiser_random_projection(&q[i], x, COUNT, INPUT, BOOKS,
                                              CODES, WIDTH, 8,
                                              key_of(i == 2 ? 2 : 1)));
    size_t projection = BOOKS * WIDTH * INPUT * sizeof(float);
    size_t code = BOOKS * CODES * WIDTH * sizeof(float);
    assert_memory_equal(q[0].projection, q[1].projection, projection);
    assert_memory_equal(q[0].code, q[1].code, code);
    assert_memory_equal(q[0].mean, q[1].mean, INPUT * sizeof(float));
    assert_memory_equal(q[0].mean, q[2].mean, INPUT * sizeof(float));
    assert_true(memcmp(q[0].projection, q[2].projection, projection));
    assert_true(memcmp(q[0].code, q[2].code, code));
    /* And no codebook is another's. */
    assert_true(memcmp(q[0].code, q[0].code + CODES * WIDTH, code / 2));
    assert_true(memcmp(q[0].projection, q[0].projection + WIDTH * INPUT,
                       projection / 2));
    for (int i = 0; i < 3; i++)
        quantiser_close(&q[i]);
    free(x);
}

static void codes_have_length_one_and_no_bias(void **state)
{
    (void)state;
    struct quantiser q;
    float *x = correlated(COUNT);
    assert_ok(quantiser_random_projection(&q, x, COUNT, INPUT, BOOKS, CODES,
                                          WIDTH, 0, key_of(1)));
    for (size_t v = 0; v < BOOKS * CODES; v++) {
        double square = 0;
        for (size_t w = 0; w < WIDTH; w++)
            square +=
                (double)q.code[v * WIDTH + w] * (double)q.code[v * WIDTH + w];
        assert_close(square, 1, 1e-5, 0);
        assert_true(q.bias[v] == 0);
    }
    quantiser_close(&q);
    free(x);
}

/* With as many dimensions out as directions kept, the projection of one key
 * has the same sum of squares on average, however the input is scaled. */
static void whitened_values_do_not_depend_on_scale(void **state)
{
    (void)state;
    struct quantiser q, scaled;
    float *x = correlated(COUNT), *y = malloc(COUNT * INPUT * sizeof *y);
    for (size_t i = 0; i < COUNT * INPUT; i++)
        y[i] = 64 * x[i];
    assert_ok(quantiser_random_projection(&q, x, COUNT, INPUT, 1, CODES, WIDTH,
                                          8, key_of(1)));
    assert_ok(quantiser_random_projection(&scaled, y, COUNT, INPUT, 1, CODES,
                                          WIDTH, 8, key_of(1)));
    for (size_t i = 0; i < WIDTH * INPUT; i++)
        assert_close(64 * scaled.projection[i], q.projection[i], 1e-3, 1e-3);
    quantiser_close(&q);
    quantiser_close(&scaled);
    free(x);
    free(y);
}

/* Two dimensions that are copies of others carry no direction of their own:
 * scaled to variance 1 they would be rounding errors. */
static void directions_without_variance_are_left_out(void **state)
{
    (void)state;
    struct quantiser q;
    float *x = correlated(COUNT);
    for (size_t t = 0; t < COUNT; t++) {
        x[t * INPUT + 3] = x[t * INPUT];
        x[t * INPUT + 5] = 1;
    }
    assert_ok(quantiser_random_projection(&q, x, COUNT, INPUT, BOOKS, CODES,
                                          WIDTH, INPUT, key_of(1)));
    for (size_t i = 0; i < BOOKS * WIDTH * INPUT; i++)
        assert_true(fabs((double)q.projection[i]) < 1000);
    assert_true(use_of(&q, x).used > 0.9 * CODES);
    quantiser_close(&q);
    free(x);
}

static void what_cannot_be_whitened_is_refused(void **state)
{
    (void)state;
    struct quantiser q;
    float *x = correlated(COUNT);
    assert_refused(quantiser_random_projection(&q, x, INPUT, INPUT, BOOKS,
                                               CODES, WIDTH, 0, key_of(1)),
                   "24 frames are too few to whiten 24 dimensions");
    assert_true(!q.mean && !q.projection && !q.code && !q.bias && !q.codes);
    assert_ok(quantiser_random_projection(&q, x, INPUT + 1, INPUT, BOOKS, CODES,
                                          WIDTH, 0, key_of(1)));
    quantiser_close(&q);
    for (size_t i = 0; i < COUNT * INPUT; i++)
        x[i] = 3;
    assert_refused(quantiser_random_projection(&q, x, COUNT, INPUT, BOOKS,
                                               CODES, WIDTH, 0, key_of(1)),
                   "do not vary");
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_the_best_codes),
        cmocka_unit_test(ties_go_to_the_smaller_code),
        cmocka_unit_test(whitening_brings_codes_into_use),
        cmocka_unit_test(targets_are_a_function_of_their_key),
        cmocka_unit_test(codes_have_length_one_and_no_bias),
        cmocka_unit_test(whitened_values_do_not_depend_on_scale),
        cmocka_unit_test(directions_without_variance_are_left_out),
        cmocka_unit_test(what_cannot_be_whitened_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
