/* Tests of what a stopped run goes on from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/comma.h"
#include "tests/scratch.h"

#include "tests/fault.h"

#include "model/train/training_state.c"

#define FINGERPRINT 0x123456789abcdef0u

static struct parameters parameters;
static struct settings usual;

static int open_all(void **state)
{
    const struct model_shape shape = {.input = 6,
                                      .dim = 4,
                                      .layers = 1,
                                      .heads = 2,
                                      .ffn = 5,
                                      .taps = 3,
                                      .left = 2,
                                      .right = 1,
                                      .vocabulary = 7};
    settings_default(&usual, VERB_FINETUNE);
    strcpy(usual.data, "a/table.tsv");
    assert_ok(parameters_open(&parameters, &shape));
    return scratch_open(state);
}

static int close_all(void **state)
{
    parameters_close(&parameters);
    return scratch_close(state);
}

static void fill(struct training_state *s, bool average)
{
    assert_ok(training_state_open(s, &parameters, average));
    assert_close(s->best, -1, 0, 0);
    struct random_key key = random_key(1, RANDOM_MASK);
    for (size_t i = 0; i < parameters.total; i++) {
        s->weights[i] = (real)random_normal(key, i);
        s->first[i] = (real)(1e-20 * random_normal(key, 7 * i));
        s->second[i] = (real)(1e20 * random_normal(key, 5 * i));
        if (average)
            s->average[i] = -s->weights[i];
    }
    s->update = 12345678901;
    s->averaged = 3;
    s->best = 100.0 / 3;
    s->best_update = 1200;
    s->seconds = 1234.5;
    s->finished = true;
}

static struct status write_to(const char *path, const struct training_state *s,
                              const struct settings *settings)
{
    return training_state_write(path, s, &parameters, settings, VERB_FINETUNE,
                                FINGERPRINT);
}

static struct status read_from(bool *found, struct training_state *s,
                               const char *path,
                               const struct settings *settings)
{
    return training_state_read(found, s, path, &parameters, settings,
                               VERB_FINETUNE, FINGERPRINT);
}

static void a_state_comes_back_to_the_bit(void **state)
{
    (void)state;
    for (int average = 0; average < 2; average++) {
        struct training_state s, back;
        bool found;
        size_t bytes = parameters.total * sizeof(real);
        const char *path = scratch_path("state");
        fill(&s, average);
        assert_ok(write_to(path, &s, &usual));
        assert_ok(training_state_open(&back, &parameters, average));
        assert_ok(read_from(&found, &back, path, &usual));
        assert_true(found);
        assert_memory_equal(back.weights, s.weights, bytes);
        assert_memory_equal(back.first, s.first, bytes);
        assert_memory_equal(back.second, s.second, bytes);
        if (average)
            assert_memory_equal(back.average, s.average, bytes);
        else
            assert_null(back.average);
        assert_true(back.update == s.update && back.averaged == s.averaged);
        assert_true(back.best == s.best && back.best_update == s.best_update);
        assert_close(back.seconds, s.seconds, 0, 1e-3);
        assert_true(back.finished);
        training_state_close(&s);
        training_state_close(&back);
        training_state_close(&back);
    }
}

static void an_infinite_error_comes_back(void **state)
{
    (void)state;
    struct training_state s, back;
    bool found;
    fill(&s, false);
    s.best = INFINITY;
    assert_ok(write_to(scratch_path("state"), &s, &usual));
    assert_ok(training_state_open(&back, &parameters, false));
    assert_ok(read_from(&found, &back, scratch_path("state"), &usual));
    assert_true(back.best == INFINITY);
    training_state_close(&s);
    training_state_close(&back);
}

static void without_a_file_nothing_is_found(void **state)
{
    (void)state;
    struct training_state s;
    bool found = true;
    assert_ok(training_state_open(&s, &parameters, false));
    assert_ok(read_from(&found, &s, scratch_path("absent"), &usual));
    assert_false(found);
    assert_int_equal(s.update, 0);
    training_state_close(&s);
}

/* Each setting that the verb knows: changed, it is named; or the result does
 * not depend on it, and it may change. */
static void other_settings_are_refused_and_named(void **state)
{
    (void)state;
    static const char *const free_ones[] = {
        "threads", "readers",   "cache-mib", "save-every", "report-every",
        "outside", "overwrite", "help",      "data",       "dev",
        "init",    "out",       "config"};
    struct training_state s;
    size_t count, refused = 0;
    const struct setting *table = settings_table(&count);
    const char *path = scratch_path("changed");
    fill(&s, true);
    assert_ok(write_to(path, &s, &usual));
    for (size_t i = 0; i < count; i++) {
        struct settings other = usual;
        bool found, may = false;
        char piece[100];
        if (!(table[i].verbs & VERB_FINETUNE))
            continue;
        char *value = (char *)&other + table[i].offset;
        if (table[i].kind == SETTING_NUMBER)
            *(double *)value += 0.125;
        else if (table[i].kind == SETTING_TEXT)
            strcat(value, "x");
        else if (table[i].kind == SETTING_INT)
            ++*(int *)value;
        else
            *(int *)value = !*(int *)value;
        for (size_t k = 0; k < sizeof free_ones / sizeof *free_ones; k++)
            may = may || !strcmp(free_ones[k], table[i].name);
        snprintf(piece, sizeof piece, "that run has %s = ", table[i].name);
        if (may) {
            assert_ok(read_from(&found, &s, path, &other));
            continue;
        }
        assert_refused(read_from(&found, &s, path, &other), piece);
        assert_refused(read_from(&found, &s, path, &other), "--overwrite");
        refused++;
    }
    assert_true(refused > 30);
    /* Of several the first is named. */
    struct settings other = usual;
    bool found;
    other.dropout = 0.3;
    other.updates = 7;
    assert_refused(read_from(&found, &s, path, &other),
                   "that run has updates = 10000, this one 7");
    training_state_close(&s);
}

static void other_data_are_refused(void **state)
{
    (void)state;
    struct training_state s;
    bool found;
    const char *path = scratch_path("data");
    fill(&s, false);
    assert_ok(write_to(path, &s, &usual));
    assert_refused(training_state_read(&found, &s, path, &parameters, &usual,
                                       VERB_FINETUNE, FINGERPRINT + 1),
                   "learned from other data");
    training_state_close(&s);
}

static void damaged_states_are_refused(void **state)
{
    (void)state;
    struct training_state s, back;
    bool found;
    size_t count;
    const char *path = scratch_path("damaged");
    fill(&s, false);
    assert_ok(write_to(path, &s, &usual));
    assert_ok(training_state_open(&back, &parameters, true));
    assert_refused(read_from(&found, &back, path, &usual),
                   "tensor \"average\" is missing");
    training_state_close(&back);
    char *bytes = scratch_read(&count, path);
    assert_refused(
        read_from(&found, &s, scratch_write("cut", bytes, count - 1), &usual),
        "cut");
    assert_refused(
        read_from(&found, &s, scratch_text("words", "words, words"), &usual),
        "words");
    assert_refused(read_from(&found, &s,
                             "tests/model/golden/parity_small.safetensors",
                             &usual),
                   "parity_small");
    /* Numbers that no run wrote. */
    static const char *const wrong[][2] = {
        {"\"12345678901\"", "\"-2345678901\""},
        {"\"12345678901\"", "\"1234567890x\""},
        {"\"12345678901\"", "\"nan        \""},
        {"\"state.update\"", "\"state.upbeat\""},
        {"\"state.best_update\"", "\"state.best_upbeat\""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *at = memmem(bytes, count, wrong[i][0], strlen(wrong[i][0]));
        assert_non_null(at);
        memcpy(at, wrong[i][1], strlen(wrong[i][1]));
        path = scratch_write("numbers", bytes, count);
        memcpy(at, wrong[i][0], strlen(wrong[i][0]));
        assert_refused(read_from(&found, &s, path, &usual), "state.");
    }
    (free)(bytes);
    training_state_close(&s);
}

static void without_memory_the_old_state_stays(void **state)
{
    (void)state;
    struct training_state s, back;
    long failures = 0;
    size_t length;
    const char *path = scratch_path("failing");
    fill(&s, true);
    for (long n = 0;; n++) {
        scratch_text("failing", "old");
        fault_at(n);
        struct status status = write_to(path, &s, &usual);
        bool happened = fault_happened();
        fault_at(-1);
        if (!happened) {
            assert_ok(status);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
        char *bytes = scratch_read(&length, path);
        assert_string_equal(bytes, "old");
        (free)(bytes);
    }
    assert_true(failures >= 1);
    training_state_close(&s);
    for (failures = 0;; failures++) {
        fault_at(failures);
        struct status status = training_state_open(&back, &parameters, true);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status_failed(&status), happened);
        assert_int_equal(back.weights == NULL, happened);
        training_state_close(&back);
        if (!happened)
            break;
    }
    assert_int_equal(failures, 4);
}

static void a_decimal_comma_changes_nothing(void **state)
{
    (void)state;
    struct training_state s, back;
    bool found;
    if (!comma_begin())
        skip();
    fill(&s, false);
    assert_ok(write_to(scratch_path("state"), &s, &usual));
    comma_end();
    assert_ok(training_state_open(&back, &parameters, false));
    assert_ok(read_from(&found, &back, scratch_path("state"), &usual));
    assert_true(back.best == s.best && back.seconds == s.seconds);
    training_state_close(&s);
    training_state_close(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_comes_back_to_the_bit),
        cmocka_unit_test(an_infinite_error_comes_back),
        cmocka_unit_test(without_a_file_nothing_is_found),
        cmocka_unit_test(other_settings_are_refused_and_named),
        cmocka_unit_test(other_data_are_refused),
        cmocka_unit_test(damaged_states_are_refused),
        cmocka_unit_test(without_memory_the_old_state_stays),
        cmocka_unit_test(a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
