/* A model card: what a model is and what it is for. */
#include "recipes/commands/card.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/data/text_file.h"
#include "recipes/commands/markdown.h"

#define TEXT_MOST 1000000 /* bytes of notes, or of a file of scores */
#define TOKENS_SHOWN 400  /* where each sign is a word there are thousands */

/* The end of what attune score prints. */
#define RATE "[0-9a-z.-]+"
#define ERRORS                                                                 \
    RATE " \\[ [0-9]+ / [0-9]+, [0-9]+ ins, [0-9]+ del, [0-9]+ sub \\]\n"
static const char score_lines[] = "[0-9]+ utterances, [0-9]+ with errors\n"
                                  "WER 95 % interval " RATE " \\.\\. " RATE
                                  "\n%CER " ERRORS "%WER " ERRORS "$";

/* ---- Reading ---- */

static struct status read_score(struct card_score *score, const char *path)
{
    regex_t regex;
    regmatch_t match;
    char *text = NULL;
    score->path = path;
    if (regcomp(&regex, score_lines, REG_EXTENDED))
        return status_memory("scores");
    struct status status = text_file_read(&text, path, TEXT_MOST);
    if (!status_failed(&status) && regexec(&regex, text, 1, &match, 0))
        status = status_error(
            STATUS_INPUT, "%s: does not end as what attune score prints", path);
    else if (!status_failed(&status) &&
             !(score->text = strdup(text + match.rm_so)))
        status = status_memory("scores");
    free(text);
    regfree(&regex);
    return status;
}

struct status card_open(struct card *card, const char *path,
                        const struct checkpoint *checkpoint,
                        const struct settings *settings, char *const *scores,
                        size_t count)
{
    struct stat about;
    struct status status = status_ok();
    *card = (struct card){.path = path,
                          .checkpoint = checkpoint,
                          .title = settings->title,
                          .language = settings->language,
                          .licence = settings->licence,
                          .score_count = count};
    card->scores = calloc(count + 1, sizeof *card->scores);
    if (!card->scores)
        status = status_memory("scores");
    else if (stat(path, &about))
        status = status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    else
        card->bytes = (size_t)about.st_size;
    if (!status_failed(&status) && settings->notes[0])
        status = text_file_read(&card->notes, settings->notes, TEXT_MOST);
    for (size_t i = 0; i < count && !status_failed(&status); i++)
        status = read_score(&card->scores[i], scores[i]);
    if (status_failed(&status))
        card_close(card);
    return status;
}

void card_close(struct card *card)
{
    for (size_t i = 0; card->scores && i < card->score_count; i++)
        free(card->scores[i].text);
    free(card->scores);
    free(card->notes);
    memset(card, 0, sizeof *card);
}

/* ---- Writing ---- */

/* The path's last part. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void print_title(FILE *out, const struct card *card)
{
    char name[SETTING_TEXT_SIZE];
    snprintf(name, sizeof name, "%s", base_name(card->path));
    char *dot = strrchr(name, '.');
    if (dot && dot > name)
        *dot = '\0';
    fputs("# ", out);
    markdown_text(out, card->title[0] ? card->title : name);
    fputs("\n\n", out);
}

/* What the places read where models are published. */
static void print_front_matter(FILE *out, const struct card *card)
{
    if (!card->language[0] && !card->licence[0])
        return;
    fputs("---\n", out);
    if (card->language[0]) {
        fputs("language: ", out);
        markdown_value(out, card->language);
        fputc('\n', out);
    }
    if (card->licence[0]) {
        fputs("license: ", out);
        markdown_value(out, card->licence);
        fputc('\n', out);
    }
    fputs("library_name: attune\n", out);
    if (card->checkpoint->tokens.count)
        fputs("pipeline_tag: automatic-speech-recognition\n", out);
    fputs("---\n\n", out);
}

static void print_said(FILE *out, const char *name, const char *value)
{
    fprintf(out, "- %s: ", name);
    if (value[0])
        markdown_text(out, value);
    else
        fputs("not said", out);
    fputc('\n', out);
}

static void print_facts(FILE *out, const struct card *card)
{
    const struct checkpoint *c = card->checkpoint;
    const char *program = provenance_get(&c->provenance, "program");
    print_said(out, "language", card->language);
    print_said(out, "licence", card->licence);
    fputs("- file: ", out);
    markdown_code(out, base_name(card->path));
    fprintf(out,
            ", %zu bytes, safetensors; weights under the names of "
            "transformers' Wav2Vec2BertForCTC\n"
            "- parameters: %zu\n- made by: ",
            card->bytes, parameters_size(&c->parameters));
    markdown_code(out, program[0] ? program : "?");
    fputs("\n\n", out);
}

static void print_tokens(FILE *out, const struct tokens *tokens)
{
    bool space = tokens_space(tokens) != 0;
    int left = tokens->count - 1 - space;
    fprintf(out, "It writes these %d characters, and no others:", left);
    for (int i = 1; i < tokens->count && i <= TOKENS_SHOWN; i++) {
        if (!strcmp(tokens->texts[i], " "))
            continue;
        fputc(' ', out);
        markdown_text(out, tokens->texts[i]);
        left--;
    }
    if (left)
        fprintf(out, " and %d more", left);
    fputs(space ? " (and the space).\n" : "\n", out);
}

static void print_purpose(FILE *out, const struct card *card)
{
    const struct checkpoint *c = card->checkpoint;
    fputs("## What it is for\n\n", out);
    if (!c->tokens.count) {
        fputs("It cannot transcribe yet: from recordings without transcripts "
              "it has learned how speech sounds, not how it is written. "
              "Fine-tune it (see Use) with some that are transcribed, best of "
              "the languages and the kind of recordings that it knows.\n\n",
              out);
        return;
    }
    fputs("It writes down speech like that which it was fine-tuned on: that "
          "language, those subjects, rooms and microphones. Of others it knows "
          "little, and what it then writes looks no different. How its errors "
          "differ between speakers, accents and noises is not known, unless "
          "it is said here.\n\n",
          out);
    print_tokens(out, &c->tokens);
    if (c->settings.fold_case)
        fputs("Upper and lower case are one.\n", out);
    if (c->settings.drop_punctuation)
        fputs("Punctuation was left out of the transcripts.\n", out);
    fputc('\n', out);
}

static void print_architecture(FILE *out, const struct checkpoint *c)
{
    static const char *const cmvn[] = {"of each utterance", "running",
                                       "that of the training data"};
    const struct settings *s = &c->settings;
    fprintf(out,
            "## Architecture\n\n"
            "- input: %d log mel energies every 10 ms of sound at %d Hz, "
            "normalisation %s, %d frames stacked into one vector; recordings "
            "of another rate are resampled, and those of a lower one lack what "
            "it learned to hear\n"
            "- encoder: the Conformer of w2v-BERT 2.0, %d layers of %d, %d "
            "heads, feed-forward %d, convolution of %d taps, positions %d "
            "back and %d ahead\n",
            s->bins, s->rate, cmvn[s->cmvn], s->stride, s->layers, s->dim,
            s->heads, s->ffn, s->taps, s->left, s->right);
    if (c->tokens.count)
        fprintf(out, "- output: CTC over %d tokens, with the blank\n",
                c->tokens.count);
    if (c->quantiser.codes)
        fprintf(out, "- output: masked prediction, %d codebooks of %d codes\n",
                c->quantiser.codebooks, c->quantiser.codes);
    fputc('\n', out);
}

static void print_scores(FILE *out, const struct card *card)
{
    const struct provenance *p = &card->checkpoint->provenance;
    if (!card->checkpoint->tokens.count && !card->score_count)
        return;
    fputs("## Measured\n\n", out);
    for (size_t i = 0; i < card->score_count; i++) {
        markdown_code(out, base_name(card->scores[i].path));
        fprintf(out, ", by `attune score`:\n\n```\n%s```\n\n",
                card->scores[i].text);
    }
    if (!card->score_count)
        fputs("No error rates of a test were given.\n", out);
    if (provenance_get(p, "finetune.dev_wer")[0])
        fputs("The error rates of the development set (below) are no test: "
              "they chose the weights.\n",
              out);
    fputc('\n', out);
}

static void print_use(FILE *out, const struct card *card)
{
    const char *name = base_name(card->path);
    fputs("## Use\n\nWith attune (`--help` says more):\n\n```sh\n", out);
    if (card->checkpoint->tokens.count) {
        fputs("attune transcribe --model ", out);
        markdown_word(out, name);
        fputs(" RECORDING...\nattune align --model ", out);
        markdown_word(out, name);
        fputs(" --table TABLE --format srt --output-dir FOLDER\n"
              "# To a speaker or a subject, from some transcribed minutes:\n"
              "attune finetune --updates 200 --learning-rate 0.0003 --init ",
              out);
    } else {
        fputs("attune finetune --init ", out);
    }
    markdown_word(out, name);
    fputs(" \\\n    --data TRAIN.tsv --dev DEV.tsv --out own.safetensors\n```\n"
          "\n",
          out);
}

void card_print(FILE *out, const struct card *card)
{
    print_front_matter(out, card);
    print_title(out, card);
    fputs(card->checkpoint->tokens.count
              ? "A speech recogniser, for attune.\n\n"
              : "An encoder of speech, pretrained, for attune.\n\n",
          out);
    print_facts(out, card);
    print_purpose(out, card);
    if (card->notes)
        fprintf(out, "%s\n\n", card->notes);
    print_scores(out, card);
    print_use(out, card);
    print_architecture(out, card->checkpoint);
    card_print_runs(out, card);
    card_print_commands(out, card);
    fputs("This card was printed from the file by `attune show --card` of "
          "attune " ATTUNE_VERSION ".\n",
          out);
}
