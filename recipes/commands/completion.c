/* Completion for bash and fish, from the verbs and the table of settings. */
#include <string.h>

#include "recipes/commands/command.h"

static bool is_known(const struct setting *setting,
                     const struct command *command)
{
    return setting->verbs & (unsigned)command->verb;
}

static void print_verbs(FILE *out)
{
    for (const struct command *const *p = commands; *p; p++)
        fprintf(out, "%s%s", p == commands ? "" : " ", (*p)->name);
}

static bool is_file(const struct setting *setting)
{
    return setting->kind == SETTING_TEXT &&
           (strstr(setting->argument, "FILE") ||
            strstr(setting->argument, "TABLE") ||
            strstr(setting->argument, "FOLDER"));
}

static void print_choice(FILE *out, const struct setting *setting)
{
    fprintf(out, "        --%s) words='", setting->name);
    for (const char *p = setting->choices; *p; p++)
        fputc(*p == '|' ? ' ' : *p, out);
    fputs("' ;;\n", out);
}

static void print_options(FILE *out, const struct command *command)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    const char *space = "";
    for (size_t i = 0; i < count; i++)
        if (is_known(&table[i], command)) {
            bool off = table[i].kind == SETTING_FLAG &&
                       !strcmp(table[i].initial, "yes");
            fprintf(out, "%s--%s%s", space, off ? "no-" : "", table[i].name);
            space = " ";
        }
}

/* What may follow the options that want a value. */
static void print_values(FILE *out, const struct command *command)
{
    size_t count, files = 0, others = 0;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (is_known(&table[i], command) && table[i].choices)
            print_choice(out, &table[i]);
    for (size_t i = 0; i < count; i++)
        if (is_known(&table[i], command) && is_file(&table[i]))
            fprintf(out, "%s--%s", files++ ? " | " : "        ", table[i].name);
    if (files)
        fputs(") files=yes ;;\n", out);
    for (size_t i = 0; i < count; i++)
        if (is_known(&table[i], command) && table[i].argument &&
            !table[i].choices && !is_file(&table[i]))
            fprintf(out, "%s--%s", others++ ? " | " : "        ",
                    table[i].name);
    if (others)
        fputs(") ;;\n", out); /* nothing that could be listed */
}

static void print_verb(FILE *out, const struct command *command)
{
    fprintf(out, "    *-%s)\n        case $before in\n", command->name);
    print_values(out, command);
    fputs("        *)\n", out);
    if (command->verb == VERB_HELP) {
        fputs("            words='", out);
        print_verbs(out);
        fputs("'\n", out);
    } else if (command->operands_most) {
        fputs("            files=yes\n", out);
    }
    fputs(command->operands_most
              ? "            [[ $word != -* ]] || files=no words='"
              : "            words='",
          out);
    print_options(out, command);
    fputs("'\n            ;;\n        esac\n        ;;\n", out);
}

void completion_bash(FILE *out)
{
    fputs("# Completion of attune in bash, as `attune help --completion bash` "
          "prints it.\n"
          "# shellcheck shell=bash\n"
          "_attune() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words='' files=no\n"
          "    local before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    # --name=value is three words here.\n"
          "    if [ \"$word\" = = ]; then\n"
          "        word=''\n"
          "    elif [ \"$before\" = = ]; then\n"
          "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    case $COMP_CWORD-${COMP_WORDS[1]} in\n"
          "    1-*) words='",
          out);
    print_verbs(out);
    fputs(" --help --version' ;;\n", out);
    for (const struct command *const *p = commands; *p; p++)
        print_verb(out, *p);
    fputs("    esac\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    # Names of files are the shell's to complete.\n"
          "    [ $files = yes ] || compopt +o default 2>/dev/null\n"
          "}\n"
          "complete -o default -F _attune attune\n",
          out);
}

/* In fish's quotes. */
static void print_quoted(FILE *out, const char *text, size_t length)
{
    fputc('\'', out);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\'' || text[i] == '\\')
            fputc('\\', out);
        fputc(text[i], out);
    }
    fputc('\'', out);
}

static void print_fish_option(FILE *out, const struct command *command,
                              const struct setting *setting)
{
    bool off =
        setting->kind == SETTING_FLAG && !strcmp(setting->initial, "yes");
    fprintf(out,
            "complete -c attune -n '__fish_seen_subcommand_from %s' -l %s%s",
            command->name, off ? "no-" : "", setting->name);
    if (setting->choices) {
        fputs(" -x -a '", out);
        for (const char *p = setting->choices; *p; p++)
            fputc(*p == '|' ? ' ' : *p, out);
        fputs("'", out);
    } else if (setting->argument) {
        fputs(is_file(setting) ? " -r -F" : " -x", out);
    }
    fprintf(out, " -d ");
    print_quoted(out, setting->help, strlen(setting->help));
    fputc('\n', out);
}

void completion_fish(FILE *out)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    fputs("# Completion of attune in fish, as `attune help --completion fish` "
          "prints it.\n"
          "complete -c attune -n __fish_use_subcommand -f -l help\n"
          "complete -c attune -n __fish_use_subcommand -f -l version\n",
          out);
    for (const struct command *const *p = commands; *p; p++) {
        fprintf(out, "complete -c attune -n __fish_use_subcommand -f -a %s -d ",
                (*p)->name);
        print_quoted(out, (*p)->purpose, strcspn((*p)->purpose, "\n"));
        fputc('\n', out);
        if (!(*p)->operands_most || (*p)->verb == VERB_HELP)
            fprintf(out,
                    "complete -c attune -n '__fish_seen_subcommand_from %s' "
                    "-f\n",
                    (*p)->name);
        for (size_t i = 0; i < count; i++)
            if (is_known(&table[i], *p))
                print_fish_option(out, *p, &table[i]);
    }
}
