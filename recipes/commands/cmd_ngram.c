/* attune ngram */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/manifest.h"
#include "model/store/whole_file.h"
#include "model/text/arpa_write.h"
#include "model/text/line_reader.h"
#include "model/text/ngram_count.h"
#include "model/text/ngram_estimate.h"
#include "model/text/perplexity.h"
#include "model/text/sentences.h"
#include "recipes/commands/command.h"

/* Gives taker the transcripts of --data and the lines of all texts. */
static struct status read_texts(sentence_taker *taker, void *context,
                                const struct settings *settings, int count,
                                char **operands,
                                const struct sentence_settings *s)
{
    struct manifest manifest = {.count = 0};
    struct status status = status_ok();
    if (settings->data[0])
        status = manifest_read(&manifest, settings->data, true);
    if (!status_failed(&status) && settings->data[0] && !manifest.has_text)
        status = status_error(STATUS_INPUT, "%s: has no column `text`",
                              settings->data);
    for (size_t i = 0; i < manifest.count && !status_failed(&status); i++)
        status = sentence_give(taker, context, manifest.utterances[i].text,
                               settings->data, manifest.utterances[i].line, s);
    manifest_free(&manifest);
    for (int i = 0; i < count && !status_failed(&status); i++)
        status = sentences_read(taker, context, operands[i], s);
    return status;
}

static struct status add_sentence(void *context, const char *sentence,
                                  const char *path, size_t line)
{
    return ngram_counts_add(context, sentence, path, line);
}

/* Adds the words of a sentence that are not there yet. */
static struct status add_words(void *context, const char *sentence,
                               const char *path, size_t line)
{
    struct vocabulary *words = context;
    struct status status = status_ok();
    (void)path;
    (void)line;
    while (*sentence && !status_failed(&status)) {
        size_t length = strcspn(sentence, " ");
        if (vocabulary_find(words, sentence, length) == VOCABULARY_NONE)
            status = vocabulary_add(words, sentence, length);
        sentence += length + (sentence[length] == ' ');
    }
    return status;
}

/* "0,0,1": one threshold for each length; the last one goes on. */
static struct status read_prune(uint32_t *prune, const char *text, int order)
{
    const char *next = text;
    for (int n = 0; n < NGRAM_ORDER_MOST; n++) {
        char *end;
        if (!*next) {
            prune[n] = n ? prune[n - 1] : 0;
            continue;
        }
        unsigned long long value = strtoull(next, &end, 10);
        if (*next < '0' || *next > '9' || (*end && (*end != ',' || !end[1])) ||
            value > UINT32_MAX || n >= order)
            return status_error(STATUS_INPUT,
                                "--prune: \"%s\" is not a list of at most %d "
                                "counts such as 0,0,1",
                                text, order);
        if (n ? value < prune[n - 1] : value != 0)
            return status_error(STATUS_INPUT,
                                "--prune: \"%s\" does not begin with 0, or "
                                "decreases",
                                text);
        prune[n] = (uint32_t)value;
        next = end + (*end == ',');
    }
    return status_ok();
}

static struct status write_bytes(void *context, const void *bytes, size_t count)
{
    return whole_file_write(context, bytes, count);
}

static void report(const struct ngram_counts *counts,
                   const struct ngram_estimate *estimate)
{
    char text[160];
    for (int n = 0; n < estimate->order; n++)
        if (estimate->discounts[n].fallback) {
            snprintf(text, sizeof text,
                     "note: the text is too small to estimate what is taken "
                     "from counts of %d-grams: 0.5, 1 and 1.5 are",
                     n + 1);
            command_say(&command_ngram, text);
        }
    snprintf(text, sizeof text, "%llu sentences, %llu words;",
             (unsigned long long)counts->sentences,
             (unsigned long long)counts->words);
    for (int n = 0; n < estimate->order; n++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, " %d-grams: %zu", n + 1,
                 estimate->kept[n]);
    }
    command_say(&command_ngram, text);
}

/* The file is begun when all is known: what is stopped before leaves none. */
static struct status estimate_counted(const char *out,
                                      struct ngram_counts *counts,
                                      const struct ngram_estimate_options *o)
{
    struct ngram_estimate estimate;
    struct whole_file file = {.descriptor = -1};
    struct arpa_sink sink = {write_bytes, &file};
    size_t length = strlen(out);
    bool gzip = length > 3 && !strcmp(out + length - 3, ".gz");
    ngram_counts_finish(counts);
    struct status status = ngram_estimate(&estimate, counts, o);
    if (status_failed(&status))
        return status;
    status = whole_file_open(&file, out);
    if (!status_failed(&status))
        status = arpa_write(sink, counts, &estimate, gzip);
    if (!status_failed(&status))
        status = whole_file_commit(&file);
    if (!status_failed(&status))
        report(counts, &estimate);
    whole_file_close(&file);
    ngram_estimate_free(&estimate);
    return status;
}

static struct status check_out(const struct settings *settings, int count,
                               char **operands)
{
    const char *out = settings->out;
    struct status status = whole_file_check(out);
    if (!status_failed(&status))
        status = whole_file_spare(out, settings->data);
    if (!status_failed(&status))
        status = whole_file_spare(out, settings->vocabulary);
    for (int i = 0; i < count && !status_failed(&status); i++)
        status = whole_file_spare(out, operands[i]);
    return status;
}

static struct status make_model(const struct settings *settings, int count,
                                char **operands,
                                const struct sentence_settings *s,
                                const uint32_t *prune)
{
    struct ngram_estimate_options options = {
        .interpolate_unigrams = settings->interpolate_unigrams};
    struct vocabulary words = {.count = 0};
    struct ngram_counts counts = {.order = 0};
    memcpy(options.prune, prune, sizeof options.prune);
    struct status status = check_out(settings, count, operands);
    if (!status_failed(&status) && settings->vocabulary[0]) {
        options.vocabulary = &words;
        if (s->unit == UNIT_CHARACTER)
            status = add_words(&words, SENTENCE_SPACE, NULL, 0);
        if (!status_failed(&status))
            status = sentences_read(add_words, &words, settings->vocabulary, s);
    }
    if (!status_failed(&status))
        status = ngram_counts_open(&counts, settings->order);
    if (!status_failed(&status))
        status =
            read_texts(add_sentence, &counts, settings, count, operands, s);
    if (!status_failed(&status) && !counts.words)
        status =
            status_error(STATUS_INPUT, "%s: holds no words", settings->data);
    if (!status_failed(&status))
        status = estimate_counted(settings->out, &counts, &options);
    ngram_counts_free(&counts);
    vocabulary_free(&words);
    return status;
}

/* Unless the unit is given, it is that of the model. */
static struct status measure(const struct settings *settings, int count,
                             char **operands, struct sentence_settings *s,
                             bool unit_given)
{
    struct ngram *model;
    struct status status = ngram_read(&model, settings->model);
    if (status_failed(&status))
        return status;
    struct perplexity perplexity = {.model = model};
    if (!unit_given && ngram_of_characters(model))
        s->unit = UNIT_CHARACTER;
    status =
        read_texts(perplexity_add, &perplexity, settings, count, operands, s);
    if (!status_failed(&status) && !perplexity.words)
        status =
            status_error(STATUS_INPUT, "%s: holds no words", settings->data);
    if (!status_failed(&status))
        perplexity_print(stdout, &perplexity);
    ngram_close(model);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    struct sentence_settings sentence = {
        .normalise = {.fold_case = settings->fold_case,
                      .drop_punctuation = settings->drop_punctuation},
        .unit = (enum sentence_unit)settings->unit};
    const char *wanted = settings->perplexity ? settings->model : settings->out;
    uint32_t prune[NGRAM_ORDER_MOST];
    if (!wanted[0] || (!count && !settings->data[0])) {
        command_say(&command_ngram,
                    "--out FILE, or --model FILE --perplexity, and a TEXT or "
                    "--data are wanted");
        return EXIT_MISUSE;
    }
    struct status status = read_prune(prune, settings->prune, settings->order);
    if (status_failed(&status)) {
        command_say(&command_ngram, status.text);
        return EXIT_MISUSE;
    }
    if (settings->perplexity) {
        size_t unit = settings_index(settings_find("unit", VERB_NGRAM));
        status = measure(settings, count, operands, &sentence, given[unit]);
    } else {
        status = make_model(settings, count, operands, &sentence, prune);
    }
    return command_end(&command_ngram, &status);
}

const struct command command_ngram = {
    .name = "ngram",
    .verb = VERB_NGRAM,
    .arguments = "--out FILE TEXT... | --model FILE --perplexity TEXT... "
                 "[OPTIONS]",
    .purpose = "makes a language model of a text, one sentence a line\n"
               "(interpolated modified Kneser-Ney, as an ARPA file), or says "
               "how well it foresees one; - is stdin",
    .example = "attune ngram --order 3 --out words.arpa.gz text.txt",
    .operands_most = INT_MAX,
    .run = run};
