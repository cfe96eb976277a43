/* attune transcribe */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/kernel/gemm.h"
#include "recipes/commands/command.h"
#include "recipes/commands/transcribe.h"

static bool as_json;
static size_t failed;

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
    for (int i = 0; t->states && i < team_workers(t->team); i++)
        recogniser_finish(t->states[i]);
    free(t->states);
    team_close(t->team);
    *t = (struct transcriber){.settings = NULL};
}

void print_json(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* What failed is said, and the rest goes on. */
static void print_item(const struct item *item)
{
    const char *text = item->text ? item->text : "";
    if (status_failed(&item->status)) {
        command_say(&command_transcribe, item->status.text);
        failed++;
        return;
    }
    command_clear();
    if (as_json) {
        printf("{\"path\": ");
        print_json(item->name);
        printf(", \"seconds\": %.3f, \"text\": ", item->length_s);
        print_json(text);
        printf("}\n");
    } else {
        printf("%s\t%s\n", item->name, text);
    }
    fflush(stdout);
}

static struct status transcribe(const struct settings *settings, int count,
                                char **operands)
{
    struct recogniser *recogniser;
    struct transcriber t = {.settings = NULL};
    struct items items = {.count = 0};
    struct status status =
        settings->precision == PRECISION_INT8
            ? recogniser_open_int8(&recogniser, settings->model)
            : recogniser_open(&recogniser, settings->model);
    if (!status_failed(&status))
        status = transcriber_open(&t, settings, recogniser);
    if (!status_failed(&status) && settings->live)
        status = transcribe_live(&t);
    else if (!status_failed(&status))
        status = items_list(&items, settings, count, operands);
    if (!status_failed(&status) && !settings->live)
        status = transcribe_items(&t, &items, print_item);
    items_free(&items);
    transcriber_close(&t);
    recogniser_close(recogniser);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    (void)given;
    bool recordings = count || settings->table[0];
    if (!settings->model[0] || recordings == settings->live) {
        command_say(&command_transcribe,
                    "--model FILE and a RECORDING, --table or --live are "
                    "wanted");
        return EXIT_MISUSE;
    }
    as_json = settings->json;
    gemm_threads(1);
    struct status status = transcribe(settings, count, operands);
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
    .operands_most = INT_MAX,
    .run = run};
