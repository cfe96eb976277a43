/* Tests of the list of parameters and of their initial values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/encoder/parameters.h"
#include "model/store/safetensors.h"
#include "tests/close.h"

#include <math.h>

static const struct model_shape tiny = {.input = 6,
                                        .dim = 4,
                                        .layers = 2,
                                        .heads = 2,
                                        .ffn = 5,
                                        .taps = 3,
                                        .left = 2,
                                        .right = 1,
                                        .vocabulary = 7,
                                        .codes = 9};

/* Every tensor of the reference's model, and no other, is in the list. */
static void names_are_those_of_transformers(void **state)
{
    (void)state;
    static const char *const others[] = {"gradient.", "input.", "logits.",
                                         "labels.", "loss"};
    struct safetensors file;
    struct parameters p;
    assert_ok(
        safetensors_read(&file, "tests/model/golden/parity_small.safetensors"));
    struct model_shape shape = {0};
    int *const sizes[] = {&shape.input, &shape.dim,   &shape.layers,
                          &shape.heads, &shape.ffn,   &shape.taps,
                          &shape.left,  &shape.right, &shape.vocabulary};
    static const char *const names[] = {"input", "dim",   "layers",
                                        "heads", "ffn",   "taps",
                                        "left",  "right", "vocabulary"};
    for (size_t i = 0; i < 9; i++)
        *sizes[i] = atoi(safetensors_find_text(&file, names[i]));
    assert_ok(parameters_open(&p, &shape));
    size_t theirs = 0;
    for (size_t i = 0; i < file.tensor_count; i++) {
        const struct safetensor *t = &file.tensors[i];
        bool weight = true;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            weight = weight && strncmp(t->name, others[k], strlen(others[k]));
        if (!weight)
            continue;
        theirs++;
        const struct parameter *ours = parameters_find(&p, t->name);
        if (!ours)
            fail_msg("%s: not in the list", t->name);
        assert_int_equal(ours->dims, t->dims);
        assert_memory_equal(ours->shape, t->shape,
                            (size_t)t->dims * sizeof *t->shape);
    }
    assert_int_equal(theirs, p.count);
    parameters_close(&p);
    safetensors_free(&file);
}

static void tensors_lie_aligned_one_behind_the_other(void **state)
{
    (void)state;
    struct parameters p;
    assert_ok(parameters_open(&p, &tiny));
    size_t end = 0, size = 0;
    for (size_t i = 0; i < p.count; i++) {
        const struct parameter *own = &p.list[i];
        size_t product = 1;
        for (int k = 0; k < own->dims; k++)
            product *= own->shape[k];
        assert_int_equal(product, own->count);
        bool joined =
            strstr(own->name, "linear_k.") || strstr(own->name, "linear_v.");
        if (joined)
            assert_int_equal(own->offset, end);
        else
            assert_int_equal(own->offset % 16, 0);
        assert_true(own->offset >= end && own->offset < end + 16);
        end = own->offset + own->count;
        size += own->count;
        assert_ptr_equal(parameters_find(&p, own->name), own);
    }
    assert_true(p.total >= end && p.total % 16 == 0);
    assert_int_equal(parameters_size(&p), size);
    parameters_close(&p);
    parameters_close(&p);
}

/* Counted by hand for dim 4, ffn 5, taps 3, table 4 x 2. */
static void sizes_are_those_counted_by_hand(void **state)
{
    (void)state;
    struct parameters p;
    size_t ffn = 8 + 4 * 5 + 5 + 5 * 4 + 4;
    size_t attention = 8 + 4 * (16 + 4) + 4 * 2;
    size_t convolution = 8 + 8 * 4 + 4 * 3 + 8 + 4 * 4;
    size_t layer = 2 * ffn + attention + convolution + 8;
    size_t projection = 12 + 6 * 4 + 4 + 4;
    assert_ok(parameters_open(&p, &tiny));
    assert_int_equal(parameters_size(&p),
                     projection + 2 * layer + (7 * 4 + 7) + (9 * 4 + 9));
    parameters_close(&p);
}

static void heads_are_there_when_asked_for(void **state)
{
    (void)state;
    struct parameters p;
    struct model_shape shape = tiny;
    shape.codes = shape.vocabulary = 0;
    assert_ok(parameters_open(&p, &shape));
    assert_null(parameters_find(&p, "lm_head.weight"));
    assert_null(parameters_find(&p, "masked_prediction_head.weight"));
    parameters_close(&p);
    assert_ok(parameters_open(&p, &tiny));
    const struct parameter *head = parameters_find(&p, "lm_head.weight");
    assert_non_null(head);
    assert_int_equal(head->depth, 3);
    assert_int_equal(head->kind, PARAMETER_WEIGHT);
    assert_int_equal(parameters_find(&p, "masked_prediction_head.bias")->count,
                     9);
    assert_int_equal(
        parameters_find(&p, "wav2vec2_bert.masked_spec_embed")->depth, 0);
    assert_int_equal(parameters_find(&p, "wav2vec2_bert.encoder.layers.1."
                                         "final_layer_norm.bias")
                         ->depth,
                     2);
    parameters_close(&p);
}

static real *initial(const struct parameters *p, uint64_t seed)
{
    real *block = malloc(p->total * sizeof *block);
    assert_non_null(block);
    memset(block, 0xff, p->total * sizeof *block);
    parameters_initialise(block, p, random_key(seed, RANDOM_INITIAL));
    return block;
}

static void initial_values_are_a_function_of_seed_and_name(void **state)
{
    (void)state;
    struct parameters p, deeper;
    struct model_shape shape = tiny;
    shape.layers = 3;
    shape.codes = 0;
    assert_ok(parameters_open(&p, &tiny));
    assert_ok(parameters_open(&deeper, &shape));
    real *one = initial(&p, 1), *same = initial(&p, 1);
    real *two = initial(&p, 2), *other = initial(&deeper, 1);
    assert_memory_equal(one, same, p.total * sizeof *one);
    for (size_t i = 0; i < p.count; i++) {
        const struct parameter *own = &p.list[i];
        const struct parameter *there = parameters_find(&deeper, own->name);
        size_t bytes = own->count * sizeof *one;
        bool drawn =
            own->kind == PARAMETER_WEIGHT || own->kind == PARAMETER_TABLE;
        bool differs = memcmp(one + own->offset, two + own->offset, bytes);
        assert_int_equal(drawn, differs);
        if (there)
            assert_memory_equal(one + own->offset, other + there->offset,
                                bytes);
    }
    real *all[] = {one, same, two, other};
    for (size_t i = 0; i < 4; i++)
        free(all[i]);
    parameters_close(&p);
    parameters_close(&deeper);
}

static void initial_values_are_of_their_kind(void **state)
{
    (void)state;
    struct parameters p;
    struct model_shape shape = tiny;
    shape.dim = 64;
    shape.ffn = 128;
    assert_ok(parameters_open(&p, &shape));
    real *block = initial(&p, 1);
    size_t end = 0;
    for (size_t i = 0; i < p.count; i++) {
        const struct parameter *own = &p.list[i];
        const real *x = block + own->offset;
        double sum = 0, square = 0;
        for (; end < own->offset; end++)
            assert_true(block[end] == 0);
        end = own->offset + own->count;
        for (size_t k = 0; k < own->count; k++) {
            sum += (double)x[k];
            square += (double)x[k] * (double)x[k];
            if (own->kind == PARAMETER_GAIN)
                assert_true(x[k] == 1);
            if (own->kind == PARAMETER_BIAS)
                assert_true(x[k] == 0);
        }
        if (own->kind != PARAMETER_WEIGHT || own->count < 4096)
            continue;
        /* Uniform with variance 2 / (fan in + fan out). */
        double out = (double)own->shape[0], in = (double)own->count / out;
        assert_close(square / (double)own->count, 2 / (in + out), 0.1, 0);
        assert_close(sum / (double)own->count, 0, 0, 0.02);
    }
    for (; end < p.total; end++)
        assert_true(block[end] == 0);
    const struct parameter *taps = parameters_find(
        &p, "wav2vec2_bert.encoder.layers.0.conv_module.depthwise_conv.weight");
    double largest = 0;
    for (size_t k = 0; k < taps->count; k++)
        largest = fmax(largest, fabs((double)block[taps->offset + k]));
    /* A channel's taps are both its fans: uniform in -1 .. 1. */
    assert_true(largest > 0.9 && largest <= 1);
    free(block);
    parameters_close(&p);
}

static void shapes_out_of_range_are_named(void **state)
{
    (void)state;
    struct model_shape shape = tiny;
    struct parameters p;
    const struct {
        int *field, value;
        const char *piece;
    } cases[] = {
        {&shape.input, 0, "input 0 is outside"},
        {&shape.dim, 0, "dim 0 is outside"},
        {&shape.dim, -4, "dim -4 is outside"},
        {&shape.layers, 0, "layers 0 is outside"},
        {&shape.heads, 3, "heads 3 does not divide dim 4"},
        {&shape.heads, 0, "heads 0 is outside"},
        {&shape.ffn, 1 << 30, "ffn 1073741824 is outside"},
        {&shape.taps, 0, "taps 0 is outside"},
        {&shape.left, -1, "left -1 is outside"},
        {&shape.right, 1 << 20, "right 1048576 is outside"},
        {&shape.vocabulary, -1, "vocabulary -1 is outside"},
        {&shape.codes, (1 << 24) + 1, "codes 16777217 is outside"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shape = tiny;
        *cases[i].field = cases[i].value;
        assert_refused(parameters_open(&p, &shape), cases[i].piece);
        assert_null(p.list);
    }
    shape = tiny;
    shape.dim = 1 << 14;
    shape.ffn = 1 << 17;
    shape.layers = 100;
    assert_refused(parameters_open(&p, &shape), "too large");
    assert_null(p.list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_transformers),
        cmocka_unit_test(tensors_lie_aligned_one_behind_the_other),
        cmocka_unit_test(sizes_are_those_counted_by_hand),
        cmocka_unit_test(heads_are_there_when_asked_for),
        cmocka_unit_test(initial_values_are_a_function_of_seed_and_name),
        cmocka_unit_test(initial_values_are_of_their_kind),
        cmocka_unit_test(shapes_out_of_range_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
