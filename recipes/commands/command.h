/* What the verbs share: options, notes, progress, stopping. */
#ifndef RECIPES_COMMANDS_COMMAND_H
#define RECIPES_COMMANDS_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/train/run.h"

#define EXIT_DONE 0
#define EXIT_FAILED 1
#define EXIT_MISUSE 2
#define EXIT_STOPPED 130 /* as after SIGINT; the same command goes on */

#define ATTUNE_PURPOSE                                                         \
    "learns from untranscribed speech, then from a little transcribed, then "  \
    "writes down what is said"

/* One verb. run gets what is left of the command line behind the options. */
struct command {
    const char *name;
    enum verb verb;
    const char *arguments; /* "RECORDING..." */
    const char *purpose;   /* two lines */
    const char *example;
    /* For the manual, where there is more to say: paragraphs; "NAME\n" and
     * what it is, in turn; what an example does and "\n" the command, in turn.
     */
    const char *description, *files, *examples;
    int operands_least, operands_most;
    int (*run)(struct settings *settings, const bool *given, int count,
               char **operands);
};

extern const struct command command_features, command_pretrain,
    command_finetune, command_transcribe, command_align, command_score,
    command_ngram, command_tune, command_probe, command_show, command_help;

/* All of them, as they are listed; NULL behind the last. */
extern const struct command *const commands[];

/* The verb of that name, or NULL. */
const struct command *command_find(const char *name);

/* Reads flags and the settings file; operands [count] are moved to the front
 * of arguments. STATUS_INPUT on misuse. */
MUST_CHECK struct status options_read(struct settings *settings, bool *given,
                                      int *operand_count, char **arguments,
                                      int count, const struct command *command);

/* The verb's --help on stdout. */
void options_help(const struct command *command);

/* The program's --help. */
void usage_print(FILE *out);

/* The verb's page of the manual for man(1), in roff; NULL: the program's. */
void man_print(FILE *out, const struct command *command);

/* Scripts that make a shell complete verbs, options and their values. */
void completion_bash(FILE *out);
void completion_fish(FILE *out);

/* "attune VERB: text" on stderr. */
void command_say(const struct command *command, const char *text);

/* On a terminal: a line with the share that is done (0 .. 1), how many of all
 * things, how fast (seconds of audio in one) and the time left; rewritten in
 * place, until command_clear or the next note. */
void command_progress(const struct command *command, double share, size_t done,
                      size_t all, double audio_s);
void command_clear(void);

/* Says what went wrong, on the first rank, and parts from the others. Returns
 * the exit status. */
int command_end(const struct command *command, const struct status *status);

/* Listener, notes, stopping and ranks for a training verb. */
MUST_CHECK struct status command_host(struct run_host *host,
                                      const struct command *command);

#endif
