/* Tests of writing safetensors files when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/scratch.h"

#include "tests/fault.h"

#include "model/store/json_string.c"
#include "model/store/safetensors_write.c"

static void assert_holds(const char *path, const char *bytes, size_t count)
{
    size_t length;
    char *found = scratch_read(&length, path);
    assert_int_equal(length, count);
    assert_memory_equal(found, bytes, count);
    (free)(found);
}

/* Jansson's memory too. */
static void memory_that_runs_out_leaves_the_old_file(void **state)
{
    (void)state;
    const float data[4] = {1, 2, 3, 4};
    const struct safetensor tensors[] = {{"b", 2, {2, 2}, 4, data},
                                         {"a", 1, {3}, 3, data}};
    struct safetensors_text texts[] = {{"key", "a value \xff"}, {"k", "v"}};
    size_t length, failures = 0;
    const char *path = scratch_path("good");
    assert_ok(safetensors_write(path, tensors, 2, texts, 2));
    char *want = scratch_read(&length, path);
    json_set_alloc_funcs(fault_malloc, fault_free);
    for (long n = 0;; n++) {
        path = scratch_text("failing", "old");
        size_t before = scratch_count();
        fault_at(n);
        struct status status = safetensors_write(path, tensors, 2, texts, 2);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(fault_held(), 0);
        assert_int_equal(scratch_count(), before);
        if (!status_failed(&status)) {
            assert_holds(path, want, length);
            if (!happened)
                break;
            continue;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_non_null(strstr(status.text, path));
        assert_holds(path, "old", 3);
    }
    json_set_alloc_funcs((malloc), (free));
    assert_true(failures > 30);
    (free)(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_runs_out_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
