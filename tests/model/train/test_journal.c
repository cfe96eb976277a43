/* Tests of journals: lines whole or not at all, and going on after a stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/close.h"
#include "tests/scratch.h"

#include "tests/fault.h"

#include "model/train/journal.c"

static void assert_holds(const char *path, const char *want)
{
    size_t count;
    char *bytes = scratch_read(&count, path);
    assert_string_equal(bytes, want);
    (free)(bytes);
}

static struct status write_line(struct journal *j, uint64_t update)
{
    journal_begin(j, "train", update);
    journal_number(j, "loss", 1.5);
    return journal_end(j);
}

#define LINE(update)                                                           \
    "{\"kind\":\"train\",\"update\":" #update ",\"loss\":1.5}\n"

static void lines_are_written_as_they_end(void **state)
{
    (void)state;
    struct journal j;
    const char *path = scratch_path("new");
    assert_ok(journal_open(&j, path, 0));
    assert_holds(path, "");
    assert_ok(write_line(&j, 1));
    assert_holds(path, LINE(1));
    journal_begin(&j, "start", UINT64_MAX);
    journal_text(&j, "data", "a\"b");
    journal_number(&j, "rate", 7.5);
    assert_holds(path, LINE(1));
    assert_ok(journal_end(&j));
    assert_holds(path, LINE(1) "{\"kind\":\"start\",\"data\":\"a\\\"b\","
                               "\"rate\":7.5}\n");
    journal_close(&j);
    journal_close(&j);
}

static void a_line_that_was_begun_and_not_ended_is_forgotten(void **state)
{
    (void)state;
    struct journal j;
    const char *path = scratch_path("begun");
    assert_ok(journal_open(&j, path, 0));
    journal_begin(&j, "dev", 3);
    journal_text(&j, "text", "x");
    assert_ok(write_line(&j, 4));
    journal_begin(&j, "dev", 5);
    journal_close(&j);
    assert_holds(path, LINE(4));
}

static void beginning_anew_drops_what_was_there(void **state)
{
    (void)state;
    struct journal j;
    const char *path = scratch_text("anew", LINE(1) LINE(2));
    assert_ok(journal_open(&j, path, 0));
    assert_holds(path, "");
    journal_close(&j);
}

static void going_on_cuts_off_what_comes_later(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"", ""},
        {LINE(1), LINE(1)},
        {LINE(10), LINE(10)},
        {LINE(11), ""},
        {LINE(5) LINE(10) LINE(15) LINE(20), LINE(5) LINE(10)},
        {LINE(5) LINE(15) LINE(7), LINE(5)},
        {"{\"kind\":\"start\"}\n" LINE(5) "{\"kind\":\"note\"}\n" LINE(15),
         "{\"kind\":\"start\"}\n" LINE(5) "{\"kind\":\"note\"}\n"},
        {LINE(5) "{\"kind\":\"tra", LINE(5)}, /* killed while writing */
        {LINE(5) "{\"kind\":\"train\",\"update\":6}", LINE(5)},
        {"{\"update\":\"20\"}\n", "{\"update\":\"20\"}\n"},
        {LINE(5) "\0\0\0", LINE(5)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal j;
        char want[512];
        const char *path = scratch_text("on", cases[i].before);
        assert_ok(journal_open(&j, path, 10));
        assert_holds(path, cases[i].after);
        assert_ok(write_line(&j, 11));
        snprintf(want, sizeof want, "%s%s", cases[i].after, LINE(11));
        assert_holds(path, want);
        journal_close(&j);
    }
}

static void what_is_no_journal_stays_as_it_was(void **state)
{
    (void)state;
    static const char *const texts[] = {"words\n", LINE(1) "words\n",
                                        LINE(1) "\n" LINE(2), "[1]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (uint64_t resume = 0; resume < 20; resume += 10) {
            struct journal j;
            const char *path = scratch_text("words", texts[i]);
            if (resume == 0 && texts[i][0] == '{')
                continue; /* begins as one, and would be dropped */
            assert_refused(journal_open(&j, path, resume),
                           "is not a line of a journal");
            assert_int_equal(j.descriptor, -1);
            assert_holds(path, texts[i]);
        }
    struct journal j;
    assert_refused(
        journal_open(&j, scratch_text("words", LINE(1) "words\n"), 1),
        "words:2: is not");
    assert_refused(journal_open(&j, "/dev/null", 0), "is not a regular file");
    assert_refused(journal_open(&j, scratch_path("absent/j"), 0),
                   "cannot be written");
}

static void two_runs_do_not_write_one_journal(void **state)
{
    (void)state;
    struct journal one, two;
    const char *path = scratch_path("locked");
    assert_ok(journal_open(&one, path, 0));
    assert_ok(write_line(&one, 1));
    assert_refused(journal_open(&two, path, 0), "another run is writing to it");
    assert_holds(path, LINE(1));
    journal_close(&one);
    assert_ok(journal_open(&two, path, 1));
    journal_close(&two);
    assert_holds(path, LINE(1));
}

static void a_closed_journal_writes_nothing(void **state)
{
    (void)state;
    struct journal j = {.descriptor = -1};
    assert_ok(write_line(&j, 1));
    journal_close(&j);
}

static void whatever_fails_lines_are_whole(void **state)
{
    (void)state;
    long failures = 0;
    for (long n = 0;; n++) {
        struct journal j;
        const char *path = scratch_text("failing", LINE(1) LINE(9));
        fault_at(n);
        struct status status = journal_open(&j, path, 5);
        bool opened = !status_failed(&status);
        if (opened)
            status = write_line(&j, 6);
        if (opened && status_failed(&status) && fault_happened())
            /* The disk is free again. */
            assert_ok(write_line(&j, 7));
        bool happened = fault_happened();
        fault_at(-1);
        journal_close(&j);
        assert_true(fault_held() <= 0); /* lines are the library's */
        if (!opened)
            assert_holds(path, LINE(1) LINE(9));
        else if (status_failed(&status))
            assert_holds(path, LINE(1) LINE(7));
        else
            assert_holds(path, LINE(1) LINE(6));
        if (!happened)
            break;
        failures += status_failed(&status);
    }
    assert_true(failures >= 4); /* memory, open, cutting, writing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_written_as_they_end),
        cmocka_unit_test(a_line_that_was_begun_and_not_ended_is_forgotten),
        cmocka_unit_test(beginning_anew_drops_what_was_there),
        cmocka_unit_test(going_on_cuts_off_what_comes_later),
        cmocka_unit_test(what_is_no_journal_stays_as_it_was),
        cmocka_unit_test(two_runs_do_not_write_one_journal),
        cmocka_unit_test(a_closed_journal_writes_nothing),
        cmocka_unit_test(whatever_fails_lines_are_whole),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
