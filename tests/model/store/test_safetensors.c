/* Tests of reading and writing safetensors files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/store/safetensors.h"
#include "tests/close.h"
#include "tests/golden.h"
#include "tests/scratch.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN "tests/model/store/golden/"

static void files_of_the_reference_library_are_read(void **state)
{
    (void)state;
    static const char *const names[] = {"w.f32", "a.half", "brain"};
    struct golden *golden = golden_open(GOLDEN "python.txt");
    struct safetensors file;
    assert_ok(safetensors_read(&file, GOLDEN "python.safetensors"));
    assert_int_equal(file.tensor_count, 6);
    for (size_t i = 0; i < 3; i++) {
        size_t count;
        const real *want = golden_array(golden, names[i], &count);
        const struct safetensor *t = safetensors_find(&file, names[i]);
        assert_non_null(t);
        assert_int_equal(t->count, count);
        for (size_t k = 0; k < count; k++) {
            /* Widening is exact: to the bit, minus zero and infinity too. */
            float wanted = (float)want[k];
            assert_memory_equal(&t->data[k], &wanted, sizeof wanted);
        }
    }
    const struct safetensor *half = safetensors_find(&file, "a.half");
    assert_int_equal(half->dims, 2);
    assert_int_equal(half->shape[0], 3);
    assert_int_equal(half->shape[1], 3);
    const struct safetensor *scalar = safetensors_find(&file, "scalar");
    assert_int_equal(scalar->dims, 0);
    assert_int_equal(scalar->count, 1);
    assert_close(scalar->data[0], 42.5, 0, 0);
    assert_int_equal(safetensors_find(&file, "none")->count, 0);
    assert_close(safetensors_find(&file, "größe")->data[0], 7, 0, 0);
    assert_null(safetensors_find(&file, "absent"));
    assert_string_equal(safetensors_find_text(&file, "made by"),
                        "the \"reference\" ü");
    assert_null(safetensors_find_text(&file, "absent"));
    safetensors_free(&file);
    safetensors_free(&file);
    golden_close(golden);
}

static void our_bytes_are_those_of_the_reference_library(void **state)
{
    (void)state;
    const float weight[] = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
    const float bias[] = {-1, 1e-7f}, c = 3;
    const struct safetensor tensors[] = {
        {"c", 0, {0}, 1, &c},
        {"b.weight", 2, {2, 3}, 6, weight},
        {"a.bias", 1, {2}, 2, bias},
    };
    const struct safetensors_text text = {"attune.format", "1 ü\n"};
    const char *path = scratch_path("ours.safetensors");
    assert_ok(safetensors_write(path, tensors, 3, &text, 1));
    size_t ours, theirs;
    char *got = scratch_read(&ours, path);
    char *want = scratch_read(&theirs, GOLDEN "python_f32.safetensors");
    assert_int_equal(ours, theirs);
    assert_memory_equal(got, want, ours);
    free(got);
    free(want);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    float data[24];
    for (int i = 0; i < 24; i++)
        data[i] = (float)i / 7;
    data[3] = INFINITY;
    const struct safetensor tensors[] = {
        {"four \"d\"\n", 4, {1, 2, 3, 4}, 24, data},
        {"", 1, {5}, 5, data + 5},
        {"nothing", 2, {3, 0}, 0, NULL},
    };
    const struct safetensors_text texts[] = {{"", ""}, {"k", "a\tb"}};
    struct safetensors file;
    const char *path = scratch_path("back.safetensors");
    assert_ok(safetensors_write(path, tensors, 3, texts, 2));
    assert_ok(safetensors_read(&file, path));
    assert_int_equal(file.tensor_count, 3);
    assert_int_equal(file.text_count, 2);
    for (size_t i = 0; i < 3; i++) {
        const struct safetensor *t = safetensors_find(&file, tensors[i].name);
        assert_non_null(t);
        assert_int_equal(t->dims, tensors[i].dims);
        assert_memory_equal(t->shape, tensors[i].shape,
                            (size_t)t->dims * sizeof *t->shape);
        assert_int_equal(t->count, tensors[i].count);
        if (t->count)
            assert_memory_equal(t->data, tensors[i].data,
                                t->count * sizeof *t->data);
    }
    assert_string_equal(safetensors_find_text(&file, "k"), "a\tb");
    safetensors_free(&file);
    assert_ok(safetensors_write(path, NULL, 0, NULL, 0));
    assert_ok(safetensors_read(&file, path));
    assert_int_equal(file.tensor_count, 0);
    assert_null(safetensors_find(&file, "k"));
    safetensors_free(&file);
}

static void data_begins_at_a_multiple_of_eight_bytes(void **state)
{
    (void)state;
    char name[20] = "";
    const float one = 1;
    for (size_t i = 0; i < 9; i++) {
        memset(name, 'x', i);
        const struct safetensor t = {name, 0, {0}, 1, &one};
        const char *path = scratch_path("aligned.safetensors");
        uint64_t length;
        size_t count;
        assert_ok(safetensors_write(path, &t, 1, NULL, 0));
        char *bytes = scratch_read(&count, path);
        memcpy(&length, bytes, sizeof length);
        assert_int_equal(length % 8, 0);
        assert_int_equal(count, 8 + length + sizeof one);
        free(bytes);
    }
}

/* As large as the file, so that only the overlap is wrong. */
static void tensors_that_share_bytes_are_refused(void **state)
{
    (void)state;
    static const char header[] =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    char bytes[sizeof header + 16];
    struct safetensors file;
    uint64_t length = sizeof header - 1;
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, 0, 4);
    const char *path = scratch_write("shared.safetensors", bytes, length + 12);
    assert_refused(safetensors_read(&file, path),
                   "tensor \"b\": overlaps another tensor");
}

static void names_that_are_taken_are_not_written(void **state)
{
    (void)state;
    const float one = 1;
    struct safetensor t[] = {{"a", 0, {0}, 1, &one}, {"a", 0, {0}, 1, &one}};
    const char *path = scratch_path("taken.safetensors");
    size_t before = scratch_count();
    assert_refused(safetensors_write(path, t, 2, NULL, 0), "\"a\"");
    t[0].name = "__metadata__";
    assert_refused(safetensors_write(path, t, 1, NULL, 0), "__metadata__");
    t[0].name = "\xff";
    assert_refused(safetensors_write(path, t, 1, NULL, 0), "not UTF-8");
    assert_int_equal(scratch_count(), before);
}

static void texts_of_any_bytes_are_written(void **state)
{
    (void)state;
    const struct safetensors_text text = {"path", "\xfcr\xe4 \xc3\xbc\xc3"};
    struct safetensors file;
    const char *path = scratch_path("bytes.safetensors");
    assert_ok(safetensors_write(path, NULL, 0, &text, 1));
    assert_ok(safetensors_read(&file, path));
    assert_string_equal(safetensors_find_text(&file, "path"), "?r? ü?");
    safetensors_free(&file);
}

static void permissions_are_those_of_a_new_file(void **state)
{
    (void)state;
    struct stat found;
    const char *path = scratch_path("mode.safetensors");
    mode_t before = umask(027);
    assert_ok(safetensors_write(path, NULL, 0, NULL, 0));
    umask(before);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0640);
}

static void places_that_cannot_be_written_are_named(void **state)
{
    (void)state;
    const char *folder = scratch_folder("folder");
    const char *absent = scratch_path("absent/x.safetensors");
    size_t before = scratch_count();
    assert_refused(safetensors_write(folder, NULL, 0, NULL, 0), folder);
    assert_refused(safetensors_write(absent, NULL, 0, NULL, 0), absent);
    assert_refused(safetensors_write("/dev/full", NULL, 0, NULL, 0),
                   "/dev/full: is not a regular file");
    assert_refused(safetensors_write("", NULL, 0, NULL, 0), "cannot be");
    if (geteuid() != 0) {
        assert_int_equal(chmod(folder, 0555), 0);
        assert_refused(
            safetensors_write(scratch_path("folder/x"), NULL, 0, NULL, 0),
            "Permission denied");
        assert_int_equal(chmod(folder, 0777), 0);
    }
    assert_int_equal(scratch_count(), before);
}

/* A limit of the kernel instead of a full disk: writes fail half-way. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    struct rlimit limit, small;
    size_t count = 100000, length;
    float *data = calloc(count, sizeof *data);
    assert_non_null(data);
    const struct safetensor big = {"big", 1, {count}, count, data};
    const char *path = scratch_text("full.safetensors", "the old file");
    size_t before = scratch_count();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct status status = safetensors_write(path, &big, 1, NULL, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status.code, STATUS_SYSTEM);
    assert_non_null(strstr(status.text, path));
    char *bytes = scratch_read(&length, path);
    assert_string_equal(bytes, "the old file");
    assert_int_equal(scratch_count(), before);
    free(bytes);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_reference_library_are_read),
        cmocka_unit_test(our_bytes_are_those_of_the_reference_library),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(data_begins_at_a_multiple_of_eight_bytes),
        cmocka_unit_test(tensors_that_share_bytes_are_refused),
        cmocka_unit_test(names_that_are_taken_are_not_written),
        cmocka_unit_test(texts_of_any_bytes_are_written),
        cmocka_unit_test(permissions_are_those_of_a_new_file),
        cmocka_unit_test(places_that_cannot_be_written_are_named),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
