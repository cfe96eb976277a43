/* Tests of what the head reads of a layer: memory that runs out. What it learns
 * is in grad_reading.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/close.h"

#include "tests/fault.h"

#include "model/train/reading.c"
#include "model/train/utterance_losses.c"

static void memory_that_is_not_there_is_told(void **state)
{
    (void)state;
    const struct model_shape shape = {.input = 4,
                                      .dim = 6,
                                      .layers = 1,
                                      .heads = 2,
                                      .ffn = 8,
                                      .taps = 3,
                                      .left = 2,
                                      .right = 2,
                                      .vocabulary = 4};
    struct parameters parameters;
    struct settings settings;
    struct reading reading;
    assert_ok(parameters_open(&parameters, &shape));
    settings_default(&settings, VERB_FINETUNE);
    for (long n = 0; n <= 4; n++) {
        fault_at(n);
        struct status status =
            reading_open(&reading, &parameters, &settings, 9, 7, 3);
        fault_at(-1);
        assert_int_equal(status.code, n < 4 ? STATUS_MEMORY : STATUS_OK);
        reading_close(&reading);
        assert_int_equal(fault_held(), 0);
    }
    parameters_close(&parameters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_is_not_there_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
