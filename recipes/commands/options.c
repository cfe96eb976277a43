/* Flags, settings files and --help, from the table of settings. */
#include <stdio.h>
#include <string.h>

#include "recipes/commands/command.h"

#define CONFIGS_MOST 8

static struct status unknown_option(const char *argument)
{
    return status_error(STATUS_INPUT, "unknown option %.60s (see --help)",
                        argument);
}

/* --name value, --name=value, --name, --no-name: returns how many arguments
 * were used, 0 on failure. */
static int read_flag(struct status *status, struct settings *settings,
                     bool *given, char **arguments, int count, unsigned verbs)
{
    char name[64], where[80];
    const char *argument = arguments[0] + 2;
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
    const char *value = equals ? equals + 1 : NULL;
    int used = 1;
    snprintf(name, sizeof name, "%.*s", (int)length, argument);
    const struct setting *setting = settings_find(name, verbs);
    if (!setting && !value && !strncmp(name, "no-", 3)) {
        setting = settings_find(name + 3, verbs);
        if (setting && setting->kind != SETTING_FLAG)
            setting = NULL;
        value = "no";
    }
    if (!setting || length >= sizeof name) {
        *status = unknown_option(arguments[0]);
        return 0;
    }
    if (!value && setting->kind == SETTING_FLAG) {
        value = "yes";
    } else if (!value) {
        if (count < 2) {
            *status = status_error(STATUS_INPUT, "--%s wants a value: %s", name,
                                   setting->argument);
            return 0;
        }
        value = arguments[1];
        used = 2;
    }
    snprintf(where, sizeof where, "--%s", setting->name);
    *status = settings_set(settings, setting, value, where);
    given[settings_index(setting)] = true;
    return used;
}

/* Which file is read, and whether, a file cannot say. */
static struct status read_config(struct settings *settings, bool *given,
                                 const char *path, unsigned verbs)
{
    bool *config = &given[settings_index(settings_find("config", verbs))];
    bool *help = &given[settings_index(settings_find("help", verbs))];
    *config = *help = false;
    struct status status = settings_read(settings, given, path, verbs);
    if (!status_failed(&status) && (*config || *help))
        status =
            status_error(STATUS_INPUT, "%s: \"%s\" is no setting of a file",
                         path, *config ? "config" : "help");
    *config = true;
    return status;
}

/* Settings files; of two with one setting the last one counts. */
static struct status read_configs(struct settings *settings, bool *given,
                                  char *const *paths, int count, unsigned verbs)
{
    struct status status = status_ok();
    while (count-- && !status_failed(&status))
        status = read_config(settings, given, paths[count], verbs);
    return status;
}

struct status options_read(struct settings *settings, bool *given,
                           int *operand_count, char **arguments, int count,
                           const struct command *command)
{
    struct status status = status_ok();
    bool flags = true;
    char *configs[CONFIGS_MOST];
    int config_count = 0;
    *operand_count = 0;
    settings_default(settings, (unsigned)command->verb);
    for (int i = 0; i < count && !status_failed(&status);) {
        if (flags && !strcmp(arguments[i], "--")) {
            flags = false;
            i++;
        } else if (flags && !strcmp(arguments[i], "-h")) {
            settings->help = 1;
            i++;
        } else if (flags && !strncmp(arguments[i], "--", 2)) {
            int used = read_flag(&status, settings, given, arguments + i,
                                 count - i, (unsigned)command->verb);
            if (!strncmp(arguments[i], "--config", 8) && used) {
                if (config_count == CONFIGS_MOST)
                    return status_error(STATUS_INPUT,
                                        "more than %d settings files",
                                        CONFIGS_MOST);
                configs[config_count++] =
                    used == 2 ? arguments[i + 1] : arguments[i] + 9;
            }
            i += used;
        } else if (flags && arguments[i][0] == '-' && arguments[i][1]) {
            status = unknown_option(arguments[i]);
        } else {
            arguments[(*operand_count)++] = arguments[i++];
        }
    }
    if (!status_failed(&status))
        status = read_configs(settings, given, configs, config_count,
                              (unsigned)command->verb);
    if (status_failed(&status) || settings->help)
        return status;
    if (*operand_count < command->operands_least)
        return status_error(STATUS_INPUT, "wanted: attune %s %s (see --help)",
                            command->name, command->arguments);
    if (*operand_count > command->operands_most)
        return status_error(STATUS_INPUT, "\"%.100s\" is one argument too many",
                            arguments[command->operands_most]);
    return status;
}

void options_help(const struct command *command)
{
    printf("usage: attune %s %s\n\n%s\n\nexample:\n  %s\n\noptions:\n",
           command->name, command->arguments, command->purpose,
           command->example);
    settings_print_help(stdout, (unsigned)command->verb);
}

void usage_print(FILE *out)
{
    fputs("attune: " ATTUNE_PURPOSE "\n\n"
          "usage: attune VERB [OPTIONS] ...   (attune VERB --help says more)\n"
          "       attune --version\n\n",
          out);
    for (const struct command *const *p = commands; *p; p++)
        fprintf(out, "  %-11s %.*s\n", (*p)->name,
                (int)strcspn((*p)->purpose, "\n"), (*p)->purpose);
}
