/* attune score */
#include <stdio.h>

#include "model/text/score_files.h"
#include "recipes/commands/command.h"

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    (void)given;
    (void)count;
    struct score_options options = {
        .normalise = {.fold_case = settings->fold_case,
                      .drop_punctuation = settings->drop_punctuation},
        .allow_missing = settings->allow_missing};
    struct score_files files;
    struct score score;
    struct status status =
        score_files_read(&files, operands[0], operands[1], &options);
    if (!status_failed(&status)) {
        status = score_pairs(&score, files.pairs, files.count,
                             (uint64_t)settings->seed);
        if (!status_failed(&status))
            status = score_print(stdout, &score, files.pairs, files.count,
                                 settings->alignment);
        score_files_free(&files);
    }
    return command_end(&command_score, &status);
}

const struct command command_score = {
    .name = "score",
    .verb = VERB_SCORE,
    .arguments = "REF HYP [OPTIONS]",
    .purpose = "counts word and character errors of transcripts\n"
               "(tables, trn files or the output of attune transcribe)",
    .example = "attune score test.tsv transcripts.txt --alignment",
    .description =
        "REF says what was said, HYP what was understood; utterances are "
        "matched by their id or path. The last two lines are the error rates "
        "of "
        "characters and of words: in percent, errors of how many, and how many "
        "were inserted, deleted and substituted.",
    .operands_least = 2,
    .operands_most = 2,
    .run = run};
