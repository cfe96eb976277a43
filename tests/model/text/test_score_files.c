/* Tests of references and hypotheses from files. */
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

#include <utf8proc.h>

#include "tests/fault.h"

/* Memory of libraries that is given to us, counted and made to fail. */
static utf8proc_ssize_t map(const utf8proc_uint8_t *text,
                            utf8proc_ssize_t length, utf8proc_uint8_t **out,
                            utf8proc_option_t options)
{
    utf8proc_uint8_t *mapped;
    utf8proc_ssize_t count = utf8proc_map(text, length, &mapped, options);
    assert_true(count >= 0);
    *out = fault_malloc((size_t)count + 1);
    if (*out)
        memcpy(*out, mapped, (size_t)count + 1);
    (free)(mapped);
    return *out ? count : UTF8PROC_ERROR_NOMEM;
}

static ssize_t read_line(char **line, size_t *room, FILE *file)
{
    char *own = NULL;
    size_t own_room = 0;
    ssize_t length = getline(&own, &own_room, file);
    if (length >= 0 && *room < (size_t)length + 1) {
        char *more = fault_realloc(*line, (size_t)length + 1);
        if (more) {
            *line = more;
            *room = (size_t)length + 1;
        } else {
            length = -1;
        }
    }
    if (length >= 0)
        memcpy(*line, own, (size_t)length + 1);
    (free)(own);
    return length;
}

#define utf8proc_map(text, length, out, options) map(text, length, out, options)
#define getline(line, room, file) read_line(line, room, file)

#include "model/text/normalise.c"
#include "model/text/score_files.c"

static const struct score_options as_is = {.allow_missing = 0};

struct want {
    const char *id, *speaker, *reference, *hypothesis;
};

static void check(const char *reference, const char *hypothesis,
                  const struct score_options *options, const struct want *want,
                  size_t count)
{
    struct score_files files;
    const char *ref = scratch_text("ref", reference);
    const char *hyp = scratch_text("hyp", hypothesis);
    assert_ok(score_files_read(&files, ref, hyp, options));
    assert_int_equal(files.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(files.pairs[i].id, want[i].id);
        if (want[i].speaker)
            assert_string_equal(files.pairs[i].speaker, want[i].speaker);
        else
            assert_null(files.pairs[i].speaker);
        assert_string_equal(files.pairs[i].reference, want[i].reference);
        assert_string_equal(files.pairs[i].hypothesis, want[i].hypothesis);
    }
    score_files_free(&files);
    score_files_free(&files);
    assert_int_equal(fault_held(), 0);
}

static void trn_files_are_read(void **state)
{
    (void)state;
    static const struct want want[] = {
        {"ann-1", "ann", "the cat (sat)", "the bat"},
        {"bob_x_2", "bob", "", ""},
        {"carl", "carl", "on the mat", "on"},
    };
    check("the cat (sat) (ann-1)\n(bob_x_2)\r\n\non the mat (carl)\n",
          "on(carl)\n  (bob_x_2)\nthe bat (ann-1)", &as_is, want, 3);
}

static void tables_are_read(void **state)
{
    (void)state;
    static const struct want want[] = {
        {"u1", "ann", "the cat", "the bat"},
        {"u2", NULL, "", "mat"},
    };
    check("speaker\ttext\tlength\tid\nann\tthe cat\t3\tu1\n\t\t2\tu2\n",
          "text\tid\nmat\tu2\nthe bat\tu1\n", &as_is, want, 2);
    static const struct want pieces[] = {{"u1", NULL, "one", "on"},
                                         {"u2", NULL, "two", "to"}};
    check("id\tpath\ttext\nu1\tx.wav\tone\nu2\tx.wav\ttwo\n",
          "u2\tto\nu1\ton\n", &as_is, pieces, 2);
    static const struct want by_path[] = {{"a/x.wav", NULL, "one", "two"}};
    check("path\ttext\na/x.wav\tone\n", "path\ttext\na/x.wav\ttwo\n", &as_is,
          by_path, 1);
}

/* As Windows saves them. */
static void a_byte_order_mark_is_no_part_of_a_table(void **state)
{
    (void)state;
    static const struct want want[] = {{"u1", NULL, "one", "two"}};
    check("\xef\xbb\xbfid\ttext\r\nu1\tone\r\n",
          "\xef\xbb\xbfid\ttext\r\nu1\ttwo\r\n", &as_is, want, 1);
    check("\xef\xbb\xbfone (u1)\n", "\xef\xbb\xbfu1\ttwo\n", &as_is,
          (const struct want[]){{"u1", "u1", "one", "two"}}, 1);
}

static void what_transcribe_writes_is_read(void **state)
{
    (void)state;
    static const struct want want[] = {{"u1", NULL, "one", "one"},
                                       {"u2", NULL, "two", "six"},
                                       {"u3", NULL, "three", ""}};
    static const char reference[] = "id\tpath\ttext\nu1\ta/x.wav\tone\n"
                                    "u2\ta/y.flac\ttwo\nu3\tb/z.wav\tthree\n";
    check(reference, "u1\tone\nu2\tsix\nu3\t\n", &as_is, want, 3);
    check(reference, "a/x.wav\tone\na/y.flac\tsix\nb/z.wav\t\n", &as_is, want,
          3);
    check(reference, "/data/x.wav\tone\ny.ogg\tsix\nz\t\n", &as_is, want, 3);
}

static void texts_of_both_sides_are_normalised(void **state)
{
    (void)state;
    const struct score_options options = {
        .normalise = {.fold_case = true, .drop_punctuation = true}};
    static const struct want want[] = {{"u", "u", "caf\u00e9 it's", "six"}};
    check("CAFE\u0301, it\u2019s! (u)\n", "Six. (u)\n", &options, want, 1);
}

static void a_missing_hypothesis_is_empty_where_allowed(void **state)
{
    (void)state;
    const struct score_options options = {.allow_missing = 1};
    static const struct want want[] = {{"a", "a", "one", ""},
                                       {"b", "b", "two", "six"}};
    check("one (a)\ntwo (b)\n", "six (b)\n", &options, want, 2);
}

static void what_does_not_fit_is_refused_with_path_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *reference, *hypothesis, *piece;
    } bad[] = {
        {"one (a)\n", "one (a)\ntwo (b)\n", "hyp:2: \"b\" is not in"},
        {"one (a)\ntwo (b)\n", "one (a)\n", "hyp: lacks \"b\" of"},
        {"one (a)\ntwo (b)\n", "one (a)\n", "ref:2 (--allow-missing"},
        {"one (a)\ntwo (a)\n", "one (a)\n", "ref:2: \"a\" stands twice"},
        {"x (b)\none (a)\n\ntwo (a)\n", "one (a)\n", "ref:4: \"a\" stands"},
        {"one (a)\n", "one (a)\n\ntwo (a)\n", "hyp:3: \"a\" stands twice"},
        {"path\ttext\nx.wav\t1\nx.wav\t2\n", "x.wav\t1\n",
         "ref:3: \"x.wav\" stands twice"},
        {"id\tpath\ttext\na\tx.wav\t1\nb\tx.wav\t2\n", "x.wav\t1\n",
         "hyp:1: \"x.wav\" means several lines"},
        {"path\ttext\na/x.wav\t1\nb/x.wav\t2\n", "x.wav\t1\n",
         "hyp:1: \"x.wav\" means several lines"},
        {"one\n", "one (a)\n", "ref:1: neither"},
        {"one (a)\ntwo (\n", "one (a)\n", "ref:2: neither"},
        {"one (a)\ntwo ()\n", "one (a)\n", "ref:2: neither"},
        {"one (a) x\n", "one (a)\n", "ref:1: neither"},
        {"one (a)\n", "a\tone\nb two\n", "hyp:2: no TAB"},
        {"id\ttext\na\tone\nb\n", "one (a)\n", "ref:3: the number of columns"},
        {"id\ttext\na\tone\tx\n", "one (a)\n", "ref:2: the number of columns"},
        {"id\ttext\n", "one (a)\n", "ref: holds no utterances"},
        {"", "one (a)\n", "ref: holds no utterances"},
        {"one (a)\n", "\n\n", "hyp: holds no utterances"},
        {"one (a)\n\xff (b)\n", "one (a)\n", "ref:2: not UTF-8"},
        {"one (a)\n", "caf\xe9 (a)\n", "hyp:1: not UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct score_files files;
        const char *ref = scratch_text("ref", bad[i].reference);
        const char *hyp = scratch_text("hyp", bad[i].hypothesis);
        assert_refused(score_files_read(&files, ref, hyp, &as_is),
                       bad[i].piece);
        assert_null(files.pairs);
        assert_int_equal(files.count, 0);
        assert_int_equal(fault_held(), 0);
    }
    struct score_files files;
    const char *nul = scratch_write("nul", "one\0two (a)\n", 12);
    const char *good = scratch_text("ref", "one (a)\n");
    assert_refused(score_files_read(&files, nul, good, &as_is), "nul:1");
    assert_refused(
        score_files_read(&files, scratch_path("absent"), good, &as_is),
        "absent: No such file");
    assert_refused(score_files_read(&files, good, scratch_path(""), &as_is),
                   "directory");
    assert_int_equal(fault_held(), 0);
}

/* Ids in hundreds of lines, none found by accident. */
static void many_lines_find_each_other(void **state)
{
    (void)state;
    static char ref[40000], hyp[40000];
    struct score_files files;
    char *r = ref, *h = hyp;
    for (int i = 0; i < 1000; i++) {
        r += sprintf(r, "w%d (s%d-%d)\n", i, i % 7, i);
        int other = i * 389 % 1000;
        h += sprintf(h, "h%d (s%d-%d)\n", other, other % 7, other);
    }
    assert_ok(score_files_read(&files, scratch_text("ref", ref),
                               scratch_text("hyp", hyp), &as_is));
    assert_int_equal(files.count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(strtoul(files.pairs[i].reference + 1, NULL, 10), i);
        assert_int_equal(strtoul(files.pairs[i].hypothesis + 1, NULL, 10), i);
    }
    score_files_free(&files);
    h = hyp + sprintf(hyp, "one (s0-0)\n");
    sprintf(r, "last (s3-17)\n");
    assert_refused(score_files_read(&files, scratch_text("ref", ref),
                                    scratch_text("hyp", hyp), &as_is),
                   "ref:1001: \"s3-17\" stands twice");
}

static void memory_that_runs_out_leaves_nothing(void **state)
{
    (void)state;
    const char *ref = scratch_text("ref", "id\tspeaker\tpath\ttext\n"
                                          "a\tann\tx.wav\tone\n"
                                          "b\tbob\ty.wav\ttwo words, more\n");
    const char *hyp = scratch_text("hyp", "one (a)\ntwo (b)\n");
    for (long n = 0;; n++) {
        struct score_files files;
        fault_at(n);
        struct status status = score_files_read(&files, ref, hyp, &as_is);
        if (!fault_happened()) {
            fault_at(-1);
            assert_ok(status);
            assert_true(n > 30);
            assert_string_equal(files.pairs[1].speaker, "bob");
            score_files_free(&files);
            break;
        }
        if (status.code != STATUS_MEMORY)
            fail_msg("allocation %ld: \"%s\"", n, status.text);
        assert_null(files.pairs);
        assert_int_equal(files.count, 0);
        assert_int_equal(fault_held(), 0);
    }
    assert_int_equal(fault_held(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trn_files_are_read),
        cmocka_unit_test(tables_are_read),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_a_table),
        cmocka_unit_test(what_transcribe_writes_is_read),
        cmocka_unit_test(texts_of_both_sides_are_normalised),
        cmocka_unit_test(a_missing_hypothesis_is_empty_where_allowed),
        cmocka_unit_test(what_does_not_fit_is_refused_with_path_and_line),
        cmocka_unit_test(many_lines_find_each_other),
        cmocka_unit_test(memory_that_runs_out_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
