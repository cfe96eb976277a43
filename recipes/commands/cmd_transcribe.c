/* attune transcribe */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel/gemm.h"
#include "recipes/commands/command.h"
#include "recipes/commands/output.h"
#include "recipes/commands/transcribe.h"

struct status transcriber_open(struct transcriber *t,
                               const struct settings *settings,
                               const struct recogniser *recogniser)
{
    int workers = settings->live ? 1 : run_workers(settings, 1);
    *t = (struct transcriber){.settings = settings, .recogniser = recogniser};
    struct status status = team_open(&t->team, workers);
    t->states = calloc((size_t)workers, sizeof *t->states);
    if (!status_failed(&status) && !t->states)
        status = status_memory("workers");
    for (int i = 0; i < workers && !status_failed(&status); i++)
        status = recogniser_start(&t->states[i], recogniser);
    if (status_failed(&status))
        transcriber_close(t);
    return status;
}

void transcriber_close(struct transcriber *t)
{
    for (int i = 0; t->team && t->states && i < team_workers(t->team); i++)
        recogniser_finish(t->states[i]);
    free(t->states);
    team_close(t->team);
    *t = (struct transcriber){.settings = NULL};
}

struct printing {
    struct output output;
    size_t failed;
};

/* What failed is said, and the rest goes on. */
static void print_item(void *context, const struct item *item)
{
    struct printing *printing = context;
    struct status status = item->status;
    if (!status_failed(&status)) {
        struct transcript transcript = item->transcript;
        if (strcmp(item->name, item->path) != 0)
            transcript.path = item->path;
        command_clear();
        status = output_write(&printing->output, item->name + item->below,
                              &transcript);
        fflush(stdout);
    }
    if (status_failed(&status)) {
        command_say(&command_transcribe, status.text);
        printing->failed++;
    }
}

static struct status transcribe_recordings(struct transcriber *t,
                                           size_t *failed, int count,
                                           char **operands)
{
    struct items items;
    struct printing printing = {.failed = 0};
    struct status status = items_list(&items, t->settings, count, operands);
    struct output_name *names = malloc((items.count + 1) * sizeof *names);
    if (!names && !status_failed(&status))
        status = status_memory("recordings");
    for (size_t i = 0; i < items.count && names; i++) {
        const struct item *item = &items.list[i];
        names[i] = (struct output_name){item->name, item->name + item->below,
                                        item->channel};
    }
    if (!status_failed(&status))
        status = output_open(&printing.output,
                             t->settings->json ? "json" : t->settings->format,
                             t->settings->output_dir, names, items.count);
    if (!status_failed(&status))
        status = transcribe_items(t, &items, print_item, &printing);
    *failed = printing.failed;
    free(names);
    items_free(&items);
    return status;
}

/* Words that cannot be written are named by their number. */
static void say_left_out(const struct recogniser *recogniser)
{
    struct decoder_left_out left = recogniser_left_out(recogniser);
    char text[160];
    snprintf(text, sizeof text,
             "%zu words of the language and %zu hotwords have characters that "
             "the model does not write: left out",
             left.words, left.hotwords);
    if (left.words || left.hotwords)
        command_say(&command_transcribe, text);
}

static struct status transcribe(size_t *failed, const struct settings *settings,
                                int count, char **operands)
{
    struct recogniser *recogniser;
    struct transcriber t = {.settings = NULL};
    struct status status =
        recogniser_open(&recogniser, settings->model, settings);
    if (!status_failed(&status)) {
        say_left_out(recogniser);
        status = transcriber_open(&t, settings, recogniser);
    }
    if (!status_failed(&status))
        status = settings->live
                     ? transcribe_live(&t)
                     : transcribe_recordings(&t, failed, count, operands);
    transcriber_close(&t);
    recogniser_close(recogniser);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    bool recordings = count || settings->table[0];
    size_t failed = 0;
    (void)given;
    if (recordings && settings->live) {
        command_say(&command_transcribe, "--live takes no recordings");
        return EXIT_MISUSE;
    }
    if (!settings->model[0] || recordings == settings->live) {
        command_say(&command_transcribe,
                    "--model FILE and a RECORDING, --table or --live are "
                    "wanted");
        return EXIT_MISUSE;
    }
    if (settings->live && (settings->format[0] || settings->output_dir[0] ||
                           settings->channel == SETTING_WORD)) {
        command_say(&command_transcribe,
                    "--live writes text or --json to stdout, of one channel");
        return EXIT_MISUSE;
    }
    struct status status = output_check(settings);
    if (status_failed(&status)) {
        command_say(&command_transcribe, status.text);
        return EXIT_MISUSE;
    }
    gemm_threads(1);
    status = transcribe(&failed, settings, count, operands);
    command_clear();
    int code = command_end(&command_transcribe, &status);
    return failed ? EXIT_FAILED : code;
}

const struct command command_transcribe = {
    .name = "transcribe",
    .verb = VERB_TRANSCRIBE,
    .arguments = "--model FILE RECORDING... [OPTIONS]",
    .purpose = "writes down what recordings say, one line each: path TAB text\n"
               "(any format, rate, length and number of channels; folders; -: "
               "stdin; --live: as it is spoken)",
    .example = "attune transcribe --model recogniser.safetensors speech.wav",
    .description =
        "Recordings are those that are named, and those of --table, which go "
        "by their ids (in JSON: id and path). One that "
        "cannot be read is named on standard error, the others are "
        "transcribed, and the exit status is 1.",
    .examples = "Transcribe a table of recordings, and count errors:\n"
                "attune transcribe --model recogniser.safetensors --table "
                "test.tsv >transcripts.txt; attune score test.tsv "
                "transcripts.txt\n",
    .operands_most = INT_MAX,
    .run = run};
