/* Tests of memory carved from one block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/arena.h"
#include "tests/close.h"

/* Carves pieces of 1, 4, 7 ... elements of every size up to 9 bytes. */
static void carve_all(char **pieces, size_t *sizes, struct arena *arena)
{
    size_t n = 0;
    for (size_t size = 1; size < 10; size++)
        for (size_t count = 1; count < 100; count += 3, n++) {
            pieces[n] = arena_carve(arena, count, size);
            sizes[n] = count * size;
        }
}

#define PIECES 297

static void a_walk_is_repeated_in_memory(void **state)
{
    (void)state;
    struct arena arena = {.base = NULL};
    char *pieces[PIECES];
    size_t sizes[PIECES];
    carve_all(pieces, sizes, &arena);
    for (size_t i = 0; i < PIECES; i++)
        assert_null(pieces[i]);
    size_t counted = arena.used;
    assert_ok(arena_open(&arena, "pieces"));
    assert_int_equal(arena.size, counted);
    assert_int_equal(arena.used, 0);
    carve_all(pieces, sizes, &arena);
    assert_int_equal(arena.used, counted);
    for (size_t i = 0; i < PIECES; i++) {
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)i % 127 + 1, sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++) /* nobody wrote over another's */
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i % 127 + 1);
    arena_close(&arena);
    assert_null(arena.base);
    arena_close(&arena);
}

/* Of blocks that were used and given back, too. */
static void memory_is_zero_at_first(void **state)
{
    (void)state;
    void *used[20];
    for (int i = 0; i < 20; i++) {
        used[i] = malloc(4096 + 64);
        assert_non_null(used[i]);
        memset(used[i], 0xff, 4096 + 64);
    }
    for (int i = 0; i < 20; i++)
        free(used[i]);
    struct arena arenas[10] = {{.base = NULL}};
    for (int i = 0; i < 10; i++) {
        arena_carve(&arenas[i], 4096, 1);
        assert_ok(arena_open(&arenas[i], "zeros"));
        const char *bytes = arena_carve(&arenas[i], 4096, 1);
        for (size_t k = 0; k < 4096; k++)
            assert_int_equal(bytes[k], 0);
    }
    for (int i = 0; i < 10; i++)
        arena_close(&arenas[i]);
}

static void more_than_was_counted_is_not_given(void **state)
{
    (void)state;
    struct arena arena = {.base = NULL};
    arena_carve(&arena, 100, 1);
    assert_ok(arena_open(&arena, "little"));
    assert_non_null(arena_carve(&arena, 100, 1));
    assert_null(arena_carve(&arena, 1, 1));
    arena_close(&arena);
}

static void nothing_is_an_arena_too(void **state)
{
    (void)state;
    struct arena arena = {.base = NULL};
    assert_ok(arena_open(&arena, "nothing"));
    assert_non_null(arena_carve(&arena, 0, 8));
    assert_null(arena_carve(&arena, 1, 8));
    arena_close(&arena);
}

/* A size that wrapped round would be a small block for large data. */
static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    static const size_t bad[][2] = {{SIZE_MAX, 1},         {SIZE_MAX, 8},
                                    {SIZE_MAX / 8 + 1, 8}, {SIZE_MAX - 63, 1},
                                    {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX - 200, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena arena = {.base = NULL};
        arena_carve(&arena, 100, 1);
        arena_carve(&arena, bad[i][0], bad[i][1]);
        arena_carve(&arena, 100, 1);
        assert_refused(arena_open(&arena, "large"), "large: out of memory");
        assert_null(arena.base);
    }
    struct arena arena = {.base = NULL};
    arena_real(&arena, SIZE_MAX / 2, 3);
    assert_refused(arena_open(&arena, "matrix"), "matrix: out of memory");
    arena = (struct arena){.base = NULL};
    for (int i = 0; i < 5; i++)
        arena_carve(&arena, SIZE_MAX / 4, 1);
    assert_refused(arena_open(&arena, "sum"), "sum: out of memory");
}

static void memory_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct arena arena = {.base = NULL};
    arena_carve(&arena, (size_t)1 << 60, 1);
    assert_refused(arena_open(&arena, "huge"), "huge: out of memory");
    assert_null(arena.base);
    assert_int_equal(arena.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_is_repeated_in_memory),
        cmocka_unit_test(memory_is_zero_at_first),
        cmocka_unit_test(more_than_was_counted_is_not_given),
        cmocka_unit_test(nothing_is_an_arena_too),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(memory_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
