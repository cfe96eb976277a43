/* Tests of the table of settings and of the settings file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/encoder/settings.h"
#include "tests/close.h"
#include "tests/comma.h"
#include "tests/scratch.h"

#include <math.h>

#define ALL_VERBS ((unsigned)VERB_HELP * 2 - 1)

static struct settings settings, again;
static bool given[SETTINGS_MOST];

static void begin(unsigned verb)
{
    settings_default(&settings, verb);
    memset(given, 0, sizeof given);
}

static struct status set(const struct setting *row, const char *text)
{
    return settings_set(&settings, row, text, row->name);
}

static void every_row_parses_its_own_default(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    assert_true(count > 60 && count <= SETTINGS_MOST);
    for (size_t i = 0; i < count; i++) {
        char text[SETTING_TEXT_SIZE];
        const struct setting *row = &table[i];
        memset(&settings, 0x5a, sizeof settings);
        assert_ok(set(row, row->initial));
        settings_get(text, sizeof text, &settings, row);
        assert_string_equal(text, row->initial);
        assert_true(row->help[0] && (row->verbs & ALL_VERBS));
        assert_int_equal(settings_index(row), i);
    }
}

static void no_verb_has_a_name_twice(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        for (unsigned verb = 1; verb & ALL_VERBS; verb *= 2)
            if (table[i].verbs & verb)
                assert_ptr_equal(settings_find(table[i].name, verb), &table[i]);
    assert_null(settings_find("updates", VERB_SCORE));
    assert_null(settings_find("no-such", ALL_VERBS));
    assert_null(settings_find("", ALL_VERBS));
}

static void rows_write_only_their_own_value(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct setting *row = &table[i];
        memset(&settings, 0x5a, sizeof settings);
        memset(&again, 0x5a, sizeof again);
        assert_ok(set(row, row->initial));
        memset((char *)&settings + row->offset, 0x5a, row->size);
        assert_memory_equal(&settings, &again, sizeof settings);
    }
}

static void defaults_differ_by_verb(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    assert_int_equal(settings.updates, 8000);
    assert_int_equal(settings.schedule, SCHEDULE_COSINE);
    begin(VERB_FINETUNE);
    assert_int_equal(settings.updates, 10000);
    assert_int_equal(settings.schedule, SCHEDULE_TRI_STAGE);
    begin(VERB_SCORE);
    assert_int_equal(settings.updates, 0);
}

static bool is_number(const struct setting *row)
{
    return row->kind == SETTING_INT || row->kind == SETTING_NUMBER;
}

static void ranges_hold_at_both_ends(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct setting *row = &table[i];
        char text[64];
        if (!is_number(row))
            continue;
        for (int end = 0; end < 2; end++) {
            double edge = end ? row->most : row->least;
            double step = row->kind == SETTING_INT ? 1 : fabs(edge) * 1e-9;
            step = (step > 1e-9 ? step : 1e-9) * (end ? 1 : -1);
            snprintf(text, sizeof text, "%.17g", edge);
            assert_ok(set(row, text));
            snprintf(text, sizeof text, "%.17g", edge + step);
            if (edge + step != edge)
                assert_refused(set(row, text), "is outside");
        }
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    " ",  "x",     "1x",   "1 2",
                                      "nan", "-",  "inf",   "-inf", "1e999",
                                      "1,5", "--", "0x1g4", "NAN",  "1e"};
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; is_number(&table[i]) && k < 15; k++)
            assert_refused(set(&table[i], bad[k]), "is not a number");
    assert_refused(set(settings_find("dim", VERB_PRETRAIN), "1.5"),
                   "is not a whole number");
    assert_ok(set(settings_find("dim", VERB_PRETRAIN), "64 "));
    assert_int_equal(settings.dim, 64);
}

static void flags_are_yes_or_no(void **state)
{
    (void)state;
    const struct setting *row = settings_find("overwrite", VERB_PRETRAIN);
    assert_ok(set(row, "yes"));
    assert_int_equal(settings.overwrite, 1);
    assert_ok(set(row, "no"));
    assert_int_equal(settings.overwrite, 0);
    assert_refused(set(row, "1"), "overwrite: \"1\" is not yes or no");
    assert_refused(set(row, ""), "is not yes or no");
}

static void choices_are_whole_words(void **state)
{
    (void)state;
    const struct setting *row = settings_find("targets", VERB_PRETRAIN);
    assert_ok(set(row, "k-means"));
    assert_int_equal(settings.targets, TARGET_KMEANS);
    assert_ok(set(row, "random-projection"));
    assert_int_equal(settings.targets, TARGET_RANDOM_PROJECTION);
    static const char *const bad[] = {
        "", "k", "k-means ", "K-MEANS", "|", "random-projection|k-means"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(set(row, bad[i]),
                       "is not one of random-projection|k-means");
}

static void texts_end_where_their_room_ends(void **state)
{
    (void)state;
    size_t count;
    const struct setting *table = settings_table(&count);
    char text[SETTING_TEXT_SIZE + 1];
    for (size_t i = 0; i < count; i++) {
        const struct setting *row = &table[i];
        if (row->kind != SETTING_TEXT)
            continue;
        memset(text, 'x', sizeof text);
        text[row->size] = '\0';
        assert_refused(set(row, text), "longer than");
        text[row->size - 1] = '\0';
        assert_ok(set(row, text));
        assert_string_equal((char *)&settings + row->offset, text);
    }
}

static struct status read_text(const char *text)
{
    return settings_read(&settings, given, scratch_text("run.conf", text),
                         VERB_PRETRAIN);
}

static void a_file_sets_values(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    assert_ok(read_text("# a comment\n"
                        "\n"
                        "dim = 96\n"
                        "\tlayers=3 # and why\r\n"
                        "  data  =  a table with spaces.tsv  \r\n"
                        "out =\n"
                        "fold-case = no\n"
                        "targets = k-means\n"
                        "learning-rate = 2e-3"));
    assert_int_equal(settings.dim, 96);
    assert_int_equal(settings.layers, 3);
    assert_string_equal(settings.data, "a table with spaces.tsv");
    assert_string_equal(settings.out, "");
    assert_int_equal(settings.fold_case, 0);
    assert_int_equal(settings.targets, TARGET_KMEANS);
    assert_close(settings.learning_rate, 2e-3, 0, 0);
    assert_true(given[settings_index(settings_find("dim", VERB_PRETRAIN))]);
    assert_false(given[settings_index(settings_find("ffn", VERB_PRETRAIN))]);
}

static void a_byte_order_mark_is_no_name(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    assert_ok(read_text("\xef\xbb\xbf"
                        "dim = 24\r\n"));
    assert_int_equal(settings.dim, 24);
    assert_refused(read_text("\n\xef\xbb\xbf"
                             "dim = 24\n"),
                   ":2: unknown");
}

static void the_last_of_two_lines_counts_and_a_flag_beats_both(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    settings.heads = 7;
    given[settings_index(settings_find("heads", VERB_PRETRAIN))] = true;
    assert_ok(read_text("dim = 96\nheads = 2\ndim = 48\nheads = 3\n"));
    assert_int_equal(settings.dim, 48);
    assert_int_equal(settings.heads, 7);
}

static void settings_of_other_verbs_are_passed_over(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    again = settings;
    assert_ok(read_text("average = 3\nfreeze-updates = what\n"));
    assert_memory_equal(&settings, &again, sizeof settings);
}

static void bad_lines_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *piece;
    } cases[] = {
        {"dim = 8\n\nhorse = 1\n", "run.conf:3: unknown setting \"horse\""},
        {"dim \r\n", "run.conf:1: \"dim\" is not `name = value`"},
        {"= 3\n", "run.conf:1: unknown setting \"\""},
        {"# x\ndim = no\n", "run.conf:2: dim: \"no\" is not a number"},
        {"dim = 0\n", "run.conf:1: dim: 0 is outside 1 .. 8192"},
        {"dim = 8 = 8\n", "run.conf:1: dim"},
        {"Dim = 8\n", "unknown setting \"Dim\""},
        {"cmvn = none\n", "run.conf:1: cmvn: \"none\" is not one of utter"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(VERB_PRETRAIN);
        assert_refused(read_text(cases[i].text), cases[i].piece);
    }
}

static void lines_may_be_as_long_as_the_longest_text(void **state)
{
    (void)state;
    char text[2 * SETTING_TEXT_SIZE];
    begin(VERB_PRETRAIN);
    strcpy(text, "dim = 8\ndata = ");
    size_t length = strlen(text);
    memset(text + length, 'x', sizeof text - length);
    strcpy(text + length + SETTING_TEXT_SIZE - 1, "\n");
    assert_ok(read_text(text));
    assert_int_equal(strlen(settings.data), SETTING_TEXT_SIZE - 1);
    memset(text + length, 'x', sizeof text - length);
    text[sizeof text - 1] = '\0';
    assert_refused(read_text(text), "run.conf:2: line too long");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    assert_refused(
        settings_read(&settings, given, scratch_path("absent"), VERB_PRETRAIN),
        "absent: No such file");
    assert_refused(
        settings_read(&settings, given, scratch_path(""), VERB_PRETRAIN),
        "Is a directory");
}

static void a_text_in_memory_is_read_like_a_file(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    assert_ok(settings_parse(&settings, given, "", "text", VERB_PRETRAIN));
    assert_ok(settings_parse(&settings, given, "dim = 96\n# not 3\nlayers = 5",
                             "text", VERB_PRETRAIN));
    assert_int_equal(settings.dim, 96);
    assert_int_equal(settings.layers, 5);
    assert_refused(settings_parse(&settings, given, "\nstride = x\n", "text",
                                  VERB_PRETRAIN),
                   "text:2: stride: \"x\" is not a number");
    assert_refused(settings_parse(&settings, given, "shape = round", "text",
                                  VERB_PRETRAIN),
                   "text:1: unknown setting \"shape\"");
}

static void rules_between_settings_are_checked(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    assert_ok(settings_check(&settings));
    settings.heads = 5;
    assert_refused(settings_check(&settings), "5 does not divide --dim 144");
    begin(VERB_PRETRAIN);
    settings.taps = 4;
    assert_refused(settings_check(&settings), "--taps: 4 is even");
    begin(VERB_FINETUNE);
    settings.warmup = 0.7;
    assert_refused(settings_check(&settings), "--warmup 0.7 and --hold 0.4");
    settings.schedule = SCHEDULE_COSINE;
    assert_ok(settings_check(&settings));
}

static void other_rooms_get_what_they_want(void **state)
{
    (void)state;
    begin(VERB_PRETRAIN);
    settings.channel = 2;
    struct model_shape shape = settings_shape(&settings, 30, 0);
    assert_int_equal(shape.input, 80 * 3);
    assert_int_equal(shape.vocabulary, 30);
    assert_int_equal(settings_sound(&settings).channel, 2);
    assert_int_equal(settings_sound(&settings).rate_hz, 16000);
    assert_int_equal(settings_frontend(&settings).kind, FRONTEND_FBANK);
    settings.mfcc = 1;
    assert_int_equal(settings_frontend(&settings).kind, FRONTEND_MFCC);
    assert_int_equal(settings_rows(&settings, 0.4), 13);
    assert_int_equal(settings_rows(&settings, 0.0001), 1);
}

static void help_tells_of_every_setting_of_the_verb(void **state)
{
    (void)state;
    size_t count, length;
    const struct setting *table = settings_table(&count);
    for (unsigned verb = 1; verb & ALL_VERBS; verb *= 2) {
        FILE *file = fopen(scratch_path("help"), "w");
        assert_non_null(file);
        settings_print_help(file, verb);
        fclose(file);
        char *text = scratch_read(&length, scratch_path("help"));
        for (size_t i = 0; i < count; i++) {
            char name[80];
            snprintf(name, sizeof name, "--%s%s", table[i].name,
                     table[i].argument ? " " : "\n");
            if (table[i].verbs & verb)
                assert_non_null(strstr(text, name));
        }
        assert_int_equal(!!strstr(text, "--mask-span"), verb == VERB_PRETRAIN);
        free(text);
    }
}

static void a_decimal_comma_changes_nothing(void **state)
{
    if (!comma_begin())
        skip();
    every_row_parses_its_own_default(state);
    defaults_differ_by_verb(state);
    comma_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_parses_its_own_default),
        cmocka_unit_test(no_verb_has_a_name_twice),
        cmocka_unit_test(rows_write_only_their_own_value),
        cmocka_unit_test(defaults_differ_by_verb),
        cmocka_unit_test(ranges_hold_at_both_ends),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(flags_are_yes_or_no),
        cmocka_unit_test(choices_are_whole_words),
        cmocka_unit_test(texts_end_where_their_room_ends),
        cmocka_unit_test(a_file_sets_values),
        cmocka_unit_test(a_byte_order_mark_is_no_name),
        cmocka_unit_test(the_last_of_two_lines_counts_and_a_flag_beats_both),
        cmocka_unit_test(settings_of_other_verbs_are_passed_over),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(lines_may_be_as_long_as_the_longest_text),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(a_text_in_memory_is_read_like_a_file),
        cmocka_unit_test(rules_between_settings_are_checked),
        cmocka_unit_test(other_rooms_get_what_they_want),
        cmocka_unit_test(help_tells_of_every_setting_of_the_verb),
        cmocka_unit_test(a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
