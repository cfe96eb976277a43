/* The program: attune VERB ... */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "model/kernel/cpu.h"
#include "recipes/commands/command.h"

const struct command *const commands[] = {
    &command_pretrain, &command_finetune, &command_transcribe, &command_align,
    &command_score,    &command_features, &command_ngram,      &command_tune,
    &command_probe,    &command_show,     &command_help,       NULL};

const struct command *command_find(const char *name)
{
    const struct command *const *p = commands;
    while (*p && strcmp((*p)->name, name) != 0)
        p++;
    return *p;
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
        usage_print(stderr);
        return EXIT_MISUSE;
    }
    if (!strcmp(arguments[1], "--help") || !strcmp(arguments[1], "-h")) {
        usage_print(stdout);
        return EXIT_DONE;
    }
    if (!strcmp(arguments[1], "--version")) {
        puts("attune " ATTUNE_VERSION);
        return EXIT_DONE;
    }
    const struct command *command = command_find(arguments[1]);
    if (!command) {
        fprintf(stderr, "attune: unknown verb \"%s\" (see attune --help)\n",
                arguments[1]);
        return EXIT_MISUSE;
    }
    int code = run(command, count - 2, arguments + 2);
    if (fflush(stdout) || ferror(stdout)) {
        command_say(command, "stdout: cannot be written");
        return EXIT_FAILED;
    }
    return code;
}
