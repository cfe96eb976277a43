/* Tests of searching a folder when memory runs out. */
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

#include "model/data/folder.c"

static void a_search_without_memory_finds_nothing(void **state)
{
    (void)state;
    long failures = 0;
    scratch_folder("f");
    scratch_folder("f/in");
    scratch_text("f/a.wav", "");
    scratch_text("f/in/b.wav", "");
    scratch_text("f/in/c.txt", "");
    const char *path = scratch_path("f");
    for (long n = 0;; n++) {
        struct folder found;
        fault_at(n);
        struct status status = folder_search(&found, path);
        bool happened = fault_happened();
        fault_at(-1);
        if (!happened) {
            assert_ok(status);
            assert_int_equal(found.count, 2);
            folder_free(&found);
            assert_int_equal(fault_held(), 0);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_true(!found.count && !found.paths);
        assert_int_equal(fault_held(), 0);
    }
    assert_true(failures >= 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_without_memory_finds_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
