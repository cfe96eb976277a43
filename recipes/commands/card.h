/* A model card: what a model is, how it was made, how well it does, as
 * Markdown for those who get it.
 * Mitchell et al. 2019, Model Cards for Model Reporting. */
#ifndef RECIPES_COMMANDS_CARD_H
#define RECIPES_COMMANDS_CARD_H

#include <stddef.h>
#include <stdio.h>

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/store/checkpoint.h"

/* What attune score printed. */
struct card_score {
    const char *path; /* the caller's */
    char *text;       /* its last lines, with the error rates */
};

/* What goes into a card. */
struct card {
    const char *path;                    /* of the checkpoint; the caller's */
    size_t bytes;                        /* of the file */
    const struct checkpoint *checkpoint; /* the caller's */
    const char *title, *language, *licence; /* the caller's; "" where unsaid */
    char *notes;                            /* Markdown, or NULL */
    size_t score_count;
    struct card_score *scores;
};

/* Reads settings' notes and the files of scores [count].
 *
 * Refuses, naming the path: what cannot be read or is not UTF-8, and a file of
 * scores in which attune score's last lines are not found. */
MUST_CHECK struct status card_open(struct card *card, const char *path,
                                   const struct checkpoint *checkpoint,
                                   const struct settings *settings,
                                   char *const *scores, size_t count);
void card_close(struct card *card);

/* The whole card. Strings of the checkpoint are shown as they are, and are
 * neither markup nor anything for a shell. Failures are left for ferror. */
void card_print(FILE *out, const struct card *card);

/* ---- Parts of it, of the runs that made the model ---- */

/* How it was pretrained and fine-tuned, and all settings that are not as by
 * default. */
void card_print_runs(FILE *out, const struct card *card);

/* The commands that make it again. */
void card_print_commands(FILE *out, const struct card *card);

#endif
