/* Tests of k-means targets.  The file is included for the step that gives
 * empty clusters new centres, which good starts hardly ever reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/kernel/gemm.h"
#include "tests/close.h"

#include "tests/fault.h"

#include "model/pretrain/kmeans.c"

#define CLUSTERS 6
#define EACH 50
#define INPUT 3

static struct team *team_of(int workers)
{
    struct team *team;
    gemm_threads(1);
    assert_ok(team_open(&team, workers));
    return team;
}

static struct random_key key_of(uint64_t value)
{
    return random_key(value, RANDOM_KMEANS);
}

/* Points [count, INPUT] of normal noise around far corners, in turn. */
static float *corners(size_t count, double spread)
{
    float *x = malloc(count * INPUT * sizeof *x);
    assert_non_null(x);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < INPUT; i++) {
            double corner = t % CLUSTERS / (i + 1) % 2 ? 10 : -10;
            corner += 40 * (double)(t % CLUSTERS) * (i == 2);
            x[t * INPUT + i] =
                (float)(corner +
                        spread * random_normal(key_of(5), t * INPUT + i));
        }
    return x;
}

static uint16_t *label_all(const struct quantiser *q, const float *x,
                           size_t count)
{
    float *scratch = malloc(quantiser_scratch(q) * sizeof *scratch);
    uint16_t *codes = malloc(count * sizeof *codes);
    assert_true(scratch && codes);
    quantiser_label(codes, q, x, count, scratch);
    free(scratch);
    return codes;
}

static void separate_clusters_are_found(void **state)
{
    (void)state;
    struct team *team = team_of(1);
    float *x = corners(CLUSTERS * EACH, 0.5);
    for (uint64_t s = 1; s <= 5; s++) {
        struct quantiser q;
        assert_ok(quantiser_kmeans(&q, x, CLUSTERS * EACH, INPUT, CLUSTERS, 20,
                                   key_of(s), team));
        assert_int_equal(q.codebooks, 1);
        assert_int_equal(q.codes, CLUSTERS);
        uint16_t *codes = label_all(&q, x, CLUSTERS * EACH);
        for (size_t t = 0; t < CLUSTERS * EACH; t++)
            for (size_t other = 0; other < CLUSTERS; other++)
                assert_int_equal(codes[t] == codes[other],
                                 t % CLUSTERS == other);
        free(codes);
        quantiser_close(&q);
    }
    free(x);
    team_close(team);
}

/* On standardised dimensions, whatever the units of each. */
static void labels_are_those_of_the_nearest_centre(void **state)
{
    (void)state;
    struct team *team = team_of(1);
    size_t count = CLUSTERS * EACH;
    float *x = corners(count, 15);
    struct quantiser q, scaled;
    assert_ok(quantiser_kmeans(&q, x, count, INPUT, 9, 20, key_of(1), team));
    uint16_t *codes = label_all(&q, x, count);
    for (size_t t = 0; t < count; t++) {
        double least = INFINITY, own = 0;
        for (size_t v = 0; v < 9; v++) {
            double d = 0;
            for (size_t i = 0; i < INPUT; i++) {
                double z = (double)(x[t * INPUT + i] - q.mean[i]) *
                           (double)q.projection[i * INPUT + i];
                z -= (double)q.code[v * INPUT + i];
                d += z * z;
            }
            own = v == codes[t] ? d : own;
            least = d < least ? d : least;
        }
        assert_close(own, least, 1e-4, 1e-4);
    }
    for (size_t t = 0; t < count; t++)
        x[t * INPUT + 1] *= 1024;
    assert_ok(
        quantiser_kmeans(&scaled, x, count, INPUT, 9, 20, key_of(1), team));
    uint16_t *again = label_all(&scaled, x, count);
    assert_memory_equal(codes, again, count * sizeof *codes);
    free(codes);
    free(again);
    quantiser_close(&q);
    quantiser_close(&scaled);
    free(x);
    team_close(team);
}

/* More points than a block, so that several workers have something to do. */
static void any_number_of_workers_gives_the_same(void **state)
{
    (void)state;
    size_t count = 3 * BLOCK + 100;
    float *x = corners(count, 20);
    struct quantiser first;
    for (int workers = 1; workers <= 4; workers++) {
        struct team *team = team_of(workers);
        struct quantiser q;
        assert_ok(
            quantiser_kmeans(&q, x, count, INPUT, 16, 10, key_of(1), team));
        team_close(team);
        if (workers == 1) {
            first = q;
            continue;
        }
        assert_memory_equal(q.code, first.code, 16 * INPUT * sizeof(float));
        assert_memory_equal(q.bias, first.bias, 16 * sizeof(float));
        assert_memory_equal(q.mean, first.mean, INPUT * sizeof(float));
        quantiser_close(&q);
    }
    quantiser_close(&first);
    free(x);
}

static void clusters_are_a_function_of_their_key(void **state)
{
    (void)state;
    struct team *team = team_of(1);
    struct quantiser q[3];
    float *x = corners(CLUSTERS * EACH, 20);
    for (int i = 0; i < 3; i++)
        assert_ok(quantiser_kmeans(&q[i], x, CLUSTERS * EACH, INPUT, 16, 3,
                                   key_of(i == 2 ? 2 : 1), team));
    size_t bytes = 16 * INPUT * sizeof(float);
    assert_memory_equal(q[0].code, q[1].code, bytes);
    assert_true(memcmp(q[0].code, q[2].code, bytes));
    for (int i = 0; i < 3; i++)
        quantiser_close(&q[i]);
    free(x);
    team_close(team);
}

/* The far ones all lie in the last block. */
static void every_block_is_counted(void **state)
{
    (void)state;
    struct team *team = team_of(2);
    size_t count = 2 * BLOCK + 10;
    float *x = malloc(count * sizeof *x);
    struct quantiser q;
    for (size_t t = 0; t < count; t++)
        x[t] = (float)(t % 7) + (t < 2 * BLOCK ? 0 : 1000);
    assert_ok(quantiser_kmeans(&q, x, count, 1, 2, 10, key_of(1), team));
    for (size_t v = 0; v < 2; v++) {
        double centre = (double)q.code[v] / (double)q.projection[0];
        centre += (double)q.mean[0];
        assert_close(centre, centre > 500 ? 1003 : 3, 0.002, 0.002);
    }
    assert_true(fabs((double)(q.code[0] - q.code[1])) > 1);
    quantiser_close(&q);
    free(x);
    team_close(team);
}

static double spread_around(const struct quantiser *q, const float *x,
                            size_t count)
{
    double sum = 0;
    uint16_t *codes = label_all(q, x, count);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < INPUT; i++) {
            double z = (double)(x[t * INPUT + i] - q->mean[i]) *
                       (double)q->projection[i * INPUT + i];
            z -= (double)q->code[codes[t] * INPUT + i];
            sum += z * z;
        }
    free(codes);
    return sum;
}

static void iterations_bring_the_centres_closer(void **state)
{
    (void)state;
    struct team *team = team_of(1);
    size_t count = CLUSTERS * EACH;
    float *x = corners(count, 20);
    double before = INFINITY;
    for (int iterations = 0; iterations < 8; iterations++) {
        struct quantiser q;
        assert_ok(quantiser_kmeans(&q, x, count, INPUT, 12, iterations,
                                   key_of(1), team));
        double now = spread_around(&q, x, count);
        assert_true(now <= before * 1.0001);
        before = now;
        quantiser_close(&q);
    }
    free(x);
    team_close(team);
}

static void empty_clusters_take_from_the_largest(void **state)
{
    (void)state;
    const float points[6] = {0, 1, 2, 10, 11, 20};
    uint16_t labels[6] = {0, 0, 0, 2, 2, 4};
    double sums[5] = {3, 0, 21, 0, 20};
    uint32_t members[5] = {3, 0, 2, 0, 1};
    float centre[1];
    struct quantiser q;
    assert_ok(quantiser_open(&q, 1, 5, 1, 1));
    struct clustering c = {.q = &q,
                           .points = points,
                           .count = 6,
                           .labels = labels,
                           .sums = sums,
                           .members = members};
    update(&c, 1, centre);
    static const float want[5] = {1, 0, 10.5, 1, 20};
    static const uint32_t left[5] = {1, 1, 2, 1, 1};
    for (size_t v = 0; v < 5; v++) {
        assert_close(q.code[v], want[v], 1e-6, 0);
        assert_close(q.bias[v], -want[v] * want[v] / 2, 1e-6, 0);
        assert_int_equal(members[v], left[v]);
    }
    quantiser_close(&q);
}

static void copies_of_one_point_do_no_harm(void **state)
{
    (void)state;
    struct team *team = team_of(2);
    float x[40 * INPUT];
    struct quantiser q;
    for (size_t i = 0; i < 40 * INPUT; i++)
        x[i] = i < 20 * INPUT ? 1 : 5;
    assert_ok(quantiser_kmeans(&q, x, 40, INPUT, 8, 10, key_of(1), team));
    uint16_t *codes = label_all(&q, x, 40);
    for (size_t i = 0; i < 8 * INPUT; i++)
        assert_true(isfinite(q.code[i]));
    for (size_t t = 1; t < 40; t++)
        assert_int_equal(codes[t] == codes[0], t < 20);
    free(codes);
    quantiser_close(&q);
    for (size_t i = 0; i < 40 * INPUT; i++)
        x[i] = 3;
    assert_ok(quantiser_kmeans(&q, x, 40, INPUT, 8, 10, key_of(1), team));
    for (size_t i = 0; i < 8 * INPUT; i++)
        assert_true(isfinite(q.code[i]));
    quantiser_close(&q);
    team_close(team);
}

static void fewer_points_than_codes_are_refused(void **state)
{
    (void)state;
    struct team *team = team_of(1);
    struct quantiser q;
    float *x = corners(10, 1);
    assert_refused(quantiser_kmeans(&q, x, 9, INPUT, 10, 5, key_of(1), team),
                   "9 frames are too few for 10 clusters: lower --codes");
    assert_true(!q.mean && !q.projection && !q.code && !q.bias);
    assert_ok(quantiser_kmeans(&q, x, 10, INPUT, 10, 5, key_of(1), team));
    quantiser_close(&q);
    free(x);
    team_close(team);
}

static void without_memory_there_are_no_clusters(void **state)
{
    (void)state;
    struct team *team = team_of(2);
    float *x = corners(CLUSTERS * EACH, 1);
    long failures = 0, held = fault_held();
    for (;; failures++) {
        struct quantiser q;
        fault_at(failures);
        struct status status = quantiser_kmeans(&q, x, CLUSTERS * EACH, INPUT,
                                                CLUSTERS, 5, key_of(1), team);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status.code, happened ? STATUS_MEMORY : STATUS_OK);
        assert_int_equal(q.code == NULL, happened);
        assert_int_equal(fault_held(), held);
        quantiser_close(&q);
        if (!happened)
            break;
    }
    assert_int_equal(failures, 10);
    free(x);
    team_close(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separate_clusters_are_found),
        cmocka_unit_test(labels_are_those_of_the_nearest_centre),
        cmocka_unit_test(any_number_of_workers_gives_the_same),
        cmocka_unit_test(clusters_are_a_function_of_their_key),
        cmocka_unit_test(every_block_is_counted),
        cmocka_unit_test(iterations_bring_the_centres_closer),
        cmocka_unit_test(empty_clusters_take_from_the_largest),
        cmocka_unit_test(copies_of_one_point_do_no_harm),
        cmocka_unit_test(without_memory_there_are_no_clusters),
        cmocka_unit_test(fewer_points_than_codes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
