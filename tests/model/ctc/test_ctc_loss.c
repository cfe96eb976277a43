/* CTC loss against every path there is, and against PyTorch. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/ctc_loss.h"
#include "tests/close.h"
#include "tests/golden.h"
#include "tests/gradient.h"

#include <math.h>

#define FRAMES_MOST 6

/* Whether path [frames], repeats merged and blanks removed, is the labels. */
static bool says(const int *path, size_t frames, const int32_t *labels,
                 size_t count)
{
    size_t at = 0;
    for (size_t t = 0; t < frames; t++) {
        if (path[t] == 0 || (t > 0 && path[t] == path[t - 1]))
            continue;
        if (at == count || labels[at] != path[t])
            return false;
        at++;
    }
    return at == count;
}

/* -log of the sum over all vocabulary^frames paths. */
static double enumerate(const real *logits, size_t frames, int vocabulary,
                        const int32_t *labels, size_t count)
{
    int path[FRAMES_MOST] = {0};
    double sum = 0;
    for (;;) {
        if (says(path, frames, labels, count)) {
            double p = 1;
            for (size_t t = 0; t < frames; t++) {
                const real *row = logits + t * (size_t)vocabulary;
                double all = 0;
                for (int v = 0; v < vocabulary; v++)
                    all += exp((double)row[v]);
                p *= exp((double)row[path[t]]) / all;
            }
            sum += p;
        }
        size_t t = 0;
        while (t < frames && ++path[t] == vocabulary)
            path[t++] = 0;
        if (t == frames)
            return -log(sum);
    }
}

static double loss_of(real *d_logits, const real *logits, size_t frames,
                      size_t vocabulary, const int32_t *labels, size_t count)
{
    double *scratch =
        calloc(ctc_scratch(frames, vocabulary, count), sizeof *scratch);
    double loss =
        ctc_loss(d_logits, logits, frames, vocabulary, labels, count, scratch);
    free(scratch);
    return loss;
}

static void every_path_is_summed(void **state)
{
    (void)state;
    static const int32_t cases[][4] = {
        {1}, {1, 1}, {1, 2}, {2, 1, 2}, {1, 1, 1}};
    static const size_t counts[] = {1, 2, 2, 3, 3};
    for (size_t i = 0; i < 5; i++)
        for (size_t frames = 1; frames <= FRAMES_MOST; frames++) {
            real *logits = gradient_random(frames * 3, i + 10 * frames);
            double loss = loss_of(NULL, logits, frames, 3, cases[i], counts[i]);
            double want = enumerate(logits, frames, 3, cases[i], counts[i]);
            if (frames < ctc_frames_needed(cases[i], counts[i]))
                assert_true(isinf(loss) && isinf(want));
            else
                assert_close(loss, want, 1e-5, 1e-5);
            free(logits);
        }
}

static void silence_is_a_transcript(void **state)
{
    (void)state;
    real *logits = gradient_random(4 * 3, 1);
    assert_close(loss_of(NULL, logits, 4, 3, NULL, 0),
                 enumerate(logits, 4, 3, NULL, 0), 1e-5, 1e-5);
    free(logits);
}

static void no_frames_say_nothing_and_nothing_else(void **state)
{
    (void)state;
    static const int32_t labels[] = {1};
    assert_true(loss_of(NULL, NULL, 0, 3, NULL, 0) == 0);
    assert_true(isinf(loss_of(NULL, NULL, 0, 3, labels, 1)));
    assert_int_equal(ctc_frames_needed(NULL, 0), 0);
}

static void the_gradient_of_a_row_sums_to_nothing(void **state)
{
    (void)state;
    static const int32_t labels[] = {2, 2, 1};
    for (size_t count = 0; count <= 3; count++) {
        real d[7 * 4], *logits = gradient_random(7 * 4, count);
        loss_of(d, logits, 7, 4, labels, count);
        for (size_t t = 0; t < 7; t++)
            assert_close(d[4 * t] + d[4 * t + 1] + d[4 * t + 2] + d[4 * t + 3],
                         0, 0, 1e-6);
        free(logits);
    }
}

static void too_few_frames_give_no_gradient(void **state)
{
    (void)state;
    static const int32_t labels[] = {1, 1};
    real d[2 * 3], *logits = gradient_random(2 * 3, 1);
    assert_int_equal(ctc_frames_needed(labels, 2), 3);
    assert_true(isinf(loss_of(d, logits, 2, 3, labels, 2)));
    for (size_t i = 0; i < 6; i++)
        assert_true(d[i] == 0);
    free(logits);
}

static void pytorch_agrees(void **state)
{
    (void)state;
    struct golden *golden = golden_open("tests/model/ctc/golden/ctc.txt");
    for (int i = 0; i < 5; i++) {
        static const char *const names[] = {"size", "labels", "logits", "loss",
                                            "gradient"};
        const real *found[5];
        size_t count[5];
        int32_t labels[200];
        for (int k = 0; k < 5; k++) {
            char name[32];
            snprintf(name, sizeof name, "%d.%s", i, names[k]);
            found[k] = golden_array(golden, name, &count[k]);
        }
        for (size_t k = 0; k < count[1]; k++)
            labels[k] = (int32_t)found[1][k];
        real *d = calloc(count[2], sizeof *d);
        memcpy(d, found[2], count[2] * sizeof *d);
        /* In place, as training does. */
        double loss = loss_of(d, d, (size_t)found[0][0], (size_t)found[0][1],
                              labels, count[1]);
        assert_close(loss, found[3][0], 1e-5, 0);
        assert_all_close(d, found[4], count[4], 1e-5);
        free(d);
    }
    golden_close(golden);
}

/* A certain model must not make the loss infinite or its gradient NaN. */
static void extreme_logits_stay_finite(void **state)
{
    (void)state;
    static const int32_t labels[] = {1, 2};
    real logits[4 * 3] = {0, 300, 0, 0, 0, 300, 300, 0, 0, -300, 0, 300};
    real d[4 * 3];
    assert_true(isfinite(loss_of(d, logits, 4, 3, labels, 2)));
    for (size_t i = 0; i < 12; i++)
        assert_true(isfinite(d[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_is_summed),
        cmocka_unit_test(silence_is_a_transcript),
        cmocka_unit_test(no_frames_say_nothing_and_nothing_else),
        cmocka_unit_test(the_gradient_of_a_row_sums_to_nothing),
        cmocka_unit_test(too_few_frames_give_no_gradient),
        cmocka_unit_test(pytorch_agrees),
        cmocka_unit_test(extreme_logits_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
