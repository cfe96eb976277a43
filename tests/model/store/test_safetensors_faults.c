/* Tests of reading safetensors files when memory or the disk fails. */
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

#include "model/store/safetensors.c"

/* Jansson's memory too. */
static void whatever_fails_the_file_is_empty_and_named(void **state)
{
    (void)state;
    static const char path[] = "tests/model/store/golden/python.safetensors";
    static const struct safetensors empty;
    size_t failures = 0;
    json_set_alloc_funcs(fault_malloc, fault_free);
    for (long n = 0;; n++) {
        struct safetensors file;
        fault_at(n);
        struct status status = safetensors_read(&file, path);
        bool happened = fault_happened();
        fault_at(-1);
        if (!status_failed(&status)) {
            assert_int_equal(file.tensor_count, 6);
            safetensors_free(&file);
            assert_int_equal(fault_held(), 0);
            if (!happened)
                break;
            continue;
        }
        failures++;
        assert_int_equal(fault_held(), 0);
        /* Jansson takes some of its own failures for bad JSON. */
        assert_true(status.code == STATUS_MEMORY ||
                    status.code == STATUS_SYSTEM ||
                    strstr(status.text, "invalid token") ||
                    strstr(status.text, "expected near"));

        assert_non_null(strstr(status.text, path));
        assert_memory_equal(&file, &empty, sizeof file);
    }
    json_set_alloc_funcs((malloc), (free));
    assert_true(failures > 100);
}

static void a_file_that_shrinks_is_cut_short(void **state)
{
    (void)state;
    struct safetensors file;
    const float data[4] = {1, 2, 3, 4};
    const struct safetensor t = {"t", 1, {4}, 4, data};
    const char *path = scratch_path("shrinks");
    assert_ok(safetensors_write(path, &t, 1, NULL, 0));
    /* Shorter than it was when its size was asked for. */
    assert_ok(safetensors_open(&file, path));
    assert_null(file.tensors[0].data);
    float values[4];
    assert_ok(safetensors_values(values, &file, &file.tensors[0]));
    assert_memory_equal(values, data, sizeof data);
    assert_int_equal(truncate(path, (off_t)file.reader->size - 4), 0);
    assert_refused(safetensors_values(values, &file, &file.tensors[0]),
                   "was cut short while being read");
    safetensors_free(&file);
    assert_int_equal(fault_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_the_file_is_empty_and_named),
        cmocka_unit_test(a_file_that_shrinks_is_cut_short),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
