/* attune tune */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel/gemm.h"
#include "model/recogniser.h"
#include "model/store/whole_file.h"
#include "recipes/commands/command.h"
#include "recipes/commands/development.h"
#include "recipes/commands/tuning.h"

#define FILE_MOST ((size_t)1 << 16) /* of text: a few paths */

struct trials {
    struct development development;
    const struct decoder *decoder;
    size_t done;
};

/* "lm-weight 0.5, word-bonus 1: %WER ...", as attune score says it. */
static void describe(char *text, size_t size, const struct tuning_point *p)
{
    char rate[160];
    edit_format(rate, sizeof rate, &p->counts);
    snprintf(text, size, "lm-weight %.10g, word-bonus %.10g: %%WER %s",
             p->lm_weight, p->word_bonus, rate);
}

static struct status try_point(void *context, struct tuning_point *point)
{
    struct trials *trials = context;
    struct decoder *decoder;
    char text[256];
    struct status status = decoder_vary(&decoder, trials->decoder,
                                        point->lm_weight, point->word_bonus);
    if (!status_failed(&status))
        status =
            development_errors(&point->counts, &trials->development, decoder);
    decoder_close(decoder);
    if (status_failed(&status))
        return status;
    describe(text, sizeof text, point);
    command_say(&command_tune, text);
    trials->done++;
    size_t all = trials->done > TUNING_USUAL ? trials->done : TUNING_USUAL;
    command_progress(&command_tune, (double)trials->done / (double)all,
                     trials->done, all,
                     trials->development.length_s * (double)trials->done);
    return status;
}

/* ---- The settings file ---- */

/* What is written, in this order; the first ones always. */
static const char *const written[] = {
    "lm",          "lm-weight",      "word-bonus", "beam",
    "lexicon",     "unknown-score",  "hotwords",   "hotword-boost",
    "token-floor", "beam-threshold", "precision",  "cmvn-history",
};
#define ALWAYS 4
#define WRITTEN (sizeof written / sizeof *written)

/* A file's name from anywhere, in place. */
static struct status make_absolute(char *path)
{
    char *whole = realpath(path, NULL);
    struct status status = status_ok();
    if (!whole)
        status =
            status_error(STATUS_INPUT, "%.200s: %s", path, strerror(errno));
    else if (strlen(whole) >= SETTING_TEXT_SIZE)
        status = status_error(STATUS_INPUT, "%.200s: path too long", whole);
    else
        strcpy(path, whole);
    free(whole);
    return status;
}

static struct status make_all_absolute(struct settings *s)
{
    struct status status = make_absolute(s->lm);
    if (!status_failed(&status) && s->lexicon[0] && strcmp(s->lexicon, "lm"))
        status = make_absolute(s->lexicon);
    if (!status_failed(&status) && s->hotwords[0] &&
        !strpbrk(s->hotwords, ",:"))
        status = make_absolute(s->hotwords);
    if (!status_failed(&status))
        status = make_absolute(s->model);
    if (!status_failed(&status))
        status = make_absolute(s->table);
    return status;
}

/* A settings file cannot say every name: '#' begins a comment. */
static struct status check_readable(const char *text,
                                    const struct settings *meant,
                                    const bool *wanted)
{
    static struct settings again; /* large: long paths */
    bool given[SETTINGS_MOST] = {false};
    char value[SETTING_TEXT_SIZE], other[SETTING_TEXT_SIZE];
    settings_default(&again, VERB_TRANSCRIBE);
    struct status status =
        settings_parse(&again, given, text, meant->out, VERB_TRANSCRIBE);
    for (size_t i = 0; i < WRITTEN && !status_failed(&status); i++) {
        settings_get(value, sizeof value, meant,
                     settings_find(written[i], VERB_TUNE));
        settings_get(other, sizeof other, &again,
                     settings_find(written[i], VERB_TRANSCRIBE));
        if (wanted[i] && strcmp(value, other) != 0)
            status = status_error(STATUS_INPUT,
                                  "--%s: a settings file cannot say \"%.200s\"",
                                  written[i], value);
    }
    if (strpbrk(meant->model, "\r\n") || strpbrk(meant->table, "\r\n"))
        status = status_error(STATUS_INPUT,
                              "--model or --table: a settings file cannot say "
                              "a name with line ends");
    return status;
}

static void print_file(FILE *out, const struct settings *meant,
                       const bool *wanted, const struct tuning *tuning,
                       const struct development *development)
{
    char before[256], fewest[256], after[256], value[SETTING_TEXT_SIZE];
    describe(before, sizeof before, &tuning->points[0]);
    describe(fewest, sizeof fewest, &tuning->points[tuning->least]);
    describe(after, sizeof after, &tuning->points[tuning->chosen]);
    fprintf(out,
            "# For attune transcribe --config: of %zu points that attune "
            "tune\n# tried on %zu recordings, %.1f minutes. Count "
            "errors on others.\n# %s\n# with %s\n# before: %s\n# fewest: %s\n# "
            "after: %s\n",
            tuning->count, development->manifest.count,
            development->length_s / 60, meant->table, meant->model, before,
            fewest, after);
    for (size_t i = 0; i < WRITTEN; i++) {
        settings_get(value, sizeof value, meant,
                     settings_find(written[i], VERB_TUNE));
        if (wanted[i])
            fprintf(out, "%s = %s\n", written[i], value);
    }
}

/* settings become what is written. */
static struct status write_file(struct settings *settings, const bool *given,
                                const struct tuning *tuning,
                                const struct development *development)
{
    struct whole_file file = {.descriptor = -1};
    bool wanted[WRITTEN];
    const struct tuning_point *best = &tuning->points[tuning->chosen];
    for (size_t i = 0; i < WRITTEN; i++)
        wanted[i] = i < ALWAYS ||
                    given[settings_index(settings_find(written[i], VERB_TUNE))];
    settings->lm_weight = best->lm_weight;
    settings->word_bonus = best->word_bonus;
    if (!settings->beam)
        settings->beam = DECODER_USUAL_BEAM;
    char *text = calloc(FILE_MOST, 1);
    FILE *out = text ? fmemopen(text, FILE_MOST, "w") : NULL;
    struct status status = make_all_absolute(settings);
    if (!out && !status_failed(&status))
        status = status_memory(settings->out);
    if (out) {
        print_file(out, settings, wanted, tuning, development);
        fclose(out);
    }
    if (!status_failed(&status))
        status = check_readable(text, settings, wanted);
    if (!status_failed(&status))
        status = whole_file_open(&file, settings->out);
    if (!status_failed(&status))
        status = whole_file_write(&file, text, strlen(text));
    if (!status_failed(&status))
        status = whole_file_commit(&file);
    whole_file_close(&file);
    free(text);
    return status;
}

/* ---- All of it ---- */

static struct status check_out(const struct settings *s)
{
    const char *const inputs[] = {s->model, s->table, s->lm, s->lexicon,
                                  s->hotwords};
    struct status status = whole_file_check(s->out);
    for (size_t i = 0;
         i < sizeof inputs / sizeof *inputs && !status_failed(&status); i++)
        status = whole_file_spare(s->out, inputs[i]);
    return status;
}

static void say_data(const struct development *development)
{
    char text[160];
    snprintf(text, sizeof text, "%zu recordings, %.1f minutes; about %d points",
             development->manifest.count, development->length_s / 60,
             TUNING_USUAL);
    command_say(&command_tune, text);
    command_progress(&command_tune, 0, 0, TUNING_USUAL, 0);
}

static void print_result(const struct tuning *tuning)
{
    char text[256];
    describe(text, sizeof text, &tuning->points[0]);
    printf("before: %s\n", text);
    describe(text, sizeof text, &tuning->points[tuning->least]);
    printf("fewest: %s\n", text);
    describe(text, sizeof text, &tuning->points[tuning->chosen]);
    printf("after: %s\n", text);
}

static struct status tune(struct settings *settings, const bool *given)
{
    struct recogniser *recogniser = NULL;
    struct trials trials = {.done = 0};
    struct tuning tuning;
    struct status status = check_out(settings);
    if (!status_failed(&status))
        status = recogniser_open(&recogniser, settings->model, settings);
    if (!status_failed(&status))
        status = development_open(&trials.development, settings, recogniser);
    if (!status_failed(&status)) {
        trials.decoder = recogniser_decoder(recogniser);
        say_data(&trials.development);
        status = tuning_search(&tuning, try_point, &trials, settings->lm_weight,
                               settings->word_bonus);
        command_clear();
    }
    if (!status_failed(&status))
        status = write_file(settings, given, &tuning, &trials.development);
    if (!status_failed(&status))
        print_result(&tuning);
    development_close(&trials.development);
    recogniser_close(recogniser);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    (void)count;
    (void)operands;
    if (!settings->model[0] || !settings->table[0] || !settings->lm[0] ||
        !settings->out[0]) {
        command_say(&command_tune, "--model FILE, --table TABLE, --lm FILE and "
                                   "--out FILE are wanted");
        return EXIT_MISUSE;
    }
    gemm_threads(1);
    struct status status = tune(settings, given);
    return command_end(&command_tune, &status);
}

const struct command command_tune = {
    .name = "tune",
    .verb = VERB_TUNE,
    .arguments = "--model FILE --table TABLE --lm FILE --out FILE [OPTIONS]",
    .purpose = "chooses how much transcribe counts on a language model\n"
               "(the weight and the bonus for words that make few errors on "
               "development data, never on those of a test; for transcribe "
               "--config)",
    .example = "attune tune --model recogniser.safetensors --table dev.tsv "
               "--lm words.arpa --out decode.conf",
    .description =
        "The recordings go through the model once, each as a whole; then their "
        "words are looked for with 47 pairs of weight and bonus: those that "
        "are given, a grid of weights 0 to 2.5 and bonuses -1 to 3, and twice "
        "the neighbourhood of the one with fewest errors. Where that lies at "
        "the edge of the grid, up to 20 more points beyond it are tried. "
        "Fewest "
        "of many is partly luck: of pairs within one standard deviation of it "
        "(n errors have sqrt(n)) the one nearest to what is given (else the "
        "defaults) is chosen.\n"
        "What is chosen fits the recordings it was chosen on, so their word "
        "error rate flatters: never tune on recordings that are to say how "
        "good the recogniser is. attune transcribe cuts at pauses, and a few "
        "words may differ; with --no-vad and --precision float here and there "
        "none do.\n"
        "Names of files in --out are absolute: it works from any folder, as "
        "long as they stay where they are. Of other settings of the search "
        "those that are given are in it.\n",
    .examples = "Tune, then transcribe what was not tuned on:\n"
                "attune tune --model recogniser.safetensors --table dev.tsv "
                "--lm words.arpa --out decode.conf; attune transcribe --model "
                "recogniser.safetensors --config decode.conf --table test.tsv "
                ">transcripts.txt\n",
    .operands_most = 0,
    .run = run};
