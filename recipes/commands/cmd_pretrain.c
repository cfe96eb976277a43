/* attune pretrain */
#include <string.h>

#include "recipes/commands/command.h"

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    (void)count;
    (void)operands;
    struct run_host host;
    if (!settings->data[0] || !settings->out[0]) {
        command_say(&command_pretrain, "--data and --out are wanted");
        return EXIT_MISUSE;
    }
    struct status status = command_host(&host, &command_pretrain);
    if (!status_failed(&status))
        status = pretrain_run(settings, given, &host);
    return command_end(&command_pretrain, &status);
}

const struct command command_pretrain = {
    .name = "pretrain",
    .verb = VERB_PRETRAIN,
    .arguments = "--data TABLE|FOLDER --out FILE [OPTIONS]",
    .purpose = "learns an encoder from recordings without transcripts\n"
               "(masked prediction); the same command again goes on where it "
               "was stopped",
    .example = "attune pretrain --data recordings/ --out encoder.safetensors",
    .run = run};
