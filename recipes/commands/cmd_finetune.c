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
    .description =
        "With --init the encoder is that of a pretrained model or of a "
        "recogniser, which is adapted to a speaker or a subject; shape and "
        "features are that model's, and what is adapted is itself kept where "
        "nothing learned errs less. Every --validate-every updates the "
        "recordings of --dev are transcribed; the weights that err least "
        "become the model, or at the end the mean of the last ones "
        "(--average).\n\n"
        "A run that was stopped goes on where it was when the same command is "
        "given again, to the same result, bit for bit. That does not depend "
        "on --threads either.",
    .files = "OUT.state\n"
             "what the same command goes on from\n"
             "OUT.journal\n"
             "losses and error rates on --dev, one JSON object a line; see "
             "attune-show(1)\n",
    .examples = "Adapt a recogniser to a voice:\n"
                "attune finetune --data my_voice.tsv --dev my_dev.tsv --init "
                "recogniser.safetensors --out mine.safetensors --updates 200 "
                "--learning-rate 0.0003\n"
                "See the word error rate on --dev:\n"
                "attune show recogniser.safetensors.journal --columns "
                "update,dev_wer\n",
    .run = run};
