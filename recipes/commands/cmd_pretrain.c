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
    .description =
        "Stretches of the features are hidden, and the encoder learns to tell "
        "what they were: codes of a random projection (BEST-RQ), or clusters "
        "of MFCC or of another model's layer (HuBERT). The health of these "
        "targets is watched, and a run whose targets collapse or leak says so "
        "and names the setting to change.\n\n"
        "A run that was stopped goes on where it was when the same command is "
        "given again, to the same result, bit for bit. That does not depend "
        "on --threads either.",
    .files = "OUT.state\n"
             "what the same command goes on from\n"
             "OUT.journal\n"
             "losses and the targets' health, one JSON object a line; see "
             "attune-show(1)\n",
    .examples =
        "Look how it goes:\n"
        "attune show encoder.safetensors.journal --columns update,loss\n",
    .run = run};
