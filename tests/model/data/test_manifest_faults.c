/* Tests of manifests when memory or the disk fails. */
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

#include "model/data/manifest.c"
#include "model/data/text_file.c"

static void check(const char *path, size_t count, long least)
{
    static const struct manifest empty;
    long failures = 0;
    for (long n = 0;; n++) {
        struct manifest m;
        fault_at(n);
        struct status status = manifest_read(&m, path, false);
        bool happened = fault_happened();
        fault_at(-1);
        if (!status_failed(&status)) {
            assert_int_equal(m.count, count);
            manifest_free(&m);
            assert_int_equal(fault_held(), 0);
            if (!happened)
                break;
            continue;
        }
        failures++;
        assert_true(status.code == STATUS_MEMORY ||
                    status.code == STATUS_SYSTEM);
        assert_non_null(strstr(status.text, path));
        assert_memory_equal(&m, &empty, sizeof m);
        assert_int_equal(fault_held(), 0);
    }
    assert_true(failures >= least);
}

static void a_table_without_memory_is_empty_and_named(void **state)
{
    (void)state;
    check(scratch_text("t.tsv", "path\tid\ttext\tstart\na.wav\t\tx\t1\n"
                                "b.wav\tu\t\t\nc.wav\t\t\t\n"),
          3, 15);
}

static void a_folder_without_memory_is_empty_and_named(void **state)
{
    (void)state;
    scratch_folder("f");
    scratch_text("f/a.wav", "");
    scratch_text("f/a.txt", "text");
    scratch_text("f/b.wav", "");
    check(scratch_path("f"), 2, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_without_memory_is_empty_and_named),
        cmocka_unit_test(a_folder_without_memory_is_empty_and_named),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
