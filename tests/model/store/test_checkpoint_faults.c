/* Tests of models in files when memory runs out. */
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

#include "model/store/checkpoint.c"
#include "model/store/checkpoint_write.c"

static void make_model(struct checkpoint *c)
{
    static const char *const letters[] = {"<blank>", " ", "a", "b"};
    memset(c, 0, sizeof *c);
    struct settings *s = &c->settings;
    settings_default(s, VERB_PRETRAIN | VERB_FINETUNE);
    s->bins = 2;
    s->dim = s->ffn = 4;
    s->layers = 1;
    s->heads = 2;
    s->left = s->right = 1;
    struct model_shape shape = settings_shape(s, 4, 6);
    assert_ok(parameters_open(&c->parameters, &shape));
    c->weights = calloc(c->parameters.total, sizeof *c->weights);
    assert_ok(tokens_from_list(&c->tokens, letters, 4, "test"));
    assert_ok(quantiser_open(&c->quantiser, 1, 6, 2, 8));
    c->cmvn_mean = calloc(2, sizeof *c->cmvn_mean);
    c->cmvn_scale = calloc(2, sizeof *c->cmvn_scale);
    provenance_set(&c->provenance, "program", "attune test");
}

static void writing_without_memory_leaves_the_old_file(void **state)
{
    (void)state;
    struct checkpoint c;
    make_model(&c);
    long held = fault_held();
    size_t failures = 0;
    for (long n = 0;; n++) {
        size_t length;
        const char *path = scratch_text("model", "old");
        size_t before = scratch_count();
        fault_at(n);
        struct status status = checkpoint_write(path, &c);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(scratch_count(), before);
        /* The text of the tokens is the library's, and freed here. */
        assert_true(fault_held() <= held);
        held = fault_held();
        if (!happened)
            break;
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
        char *bytes = scratch_read(&length, path);
        assert_string_equal(bytes, "old");
        (free)(bytes);
    }
    assert_true(failures > 20);
    checkpoint_free(&c);
}

static void read_without_memory(struct status reader(struct checkpoint *,
                                                     const char *))
{
    struct checkpoint c;
    const char *path = scratch_path("whole");
    static const struct checkpoint empty;
    size_t failures = 0;
    make_model(&c);
    assert_ok(checkpoint_write(path, &c));
    checkpoint_free(&c);
    long held = fault_held();
    for (long n = 0;; n++) {
        fault_at(n);
        struct status status = reader(&c, path);
        bool happened = fault_happened();
        fault_at(-1);
        if (!happened) {
            assert_ok(status);
            checkpoint_free(&c);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
        assert_memory_equal(&c, &empty, sizeof c);
        assert_int_equal(fault_held(), held);
    }
    assert_int_equal(fault_held(), held);
    assert_true(failures >= 4);
}

static void reading_without_memory_leaves_nothing(void **state)
{
    (void)state;
    read_without_memory(checkpoint_read);
    read_without_memory(checkpoint_read_int8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_without_memory_leaves_the_old_file),
        cmocka_unit_test(reading_without_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
