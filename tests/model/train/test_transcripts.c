/* Tests of transcripts as labels, and of who cannot be learned from. */
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

#include "model/train/transcripts.c"

static const char *const letters[] = {"<blank>", " ", "a", "b", "c", "ü"};
#define TOKENS 6

static char notes[4096];

static void take_note(const char *text)
{
    size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s\n", text);
}

static struct settings usual_settings(void)
{
    static struct settings s;
    settings_default(&s, VERB_FINETUNE);
    s.rate = RECORDING_RATE_HZ;
    s.bins = 8;
    s.stride = 4;
    return s;
}

static struct manifest read_table(const char *text)
{
    struct manifest m;
    assert_ok(manifest_read(&m, scratch_text("t.tsv", text), false));
    return m;
}

static void texts_become_labels(void **state)
{
    (void)state;
    struct settings s = usual_settings();
    struct manifest m = read_table("path\ttext\n1.wav\t Ab,  C! \n2.wav\t\n"
                                   "3.wav\tü\n4.wav\tx a x\n");
    struct transcripts t;
    struct tokens tokens;
    assert_ok(tokens_from_list(&tokens, letters, TOKENS, "test"));
    assert_ok(transcripts_open(&t, &m, &s));
    assert_int_equal(t.count, 4);
    assert_string_equal(t.texts[0], "ab c");
    assert_string_equal(t.texts[1], "");
    notes[0] = '\0';
    assert_ok(transcripts_encode(&t, &tokens, &m, take_note));
    static const size_t starts[] = {0, 4, 4, 5, 8};
    static const int32_t labels[] = {2, 3, 1, 4, 5, 1, 2, 1};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(t.starts[i], starts[i]);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(t.labels[i], labels[i]);
    assert_non_null(strstr(notes, "2 characters in 1 transcripts are not"));
    transcripts_close(&t);
    transcripts_close(&t);
    tokens_free(&tokens);
    manifest_free(&m);
}

static void known_characters_are_nothing_to_note(void **state)
{
    (void)state;
    struct settings s = usual_settings();
    struct manifest m = read_table("path\ttext\n1.wav\tA b\n");
    struct transcripts t;
    struct tokens tokens;
    assert_ok(tokens_from_list(&tokens, letters, TOKENS, "test"));
    assert_ok(transcripts_open(&t, &m, &s));
    notes[0] = '\0';
    assert_ok(transcripts_encode(&t, &tokens, &m, take_note));
    assert_string_equal(notes, "");
    transcripts_close(&t);
    /* Case counts when it is asked to. */
    s.fold_case = 0;
    assert_ok(transcripts_open(&t, &m, &s));
    assert_string_equal(t.texts[0], "A b");
    transcripts_close(&t);
    tokens_free(&tokens);
    manifest_free(&m);
}

static void a_table_without_text_is_refused(void **state)
{
    (void)state;
    struct settings s = usual_settings();
    struct manifest m = read_table("path\n1.wav\n");
    struct transcripts t;
    assert_refused(transcripts_open(&t, &m, &s), "has no transcripts");
    assert_true(!t.texts && !t.starts && !t.count);
    manifest_free(&m);
}

static void who_cannot_be_learned_from_is_named(void **state)
{
    (void)state;
    struct settings s = usual_settings();
    struct features *features;
    struct team *team;
    struct transcripts t;
    struct tokens tokens;
    uint32_t rows[7];
    recording_write("1.wav", 8000, 1);  /* 24 rows */
    recording_write("2.wav", 1400, 2);  /* 4 rows */
    recording_write("3.wav", 16000, 3); /* 49 rows */
    scratch_text("4.wav", "no recording");
    struct manifest m = read_table("path\tid\ttext\n1.wav\tgood\ta b c\n"
                                   "2.wav\tshort\tabcab\n"
                                   "2.wav\trepeats\taab\n"
                                   "2.wav\tempty\t!\n"
                                   "3.wav\tlong\tabc\n"
                                   "4.wav\tbad\tabc\n"
                                   "2.wav\ttoo many\taabb\n");
    s.skip_bad = 1;
    assert_ok(tokens_from_list(&tokens, letters, TOKENS, "test"));
    assert_ok(team_open(&team, 1));
    assert_ok(features_open(&features, &m, &s, NULL, NULL));
    assert_ok(features_scan(features, team, NULL));
    assert_ok(transcripts_open(&t, &m, &s));
    notes[0] = '\0';
    assert_ok(transcripts_encode(&t, &tokens, &m, take_note));
    transcripts_eligible(rows, &t, &m, features, 30, take_note);
    static const uint32_t want[7] = {24, 0, 4, 0, 0, 0, 0};
    for (size_t u = 0; u < 7; u++)
        assert_int_equal(rows[u], want[u]);
    assert_non_null(strstr(notes, "t.tsv:3: short: left out: too short for "
                                  "its transcript (4 frames, 5 characters)"));
    assert_non_null(strstr(notes, "t.tsv:5: empty: left out: the transcript "
                                  "is empty"));
    assert_non_null(strstr(notes, "t.tsv:6: long: left out: longer than"));
    assert_non_null(strstr(notes, "2 recordings left out: too short"));
    assert_null(strstr(notes, "good"));
    assert_null(strstr(notes, "repeats"));
    assert_null(strstr(notes, "bad"));
    transcripts_close(&t);
    features_close(features);
    team_close(team);
    tokens_free(&tokens);
    manifest_free(&m);
}

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    struct settings s = usual_settings();
    struct manifest m = read_table("path\ttext\n1.wav\tab\n2.wav\tc\n");
    long failures = 0;
    for (;; failures++) {
        struct transcripts t;
        fault_at(failures);
        struct status status = transcripts_open(&t, &m, &s);
        bool happened = fault_happened();
        fault_at(-1);
        assert_int_equal(status_failed(&status), happened);
        assert_int_equal(t.texts == NULL, happened);
        transcripts_close(&t);
        if (!happened)
            break;
        assert_int_equal(status.code, STATUS_MEMORY);
    }
    assert_int_equal(failures, 2);
    manifest_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_labels),
        cmocka_unit_test(known_characters_are_nothing_to_note),
        cmocka_unit_test(a_table_without_text_is_refused),
        cmocka_unit_test(who_cannot_be_learned_from_is_named),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
