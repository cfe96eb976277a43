/* Tests of what is told of a run of masked prediction: figures against hand
 * computation, and each alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/pretrain/health.h"
#include "tests/close.h"

#include <math.h>

static struct health healthy(void)
{
    struct health h = {
        .codebooks = {.used = 250, .perplexity = 143.25, .guess = 0.03},
        .codes = 256,
        .accuracy = 0.21,
        .loss = 3.1,
        .hidden_share = 0.48,
        .gradient_norm = 1.318,
        .update = 1000,
        .updates = 4000};
    return h;
}

/* Fails unless the alarm is raised and names the setting. */
static void assert_alarm(const struct health *h, const char *piece,
                         const char *setting)
{
    char text[256] = "";
    if (!health_alarm(text, sizeof text, h, 100))
        fail_msg("no alarm, expected \"%s\"", piece);
    if (!strstr(text, piece) || !strstr(text, setting))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", text, piece, setting);
}

static void assert_quiet(const struct health *h)
{
    char text[256] = "";
    if (health_alarm(text, sizeof text, h, 100))
        fail_msg("alarm: %s", text);
}

static void use_of_codes_is_as_computed_by_hand(void **state)
{
    (void)state;
    struct codebook_use use;
    /* Entropies log 4 and 1.5 log 2. */
    const uint64_t counts[2][4] = {{5, 5, 5, 5}, {8, 4, 4, 0}};
    health_codebooks(&use, counts[0], 1, 4);
    assert_int_equal(use.used, 4);
    assert_close(use.perplexity, 4, 1e-12, 0);
    assert_close(use.guess, 0.25, 1e-12, 0);
    health_codebooks(&use, counts[1], 1, 4);
    assert_int_equal(use.used, 3);
    assert_close(use.perplexity, pow(2, 1.5), 1e-12, 0);
    assert_close(use.guess, 0.5, 1e-12, 0);
    health_codebooks(&use, counts[0], 2, 4);
    assert_int_equal(use.used, 3);
    assert_close(use.perplexity, (4 + pow(2, 1.5)) / 2, 1e-12, 0);
    assert_close(use.guess, 0.375, 1e-12, 0);
}

static void one_code_alone_is_certain(void **state)
{
    (void)state;
    struct codebook_use use;
    const uint64_t counts[3] = {0, 1000000000000, 0};
    health_codebooks(&use, counts, 1, 3);
    assert_int_equal(use.used, 1);
    assert_close(use.perplexity, 1, 1e-12, 0);
    assert_close(use.guess, 1, 1e-12, 0);
    const uint64_t none[3] = {0, 0, 0};
    health_codebooks(&use, none, 1, 3);
    assert_int_equal(use.used, 0);
    assert_close(use.guess, 0, 0, 0);
}

static void the_line_says_what_is_known(void **state)
{
    (void)state;
    char text[256];
    struct health h = healthy();
    health_format(text, sizeof text, &h);
    assert_string_equal(text,
                        "codes 250/256 perplexity 143.2 accuracy 0.210 (guess "
                        "0.030) hidden 0.48 gradient 1.32");
}

static void a_healthy_run_raises_no_alarm(void **state)
{
    (void)state;
    struct health h = healthy();
    for (h.update = 1; h.update <= 4000; h.update += 7) {
        double done = (double)h.update / 4000;
        h.accuracy = 0.02 + 0.05 * fmin(1, 15 * done) + 0.4 * done;
        assert_quiet(&h);
    }
    /* All that is on the good side of every limit. */
    h.accuracy = 0.95;
    h.codebooks.perplexity = 25.6;
    h.hidden_share = 0.15;
    assert_quiet(&h);
    h.hidden_share = 0.85;
    assert_quiet(&h);
}

static void collapsed_codes_raise_an_alarm(void **state)
{
    (void)state;
    struct health h = healthy();
    h.codebooks.perplexity = 25.5;
    assert_alarm(&h, "codes have collapsed: perplexity 25.5 of 256", "--codes");
    assert_alarm(&h, "collapsed", "--whiten");
    /* Of few codes: under 4, but not if nearly all are in use. */
    h.codes = 16;
    h.codebooks.perplexity = 3.9;
    assert_alarm(&h, "collapsed", "--codes");
    h.codebooks.perplexity = 4;
    assert_quiet(&h);
    h.codes = 3;
    h.codebooks.perplexity = 2.8;
    assert_quiet(&h);
    h.codebooks.perplexity = 2.6;
    assert_alarm(&h, "collapsed", "--codes");
}

static void leaking_targets_raise_an_alarm(void **state)
{
    (void)state;
    struct health h = healthy();
    h.accuracy = 0.96;
    assert_alarm(&h, "targets leak: 96.0 %", "--mask-span");
    assert_alarm(&h, "targets leak", "--codes");
}

static void too_much_or_little_hidden_raises_an_alarm(void **state)
{
    (void)state;
    struct health h = healthy();
    h.hidden_share = 0.14;
    assert_alarm(&h, "14 % of the frames are hidden", "--mask-start");
    assert_alarm(&h, "hidden", "--mask-span");
    h.hidden_share = 0.86;
    assert_alarm(&h, "86 % of the frames are hidden", "--mask-start");
}

static void learning_nothing_raises_an_alarm(void **state)
{
    (void)state;
    struct health h = healthy();
    h.accuracy = 0.0329;
    assert_alarm(&h, "nothing is learned: accuracy 0.033", "--learning-rate");
    h.accuracy = 0.034;
    assert_quiet(&h);
    /* Not before warm-up, and not before update 300. */
    h.accuracy = 0;
    h.update = 299;
    assert_quiet(&h);
    h.update = 300;
    assert_alarm(&h, "nothing is learned", "--learning-rate");
    char text[256];
    assert_int_equal(health_alarm(text, sizeof text, &h, 300), 0);
    assert_int_equal(health_alarm(text, sizeof text, &h, 299), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(use_of_codes_is_as_computed_by_hand),
        cmocka_unit_test(one_code_alone_is_certain),
        cmocka_unit_test(the_line_says_what_is_known),
        cmocka_unit_test(a_healthy_run_raises_no_alarm),
        cmocka_unit_test(collapsed_codes_raise_an_alarm),
        cmocka_unit_test(leaking_targets_raise_an_alarm),
        cmocka_unit_test(too_much_or_little_hidden_raises_an_alarm),
        cmocka_unit_test(learning_nothing_raises_an_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
