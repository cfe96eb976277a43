/* Tests of reading language models when memory runs out. */
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

#include "model/text/line_reader.c"
#undef ROOM
#include "model/text/arpa.c"
#include "model/text/ngram.c"
#include "model/text/ngram_tree.c"
#include "model/text/vocabulary.c"

/* Of every size of growth: many words, and contexts that are missing. */
static const char *write_large(void)
{
    const char *path = scratch_path("large.arpa");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "\\data\\\nngram 1=5000\nngram 2=0\nngram 3=100\n");
    fprintf(file, "\\1-grams:\n");
    for (int i = 0; i < 5000; i++)
        fprintf(file, "-3 w%d\n", i);
    fprintf(file, "\\2-grams:\n\\3-grams:\n");
    for (int i = 0; i < 100; i++)
        fprintf(file, "-1 w%d w%d w7\n", i, i + 1);
    fprintf(file, "\\end\\\n");
    assert_int_equal(fclose(file), 0);
    return path;
}

static void whatever_fails_nothing_is_left(void **state)
{
    (void)state;
    const char *path = write_large();
    long n = 0;
    for (bool happened = true; happened; n++) {
        struct ngram *model;
        fault_at(n);
        struct status status = ngram_read(&model, path);
        happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status_failed(&status), happened);
        assert_int_equal(!model, happened);
        if (happened)
            assert_int_equal(status.code, STATUS_MEMORY);
        ngram_close(model);
        assert_int_equal(fault_held(), 0);
    }
    assert_true(n > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
