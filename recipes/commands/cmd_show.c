/* attune show */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/store/checkpoint.h"
#include "model/store/record.h"
#include "recipes/commands/card.h"
#include "recipes/commands/command.h"

#define COLUMNS_MOST 32

static void show_model(const struct checkpoint *c)
{
    size_t count;
    char value[SETTING_TEXT_SIZE];
    const struct setting *table = settings_table(&count);
    printf("parameters\t%zu\n", parameters_size(&c->parameters));
    for (size_t i = 0; i < count; i++) {
        if (!table[i].of_model)
            continue;
        settings_get(value, sizeof value, &c->settings, &table[i]);
        printf("%s\t%s\n", table[i].name, value);
    }
    if (c->quantiser.codes)
        printf("targets\t%d codebooks of %d codes, %d dimensions to %d\n",
               c->quantiser.codebooks, c->quantiser.codes, c->quantiser.input,
               c->quantiser.width);
    printf("tokens\t%d", c->tokens.count);
    for (int i = 1; i < c->tokens.count; i++)
        printf(" %s", c->tokens.texts[i]);
    printf("\n");
    for (size_t i = 0; i < c->provenance.count; i++)
        printf("%s\t%s\n", c->provenance.key[i], c->provenance.value[i]);
}

/* Prints a line's value of every column; nothing if it lacks one. seen marks
 * those that it has. */
static void show_values(const struct record *record, char *const *list,
                        bool *seen, size_t count)
{
    double number;
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (record_find_text(record, list[i]) ||
            record_find_number(record, list[i], &number)) {
            seen[i] = true;
            found++;
        }
    for (size_t i = 0; i < count && found == count; i++) {
        const char *text = record_find_text(record, list[i]);
        if (text)
            printf("%s", text);
        else if (record_find_number(record, list[i], &number))
            printf("%.9g", number);
        printf("%s", i + 1 < count ? "\t" : "\n");
    }
}

static struct status show_journal(const char *path, const char *columns)
{
    char names[SETTING_TEXT_SIZE], *list[COLUMNS_MOST];
    char *line = NULL, *rest = NULL;
    bool seen[COLUMNS_MOST] = {false};
    size_t count = 0, room = 0, number = 0;
    ssize_t length;
    struct status status = status_ok();
    FILE *file = fopen(path, "r");
    if (!file)
        return status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    snprintf(names, sizeof names, "%s", columns);
    for (char *name = strtok_r(names, ",", &rest); name && count < COLUMNS_MOST;
         name = strtok_r(NULL, ",", &rest)) {
        printf("%s%s", count ? "\t" : "", name);
        list[count++] = name;
    }
    printf("%s", count ? "\n" : "");
    while ((length = getline(&line, &room, file)) > 0) {
        struct record record;
        number++;
        if (!record_parse(&record, line, (size_t)length)) {
            status =
                status_error(STATUS_INPUT, "%s:%zu: is not a line of a journal",
                             path, number);
            break;
        }
        if (count)
            show_values(&record, list, seen, count);
        else
            fputs(line, stdout);
        record_free(&record);
    }
    for (size_t i = 0; i < count && !status_failed(&status); i++)
        if (!seen[i])
            status = status_error(STATUS_INPUT,
                                  "%.200s: no line has \"%.60s\" (without "
                                  "--columns all of it is printed)",
                                  path, list[i]);
    free(line);
    fclose(file);
    return status;
}

static struct status show_card(const struct checkpoint *checkpoint,
                               const struct settings *settings,
                               char *const *operands, int count)
{
    struct card card;
    struct status status = card_open(&card, operands[0], checkpoint, settings,
                                     operands + 1, (size_t)count - 1);
    if (!status_failed(&status))
        card_print(stdout, &card);
    card_close(&card);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    const char *path = operands[0], *dot = strrchr(path, '.');
    bool journal = dot && !strcmp(dot, ".journal") && !settings->card;
    bool said = settings->title[0] || settings->language[0] ||
                settings->licence[0] || settings->notes[0];
    struct checkpoint checkpoint;
    struct status status;
    (void)given;
    if (count > 1 && !settings->card) {
        command_say(&command_show, "one FILE is wanted, or --card");
        return EXIT_MISUSE;
    }
    if (said && !settings->card) {
        command_say(&command_show, "--title, --language, --licence and --notes "
                                   "want --card");
        return EXIT_MISUSE;
    }
    if (settings->columns[0] && !journal) {
        command_say(&command_show, "--columns wants a .journal file");
        return EXIT_MISUSE;
    }
    if (journal) {
        status = show_journal(path, settings->columns);
    } else {
        status = checkpoint_read(&checkpoint, path);
        if (!status_failed(&status) && settings->card)
            status = show_card(&checkpoint, settings, operands, count);
        else if (!status_failed(&status))
            show_model(&checkpoint);
        checkpoint_free(&checkpoint);
    }
    return command_end(&command_show, &status);
}

const struct command command_show = {
    .name = "show",
    .verb = VERB_SHOW,
    .arguments = "FILE [OPTIONS] | --card MODEL [SCORES...]",
    .purpose = "prints what a model file says of itself\n"
               "or, of a .journal file, the values of a run as a table",
    .example = "attune show recogniser.safetensors.journal --columns "
               "update,dev_wer",
    .description =
        "A model card tells those who get a model what it is and is not for, "
        "how it was made and how well it does, from what the file itself "
        "holds. "
        "SCORES are files of what attune score printed, whose error rates go "
        "into the card as they are. Title, language, licence and notes are "
        "yours to say, also in a settings file.",
    .examples = "a model card with the error rates of a test\n"
                "attune score test.tsv transcripts.txt > test.score; attune "
                "show --card recogniser.safetensors test.score --language en "
                "--licence mit > recogniser.md\n",
    .operands_least = 1,
    .operands_most = INT_MAX,
    .run = run};
