/* attune help */
#include "recipes/commands/command.h"

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    (void)given;
    const struct command *about = count ? command_find(operands[0]) : NULL;
    struct status status = status_ok();
    if (count && !about)
        status = status_error(STATUS_INPUT,
                              "unknown verb \"%.60s\" (see attune --help)",
                              operands[0]);
    else if (settings->completion == COMPLETION_BASH)
        completion_bash(stdout);
    else if (settings->completion == COMPLETION_FISH)
        completion_fish(stdout);
    else if (settings->man)
        man_print(stdout, about);
    else if (about)
        options_help(about);
    else
        usage_print(stdout);
    int code = command_end(&command_help, &status);
    return code == EXIT_FAILED ? EXIT_MISUSE : code;
}

const struct command command_help = {
    .name = "help",
    .verb = VERB_HELP,
    .arguments = "[VERB] [OPTIONS]",
    .purpose = "says what a verb does and which options it has\n"
               "(or prints pages of the manual, and completion for a shell)",
    .example = "attune help finetune",
    .description =
        "Without a verb all verbs are listed. make install writes the pages "
        "and the script where man and the shell look for them; these options "
        "are for an attune that is run where it was built.",
    .examples = "Read a page of the manual that is not installed:\n"
                "attune help --man finetune | man -l -\n"
                "Complete verbs, options and values in this shell:\n"
                "eval \"$(attune help --completion bash)\"\n",
    .operands_most = 1,
    .run = run};
