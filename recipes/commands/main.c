/* The program: attune VERB ... */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "model/kernel/cpu.h"
#include "recipes/commands/command.h"

static const struct command *const commands[] = {
    &command_pretrain, &command_finetune, &command_transcribe, &command_align,
    &command_score,    &command_features, &command_show};
#define COMMANDS (sizeof commands / sizeof *commands)

static void print_usage(FILE *out)
{
    fprintf(out, "attune: learns from untranscribed speech, then from a "
                 "little transcribed, then writes down what is said\n\n"
                 "usage: attune VERB [OPTIONS] ...   (attune VERB --help says "
                 "more)\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-11s %.*s\n", commands[i]->name,
                (int)strcspn(commands[i]->purpose, "\n"), commands[i]->purpose);
}

static int run(const struct command *command, int count, char **arguments)
{
    static struct settings settings; /* large: long paths */
    bool given[SETTINGS_MOST] = {false};
    int operands;
    struct status status =
        options_read(&settings, given, &operands, arguments, count, command);
    if (status_failed(&status)) {
        command_say(command, status.text);
        return EXIT_MISUSE;
    }
    if (settings.help) {
        options_help(command);
        return EXIT_DONE;
    }
    return command->run(&settings, given, operands, arguments);
}

int main(int count, char **arguments)
{
    cpu_choose_blas(arguments);
    cpu_flush_denormals();
    signal(SIGXFSZ, SIG_IGN); /* a full quota is an error, not a death */
    if (count < 2) {
        print_usage(stderr);
        return EXIT_MISUSE;
    }
    if (!strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h") ||
        !strcmp(arguments[1], "help")) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(arguments[1], "--version")) {
        puts("attune " ATTUNE_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i]->name, arguments[1])) {
            int code = run(commands[i], count - 2, arguments + 2);
            if (fflush(stdout) || ferror(stdout)) {
                command_say(commands[i], "stdout: cannot be written");
                return EXIT_FAILED;
            }
            return code;
        }
    fprintf(stderr, "attune: unknown verb \"%s\" (see attune --help)\n",
            arguments[1]);
    return EXIT_MISUSE;
}
