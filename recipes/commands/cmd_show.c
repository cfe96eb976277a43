/* attune show */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/store/checkpoint.h"
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

/* The value of key in a journal's line, "" where it has none. */
static void find_value(char *value, size_t size, const char *line,
                       const char *key)
{
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%.70s\": ", key);
    const char *found = strstr(line, quoted);
    value[0] = '\0';
    if (!found)
        return;
    found += strlen(quoted);
    bool text = *found == '"';
    snprintf(value, size, "%.*s",
             (int)strcspn(found + text, text ? "\"" : ",}\n"), found + text);
}

/* Lines that have all the columns, as a table. */
static struct status show_journal(const char *path, const char *columns)
{
    char names[SETTING_TEXT_SIZE], value[256];
    char line[4096], row[4096];
    const char *list[COLUMNS_MOST];
    size_t count = 0;
    char *rest = NULL;
    FILE *file = fopen(path, "r");
    if (!file)
        return status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    snprintf(names, sizeof names, "%s", columns);
    for (char *name = strtok_r(names, ",", &rest); name && count < COLUMNS_MOST;
         name = strtok_r(NULL, ",", &rest))
        list[count++] = name;
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? "\t" : "", list[i]);
    printf("%s", count ? "\n" : "");
    while (fgets(line, sizeof line, file)) {
        size_t length = 0;
        bool whole = true;
        if (!count)
            fputs(line, stdout);
        for (size_t i = 0; i < count && whole; i++) {
            find_value(value, sizeof value, line, list[i]);
            whole = value[0] != '\0';
            length += (size_t)snprintf(row + length, sizeof row - length,
                                       "%s%s", i ? "\t" : "", value);
            if (length >= sizeof row)
                length = sizeof row - 1;
        }
        if (count && whole)
            printf("%s\n", row);
    }
    fclose(file);
    return status_ok();
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    const char *path = operands[0], *dot = strrchr(path, '.');
    struct checkpoint checkpoint;
    struct status status;
    (void)given;
    (void)count;
    if (dot && !strcmp(dot, ".journal")) {
        status = show_journal(path, settings->columns);
    } else {
        status = checkpoint_read(&checkpoint, path);
        if (!status_failed(&status)) {
            show_model(&checkpoint);
            checkpoint_free(&checkpoint);
        }
    }
    return command_end(&command_show, &status);
}

const struct command command_show = {
    .name = "show",
    .verb = VERB_SHOW,
    .arguments = "FILE [OPTIONS]",
    .purpose = "prints what a model file says of itself\n"
               "or, of a .journal file, the values of a run as a table",
    .example = "attune show recogniser.safetensors.journal --columns "
               "update,dev_wer",
    .operands_least = 1,
    .operands_most = 1,
    .run = run};
