/* Pages of the manual in roff (man(7)), from the verbs and the table of
 * settings. */
#include <ctype.h>
#include <string.h>

#include "recipes/commands/command.h"

#define TEXT_SIZE 1024
#define LINE_MOST 64 /* of the roff source, where words allow it */

static const char *const files[][2] = {
    {"MODEL.safetensors",
     "a model: weights under the names of transformers' Wav2Vec2BertForCTC, "
     "and in the header everything that decides features and text"},
    {"MODEL.safetensors.state",
     "beside it while it is trained: what the same command goes on from"},
    {"MODEL.safetensors.journal",
     "what happened in training: one JSON object a line; see attune-show(1)"},
    {"TABLE",
     "recordings: tab-separated, with a header line and the columns path "
     "(relative to the table) and, as there are, id, speaker, text, start and "
     "end (seconds)"},
    {"FOLDER",
     "recordings: every one in the folder and those below; x.txt beside x.wav "
     "is its transcript"},
    {"settings file",
     "lines `name = value`, where a name is that of an option without its two "
     "hyphens, a flag's value is yes or no, and # begins a comment; names of "
     "other verbs are passed over, so one file serves several"}};

/* One character of text, never a command of roff. */
static void put_character(FILE *out, char c)
{
    switch (c) {
    case '\\':
        fputs("\\e", out);
        break;
    case '-':
        fputs("\\-", out);
        break;
    case '`':
        fputs("\\(ga", out);
        break;
    case '\'':
        fputs("\\(aq", out);
        break;
    case '^':
        fputs("\\(ha", out);
        break;
    case '~':
        fputs("\\(ti", out);
        break;
    default:
        fputc(c, out);
    }
}

static size_t run_of(const char *text, size_t length, int (*is)(int))
{
    size_t n = 0;
    while (n < length && (is((unsigned char)text[n]) || text[n] == '-'))
        n++;
    return n;
}

/* --options in bold; where variables is set, what is in capitals in italics. */
static void put_marked(FILE *out, const char *text, size_t length,
                       bool variables)
{
    for (size_t i = 0; i < length;) {
        const char *font = NULL;
        size_t n = 0;
        if (length - i > 2 && !strncmp(text + i, "--", 2)) {
            n = run_of(text + i, length - i, islower);
            font = "\\fB";
        } else if (variables && isupper((unsigned char)text[i])) {
            n = run_of(text + i, length - i, isupper);
            font = "\\fI";
        }
        if (font)
            fputs(font, out);
        for (size_t end = i + (font ? n : 1); i < end; i++)
            put_character(out, text[i]);
        if (font)
            fputs("\\fR", out);
    }
}

/* Words of text that may be filled; an empty line begins a paragraph. */
static void put_text(FILE *out, const char *text, bool variables)
{
    size_t column = 0;
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (column && column + 1 + length > LINE_MOST) {
            fputc('\n', out);
            column = 0;
        }
        if (column)
            fputc(' ', out);
        if (!column && *text == '.')
            fputs("\\&", out);
        put_marked(out, text, length, variables);
        column += length + 1;
        text += length;
        if (!strncmp(text, "\n\n", 2)) {
            fputs("\n.PP\n", out);
            column = 0;
        }
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}

static void put_first_line(FILE *out, const char *text)
{
    char line[TEXT_SIZE];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    put_text(out, line, false);
}

/* Lines as they are. */
static void put_example(FILE *out, const char *text, size_t length)
{
    fputs(".RS 4\n.nf\n", out);
    for (size_t i = 0; i < length; i++)
        put_character(out, text[i]);
    fputs("\n.fi\n.RE\n", out);
}

static void put_item(FILE *out, const char *name, size_t length,
                     const char *text, size_t text_length)
{
    fputs(".TP\n.I ", out);
    for (size_t i = 0; i < length; i++)
        put_character(out, name[i]);
    fputc('\n', out);
    (void)text_length;
    put_first_line(out, text);
}

static void put_option(FILE *out, const struct setting *setting)
{
    char text[TEXT_SIZE], range[96] = "";
    fputs(".TP\n\\fB\\-\\-", out);
    for (const char *p = setting->name; *p; p++)
        put_character(out, *p);
    fputs("\\fR", out);
    if (setting->argument) {
        fputc(' ', out);
        put_marked(out, setting->argument, strlen(setting->argument), true);
    }
    fputc('\n', out);
    if (setting->kind == SETTING_INT || setting->kind == SETTING_NUMBER)
        snprintf(range, sizeof range, ", from %.16g to %.16g", setting->least,
                 setting->most);
    if (setting->kind != SETTING_FLAG && setting->initial[0])
        snprintf(text, sizeof text, "%s (default %s%s)", setting->help,
                 setting->initial, range);
    else if (!strcmp(setting->initial, "yes"))
        snprintf(text, sizeof text, "%s (default; --no-%s: not)", setting->help,
                 setting->name);
    else
        snprintf(text, sizeof text, "%s", setting->help);
    put_text(out, text, false);
}

/* Pairs of lines: a name and what it is. */
static void put_pairs(FILE *out, const char *text,
                      void (*put)(FILE *, const char *, size_t, const char *,
                                  size_t))
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *next = text + length + (text[length] == '\n');
        size_t next_length = strcspn(next, "\n");
        put(out, text, length, next, next_length);
        text = next + next_length + (next[next_length] == '\n');
    }
}

static void put_further_example(FILE *out, const char *what, size_t length,
                                const char *text, size_t text_length)
{
    (void)length;
    fputs(".PP\n", out);
    put_first_line(out, what);
    put_example(out, text, text_length);
}

static void put_exit_status(FILE *out, bool stops)
{
    fputs(".SH EXIT STATUS\n"
          ".TP\n.B 0\ndone\n"
          ".TP\n.B 1\nfailed; the last line on standard error says why\n"
          ".TP\n.B 2\nthe command line is wrong\n",
          out);
    if (stops)
        fputs(".TP\n.B 130\nstopped by SIGINT or SIGTERM, after a save; the "
              "same command goes on\n",
              out);
}

static void put_title(FILE *out, const char *verb, const char *purpose)
{
    fputs(".TH ATTUNE", out);
    for (const char *p = verb; p && *p; p++)
        fprintf(out, "%s%c", p == verb ? "\\-" : "", toupper(*p));
    fputs(" 1 " ATTUNE_DATE " \"attune " ATTUNE_VERSION "\"\n"
          ".SH NAME\nattune",
          out);
    fprintf(out, "%s%s \\- ", verb ? "\\-" : "", verb ? verb : "");
    put_first_line(out, purpose);
}

static void put_see_also(FILE *out, const struct command *own)
{
    fputs(".SH SEE ALSO\n", out);
    if (own)
        fprintf(out, ".BR attune (1)");
    for (const struct command *const *p = commands; *p; p++)
        if (*p != own)
            fprintf(out, "%s.BR attune\\-%s (1)",
                    own || p != commands ? ",\n" : "", (*p)->name);
    fputc('\n', out);
}

static void print_verb(FILE *out, const struct command *command)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    put_title(out, command->name, command->purpose);
    fprintf(out, ".SH SYNOPSIS\n.B attune %s\n", command->name);
    put_text(out, command->arguments, true);
    fprintf(out, ".SH DESCRIPTION\n.B attune %s\n", command->name);
    char purpose[TEXT_SIZE];
    snprintf(purpose, sizeof purpose, "%s.", command->purpose);
    put_text(out, purpose, false);
    if (command->description) {
        fputs(".PP\n", out);
        put_text(out, command->description, false);
    }
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < count; i++)
        if (table[i].verbs & (unsigned)command->verb)
            put_option(out, &table[i]);
    fputs(".SH FILES\n", out);
    if (command->files)
        put_pairs(out, command->files, put_item);
    else
        fputs("See\n.BR attune (1).\n", out);
    put_exit_status(out, command->verb & (VERB_PRETRAIN | VERB_FINETUNE));
    fputs(".SH EXAMPLES\n", out);
    put_example(out, command->example, strlen(command->example));
    if (command->examples)
        put_pairs(out, command->examples, put_further_example);
    put_see_also(out, command);
}

static void print_program(FILE *out)
{
    put_title(out, NULL, ATTUNE_PURPOSE);
    fputs(".SH SYNOPSIS\n.B attune\n", out);
    put_text(out, "VERB [OPTIONS] ...", true);
    fputs(".SH DESCRIPTION\n.B attune\n" ATTUNE_PURPOSE ".\nThe verbs:\n", out);
    for (const struct command *const *p = commands; *p; p++) {
        fprintf(out, ".TP\n.BR attune\\-%s (1)\n", (*p)->name);
        put_first_line(out, (*p)->purpose);
    }
    fputs(".PP\nResults go to standard output, progress and errors to "
          "standard error.\n"
          ".SH OPTIONS\n"
          ".TP\n.B \\-\\-help\nlists the verbs; behind a verb: its options\n"
          ".TP\n.B \\-\\-version\nprints the version\n"
          ".SH FILES\n",
          out);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put_item(out, files[i][0], strlen(files[i][0]), files[i][1],
                 strlen(files[i][1]));
    put_exit_status(out, true);
    fputs(".SH ENVIRONMENT\n.TP\n.B OPENBLAS_CORETYPE\n"
          "kernels of OpenBLAS to use; where it is not set and others are "
          "faster on this\nCPU,\n.B attune\nsets it and starts itself again\n"
          ".SH EXAMPLES\n",
          out);
    for (const struct command *const *p = commands; *p; p++) {
        if (p != commands)
            fputs(".PP\n", out);
        put_example(out, (*p)->example, strlen((*p)->example));
    }
    put_see_also(out, NULL);
}

void man_print(FILE *out, const struct command *command)
{
    if (command)
        print_verb(out, command);
    else
        print_program(out);
}
