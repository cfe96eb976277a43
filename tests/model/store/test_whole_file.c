/* Tests of files written whole or not at all, on a disk that fails. */
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

#include "model/store/whole_file.c"

static void assert_holds(const char *path, const char *want)
{
    size_t count;
    char *bytes = scratch_read(&count, path);
    assert_string_equal(bytes, want);
    (free)(bytes);
}

static struct status write_words(const char *path)
{
    struct whole_file file;
    struct status status = whole_file_open(&file, path);
    if (!status_failed(&status))
        status = whole_file_write(&file, "some ", 5);
    if (!status_failed(&status))
        status = whole_file_write(&file, "words", 5);
    if (!status_failed(&status))
        status = whole_file_commit(&file);
    whole_file_close(&file);
    return status;
}

static void the_file_is_written_beside_its_place(void **state)
{
    (void)state;
    char temporary[600];
    struct whole_file file;
    const char *path = scratch_text("beside", "old");
    snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid());
    assert_ok(whole_file_open(&file, path));
    assert_ok(whole_file_write(&file, "new", 3));
    assert_int_equal(access(temporary, F_OK), 0);
    assert_holds(path, "old");
    assert_ok(whole_file_commit(&file));
    assert_true(access(temporary, F_OK) != 0);
    assert_holds(path, "new");
    whole_file_close(&file);
    whole_file_close(&file);
    assert_holds(path, "new");
}

static void what_is_not_committed_is_gone(void **state)
{
    (void)state;
    struct whole_file file;
    size_t before = scratch_count();
    const char *path = scratch_path("never");
    assert_ok(whole_file_open(&file, path));
    assert_ok(whole_file_write(&file, "x", 1));
    whole_file_close(&file);
    assert_int_equal(scratch_count(), before);
}

static void a_killed_runs_temporary_file_is_replaced(void **state)
{
    (void)state;
    char name[64];
    size_t before = scratch_count();
    snprintf(name, sizeof name, "again.tmp-%ld", (long)getpid());
    scratch_text(name, "what a killed process left behind, and longer");
    assert_ok(write_words(scratch_path("again")));
    assert_holds(scratch_path("again"), "some words");
    assert_int_equal(scratch_count(), before + 1);
}

static void nothing_at_all_is_a_file_too(void **state)
{
    (void)state;
    struct whole_file file;
    const char *path = scratch_path("nothing");
    assert_ok(whole_file_open(&file, path));
    assert_ok(whole_file_write(&file, NULL, 0));
    assert_ok(whole_file_commit(&file));
    whole_file_close(&file);
    assert_holds(path, "");
}

static void bare_names_are_written_in_the_folder_at_hand(void **state)
{
    (void)state;
    char before[512];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch_path("")), 0);
    struct status status = write_words("bare");
    assert_int_equal(chdir(before), 0);
    assert_ok(status);
    assert_holds(scratch_path("bare"), "some words");
}

static void links_stay_and_lead_to_the_new_file(void **state)
{
    (void)state;
    struct stat found;
    char link[512];
    const char *path = scratch_text("linked", "old");
    snprintf(link, sizeof link, "%s", scratch_path("link"));
    assert_int_equal(symlink(path, link), 0);
    size_t before = scratch_count();
    assert_ok(write_words(link));
    assert_holds(path, "some words");
    assert_int_equal(lstat(link, &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    assert_int_equal(scratch_count(), before);
    scratch_text("linked.tmp-7", "");
    whole_file_sweep(link);
    assert_int_equal(scratch_count(), before);
    assert_int_equal(unlink(path), 0);
    assert_refused(write_words(link), "link: cannot be written");
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_refused(write_words(link), "link: is not a regular file");
    assert_int_equal(lstat(link, &found), 0);
    assert_true(S_ISLNK(found.st_mode));
}

/* Every call fails in turn: memory, open, write, fsync, close, rename. */
static void whatever_fails_the_old_file_stays(void **state)
{
    (void)state;
    const char *path = scratch_text("failing", "old");
    size_t before = scratch_count();
    long n = 0, failures = 0, held = fault_held();
    for (;; n++) {
        scratch_text("failing", "old");
        fault_at(n);
        struct status status = write_words(path);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(fault_held(), held);
        assert_int_equal(scratch_count(), before);
        if (!happened)
            break;
        if (!status_failed(&status)) {
            /* Only the folder could not be synced: the file is in place. */
            assert_holds(path, "some words");
            continue;
        }
        failures++;
        assert_non_null(strstr(status.text, path));
        assert_true(status.code == STATUS_MEMORY ||
                    status.code == STATUS_SYSTEM);
        assert_holds(path, "old");
    }
    assert_int_equal(failures, 8);
    assert_true(n >= 11);
    assert_holds(path, "some words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_written_beside_its_place),
        cmocka_unit_test(what_is_not_committed_is_gone),
        cmocka_unit_test(a_killed_runs_temporary_file_is_replaced),
        cmocka_unit_test(nothing_at_all_is_a_file_too),
        cmocka_unit_test(bare_names_are_written_in_the_folder_at_hand),
        cmocka_unit_test(links_stay_and_lead_to_the_new_file),
        cmocka_unit_test(whatever_fails_the_old_file_stays),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
