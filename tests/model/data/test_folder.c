/* Tests of searching a folder for recordings, and of folders as manifests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/data/folder.h"
#include "model/data/manifest.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <sys/stat.h>
#include <unistd.h>

static void recordings_are_found_by_their_ending(void **state)
{
    (void)state;
    static const char *const made[] = {
        "f/b.wav",     "f/a.FLAC",        "f/c.txt",
        "f/wav",       "f/d.wav.bak",     "f/.h.wav",
        "f/sub/x.Mp3", "f/sub.wav/y.sph", "f/.hidden/z.wav"};
    static const char *const want[] = {"a.FLAC", "b.wav", "sub.wav/y.sph",
                                       "sub/x.Mp3"};
    struct folder found;
    scratch_folder("f");
    scratch_folder("f/sub");
    scratch_folder("f/sub.wav");
    scratch_folder("f/.hidden");
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        scratch_text(made[i], "");
    for (int slash = 0; slash < 2; slash++) {
        assert_ok(folder_search(&found, scratch_path(slash ? "f/" : "f")));
        assert_int_equal(found.count, 4);
        for (size_t i = 0; i < 4; i++)
            assert_string_equal(found.paths[i], want[i]);
        folder_free(&found);
        folder_free(&found);
    }
}

static void links_are_followed_once(void **state)
{
    (void)state;
    struct folder found;
    scratch_folder("l");
    scratch_folder("l/in");
    scratch_folder("away");
    scratch_text("l/in/a.wav", "");
    scratch_text("away/b.wav", "");
    assert_int_equal(symlink("..", scratch_path("l/in/up")), 0);
    assert_int_equal(symlink("../away", scratch_path("l/out")), 0);
    assert_int_equal(symlink("../away", scratch_path("l/out2")), 0);
    assert_int_equal(symlink("in/a.wav", scratch_path("l/c.wav")), 0);
    assert_int_equal(symlink("nowhere", scratch_path("l/dangling")), 0);
    assert_ok(folder_search(&found, scratch_path("l")));
    static const char *const want[] = {"c.wav", "in/a.wav", "out/b.wav"};
    assert_int_equal(found.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(found.paths[i], want[i]);
    folder_free(&found);
    /* A dangling link that says it is a recording is missed. */
    assert_int_equal(symlink("nowhere", scratch_path("l/d.wav")), 0);
    assert_refused(folder_search(&found, scratch_path("l")),
                   "l/d.wav: cannot be read");
    assert_int_equal(found.count, 0);
}

static void what_is_no_file_is_passed_over(void **state)
{
    (void)state;
    struct folder found;
    scratch_folder("p");
    assert_int_equal(mkfifo(scratch_path("p/pipe.wav"), 0666), 0);
    assert_ok(folder_search(&found, scratch_path("p")));
    assert_int_equal(found.count, 0);
    folder_free(&found);
}

static void names_that_cannot_be_told_are_refused(void **state)
{
    (void)state;
    struct folder found;
    scratch_folder("n");
    const char *bad = scratch_text("n/\xff.wav", "");
    assert_refused(folder_search(&found, scratch_path("n")),
                   "its name is not UTF-8");
    assert_int_equal(unlink(bad), 0);
    bad = scratch_text("n/a\tb.wav", "");
    assert_refused(folder_search(&found, scratch_path("n")),
                   "its name holds a control character");
    assert_int_equal(unlink(bad), 0);
    scratch_text("n/grün.wav", "");
    assert_ok(folder_search(&found, scratch_path("n")));
    assert_string_equal(found.paths[0], "grün.wav");
    folder_free(&found);
}

static void folders_nested_too_deep_are_refused(void **state)
{
    (void)state;
    struct folder found;
    char name[300] = "deep";
    scratch_folder(name);
    for (int depth = 1; depth <= FOLDER_DEPTH_MOST + 1; depth++) {
        strcat(name, "/d");
        scratch_folder(name);
        if (depth == FOLDER_DEPTH_MOST) {
            assert_ok(folder_search(&found, scratch_path("deep")));
            folder_free(&found);
        }
    }
    assert_refused(folder_search(&found, scratch_path("deep")),
                   "folders are nested too deep");
}

static void folders_that_are_not_there_are_named(void **state)
{
    (void)state;
    struct folder found;
    assert_refused(folder_search(&found, scratch_path("absent")),
                   "absent: cannot be read: No such file");
    assert_refused(folder_search(&found, scratch_text("file", "")),
                   "file: cannot be read: Not a directory");
}

/* ---- As manifests ---- */

static void texts_lie_beside_recordings(void **state)
{
    (void)state;
    struct manifest m;
    scratch_folder("m");
    scratch_folder("m/s");
    scratch_text("m/b.wav", "");
    scratch_text("m/b.txt", "\xef\xbb\xbfhello you \r\n\n");
    scratch_text("m/s/a.flac", "");
    scratch_text("m/lonely.txt", "x");
    for (int slash = 0; slash < 2; slash++) {
        assert_ok(manifest_read(&m, scratch_path(slash ? "m/" : "m"), false));
        assert_int_equal(m.count, 2);
        assert_true(m.has_text);
        assert_string_equal(m.utterances[0].id, "b");
        assert_string_equal(m.utterances[0].text, "hello you ");
        assert_string_equal(m.utterances[0].path, scratch_path("m/b.wav"));
        assert_string_equal(m.utterances[1].id, "s/a");
        assert_string_equal(m.utterances[1].text, "");
        assert_string_equal(m.utterances[1].speaker, "");
        assert_int_equal(m.utterances[1].line, 0);
        manifest_free(&m);
    }
    scratch_text("m/s/a.txt", "a\nb\xff");
    assert_refused(manifest_read(&m, scratch_path("m"), false),
                   "m/s/a.txt:2: byte 2 of the line is not UTF-8");
}

static void names_that_differ_in_their_ending_alone_are_refused(void **state)
{
    (void)state;
    struct manifest m;
    scratch_folder("e");
    scratch_text("e/a.wav", "");
    scratch_text("e/a.flac", "");
    assert_refused(manifest_read(&m, scratch_path("e"), false),
                   "e/a.wav: differs from");
}

static void a_folder_without_recordings_holds_none(void **state)
{
    (void)state;
    struct manifest m;
    scratch_folder("none");
    scratch_text("none/a.txt", "");
    assert_refused(manifest_read(&m, scratch_path("none"), false),
                   "none: holds no recordings");
}

static void fingerprints_do_not_tell_where_the_folder_is(void **state)
{
    (void)state;
    struct manifest one, two;
    scratch_folder("here");
    scratch_folder("there");
    scratch_text("here/a.wav", "");
    scratch_text("there/a.wav", "");
    assert_ok(manifest_read(&one, scratch_path("here"), false));
    assert_ok(manifest_read(&two, scratch_path("there/"), false));
    assert_int_equal(manifest_fingerprint(&one), manifest_fingerprint(&two));
    manifest_free(&two);
    scratch_text("there/a.txt", "text");
    assert_ok(manifest_read(&two, scratch_path("there"), false));
    assert_true(manifest_fingerprint(&one) != manifest_fingerprint(&two));
    manifest_free(&one);
    manifest_free(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_are_found_by_their_ending),
        cmocka_unit_test(links_are_followed_once),
        cmocka_unit_test(what_is_no_file_is_passed_over),
        cmocka_unit_test(names_that_cannot_be_told_are_refused),
        cmocka_unit_test(folders_nested_too_deep_are_refused),
        cmocka_unit_test(folders_that_are_not_there_are_named),
        cmocka_unit_test(texts_lie_beside_recordings),
        cmocka_unit_test(names_that_differ_in_their_ending_alone_are_refused),
        cmocka_unit_test(a_folder_without_recordings_holds_none),
        cmocka_unit_test(fingerprints_do_not_tell_where_the_folder_is),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
