/* Tests of random-projection targets when memory runs out, in LAPACK's work
 * space too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include "tests/fault.h"

#include "model/kernel/gemm.c"
#include "model/pretrain/random_projection.c"

static void without_memory_there_are_no_targets(void **state)
{
    (void)state;
    float x[50 * 4];
    struct random_key key = random_key(1, RANDOM_CODEBOOK);
    long failures = 0;
    for (size_t i = 0; i < 50 * 4; i++)
        x[i] = (float)random_normal(key, i);
    for (;; failures++) {
        struct quantiser q;
        fault_at(failures);
        struct status status =
            quantiser_random_projection(&q, x, 50, 4, 2, 8, 3, 0, key);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status.code, happened ? STATUS_MEMORY : STATUS_OK);
        assert_int_equal(q.code == NULL, happened);
        assert_int_equal(fault_held(), 0);
        quantiser_close(&q);
        if (!happened)
            break;
    }
    assert_int_equal(failures, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_there_are_no_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
