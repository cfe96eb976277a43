/* Tests of products with weights of eight bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/gemm_int8.h"
#include "model/kernel/random.h"
#include "tests/close.h"

#include <float.h>
#include <math.h>

#define ROWS 29
#define WIDE 600
#define PANEL GEMM_INT8_PANEL

static real x[ROWS * WIDE], y[ROWS * WIDE], again[ROWS * WIDE];
static float weight[WIDE * WIDE];
static real bias[WIDE];

static const size_t shapes[][3] = {/* rows, out, in */
                                   {1, 1, 1},      {2, 31, 3},   {3, 32, 4},
                                   {4, 33, 5},     {12, 64, 33}, {13, 65, 64},
                                   {29, 147, 146}, {17, 5, 147}, {7, 40, 597}};
#define SHAPES (sizeof shapes / sizeof *shapes)

static double normal(uint64_t seed, size_t i)
{
    return random_normal(random_key(seed, 99), i);
}

static void fill(void)
{
    for (size_t i = 0; i < ROWS * WIDE; i++)
        x[i] = (real)(3 * normal(1, i) + 1);
    for (size_t i = 0; i < WIDE * WIDE; i++)
        weight[i] = (float)normal(2, i);
    for (size_t i = 0; i < WIDE; i++)
        bias[i] = (real)normal(3, i);
}

static void open_matrix(struct gemm_int8 *m, struct arena *arena, size_t out,
                        size_t in)
{
    *arena = (struct arena){.base = NULL};
    gemm_int8_carve(m, arena, out, in);
    assert_ok(arena_open(arena, "matrix"));
    gemm_int8_carve(m, arena, out, in);
    gemm_int8_set(m, 0, weight, out);
}

static void multiply(real *result, const real *from, const struct gemm_int8 *m,
                     const real *offset, size_t rows)
{
    void *scratch = malloc(gemm_int8_scratch(m->in));
    assert_non_null(scratch);
    gemm_int8_nt(result, from, m, offset, rows, scratch);
    free(scratch);
}

/* The largest products, too, whose sum in pairs is more than 16 bits hold. */
static void every_kernel_gives_the_exact_sums(void **state)
{
    (void)state;
    static uint8_t a[ROWS * 4 * WIDE];
    static int8_t panel[WIDE * 4 * PANEL];
    static int32_t sums[(ROWS + 1) * PANEL];
    for (int extreme = 0; extreme < 2; extreme++) {
        for (size_t i = 0; i < sizeof a; i++)
            a[i] = extreme ? 255 : (uint8_t)random_bits(random_key(1, 99), i);
        for (size_t i = 0; i < sizeof panel; i++)
            panel[i] =
                (int8_t)(extreme
                             ? (i / (4 * PANEL) % 2 ? -127 : 127)
                             : (int)(random_bits(random_key(2, 99), i) % 255) -
                                   127);
        for (size_t k = 0; gemm_int8_kernel(k); k++)
            for (size_t n = 0; n < SHAPES; n++) {
                size_t rows = shapes[n][0], fours = shapes[n][2];
                size_t stride = 4 * WIDE;
                sums[rows * PANEL] = 77;
                gemm_int8_kernel(k)(sums, a, stride, panel, fours, rows);
                for (size_t i = 0; i < rows * PANEL; i++) {
                    int32_t want = 0;
                    for (size_t j = 0; j < 4 * fours; j++)
                        want += a[i / PANEL * stride + j] *
                                panel[(j / 4 * PANEL + i % PANEL) * 4 + j % 4];
                    if (sums[i] != want)
                        fail_msg("kernel %zu: %d is not %d", k, sums[i], want);
                }
                assert_int_equal(sums[rows * PANEL], 77);
            }
    }
}

static void there_is_a_kernel_on_every_machine(void **state)
{
    (void)state;
    size_t count = 0;
    while (gemm_int8_kernel(count))
        count++;
    assert_in_range(count, 1, 3);
    assert_null(gemm_int8_kernel(count + 1));
}

/* No input is off by more than half a step, and no weight. */
static void products_are_as_near_as_the_steps_say(void **state)
{
    (void)state;
    fill();
    for (size_t n = 0; n < 2 * SHAPES; n++) {
        size_t rows = shapes[n / 2][0], out = shapes[n / 2][1];
        size_t in = shapes[n / 2][2];
        const real *offset = n % 2 ? bias : NULL;
        struct gemm_int8 m;
        struct arena arena;
        open_matrix(&m, &arena, out, in);
        multiply(y, x, &m, offset, rows);
        for (size_t i = 0; i < rows * out; i++) {
            const real *xi = x + i / out * in;
            const float *w = weight + i % out * in;
            double want = offset ? (double)offset[i % out] : 0;
            double sum_x = 0, sum_w = 0, least = 0, most = 0, largest = 0;
            for (size_t j = 0; j < in; j++) {
                want += (double)xi[j] * (double)w[j];
                sum_x += fabs((double)xi[j]);
                sum_w += fabs((double)w[j]);
                least = fmin(least, (double)xi[j]);
                most = fmax(most, (double)xi[j]);
                largest = fmax(largest, fabs((double)w[j]));
            }
            double step_x = (most - least) / 255, step_w = largest / 127;
            double bound = sum_w * step_x / 2 + sum_x * step_w / 2 +
                           (double)in * step_x * step_w / 4;
            assert_close(y[i], want, 1e-5, bound * 1.001 + 1e-6);
        }
        arena_close(&arena);
    }
}

/* Nothing is lost where nothing is to be rounded. */
static void whole_numbers_are_multiplied_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS * WIDE; i++)
        x[i] = (real)((int)(random_bits(random_key(4, 99), i) % 256) - 100);
    for (size_t i = 0; i < WIDE * WIDE; i++)
        weight[i] =
            (float)((int)(random_bits(random_key(5, 99), i) % 255) - 127);
    for (size_t n = 2; n < SHAPES; n++) {
        size_t rows = shapes[n][0], out = shapes[n][1], in = shapes[n][2];
        struct gemm_int8 m;
        struct arena arena;
        for (size_t r = 0; r < rows; r++) {
            x[r * in] = -100;
            x[r * in + 1] = 155;
        }
        for (size_t o = 0; o < out; o++)
            weight[o * in + o % in] = -127;
        open_matrix(&m, &arena, out, in);
        multiply(y, x, &m, NULL, rows);
        for (size_t i = 0; i < rows * out; i++) {
            double want = 0;
            for (size_t j = 0; j < in; j++)
                want += (double)x[i / out * in + j] *
                        (double)weight[i % out * in + j];
            assert_close(y[i], want, 1e-6, 0);
        }
        arena_close(&arena);
    }
}

static void a_row_does_not_depend_on_its_neighbours(void **state)
{
    (void)state;
    struct gemm_int8 m;
    struct arena arena;
    fill();
    open_matrix(&m, &arena, 70, 50);
    multiply(y, x, &m, bias, ROWS);
    for (size_t r = 0; r < ROWS; r++)
        multiply(again + r * 70, x + r * 50, &m, bias, 1);
    assert_memory_equal(y, again, ROWS * 70 * sizeof *y);
    arena_close(&arena);
}

static void what_is_not_finite_spoils_its_own_row_alone(void **state)
{
    (void)state;
    static const double bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    struct gemm_int8 m;
    struct arena arena;
    fill();
    open_matrix(&m, &arena, 40, 37);
    multiply(again, x, &m, bias, 9);
    for (size_t n = 0; n < 4; n++) {
        fill();
        x[4 * 37 + 9 * n] = (real)bad[n];
        multiply(y, x, &m, bias, 9);
        for (size_t i = 0; i < 9 * 40; i++)
            if (i / 40 == 4)
                assert_true(isnan(y[i]));
            else
                assert_close(y[i], again[i], 0, 0);
    }
    arena_close(&arena);
}

static void rows_of_nothing_give_the_bias(void **state)
{
    (void)state;
    struct gemm_int8 m;
    struct arena arena;
    fill();
    memset(x, 0, sizeof x);
    x[5] = (real)1e-42; /* less than a step can be */
    for (size_t i = 0; i < 11; i++)
        weight[3 * 11 + i] = 0;
    open_matrix(&m, &arena, 35, 11);
    multiply(y, x, &m, bias, 2);
    for (size_t i = 0; i < 2 * 35; i++)
        assert_close(y[i], bias[i % 35], 0, 0);
    x[0] = 5;
    multiply(y, x, &m, bias, 1);
    assert_close(y[3], bias[3], 0, 0);
    assert_true(fabs((double)(y[4] - bias[4])) > 0.01);
    multiply(NULL, NULL, &m, bias, 0);
    arena_close(&arena);
}

/* Their range is more than a float holds; the products are not. */
static void the_largest_numbers_keep_their_scale(void **state)
{
    (void)state;
    struct gemm_int8 m;
    struct arena arena;
    weight[0] = weight[1] = 1e-3f;
    x[0] = FLT_MAX;
    x[1] = -FLT_MAX / 2;
    open_matrix(&m, &arena, 1, 2);
    multiply(y, x, &m, NULL, 1);
    assert_close(y[0], 0.5e-3 * (double)FLT_MAX, 0.01, 0);
    arena_close(&arena);
}

/* Rounded once for the zero and once for itself, it is 256. */
static void the_largest_input_does_not_wrap_round(void **state)
{
    (void)state;
    struct gemm_int8 m;
    struct arena arena;
    weight[0] = weight[1] = 1;
    x[0] = (real)-10.5;
    x[1] = (real)244.5;
    open_matrix(&m, &arena, 1, 2);
    multiply(y, x, &m, NULL, 1);
    assert_close(y[0], 234, 0, 1);
    arena_close(&arena);
}

static void outputs_set_one_by_one_are_those_set_together(void **state)
{
    (void)state;
    struct gemm_int8 m, parts;
    struct arena arena, other;
    fill();
    open_matrix(&m, &arena, 67, 19);
    open_matrix(&parts, &other, 67, 19);
    for (size_t o = 67; o-- > 0;)
        gemm_int8_set(&parts, o, weight + o * 19, 1);
    assert_int_equal(arena.used, other.used);
    assert_memory_equal(arena.base, other.base, arena.used);
    arena_close(&arena);
    arena_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_gives_the_exact_sums),
        cmocka_unit_test(there_is_a_kernel_on_every_machine),
        cmocka_unit_test(products_are_as_near_as_the_steps_say),
        cmocka_unit_test(whole_numbers_are_multiplied_exactly),
        cmocka_unit_test(a_row_does_not_depend_on_its_neighbours),
        cmocka_unit_test(what_is_not_finite_spoils_its_own_row_alone),
        cmocka_unit_test(rows_of_nothing_give_the_bias),
        cmocka_unit_test(the_largest_numbers_keep_their_scale),
        cmocka_unit_test(the_largest_input_does_not_wrap_round),
        cmocka_unit_test(outputs_set_one_by_one_are_those_set_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
