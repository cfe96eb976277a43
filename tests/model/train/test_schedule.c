/* Tests of what changes over a run, at the corners of each shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/train/schedule.h"
#include "tests/close.h"

#include <math.h>

static struct settings settings_of(int schedule)
{
    struct settings s = {.updates = 1000,
                         .schedule = schedule,
                         .warmup = 0.1,
                         .hold = 0.4,
                         .final_scale = 0.05};
    return s;
}

static void warm_up_is_linear(void **state)
{
    (void)state;
    for (int kind = SCHEDULE_COSINE; kind <= SCHEDULE_CONSTANT; kind++) {
        struct settings s = settings_of(kind);
        assert_close(schedule_factor(&s, 0), 1 / 101.0, 1e-12, 0);
        assert_close(schedule_factor(&s, 49), 50 / 101.0, 1e-12, 0);
        assert_close(schedule_factor(&s, 99), 100 / 101.0, 1e-12, 0);
        assert_close(schedule_factor(&s, 100), 1, 1e-12, 0);
    }
}

static void cosine_falls_to_the_final_scale(void **state)
{
    (void)state;
    struct settings s = settings_of(SCHEDULE_COSINE);
    assert_close(schedule_factor(&s, 101), 1, 1e-4, 0);
    /* 899 steps from update 100 to 999; half-way lies between two. */
    assert_close((schedule_factor(&s, 549) + schedule_factor(&s, 550)) / 2,
                 (1 + 0.05) / 2, 1e-6, 0);
    assert_close(schedule_factor(&s, 325), 0.05 + 0.95 * 0.85355, 2e-3, 0);
    assert_close(schedule_factor(&s, 999), 0.05, 1e-12, 0);
}

static void tri_stage_holds_and_falls_by_the_same_share(void **state)
{
    (void)state;
    struct settings s = settings_of(SCHEDULE_TRI_STAGE);
    assert_close(schedule_factor(&s, 499), 1, 0, 0);
    assert_close(schedule_factor(&s, 500), 1, 1e-12, 0);
    double share = schedule_factor(&s, 501);
    assert_close(share, pow(0.05, 1 / 499.0), 1e-12, 0);
    assert_close(schedule_factor(&s, 801) / schedule_factor(&s, 800), share,
                 1e-9, 0);
    assert_close(schedule_factor(&s, 999), 0.05, 1e-9, 0);
}

static void constant_stays(void **state)
{
    (void)state;
    struct settings s = settings_of(SCHEDULE_CONSTANT);
    assert_close(schedule_factor(&s, 500), 1, 0, 0);
    assert_close(schedule_factor(&s, 999), 1, 0, 0);
}

static void without_warm_up_the_first_is_the_peak(void **state)
{
    (void)state;
    for (int kind = SCHEDULE_COSINE; kind <= SCHEDULE_CONSTANT; kind++) {
        struct settings s = settings_of(kind);
        s.warmup = 0;
        assert_close(schedule_factor(&s, 0), 1, 1e-12, 0);
    }
}

/* In (0, 1] at every update of every run, however odd. */
static void factors_are_never_zero_or_above_one(void **state)
{
    (void)state;
    static const int updates[] = {1, 2, 3, 7, 10, 100};
    static const double shares[] = {0, 0.1, 0.5, 1};
    static const double finals[] = {0, 0.05, 1};
    for (int kind = SCHEDULE_COSINE; kind <= SCHEDULE_CONSTANT; kind++)
        for (size_t i = 0; i < 6 * 4 * 4 * 3; i++) {
            struct settings s = settings_of(kind);
            s.updates = updates[i % 6];
            s.warmup = shares[i / 6 % 4];
            s.hold = shares[i / 24 % 4];
            s.final_scale = finals[i / 96];
            if (s.warmup + s.hold > 1)
                continue;
            double before = 0;
            for (uint64_t u = 0; u < (uint64_t)s.updates; u++) {
                double now = schedule_factor(&s, u);
                bool end = kind == SCHEDULE_COSINE && s.final_scale == 0 &&
                           u + 1 == (uint64_t)s.updates;
                assert_true(now <= 1 && (now > 0 || end));
                if (u >= floor(s.warmup * s.updates) + 1)
                    assert_true(now <= before);
                before = now;
            }
        }
}

static void masks_grow_over_their_share(void **state)
{
    (void)state;
    struct settings s = {.updates = 1000, .mask_warmup = 0.2};
    assert_close(schedule_mask_share(&s, 0), 0, 0, 0);
    assert_close(schedule_mask_share(&s, 50), 0.25, 1e-12, 0);
    assert_close(schedule_mask_share(&s, 199), 0.995, 1e-12, 0);
    assert_close(schedule_mask_share(&s, 200), 1, 0, 0);
    assert_close(schedule_mask_share(&s, 999), 1, 0, 0);
    s.mask_warmup = 0;
    assert_close(schedule_mask_share(&s, 0), 1, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warm_up_is_linear),
        cmocka_unit_test(cosine_falls_to_the_final_scale),
        cmocka_unit_test(tri_stage_holds_and_falls_by_the_same_share),
        cmocka_unit_test(constant_stays),
        cmocka_unit_test(without_warm_up_the_first_is_the_peak),
        cmocka_unit_test(factors_are_never_zero_or_above_one),
        cmocka_unit_test(masks_grow_over_their_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
