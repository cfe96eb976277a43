/* Tests of models in files: round trips, and everything that may be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/store/checkpoint.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <math.h>
#include <unistd.h>

static const char *const letters[] = {"<blank>", " ", "\"", "a", "b", "ü"};
#define TOKENS 6

/* A model with everything that a file can hold. */
static void make_model(struct checkpoint *c)
{
    memset(c, 0, sizeof *c);
    struct settings *s = &c->settings;
    settings_default(s, VERB_PRETRAIN | VERB_FINETUNE);
    s->rate = 8000;
    s->bins = 3;
    s->stride = 2;
    s->dim = 4;
    s->layers = 2;
    s->heads = 2;
    s->ffn = 5;
    s->taps = 3;
    s->left = 2;
    s->right = 1;
    s->low_hz = 123.4567890123;
    s->cmvn = CMVN_STORED;
    s->fold_case = 0;
    struct model_shape shape = settings_shape(s, TOKENS, 14);
    assert_ok(parameters_open(&c->parameters, &shape));
    c->weights = calloc(c->parameters.total, sizeof *c->weights);
    assert_non_null(c->weights);
    parameters_initialise(c->weights, &c->parameters,
                          random_key(1, RANDOM_INITIAL));
    assert_ok(tokens_from_list(&c->tokens, letters, TOKENS, "test"));
    assert_ok(quantiser_open(&c->quantiser, 2, 7, 3, 6));
    for (size_t i = 0; i < 2 * 7 * 3; i++)
        c->quantiser.code[i] = (float)i / 3;
    for (size_t i = 0; i < 2 * 3 * 6; i++)
        c->quantiser.projection[i] = -(float)i / 7;
    c->quantiser.mean[5] = 9;
    c->quantiser.bias[13] = 1;
    c->cmvn_mean = calloc(3, sizeof *c->cmvn_mean);
    c->cmvn_scale = calloc(3, sizeof *c->cmvn_scale);
    c->cmvn_mean[1] = 15.5f;
    c->cmvn_scale[2] = 0.25f;
    provenance_set(&c->provenance, "program", "attune test");
    provenance_set(&c->provenance, "pretrain.data", "a/table.tsv");
}

static const char *write_model(const char *name)
{
    struct checkpoint c;
    const char *path = scratch_path(name);
    make_model(&c);
    assert_ok(checkpoint_write(path, &c));
    checkpoint_free(&c);
    return path;
}

static void assert_same_bytes(const char *one, const char *two)
{
    size_t counts[2];
    char *bytes[2] = {scratch_read(&counts[0], one),
                      scratch_read(&counts[1], two)};
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(bytes[0], bytes[1], counts[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void a_model_comes_back_as_it_was(void **state)
{
    (void)state;
    struct checkpoint c, back;
    const char *path = scratch_path("whole");
    make_model(&c);
    assert_ok(checkpoint_write(path, &c));
    assert_ok(checkpoint_read(&back, path));
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i].of_model)
            assert_memory_equal((char *)&back.settings + table[i].offset,
                                (char *)&c.settings + table[i].offset,
                                table[i].size);
    assert_memory_equal(&back.parameters.shape, &c.parameters.shape,
                        sizeof c.parameters.shape);
    assert_int_equal(back.parameters.total, c.parameters.total);
    assert_memory_equal(back.weights, c.weights,
                        c.parameters.total * sizeof *c.weights);
    assert_int_equal(back.tokens.count, TOKENS);
    for (size_t i = 0; i < TOKENS; i++)
        assert_string_equal(back.tokens.texts[i], letters[i]);
    const struct quantiser *q = &back.quantiser;
    assert_true(q->codebooks == 2 && q->codes == 7 && q->width == 3 &&
                q->input == 6);
    assert_memory_equal(q->code, c.quantiser.code, 42 * sizeof(float));
    assert_memory_equal(q->projection, c.quantiser.projection,
                        36 * sizeof(float));
    assert_memory_equal(q->mean, c.quantiser.mean, 6 * sizeof(float));
    assert_memory_equal(q->bias, c.quantiser.bias, 14 * sizeof(float));
    assert_memory_equal(back.cmvn_mean, c.cmvn_mean, 3 * sizeof(float));
    assert_memory_equal(back.cmvn_scale, c.cmvn_scale, 3 * sizeof(float));
    assert_int_equal(back.provenance.count, 2);
    assert_string_equal(back.provenance.key[0], "program");
    assert_string_equal(back.provenance.value[1], "a/table.tsv");
    /* And is written to the same bytes again. */
    assert_ok(checkpoint_write(scratch_path("again"), &back));
    assert_same_bytes(path, scratch_path("again"));
    checkpoint_free(&c);
    checkpoint_free(&back);
    checkpoint_free(&back);
}

static void a_model_that_was_only_pretrained_has_no_tokens(void **state)
{
    (void)state;
    struct checkpoint c, back;
    const char *path = scratch_path("pretrained");
    make_model(&c);
    struct model_shape shape = c.parameters.shape;
    shape.vocabulary = 0;
    parameters_close(&c.parameters);
    assert_ok(parameters_open(&c.parameters, &shape));
    tokens_free(&c.tokens);
    assert_ok(checkpoint_write(path, &c));
    assert_ok(checkpoint_read(&back, path));
    assert_int_equal(back.tokens.count, 0);
    assert_int_equal(back.parameters.shape.codes, 14);
    checkpoint_free(&c);
    checkpoint_free(&back);
}

static void provenance_replaces_and_is_bounded(void **state)
{
    (void)state;
    static struct provenance p;
    char key[16];
    provenance_set(&p, "a", "1");
    provenance_set(&p, "b", "2");
    provenance_set(&p, "a", "3");
    assert_int_equal(p.count, 2);
    assert_string_equal(p.value[0], "3");
    for (int i = 0; i < 2 * CHECKPOINT_PROVENANCE; i++) {
        snprintf(key, sizeof key, "key%d", i);
        provenance_set(&p, key, "x");
    }
    assert_int_equal(p.count, CHECKPOINT_PROVENANCE);
    assert_string_equal(provenance_get(&p, "b"), "2");
    assert_string_equal(provenance_get(&p, "c"), "");
}

/* ---- Damaged files ---- */

static void assert_damaged(const char *path, const char *piece)
{
    struct checkpoint c;
    assert_refused(checkpoint_read(&c, path), path);
    assert_refused(checkpoint_read(&c, path), piece);
    static const struct checkpoint empty;
    assert_memory_equal(&c, &empty, sizeof c);
    assert_refused(checkpoint_read_int8(&c, path), piece);
    assert_memory_equal(&c, &empty, sizeof c);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t count;
    uint64_t header;
    char *bytes = scratch_read(&count, write_model("to cut"));
    memcpy(&header, bytes, sizeof header);
    for (size_t length = 0; length < count;) {
        assert_damaged(scratch_write("cut", bytes, length), "cut");
        bool edge = length < 32 || count - length < 32 ||
                    (length > header - 16 && length < header + 32);
        length += edge ? 1 : 37;
    }
    free(bytes);
}

static void bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    size_t count;
    char *bytes = scratch_read(&count, write_model("to lengthen"));
    /* With the zero behind it. */
    assert_damaged(scratch_write("longer", bytes, count + 1), "longer");
    free(bytes);
}

/* Writes a copy whose header has `to` in place of the first `from`. */
static const char *edited(const char *from, const char *to)
{
    size_t count;
    const char *model = scratch_path("to edit");
    if (access(model, F_OK))
        write_model("to edit");
    char *bytes = scratch_read(&count, model);
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    char *at = memmem(bytes + 8, header, from, strlen(from));
    if (!at)
        fail_msg("the header lacks %s", from);
    size_t before = (size_t)(at - bytes), skipped = before + strlen(from);
    char *other = malloc(count + strlen(to));
    memcpy(other, bytes, before);
    memcpy(other + before, to, strlen(to));
    memcpy(other + before + strlen(to), bytes + skipped, count - skipped);
    header = header + strlen(to) - strlen(from);
    memcpy(other, &header, sizeof header);
    const char *path =
        scratch_write("edited", other, count + strlen(to) - strlen(from));
    free(bytes);
    free(other);
    return path;
}

static void settings_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *piece;
    } cases[] = {
        {"setting.dim\":\"4\"", "setting.dim\":\"2\"", "has another shape"},
        {"setting.dim\":\"4\"", "setting.dim\":\"0\"", "is outside"},
        {"setting.dim\":\"4\"", "setting.dim\":\"-4\"", "is outside"},
        {"setting.dim\":\"4\"", "setting.dim\":\"9999999999\"", "is outside"},
        {"setting.dim\":\"4\"", "setting.dim\":\"\"", "is not a number"},
        {"setting.dim\":\"4\"", "setting.dim\":4", "is no string"},
        {"setting.dim\":", "setting.tim\":", "unknown setting"},
        {"setting.dim\":", "netting.dim\":", "lacks \"attune.setting.dim\""},
        {"setting.dim\":", "setting.updates\":", "unknown setting"},
        {"setting.heads\":\"2\"", "setting.heads\":\"3\"",
         "heads 3 does not divide dim 4"},
        {"setting.layers\":\"2\"", "setting.layers\":\"3\"", "lacks tensor"},
        {"setting.layers\":\"2\"", "setting.layers\":\"1\"",
         "is none of the model's"},
        {"setting.ffn\":\"5\"", "setting.ffn\":\"65536\"", "has another shape"},
        {"setting.bins\":\"3\"", "setting.bins\":\"2\"", "has another shape"},
        {"setting.stride\":\"2\"", "setting.stride\":\"1\"",
         "has another shape"},
        {"setting.left\":\"2\"", "setting.left\":\"3\"", "has another shape"},
        {"setting.cmvn\":\"stored\"", "setting.cmvn\":\"none\"",
         "is not one of"},
        {"attune.format\":\"1\"", "attune.format\":\"2\"", "is newer"},
        {"attune.format\"", "attune.hormat\"", "not an attune checkpoint"},
        {"__metadata__", "__letadata__", "wants \"dtype\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_damaged(edited(cases[i].from, cases[i].to), cases[i].piece);
}

static void tokens_that_are_wrong_are_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "7",
        "[]",
        "{}",
        "[1,2]",
        "[\\\"a\\\"",
        "",
        "[\\\"a\\\",\\\"b\\\"]",                 /* no blank */
        "[\\\"<blank>\\\",\\\"b\\\",\\\"b\\\"]", /* twice */
        "[\\\"<blank>\\\",\\\"\\\"]",            /* empty */
        "[\\\"<blank>\\\",[\\\"a\\\"]]",
    };
    static const char from[] =
        "[\\\"<blank>\\\",\\\" \\\",\\\"\\\\\\\"\\\",\\\"a\\\","
        "\\\"b\\\",\\\"ü\\\"]";
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_damaged(edited(from, lists[i]), "edited");
    /* One token fewer than the head has outputs. */
    assert_damaged(edited("\\\"a\\\",", ""), "has another shape");
}

static void sizes_that_lie_are_refused(void **state)
{
    (void)state;
    static const char *const shapes[] = {
        "-6",
        "-1",
        "5",
        "7",
        "2147483648",
        "4611686018427387904",
        "9223372036854775807",
        "18446744073709551616",
        "6.0",
        "\"6\"",
        "1e1",
        "6,1,1,1,1",
        "4294967296,4294967296",
        "2305843009213693952,8",
    };
    char to[100];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        snprintf(to, sizeof to, "\"shape\":[%s]", shapes[i]);
        /* lm_head.bias, mean and norms of the input: the first with six. */
        assert_damaged(edited("\"shape\":[6]", to), "edited");
    }
}

static void offsets_that_lie_are_refused(void **state)
{
    (void)state;
    struct safetensors file;
    char from[100], to[100];
    assert_ok(safetensors_read(&file, write_model("offsets")));
    size_t first = file.tensors[0].count * sizeof(float);
    size_t second = first + file.tensors[1].count * sizeof(float);
    safetensors_free(&file);
    const long long wrong[][2] = {
        {0, (long long)(second - first)}, /* on top of the first */
        {(long long)first - 4, (long long)second - 4},
        {(long long)first + 4, (long long)second + 4},
        {(long long)second, (long long)first},
        {-4, (long long)(second - first) - 4},
        {(long long)first, INT64_MAX},
        {INT64_MAX - 3, INT64_MAX},
        {1000000, 1000000 + (long long)(second - first)},
    };
    snprintf(from, sizeof from, "\"data_offsets\":[%zu,%zu]", first, second);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(to, sizeof to, "\"data_offsets\":[%lld,%lld]", wrong[i][0],
                 wrong[i][1]);
        assert_damaged(edited(from, to), "tensor \"");
    }
}

/* Writes a copy of the model's tensors after `change` to tensor i. */
static const char *changed(size_t i, struct safetensor *with)
{
    struct safetensors file;
    assert_ok(safetensors_read(&file, scratch_path("to change")));
    size_t count = file.tensor_count;
    struct safetensor *list = malloc((count + 1) * sizeof *list);
    memcpy(list, file.tensors, count * sizeof *list);
    if (with)
        list[i < count ? i : count++] = *with;
    else
        memmove(list + i, list + i + 1, (--count - i) * sizeof *list);
    const char *path = scratch_path("changed");
    assert_ok(
        safetensors_write(path, list, count, file.texts, file.text_count));
    free(list);
    safetensors_free(&file);
    return path;
}

static void every_tensor_is_wanted_as_it_is(void **state)
{
    (void)state;
    struct safetensors file;
    assert_ok(safetensors_read(&file, write_model("to change")));
    float *values = malloc(4096 * sizeof *values);
    for (size_t i = 0; i < file.tensor_count; i++) {
        struct safetensor t = file.tensors[i];
        if (strstr(t.name, ".layers.") && i % 5)
            continue; /* writing takes its time */
        bool head = !strcmp(t.name, "masked_prediction_head.weight");
        if (head) /* the model is one without this head, but for its bias */
            assert_damaged(changed(i, NULL), "is none of the model's");
        else if (!strcmp(t.name, "attune.targets.projection") ||
                 !strcmp(t.name, "attune.targets.code"))
            assert_damaged(changed(i, NULL), "attune.targets.* is not compl");
        else
            assert_damaged(changed(i, NULL), t.name);
        assert_true(t.count > 0 && t.count <= 4096 - 8);
        memcpy(values, t.data, t.count * sizeof *values);
        t.data = values;
        values[t.count - 1] = i % 2 ? NAN : -INFINITY;
        assert_damaged(changed(i, &t), "is not finite");
        if (i % 3)
            continue;
        values[t.count - 1] = 0;
        t.shape[t.dims++] = 1; /* the same numbers in another shape */
        if (t.dims <= 3)
            assert_damaged(changed(i, &t), "changed");
        t = file.tensors[i];
        t.data = values;
        t.count = t.count / t.shape[0] * (t.shape[0] + 1);
        memset(values, 0, 4096 * sizeof *values);
        t.shape[0]++;
        assert_damaged(changed(i, &t), "changed");
    }
    struct safetensor extra = {"extra", 1, {3}, 3, values};
    assert_damaged(changed(file.tensor_count, &extra),
                   "\"extra\" is none of the model's");
    free(values);
    safetensors_free(&file);
}

static void other_programs_files_are_none_of_ours(void **state)
{
    (void)state;
    struct checkpoint c;
    assert_refused(
        checkpoint_read(&c, "tests/model/golden/parity_small.safetensors"),
        "not an attune checkpoint");
    assert_refused(checkpoint_read(&c, scratch_path("absent")),
                   "cannot be opened");
    assert_refused(checkpoint_read(&c, scratch_path("")), "regular file");
    assert_damaged(scratch_text("words", "these are words, not tensors"),
                   "is no safetensors file");
    assert_damaged(scratch_text("empty", ""), "empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_as_it_was),
        cmocka_unit_test(a_model_that_was_only_pretrained_has_no_tokens),
        cmocka_unit_test(provenance_replaces_and_is_bounded),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(settings_that_are_wrong_are_named),
        cmocka_unit_test(tokens_that_are_wrong_are_refused),
        cmocka_unit_test(sizes_that_lie_are_refused),
        cmocka_unit_test(offsets_that_lie_are_refused),
        cmocka_unit_test(every_tensor_is_wanted_as_it_is),
        cmocka_unit_test(other_programs_files_are_none_of_ours),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
