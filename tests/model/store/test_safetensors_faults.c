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
    struct reader r = {.path = path, .descriptor = -1};
    assert_ok(open_file(&r));
    assert_ok(read_header(&r));
    assert_ok(read_entries(&(struct safetensors){.tensor_count = 0}, &r));
    assert_int_equal(truncate(path, (off_t)r.size - 4), 0);
    file = (struct safetensors){.tensor_count = 0};
    assert_refused(read_data(&file, &r), "was cut short while being read");
    safetensors_free(&file);
    for (size_t i = 0; i < r.piece_count; i++)
        free(r.pieces[i].tensor.name);
    free(r.pieces);
    json_decref(r.header);
    close(r.descriptor);
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
