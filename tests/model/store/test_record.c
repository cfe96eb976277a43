/* Tests of JSON objects on a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/store/record.h"
#include "tests/close.h"

#include <jansson.h>
#include <math.h>

static char *line_of(struct record *record)
{
    size_t length;
    char *line = record_line(record, &length);
    if (line)
        assert_int_equal(length, strlen(line));
    record_free(record);
    return line;
}

static void members_keep_their_order(void **state)
{
    (void)state;
    struct record r = {.json = NULL};
    record_text(&r, "kind", "train");
    record_count(&r, "update", 9007199254740993u);
    record_number(&r, "loss", 0.1);
    record_number(&r, "bad", NAN);
    record_number(&r, "worse", -INFINITY);
    record_text(&r, "text", "a \"b\"\n\tü");
    char *line = line_of(&r);
    assert_string_equal(line, "{\"kind\":\"train\",\"update\":9007199254740993,"
                              "\"loss\":0.1,\"bad\":null,\"worse\":null,"
                              "\"text\":\"a \\\"b\\\"\\n\\tü\"}\n");
    free(line);
}

static void a_record_of_nothing_is_an_empty_object(void **state)
{
    (void)state;
    struct record r = {.json = NULL};
    char *line = line_of(&r);
    assert_string_equal(line, "{}\n");
    free(line);
    record_free(&r);
}

static void a_key_that_is_there_is_replaced(void **state)
{
    (void)state;
    struct record r = {.json = NULL};
    record_count(&r, "a", 1);
    record_count(&r, "b", 2);
    record_text(&r, "a", "x");
    char *line = line_of(&r);
    assert_string_equal(line, "{\"a\":\"x\",\"b\":2}\n");
    free(line);
}

static void bytes_that_are_not_utf8_become_question_marks(void **state)
{
    (void)state;
    struct record r = {.json = NULL};
    record_text(&r, "path", "\xffoo/\xc3\xbc\xc3/\xed\xa0\x80.wav");
    char *line = line_of(&r);
    assert_string_equal(line, "{\"path\":\"?oo/ü?/???.wav\"}\n");
    free(line);
}

static void what_was_written_is_parsed(void **state)
{
    (void)state;
    struct record r = {.json = NULL}, back;
    size_t length;
    record_text(&r, "name", "x y");
    record_number(&r, "loss", 2.0 / 3);
    record_count(&r, "update", 7);
    char *line = record_line(&r, &length);
    assert_true(record_parse(&back, line, length));
    double value = -1;
    assert_true(record_find_number(&back, "loss", &value));
    assert_close(value, 2.0 / 3, 1e-8, 0);
    assert_true(record_find_number(&back, "update", &value));
    assert_close(value, 7, 0, 0);
    assert_string_equal(record_find_text(&back, "name"), "x y");
    /* Of another kind, or not there: as it was. */
    assert_false(record_find_number(&back, "name", &value));
    assert_false(record_find_number(&back, "absent", &value));
    assert_close(value, 7, 0, 0);
    assert_null(record_find_text(&back, "loss"));
    assert_null(record_find_text(&back, "absent"));
    record_free(&back);
    record_free(&r);
    free(line);
}

static void lines_that_are_no_object_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "\n",
                                      "[]",
                                      "1",
                                      "\"a\"",
                                      "null",
                                      "{",
                                      "{} {}",
                                      "{\"a\":}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":\"\xff\"}",
                                      "{'a':1}",
                                      "{\"a\":nan}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct record r = {.broken = true};
        if (record_parse(&r, bad[i], strlen(bad[i])))
            fail_msg("%s: parsed", bad[i]);
        assert_true(!r.json && !r.broken);
    }
    struct record r;
    assert_true(record_parse(&r, "{\"a\":1} \r\n", 10));
    record_free(&r);
    assert_false(record_parse(&r, "{\"a\":1}\0", 8));
    char *deep = malloc(100000);
    memset(deep, '[', 100000);
    memcpy(deep, "{\"a\":", 5);
    assert_false(record_parse(&r, deep, 100000));
    free(deep);
}

static void lost_members_lose_the_line(void **state)
{
    (void)state;
    struct record r = {.broken = true};
    record_count(&r, "a", 1);
    assert_null(line_of(&r));
    assert_false(r.broken);
}

/* Memory that runs out, at each of Jansson's calls in turn. */
static long calls_left;
static void *scarce(size_t size)
{
    return calls_left-- == 0 ? NULL : malloc(size);
}

static void memory_that_runs_out_is_told_in_the_end(void **state)
{
    (void)state;
    json_set_alloc_funcs(scarce, free);
    size_t failed = 0;
    for (long n = 0;; n++) {
        struct record r = {.json = NULL};
        calls_left = n;
        record_text(&r, "kind", "train");
        record_count(&r, "update", 3);
        record_number(&r, "loss", 0.5);
        char *line = line_of(&r);
        bool enough = calls_left >= 0;
        if (line)
            assert_string_equal(
                line, "{\"kind\":\"train\",\"update\":3,\"loss\":0.5}\n");
        failed += !line;
        free(line);
        if (enough)
            break;
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failed > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_keep_their_order),
        cmocka_unit_test(a_record_of_nothing_is_an_empty_object),
        cmocka_unit_test(a_key_that_is_there_is_replaced),
        cmocka_unit_test(bytes_that_are_not_utf8_become_question_marks),
        cmocka_unit_test(what_was_written_is_parsed),
        cmocka_unit_test(lines_that_are_no_object_are_none),
        cmocka_unit_test(lost_members_lose_the_line),
        cmocka_unit_test(memory_that_runs_out_is_told_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
