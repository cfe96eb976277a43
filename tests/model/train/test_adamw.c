/* AdamW against naive code in double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/gradient.h"

#include "tests/fault.h"

#include "model/train/adamw.c"

#define LANES 3
#define DEPTHS 4 /* two layers, below and above */
#define UPDATES 4

static const struct model_shape shape = {.input = 6,
                                         .dim = 16,
                                         .layers = 2,
                                         .heads = 2,
                                         .ffn = 1100, /* more than a block */
                                         .taps = 3,
                                         .left = 2,
                                         .right = 1,
                                         .vocabulary = 7};
static const struct adamw_settings usual = {
    .beta1 = 0.9, .beta2 = 0.98, .weight_decay = 0.1, .clip = 5};

/* One optimiser and all that it works on. */
struct fixture {
    struct parameters parameters;
    struct ranks ranks;
    struct lanes lanes;
    struct team *team;
    struct adamw *adamw;
    real *weights, *first, *second;
    double *naive, *m, *v; /* the naive one's */
};

static void open_fixture(struct fixture *f, const struct adamw_settings *s,
                         int workers)
{
    assert_ok(parameters_open(&f->parameters, &shape));
    size_t total = f->parameters.total;
    assert_ok(ranks_open(&f->ranks));
    assert_ok(lanes_open(&f->lanes, LANES, total, &f->ranks));
    assert_ok(team_open(&f->team, workers));
    f->first = calloc(total, sizeof *f->first);
    f->second = calloc(total, sizeof *f->second);
    f->weights = calloc(total, sizeof *f->weights);
    parameters_initialise(f->weights, &f->parameters,
                          random_key(1, RANDOM_INITIAL));
    f->naive = calloc(total, sizeof *f->naive);
    f->m = calloc(total, sizeof *f->m);
    f->v = calloc(total, sizeof *f->v);
    for (size_t i = 0; i < total; i++)
        f->naive[i] = (double)f->weights[i];
    assert_ok(adamw_open(&f->adamw, &f->parameters, s, f->first, f->second,
                         &f->lanes, &f->ranks));
}

static void close_fixture(struct fixture *f)
{
    adamw_close(f->adamw);
    team_close(f->team);
    lanes_close(&f->lanes);
    ranks_close(&f->ranks);
    parameters_close(&f->parameters);
    real *all[] = {f->weights, f->first, f->second};
    for (size_t i = 0; i < 3; i++)
        free(all[i]);
    free(f->naive);
    free(f->m);
    free(f->v);
}

/* Gradients of an update, in every lane; gaps stay zero. */
static void draw_gradients(struct fixture *f, uint64_t update, double size)
{
    for (uint64_t l = 0; l < LANES; l++) {
        struct random_key key =
            random_below(random_key(update, RANDOM_MASK), l);
        for (size_t i = 0; i < f->parameters.count; i++) {
            const struct parameter *p = &f->parameters.list[i];
            for (size_t k = p->offset; k < p->offset + p->count; k++)
                f->lanes.gradients[l][k] = (real)(size * random_normal(key, k));
        }
    }
}

/* Kingma and Ba 2015 with the decay of Loshchilov and Hutter 2019; returns
 * the norm before clipping. */
static double naive_update(struct fixture *f, const struct adamw_settings *s,
                           double scale, const struct adamw_rate *rates)
{
    double square = 0;
    for (int step = 0; step < 2; step++)
        for (size_t i = 0; i < f->parameters.count; i++) {
            const struct parameter *p = &f->parameters.list[i];
            const struct adamw_rate *rate = &rates[p->depth];
            double clip = s->clip > 0 && sqrt(square) > s->clip
                              ? s->clip / sqrt(square)
                              : 1;
            if (rate->learning_rate == 0)
                continue;
            for (size_t k = p->offset; k < p->offset + p->count; k++) {
                double g = 0;
                for (int l = 0; l < LANES; l++)
                    g += (double)f->lanes.gradients[l][k];
                g *= scale;
                if (step == 0) {
                    square += g * g;
                    continue;
                }
                g *= clip;
                f->m[k] = s->beta1 * f->m[k] + (1 - s->beta1) * g;
                f->v[k] = s->beta2 * f->v[k] + (1 - s->beta2) * g * g;
                double n = (double)rate->step;
                double m = f->m[k] / (1 - pow(s->beta1, n));
                double v = f->v[k] / (1 - pow(s->beta2, n));
                if (p->kind == PARAMETER_WEIGHT)
                    f->naive[k] -=
                        rate->learning_rate * s->weight_decay * f->naive[k];
                f->naive[k] -= rate->learning_rate * m / (sqrt(v) + 1e-8);
            }
        }
    return sqrt(square);
}

static void assert_cleared(const struct fixture *f)
{
    for (int l = 0; l < LANES; l++)
        for (size_t i = 0; i < f->parameters.total; i++)
            assert_true(f->lanes.gradients[l][i] == 0);
}

static double update(struct fixture *f, double scale,
                     const struct adamw_rate *rates)
{
    double norm = adamw_gather(f->adamw, scale, rates, f->team);
    adamw_apply(f->adamw, f->weights, norm, rates, f->team);
    assert_cleared(f);
    return norm;
}

static void compare(const struct adamw_settings *s, double size)
{
    struct fixture f;
    struct adamw_rate rates[DEPTHS];
    open_fixture(&f, s, 1);
    for (uint64_t u = 0; u < UPDATES; u++) {
        for (int d = 0; d < DEPTHS; d++)
            rates[d] = (struct adamw_rate){.learning_rate =
                                               0.01 * (d + 1) / (double)(u + 1),
                                           .step = u + 1};
        draw_gradients(&f, u, size);
        double want = naive_update(&f, s, 0.25, rates);
        assert_close(update(&f, 0.25, rates), want, 1e-5, 0);
        double largest = 0;
        for (size_t i = 0; i < f.parameters.total; i++)
            largest = fmax(largest, fabs(f.naive[i] - (double)f.weights[i]));
        assert_true(largest < 1e-5);
    }
    close_fixture(&f);
    assert_int_equal(fault_held(), 0);
}

static void updates_are_those_of_naive_code(void **state)
{
    (void)state;
    compare(&usual, 0.01); /* below the norm that is clipped */
}

static void large_gradients_are_clipped(void **state)
{
    (void)state;
    compare(&usual, 3);
}

static void without_a_clip_any_norm_passes(void **state)
{
    (void)state;
    struct adamw_settings s = usual;
    s.clip = 0;
    s.weight_decay = 0;
    compare(&s, 3);
}

/* The first step is the rate itself, whatever the gradient's size. */
static void the_first_step_is_corrected_for_bias(void **state)
{
    (void)state;
    struct fixture f;
    struct adamw_settings s = usual;
    struct adamw_rate rates[DEPTHS];
    s.weight_decay = s.clip = 0;
    open_fixture(&f, &s, 1);
    for (int d = 0; d < DEPTHS; d++)
        rates[d] = (struct adamw_rate){.learning_rate = 0.01, .step = 1};
    real *before = malloc(f.parameters.total * sizeof *before);
    memcpy(before, f.weights, f.parameters.total * sizeof *before);
    draw_gradients(&f, 1, 100);
    update(&f, 1, rates);
    for (size_t i = 0; i < f.parameters.count; i++) {
        const struct parameter *p = &f.parameters.list[i];
        for (size_t k = p->offset; k < p->offset + p->count; k++)
            assert_close(fabs((double)(f.weights[k] - before[k])), 0.01, 1e-3,
                         0);
    }
    free(before);
    close_fixture(&f);
}

static void resting_depths_do_not_move(void **state)
{
    (void)state;
    struct fixture f;
    struct adamw_rate rates[DEPTHS] = {{0, 0}, {0, 0}, {0.1, 1}, {0.1, 1}};
    open_fixture(&f, &usual, 1);
    real *before = malloc(f.parameters.total * sizeof *before);
    memcpy(before, f.weights, f.parameters.total * sizeof *before);
    draw_gradients(&f, 1, 1);
    double norm = naive_update(&f, &usual, 1, rates);
    assert_close(update(&f, 1, rates), norm, 1e-5, 0);
    for (size_t i = 0; i < f.parameters.count; i++) {
        const struct parameter *p = &f.parameters.list[i];
        for (size_t k = p->offset; k < p->offset + p->count; k++) {
            bool rests = p->depth < 2;
            assert_int_equal(f.weights[k] == before[k], rests);
            assert_int_equal(f.first[k] == 0 && f.second[k] == 0, rests);
        }
    }
    free(before);
    close_fixture(&f);
}

/* Decay is on matrices alone: without a gradient nothing else moves. */
static void weights_decay_and_biases_do_not(void **state)
{
    (void)state;
    struct fixture f;
    struct adamw_rate rates[DEPTHS];
    open_fixture(&f, &usual, 1);
    for (int d = 0; d < DEPTHS; d++)
        rates[d] = (struct adamw_rate){.learning_rate = 0.5, .step = 1};
    update(&f, 1, rates);
    for (size_t i = 0; i < f.parameters.count; i++) {
        const struct parameter *p = &f.parameters.list[i];
        double keep = p->kind == PARAMETER_WEIGHT ? 1 - 0.5 * 0.1 : 1;
        for (size_t k = p->offset; k < p->offset + p->count; k++)
            assert_close(f.weights[k], keep * f.naive[k], 1e-6, 1e-9);
    }
    close_fixture(&f);
}

static void any_number_of_workers_gives_the_same_bits(void **state)
{
    (void)state;
    struct fixture all[4];
    struct adamw_rate rates[DEPTHS];
    for (int w = 0; w < 4; w++)
        open_fixture(&all[w], &usual, w + 1);
    size_t bytes = all[0].parameters.total * sizeof(real);
    for (uint64_t u = 0; u < 4; u++) {
        double norm[4];
        for (int d = 0; d < DEPTHS; d++)
            rates[d] =
                (struct adamw_rate){.learning_rate = 0.01, .step = u + 1};
        for (int w = 0; w < 4; w++) {
            draw_gradients(&all[w], u, 2);
            norm[w] = update(&all[w], 0.5, rates);
            assert_true(norm[w] == norm[0]);
            assert_memory_equal(all[w].weights, all[0].weights, bytes);
            assert_memory_equal(all[w].first, all[0].first, bytes);
            assert_memory_equal(all[w].second, all[0].second, bytes);
        }
    }
    for (int w = 0; w < 4; w++)
        close_fixture(&all[w]);
    assert_int_equal(fault_held(), 0);
}

static void a_gradient_that_is_not_finite_is_seen_and_dropped(void **state)
{
    (void)state;
    static const real bad[] = {NAN, INFINITY, -INFINITY};
    struct adamw_rate rates[DEPTHS];
    for (int d = 0; d < DEPTHS; d++)
        rates[d] = (struct adamw_rate){.learning_rate = 0.5, .step = 1};
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        open_fixture(&f, &usual, 1);
        const struct parameter *last =
            &f.parameters.list[f.parameters.count - 1];
        f.lanes.gradients[2][last->offset + last->count - 1] = bad[i];
        assert_false(isfinite(adamw_gather(f.adamw, 1, rates, f.team)));
        adamw_drop(f.adamw);
        assert_cleared(&f);
        close_fixture(&f);
    }
}

/* Slices are all grains, in order, none twice, and nearly equal. */
static void ranks_have_slices_of_whole_blocks(void **state)
{
    (void)state;
    struct parameters p;
    assert_ok(parameters_open(&p, &shape));
    for (int count = 1; count <= LANES; count++) {
        size_t most = p.total / (size_t)count + BLOCK;
        for (int own = 0; own < count; own++) {
            struct ranks ranks = {.own = own, .count = count};
            struct lanes lanes;
            struct adamw *a;
            assert_ok(lanes_open(&lanes, LANES, p.total, &ranks));
            assert_ok(adamw_open(&a, &p, &usual, NULL, NULL, &lanes, &ranks));
            const size_t *slices = adamw_slices(a);
            assert_int_equal(slices[0], 0);
            assert_int_equal(slices[count] * GRAIN, p.total);
            for (int r = 0; r < count; r++) {
                assert_true(slices[r] < slices[r + 1]);
                assert_true((slices[r + 1] - slices[r]) * GRAIN <= most);
            }
            assert_int_equal(a->blocks[a->first_block].offset,
                             slices[own] * GRAIN);
            adamw_close(a);
            lanes_close(&lanes);
        }
    }
    parameters_close(&p);
}

static void without_memory_there_is_no_optimiser(void **state)
{
    (void)state;
    struct parameters p;
    struct ranks ranks;
    struct lanes lanes;
    struct adamw *a;
    long failures = 0;
    assert_ok(parameters_open(&p, &shape));
    assert_ok(ranks_open(&ranks));
    assert_ok(lanes_open(&lanes, LANES, p.total, &ranks));
    for (;; failures++) {
        fault_at(failures);
        struct status status =
            adamw_open(&a, &p, &usual, NULL, NULL, &lanes, &ranks);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(a == NULL, happened);
        assert_int_equal(status_failed(&status), happened);
        adamw_close(a);
        assert_int_equal(fault_held(), 0);
        if (!happened)
            break;
    }
    assert_int_equal(failures, 6);
    lanes_close(&lanes);
    ranks_close(&ranks);
    parameters_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_those_of_naive_code),
        cmocka_unit_test(large_gradients_are_clipped),
        cmocka_unit_test(without_a_clip_any_norm_passes),
        cmocka_unit_test(the_first_step_is_corrected_for_bias),
        cmocka_unit_test(resting_depths_do_not_move),
        cmocka_unit_test(weights_decay_and_biases_do_not),
        cmocka_unit_test(any_number_of_workers_gives_the_same_bits),
        cmocka_unit_test(a_gradient_that_is_not_finite_is_seen_and_dropped),
        cmocka_unit_test(ranks_have_slices_of_whole_blocks),
        cmocka_unit_test(without_memory_there_is_no_optimiser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
