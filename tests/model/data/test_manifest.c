/* Tests of tables of recordings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/data/manifest.h"
#include "tests/close.h"
#include "tests/comma.h"
#include "tests/scratch.h"

#include <unistd.h>

/* Fails the test when the table is refused; the caller frees. */
static struct manifest read_table(const char *text)
{
    struct manifest m;
    assert_ok(manifest_read(&m, scratch_text("table.tsv", text), false));
    return m;
}

static void assert_path(const struct utterance *u, const char *inside)
{
    assert_string_equal(u->path, scratch_path(inside));
}

static void columns_stand_in_any_order(void **state)
{
    (void)state;
    struct manifest m =
        read_table("end\ttext\tother\tpath\tid\tstart\tspeaker\n"
                   "2.5\tone two\tx\ta/b.wav\tu1\t1.25\ts1\n"
                   "\t\ty\tc.flac\tu2\t\t\n");
    assert_int_equal(m.count, 2);
    assert_true(m.has_text);
    const struct utterance *u = m.utterances;
    assert_string_equal(u[0].id, "u1");
    assert_path(&u[0], "a/b.wav");
    assert_string_equal(u[0].speaker, "s1");
    assert_string_equal(u[0].text, "one two");
    assert_close(u[0].start_s, 1.25, 0, 0);
    assert_close(u[0].end_s, 2.5, 0, 0);
    assert_int_equal(u[0].line, 2);
    assert_string_equal(u[1].id, "u2");
    assert_string_equal(u[1].text, "");
    assert_string_equal(u[1].speaker, "");
    assert_close(u[1].end_s, 0, 0, 0);
    assert_int_equal(u[1].line, 3);
    manifest_free(&m);
    manifest_free(&m);
}

static void a_path_is_all_that_is_wanted(void **state)
{
    (void)state;
    struct manifest m = read_table("path\na/b.c.wav\n.hidden\nplain\n");
    assert_int_equal(m.count, 3);
    assert_false(m.has_text);
    assert_string_equal(m.utterances[0].id, "a/b.c");
    assert_string_equal(m.utterances[1].id, ".hidden");
    assert_string_equal(m.utterances[2].id, "plain");
    assert_path(&m.utterances[2], "plain");
    manifest_free(&m);
}

static void segments_have_names_of_their_own(void **state)
{
    (void)state;
    struct manifest m = read_table("path\tstart\tend\n"
                                   "a.wav\t0\t1.5\n"
                                   "a.wav\t1.5\t2.25\n"
                                   "a.wav\t2.25\t\n"
                                   "b.wav\t\t\n"
                                   "b.wav\t\t1e1\n");
    static const char *const ids[] = {"a-0-1500", "a-1500-2250", "a-2250-end",
                                      "b", "b-0-10000"};
    assert_int_equal(m.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(m.utterances[i].id, ids[i]);
    manifest_free(&m);
}

static void lines_of_other_systems_are_read(void **state)
{
    (void)state;
    struct manifest m = read_table("\xef\xbb\xbfpath\ttext\r\n"
                                   "a.wav\tgrüß dich\r\n"
                                   "\r\n"
                                   "b.wav\t last ");
    assert_int_equal(m.count, 2);
    assert_string_equal(m.utterances[0].text, "grüß dich");
    assert_string_equal(m.utterances[1].text, " last ");
    assert_int_equal(m.utterances[1].line, 4);
    manifest_free(&m);
}

static void tables_that_are_wrong_are_named_with_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *piece;
    } cases[] = {
        {"", "table.tsv: is empty"},
        {"\xef\xbb\xbf", "table.tsv: is empty"},
        {"\n", "table.tsv:1: no column \"path\""},
        {"id\ttext\na\tb\n", "table.tsv:1: no column \"path\""},
        {"Path\na\n", "table.tsv:1: no column \"path\""},
        {"path\n", "table.tsv: holds no recordings"},
        {"path\n\n\r\n", "table.tsv: holds no recordings"},
        {"path\tpath\na\tb\n", "table.tsv:1: column \"path\" is there twice"},
        {"path\tid\na\n", "table.tsv:2: 1 columns, but the header has 2"},
        {"path\na\tb\n", "table.tsv:2: 2 columns, but the header has 1"},
        {"path\tid\n\tx\n", "table.tsv:2: the path is empty"},
        {"path\tid\na\tx\nb\ty\nc\tx\n",
         "table.tsv:4: id \"x\" is that of line 2"},
        {"path\na.wav\na.wav\n", "table.tsv:3: id \"a\" is that of line 2"},
        {"path\ttext\na\tb\nc\t\xff\n",
         "table.tsv:3: byte 3 of the line is not UTF-8"},
        {"path\n\xc3\n", "table.tsv:2: byte 1 of the line is not UTF-8"},
        {"path\n/etc/passwd\n", "table.tsv:2: path \"/etc/passwd\" leaves"},
        {"path\n../x.wav\n", "table.tsv:2: path \"../x.wav\" leaves"},
        {"path\na/../../x.wav\n", "table.tsv:2: path \"a/../../x.wav\" lea"},
        {"path\na/./..//../x.wav\n", "leaves the table's folder"},
        {"path\n..\n", "table.tsv:2: path \"..\" leaves"},
        {"path\tstart\na\tsoon\n", "table.tsv:2: start \"soon\" is no time"},
        {"path\tstart\na\t-1\n", "table.tsv:2: start \"-1\" is no time"},
        {"path\tstart\na\tnan\n", "table.tsv:2: start \"nan\" is no time"},
        {"path\tstart\na\tinf\n", "start \"inf\" is no time"},
        {"path\tstart\na\t0x10\n", "start \"0x10\" is no time"},
        {"path\tstart\na\t1e999\n", "start \"1e999\" is no time"},
        {"path\tstart\na\t 1\n", "start \" 1\" is no time"},
        {"path\tstart\na\t1 \n", "start \"1 \" is no time"},
        {"path\tstart\na\t1,5\n", "start \"1,5\" is no time"},
        {"path\tend\na\t-0.5\n", "table.tsv:2: end \"-0.5\" is no time"},
        {"path\tend\na\t0\n", "table.tsv:2: end 0 is not after start 0"},
        {"path\tstart\tend\na\t2\t1.5\n", "end 1.5 is not after start 2"},
        {"path\tstart\tend\na\t2\t2\n", "end 2 is not after start 2"},
    };
    static const struct manifest empty;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct manifest m;
        const char *path = scratch_text("table.tsv", cases[i].text);
        assert_refused(manifest_read(&m, path, false), cases[i].piece);
        assert_memory_equal(&m, &empty, sizeof m);
    }
    struct manifest m;
    const char *path = scratch_write("table.tsv", "path\na\0b\n", 9);
    assert_refused(manifest_read(&m, path, false),
                   "table.tsv:2: byte 2 of the line is a NUL");
}

static void paths_that_come_back_are_inside(void **state)
{
    (void)state;
    struct manifest m = read_table("path\na/../b.wav\n./c.wav\n..d/e...wav\n");
    assert_int_equal(m.count, 3);
    assert_path(&m.utterances[0], "a/../b.wav");
    manifest_free(&m);
}

static void outside_is_open_when_allowed(void **state)
{
    (void)state;
    struct manifest m;
    const char *path =
        scratch_text("table.tsv", "path\n/a/b.wav\n../c.wav\nd.wav\n");
    assert_ok(manifest_read(&m, path, true));
    assert_string_equal(m.utterances[0].path, "/a/b.wav");
    assert_path(&m.utterances[1], "../c.wav");
    assert_path(&m.utterances[2], "d.wav");
    manifest_free(&m);
}

static void what_is_no_file_is_named(void **state)
{
    (void)state;
    struct manifest m;
    assert_refused(manifest_read(&m, scratch_path("absent.tsv"), false),
                   "absent.tsv: cannot be opened");
    assert_refused(manifest_read(&m, "/dev/null", false),
                   "/dev/null: is not a regular file");
}

static void a_table_in_the_folder_at_hand_has_no_folder(void **state)
{
    (void)state;
    char before[512];
    struct manifest m;
    scratch_text("bare.tsv", "path\nx.wav\n");
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch_path("")), 0);
    struct status status = manifest_read(&m, "bare.tsv", false);
    assert_int_equal(chdir(before), 0);
    assert_ok(status);
    assert_string_equal(m.utterances[0].path, "x.wav");
    manifest_free(&m);
}

/* Ids are compared after sorting, and all rows are there. */
static void long_tables_are_read(void **state)
{
    (void)state;
    size_t count = 20000, length = 0;
    char *text = malloc(count * 24 + 16);
    struct manifest m;
    length += (size_t)sprintf(text, "path\tid\n");
    for (size_t i = 0; i < count; i++)
        length += (size_t)sprintf(text + length, "%zu.wav\tu%zu\n", i,
                                  i * 7919 % count);
    const char *path = scratch_write("long.tsv", text, length);
    assert_ok(manifest_read(&m, path, false));
    assert_int_equal(m.count, count);
    assert_string_equal(m.utterances[count - 1].id, "u12081");
    manifest_free(&m);
    length += (size_t)sprintf(text + length, "x.wav\tu7919\n");
    path = scratch_write("long.tsv", text, length);
    assert_refused(manifest_read(&m, path, false),
                   "long.tsv:20002: id \"u7919\" is that of line 3");
    free(text);
}

static uint64_t print_of(const char *name, const char *text)
{
    struct manifest m;
    assert_ok(manifest_read(&m, scratch_text(name, text), false));
    uint64_t value = manifest_fingerprint(&m);
    manifest_free(&m);
    return value;
}

static void fingerprints_tell_of_what_is_said_alone(void **state)
{
    (void)state;
    uint64_t one = print_of("t.tsv", "path\tid\ttext\ta\na.wav\tx\tyz\t1\n");
    /* Columns that are not read, their order, and the folder do not count. */
    assert_int_equal(one, print_of("t.tsv", "id\ttext\tpath\nx\tyz\ta.wav\n"));
    scratch_folder("elsewhere");
    assert_int_equal(
        one, print_of("elsewhere/s.tsv", "path\tid\ttext\na.wav\tx\tyz\n"));
    static const char *const others[] = {
        "path\tid\ttext\nb.wav\tx\tyz\n",
        "path\tid\ttext\na.wav\txy\tz\n",
        "path\tid\ttext\na.wav\tx\tyy\n",
        "path\tid\na.wav\tx\n",
        "path\tid\ttext\tend\na.wav\tx\tyz\t2\n",
        "path\tid\ttext\tstart\na.wav\tx\tyz\t2\n",
        "path\tid\ttext\na.wav\tx\tyz\nb.wav\ty\tyz\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(print_of("t.tsv", others[i]) != one);
    assert_true(print_of("t.tsv", "path\tid\na.wav\tx\nb.wav\ty\n") !=
                print_of("t.tsv", "path\tid\nb.wav\ty\na.wav\tx\n"));
}

static void a_decimal_comma_changes_nothing(void **state)
{
    if (!comma_begin())
        skip();
    columns_stand_in_any_order(state);
    segments_have_names_of_their_own(state);
    comma_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_stand_in_any_order),
        cmocka_unit_test(a_path_is_all_that_is_wanted),
        cmocka_unit_test(segments_have_names_of_their_own),
        cmocka_unit_test(lines_of_other_systems_are_read),
        cmocka_unit_test(tables_that_are_wrong_are_named_with_the_line),
        cmocka_unit_test(paths_that_come_back_are_inside),
        cmocka_unit_test(outside_is_open_when_allowed),
        cmocka_unit_test(what_is_no_file_is_named),
        cmocka_unit_test(a_table_in_the_folder_at_hand_has_no_folder),
        cmocka_unit_test(long_tables_are_read),
        cmocka_unit_test(fingerprints_tell_of_what_is_said_alone),
        cmocka_unit_test(a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
