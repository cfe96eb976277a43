/* attune finetune */
#include "recipes/commands/command.h"

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    (void)count;
    (void)operands;
    struct run_host host;
    if (!settings->data[0] || !settings->dev[0] || !settings->out[0]) {
        command_say(&command_finetune, "--data, --dev and --out are wanted");
        return EXIT_MISUSE;
    }
    struct status status = command_host(&host, &command_finetune);
    if (!status_failed(&status))
        status = finetune_run(settings, given, &host);
    return command_end(&command_finetune, &status);
}

const struct command command_finetune = {
    .name = "finetune",
    .verb = VERB_FINETUNE,
    .arguments = "--data TABLE|FOLDER --dev TABLE|FOLDER --out FILE "
                 "[--init FILE] [OPTIONS]",
    .purpose = "learns to transcribe from transcribed recordings (CTC)\n"
               "on top of a pretrained encoder, a recogniser to adapt, or "
               "from scratch",
    .example = "attune finetune --data train.tsv --dev dev.tsv --init "
               "encoder.safetensors --out recogniser.safetensors",
    .run = run};
