/* Tests of greedy CTC decoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/ctc/greedy.h"

#define TOKENS 5
#define MOST 16

/* Decodes a path written as digits, each frame's best token. */
static size_t decode(int32_t *ids, size_t *begins, const char *path)
{
    real logits[MOST * TOKENS];
    size_t frames = strlen(path);
    for (size_t t = 0; t < frames; t++)
        for (size_t k = 0; k < TOKENS; k++)
            logits[t * TOKENS + k] =
                path[t] == (char)('0' + k) ? 2 : -(real)(t + k) / 8;
    return greedy_decode(ids, begins, logits, frames, TOKENS);
}

static void repeats_are_merged_and_blanks_dropped(void **state)
{
    (void)state;
    static const struct {
        const char *path, *ids;
        size_t begins[5];
    } cases[] = {
        {"", "", {0}},
        {"0", "", {0}},
        {"0000", "", {0}},
        {"1", "1", {0}},
        {"1111", "1", {0}},
        {"1101", "11", {0, 3}},
        {"10101", "111", {0, 2, 4}},
        {"1212", "1212", {0, 1, 2, 3}},
        {"0011220330", "123", {2, 4, 7}},
        {"4003301", "431", {0, 3, 6}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t ids[MOST];
        size_t begins[MOST];
        size_t count = decode(ids, begins, cases[i].path);
        assert_int_equal(count, strlen(cases[i].ids));
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(ids[k], cases[i].ids[k] - '0');
            assert_int_equal(begins[k], cases[i].begins[k]);
        }
        assert_int_equal(decode(ids, NULL, cases[i].path), count);
    }
}

static void ties_go_to_the_smaller_token(void **state)
{
    (void)state;
    const real logits[2 * 3] = {1, 1, 1, 0, 4, 4};
    int32_t ids[2];
    assert_int_equal(greedy_decode(ids, NULL, logits, 2, 3), 1);
    assert_int_equal(ids[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_are_merged_and_blanks_dropped),
        cmocka_unit_test(ties_go_to_the_smaller_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
