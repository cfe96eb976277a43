/* A model card: the runs that made a model, and how they are done again. */
#include <stdlib.h>
#include <string.h>

#include "recipes/commands/card.h"
#include "recipes/commands/markdown.h"

/* A run as the checkpoint tells of it. */
struct told {
    enum verb verb;
    const char *name; /* "pretrain" */
    const struct provenance *provenance;
    struct settings settings, defaults;
    bool known; /* settings are all there, and of this program */
};

static const char *value_of(const struct told *run, const char *key)
{
    char full[64];
    snprintf(full, sizeof full, "%s.%s", run->name, key);
    return provenance_get(run->provenance, full);
}

/* One "NAME=VALUE" of a run's settings. */
static bool take_setting(struct told *run, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return false;
    *equals = '\0';
    const struct setting *row = settings_find(text, run->verb);
    if (!row || row->of_model || row->kind == SETTING_TEXT)
        return false;
    struct status status =
        settings_set(&run->settings, row, equals + 1, row->name);
    return !status_failed(&status);
}

/* False where the checkpoint tells of no such run. */
static bool read_run(struct told *run, const struct card *card, enum verb verb)
{
    char text[PROVENANCE_SIZE], *rest = NULL;
    run->verb = verb;
    run->name = verb == VERB_PRETRAIN ? "pretrain" : "finetune";
    run->provenance = &card->checkpoint->provenance;
    settings_default(&run->settings, verb);
    settings_default(&run->defaults, verb);
    snprintf(text, sizeof text, "%s", value_of(run, "settings"));
    run->known = text[0] != '\0';
    for (char *one = strtok_r(text, " ", &rest); one && run->known;
         one = strtok_r(NULL, " ", &rest))
        run->known = take_setting(run, one);
    /* A model without tokens may begin from one that had been fine-tuned. */
    return value_of(run, "data")[0] &&
           (verb == VERB_PRETRAIN || card->checkpoint->tokens.count);
}

/* Calls what (or not, if NULL) for each setting of the model, or of the run,
 * that is not as by default, and counts them. */
static size_t each_other(FILE *out, const struct told *run,
                         const struct settings *settings, bool of_model,
                         void (*what)(FILE *, const struct setting *,
                                      const char *, const char *))
{
    size_t count, others = 0;
    char own[SETTING_TEXT_SIZE], initial[SETTING_TEXT_SIZE];
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct setting *row = &table[i];
        if (!(row->verbs & run->verb) || row->of_model != of_model ||
            row->kind == SETTING_TEXT)
            continue;
        settings_get(own, sizeof own, settings, row);
        settings_get(initial, sizeof initial, &run->defaults, row);
        if (!strcmp(own, initial))
            continue;
        others++;
        if (what)
            what(out, row, own, initial);
    }
    return others;
}

/* ---- How it was made ---- */

/* A number as it is, anything else as code. */
static void print_number(FILE *out, const char *text)
{
    if (!text[0])
        fputs("?", out);
    else if (text[strspn(text, "0123456789. of")])
        markdown_code(out, text);
    else
        fputs(text, out);
}

static void print_path(FILE *out, const char *what, const char *path)
{
    if (!path[0])
        return;
    fprintf(out, "- %s: ", what);
    markdown_code(out, path);
    fputc('\n', out);
}

static void print_row(FILE *out, const struct setting *row, const char *own,
                      const char *initial)
{
    fprintf(out, "| %s | %s | %s |\n", row->name, own, initial);
}

static void print_settings(FILE *out, const struct told *run,
                           const struct settings *settings, bool of_model)
{
    if (!each_other(out, run, settings, of_model, NULL)) {
        fputs("All settings are as by default.\n\n", out);
        return;
    }
    fputs("| setting | value | default |\n|---|---|---|\n", out);
    each_other(out, run, settings, of_model, print_row);
    fputc('\n', out);
}

static void print_targets(FILE *out, const struct told *run)
{
    const struct settings *s = &run->settings;
    if (!run->known)
        return;
    fputs("- targets: ", out);
    if (s->targets == TARGET_RANDOM_PROJECTION)
        fprintf(out, "random projection (BEST-RQ), %d codebooks of %d codes\n",
                s->codebooks, s->codes);
    else
        fprintf(out, "k-means (HuBERT), %d clusters of %s\n", s->codes,
                value_of(run, "target-model")[0] ? "a model's layer" : "MFCC");
    print_path(out, "clustered model", value_of(run, "target-model"));
}

static void print_updates(FILE *out, const struct told *run)
{
    double minutes = strtod(value_of(run, "minutes"), NULL);
    double updates = strtod(value_of(run, "updates"), NULL);
    fputs("- updates: ", out);
    print_number(out, value_of(run, "updates"));
    if (run->known)
        fprintf(out, ", %g s of audio in each", run->settings.batch_seconds);
    if (run->known && minutes > 0 && updates > 0)
        fprintf(out, ": %.1f passes",
                updates * run->settings.batch_seconds / 60 / minutes);
    fputs("\n- seed: ", out);
    print_number(out, value_of(run, "seed"));
    fputc('\n', out);
}

static void print_development(FILE *out, const struct told *run)
{
    fputs("- development set: ", out);
    if (value_of(run, "dev")[0]) {
        markdown_code(out, value_of(run, "dev"));
        fputs(", ", out);
    }
    fputs("WER ", out);
    print_number(out, value_of(run, "dev_wer"));
    fputs(" %, CER ", out);
    print_number(out, value_of(run, "dev_cer"));
    fputs(" %\n", out);
}

static void print_run(FILE *out, const struct told *run)
{
    fputs("- learned from: ", out);
    markdown_code(out, value_of(run, "data"));
    fputs(": ", out);
    if (value_of(run, "recordings")[0]) {
        print_number(out, value_of(run, "recordings"));
        fputs(" recordings, ", out);
    }
    print_number(out, value_of(run, "minutes"));
    fputs(" minutes (the table's fingerprint: ", out);
    markdown_code(out, value_of(run, "fingerprint"));
    fputs(")\n", out);
    print_path(out, "began from", value_of(run, "init"));
    print_path(out, "before that, it had learned from",
               value_of(run, "before"));
    if (run->verb == VERB_PRETRAIN)
        print_targets(out, run);
    print_updates(out, run);
    if (value_of(run, "dev_wer")[0])
        print_development(out, run);
    fputc('\n', out);
    if (run->known)
        print_settings(out, run, &run->settings, false);
    else
        fputs("Its settings are not in the file, or are of another attune.\n\n",
              out);
}

void card_print_runs(FILE *out, const struct card *card)
{
    struct told pretraining, finetuning;
    const struct checkpoint *c = card->checkpoint;
    bool pretrained = read_run(&pretraining, card, VERB_PRETRAIN);
    bool finetuned = read_run(&finetuning, card, VERB_FINETUNE);
    fputs("## How it was made\n\n", out);
    if (pretrained) {
        fputs("### Pretraining\n\nMasked prediction, without transcripts.\n\n",
              out);
        print_run(out, &pretraining);
    }
    if (finetuned) {
        fprintf(out, "### Fine-tuning\n\nCTC, with transcripts%s.\n\n",
                value_of(&finetuning, "init")[0] ? "" : ", from scratch");
        print_run(out, &finetuning);
    }
    if (!pretrained && !finetuned)
        fputs("The file does not say.\n\n", out);
    fputs("### Settings of the model\n\n", out);
    print_settings(out, &pretraining, &c->settings, true);
}

/* ---- Making it again ---- */

static void print_path_option(FILE *out, const char *name, const char *path)
{
    if (!path[0])
        return;
    fprintf(out, " \\\n    --%s ", name);
    markdown_word(out, path);
}

static void print_option(FILE *out, const struct setting *row, const char *own,
                         const char *initial)
{
    (void)initial;
    if (row->kind == SETTING_FLAG)
        fprintf(out, " \\\n    --%s%s", strcmp(own, "yes") ? "no-" : "",
                row->name);
    else
        fprintf(out, " \\\n    --%s %s", row->name, own);
}

/* Settings of the model that an encoder leaves open. */
static bool is_of_text(const struct setting *row)
{
    return !strcmp(row->name, "fold-case") ||
           !strcmp(row->name, "drop-punctuation");
}

static void print_text_option(FILE *out, const struct setting *row,
                              const char *own, const char *initial)
{
    if (is_of_text(row))
        print_option(out, row, own, initial);
}

static void print_shape_option(FILE *out, const struct setting *row,
                               const char *own, const char *initial)
{
    if (!is_of_text(row))
        print_option(out, row, own, initial);
}

/* model_option prints those of the model's settings that are wanted. */
static void print_command(FILE *out, const struct told *run, const char *path,
                          const struct settings *model,
                          void (*model_option)(FILE *, const struct setting *,
                                               const char *, const char *))
{
    static const char *const paths[] = {"data", "dev", "init", "target-model"};
    fprintf(out, "attune %s", run->name);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        print_path_option(out, paths[i], value_of(run, paths[i]));
    print_path_option(out, "out", path);
    each_other(out, run, model, true, model_option);
    each_other(out, run, &run->settings, false, print_option);
    fputc('\n', out);
}

void card_print_commands(FILE *out, const struct card *card)
{
    struct told pretraining, finetuning;
    const struct settings *model = &card->checkpoint->settings;
    const char *slash = strrchr(card->path, '/');
    const char *own = slash ? slash + 1 : card->path;
    bool pretrained = read_run(&pretraining, card, VERB_PRETRAIN);
    bool finetuned = read_run(&finetuning, card, VERB_FINETUNE);
    /* A model that was fine-tuned before is not what was pretrained. */
    if (finetuned && value_of(&finetuning, "before")[0])
        pretrained = false;
    const struct told *first = pretrained ? &pretraining : &finetuning;
    fputs("## Make it again\n\n", out);
    if ((!pretrained && !finetuned) || (pretrained && !pretraining.known) ||
        (finetuned && !finetuning.known)) {
        fputs("The file lacks settings of its runs, or has some that this "
              "attune does not know.\n\n",
              out);
        return;
    }
    if (value_of(first, "init")[0]) {
        fputs("It begins from ", out);
        markdown_code(out, value_of(first, "init"));
        fputs(", which must be there.\n\n", out);
    }
    fputs("```sh\n", out);
    if (pretrained && finetuned)
        print_command(out, &pretraining, value_of(&finetuning, "init"), model,
                      print_shape_option);
    else if (pretrained)
        print_command(out, &pretraining, own, model, print_option);
    if (finetuned)
        print_command(out, &finetuning, own, model,
                      value_of(&finetuning, "init")[0] ? print_text_option
                                                       : print_option);
    fputs("```\n\nThe same version of attune, recordings and kind of processor "
          "give the same model to the last bit, on any number of workers.\n\n",
          out);
}
