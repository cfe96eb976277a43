/* Tests of the search for a weight and a bonus, with made-up errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"

#include "recipes/commands/tuning.c"

/* Errors of a bowl around a point, in steps of `fine` errors. */
struct bowl {
    double lm_weight, word_bonus, fine;
    size_t floor;       /* errors at that point */
    size_t tried, most; /* points; the next one fails */
};

static struct status look(void *context, struct tuning_point *p)
{
    struct bowl *bowl = context;
    if (bowl->tried++ == bowl->most)
        return status_error(STATUS_INPUT, "no more");
    double far = hypot((p->lm_weight - bowl->lm_weight) / WEIGHT_STEP,
                       (p->word_bonus - bowl->word_bonus) / BONUS_STEP);
    size_t errors = bowl->floor + (size_t)(bowl->fine * far);
    p->counts = (struct edit_counts){
        .reference = 1000,
        .insertions = errors % 3,
        .deletions = (errors - errors % 3) / 2,
        .substitutions = errors - errors % 3 - (errors - errors % 3) / 2};
    assert_int_equal(tuning_errors(p), errors);
    return status_ok();
}

static struct tuning_point best_of(struct tuning *t, struct bowl bowl,
                                   double lm_weight, double word_bonus)
{
    bowl.most = TUNING_MOST;
    assert_ok(tuning_search(t, look, &bowl, lm_weight, word_bonus));
    assert_int_equal(bowl.tried, t->count);
    assert_true(t->chosen < t->count);
    for (size_t i = 0; i < t->count; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(t->points[i].lm_weight == t->points[j].lm_weight &&
                         t->points[i].word_bonus == t->points[j].word_bonus);
    return t->points[t->chosen];
}

static void the_best_is_found_to_a_quarter_of_a_step(void **state)
{
    (void)state;
    static const double targets[][2] = {
        {0.5, 1}, {0.9, 1.4}, {1.62, 2.3}, {0.6, 0.4}, {1.8, 1.9}};
    struct tuning t;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct bowl bowl = {targets[i][0], targets[i][1], .fine = 1000};
        struct tuning_point best = best_of(&t, bowl, 0.5, 1);
        assert_close(best.lm_weight, bowl.lm_weight, 0, 0.125 * WEIGHT_STEP);
        assert_close(best.word_bonus, bowl.word_bonus, 0, 0.125 * BONUS_STEP);
        assert_true(t.count <= TUNING_USUAL);
        assert_close(t.points[0].lm_weight, 0.5, 0, 0);
        assert_close(t.points[0].word_bonus, 1, 0, 0);
    }
}

static void a_best_at_the_edge_leads_off_the_grid(void **state)
{
    (void)state;
    struct tuning t;
    struct bowl bowl = {4.0, 6.5, .fine = 1000};
    struct tuning_point best = best_of(&t, bowl, 0.5, 1);
    assert_close(best.lm_weight, 4, 0, 0);
    assert_close(best.word_bonus, 6.5, 0, 0);
    /* Very far is not reached, but the search ends. */
    bowl = (struct bowl){100, -900, .fine = 1000};
    best_of(&t, bowl, 0.5, 1);
    best = t.points[t.least];
    assert_close(best.lm_weight, 2.5 + (4 + 0.75) * WEIGHT_STEP, 0, 0);
    assert_close(best.word_bonus, -1 - (4 + 0.75) * BONUS_STEP, 0, 0);
}

static void nothing_out_of_range_is_tried(void **state)
{
    (void)state;
    struct tuning t;
    struct bowl bowl = {-5, 1, .fine = 1000};
    struct tuning_point best = best_of(&t, bowl, 0.5, 1);
    assert_close(best.lm_weight, 0, 0, 0);
    for (size_t i = 0; i < t.count; i++)
        assert_true(t.points[i].lm_weight >= 0);
    bowl = (struct bowl){2000, 2000, .fine = 1};
    best = best_of(&t, bowl, 1000, 1000);
    assert_close(best.lm_weight, 1000, 0, 0);
    assert_close(best.word_bonus, 1000, 0, 0);
}

static void of_equals_the_one_nearest_the_beginning_is_chosen(void **state)
{
    (void)state;
    struct tuning t;
    /* No errors anywhere: nothing is better than what was given. */
    struct bowl bowl = {1, 1, .fine = 0};
    struct tuning_point best = best_of(&t, bowl, 0.3, 1.7);
    assert_int_equal(t.chosen, 0);
    assert_close(best.lm_weight, 0.3, 0, 0);
    /* A plain of radius 1 around (2, 1): its point nearest to (0.5, 1). */
    bowl = (struct bowl){2, 1, .fine = 1};
    best = best_of(&t, bowl, 0.5, 1);
    assert_close(best.lm_weight, 1.625, 0, 0);
    assert_close(best.word_bonus, 1, 0, 0);
    assert_int_equal(tuning_errors(&best), 0);
}

/* Sixteen errors may as well be twenty. */
static void what_chance_may_have_gained_is_not_chosen(void **state)
{
    (void)state;
    struct tuning t;
    struct bowl bowl = {1.5, 1, .fine = 4, .floor = 16};
    struct tuning_point best = best_of(&t, bowl, 0.5, 1);
    assert_int_equal(tuning_errors(&t.points[t.least]), 16);
    assert_close(t.points[t.least].lm_weight, 1.5, 0.25 * WEIGHT_STEP, 0);
    assert_close(best.lm_weight, 1, 0, 0);
    assert_close(best.word_bonus, 1, 0, 0);
    assert_int_equal(tuning_errors(&best), 20);
    /* 24 errors are too many more. */
    assert_int_equal(tuning_errors(&t.points[0]), 24);
}

static void a_trial_that_fails_ends_the_search(void **state)
{
    (void)state;
    struct tuning t;
    for (size_t most = 0; most < 44; most++) {
        struct bowl bowl = {0.9, 1.4, .fine = 1000, .most = most};
        assert_refused(tuning_search(&t, look, &bowl, 0.5, 1), "no more");
        assert_int_equal(bowl.tried, most + 1);
        assert_int_equal(t.count, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_found_to_a_quarter_of_a_step),
        cmocka_unit_test(a_best_at_the_edge_leads_off_the_grid),
        cmocka_unit_test(nothing_out_of_range_is_tried),
        cmocka_unit_test(of_equals_the_one_nearest_the_beginning_is_chosen),
        cmocka_unit_test(what_chance_may_have_gained_is_not_chosen),
        cmocka_unit_test(a_trial_that_fails_ends_the_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
