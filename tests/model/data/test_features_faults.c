/* Tests of features when memory runs out: at set-up, in the scan, and in the
 * thread that reads ahead (one at a time allocates, so that counts hold). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/recording.h"
#include "tests/scratch.h"

#include "tests/fault.h"

#include "model/data/features.c"

/* Opens, scans, and reads both recordings again. */
static struct status use(const struct manifest *m, const struct settings *s,
                         struct team *team, const float *statistics)
{
    struct features *f;
    const struct features_key keys[2] = {{0, 0}, {1, 2}};
    struct status status = features_open(&f, m, s, statistics, statistics);
    if (status_failed(&status)) {
        assert_null(f);
        return status;
    }
    status = features_scan(f, team, NULL);
    if (!status_failed(&status)) {
        size_t frames;
        features_hold(f, keys, 2);
        status = features_wait(f);
        for (size_t i = 0; i < 2 && !status_failed(&status); i++)
            assert_non_null(features_get(&frames, f, keys[i]));
    }
    features_close(f);
    return status;
}

static struct manifest open_two(struct settings *s, int cmvn)
{
    struct manifest m;
    recording_write("a.wav", 4000, 1);
    recording_write("b.wav", 3000, 2);
    const char *path = scratch_text("t.tsv", "path\na.wav\nb.wav\n");
    settings_default(s, VERB_FINETUNE);
    s->rate = RECORDING_RATE_HZ;
    s->bins = 8;
    s->cmvn = cmvn;
    s->speed = 0.1;
    s->cache_mib = 0;
    assert_ok(manifest_read(&m, path, false));
    return m;
}

static void check(int cmvn, const float *statistics)
{
    struct settings s;
    struct manifest m = open_two(&s, cmvn);
    struct team *team;
    long failures = 0;
    assert_ok(team_open(&team, 1));
    for (long n = 0;; n++) {
        fault_at(n);
        struct status status = use(&m, &s, team, statistics);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(fault_held(), 0);
        if (!happened) {
            assert_ok(status);
            break;
        }
        failures++;
        assert_int_equal(status.code, STATUS_MEMORY);
    }
    assert_true(failures >= 11);
    team_close(team);
    manifest_free(&m);
}

static void features_without_memory_fail_and_leave_nothing(void **state)
{
    (void)state;
    const float statistics[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    check(CMVN_UTTERANCE, NULL);
    check(CMVN_STORED, NULL);
    check(CMVN_RUNNING, NULL);
    check(CMVN_RUNNING, statistics);
}

static long held_after_one;

static void check_held(size_t done, size_t all)
{
    assert_int_equal(all, 2);
    if (done == 1)
        held_after_one = fault_held();
    else
        assert_int_equal(fault_held(), held_after_one);
}

static void the_scan_keeps_no_more_than_the_cache_holds(void **state)
{
    (void)state;
    for (int cmvn = CMVN_UTTERANCE; cmvn <= CMVN_STORED; cmvn++) {
        struct settings s;
        struct manifest m = open_two(&s, cmvn);
        struct team *team;
        struct features *f;
        assert_ok(team_open(&team, 1));
        assert_ok(features_open(&f, &m, &s, NULL, NULL));
        assert_ok(features_scan(f, team, check_held));
        features_close(f);
        team_close(team);
        manifest_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_without_memory_fail_and_leave_nothing),
        cmocka_unit_test(the_scan_keeps_no_more_than_the_cache_holds),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
