/* Every setting of the program: one table behind flags, settings files,
 * --help and checkpoints. */
#ifndef MODEL_ENCODER_SETTINGS_H
#define MODEL_ENCODER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "audio/frontend.h"
#include "audio/sound.h"
#include "audio/status.h"
#include "model/encoder/parameters.h"

enum verb {
    VERB_FEATURES = 1,
    VERB_PRETRAIN = 2,
    VERB_FINETUNE = 4,
    VERB_TRANSCRIBE = 8,
    VERB_SCORE = 16,
    VERB_SHOW = 32,
    VERB_NGRAM = 64,
    VERB_TUNE = 128,
    VERB_ALIGN = 256,
    VERB_PROBE = 512,
    VERB_HELP = 1024
};

enum cmvn_kind { CMVN_UTTERANCE, CMVN_RUNNING, CMVN_STORED };
enum target_kind { TARGET_RANDOM_PROJECTION, TARGET_KMEANS };
enum mask_fill { FILL_LEARNED, FILL_NOISE };
enum schedule_kind { SCHEDULE_COSINE, SCHEDULE_TRI_STAGE, SCHEDULE_CONSTANT };
enum precision { PRECISION_INT8, PRECISION_FLOAT };
enum nonfinite_action { NONFINITE_STOP, NONFINITE_SKIP };
enum completion_kind { COMPLETION_NONE, COMPLETION_BASH, COMPLETION_FISH };

#define SETTING_TEXT_SIZE 4096
#define SETTING_WORD -1 /* an int that was given as its word */

/* The values. Which verbs know which is in the table. */
struct settings {
    /* What the model is: kept in the checkpoint, the same ever after. */
    int rate, bins, stride, cmvn;
    double low_hz, high_hz;
    int dim, layers, heads, ffn, taps, left, right;
    int fold_case, drop_punctuation;
    /* Files. */
    char data[SETTING_TEXT_SIZE], dev[SETTING_TEXT_SIZE];
    char out[SETTING_TEXT_SIZE], init[SETTING_TEXT_SIZE];
    char model[SETTING_TEXT_SIZE], table[SETTING_TEXT_SIZE];
    char config[SETTING_TEXT_SIZE], columns[SETTING_TEXT_SIZE];
    char notes[SETTING_TEXT_SIZE], title[256], language[256], licence[256];
    char aligner[SETTING_TEXT_SIZE], picture[SETTING_TEXT_SIZE];
    char utterance[SETTING_TEXT_SIZE];
    char raw[64];
    /* What a search knows of the language. */
    char lm[SETTING_TEXT_SIZE], lexicon[SETTING_TEXT_SIZE];
    char hotwords[SETTING_TEXT_SIZE];
    int beam, n_best;
    double lm_weight, word_bonus, unknown_score, hotword_boost;
    double beam_threshold, token_floor;
    /* How recordings are read. */
    int channel, outside, skip_bad;
    int vad, live;
    double pause, segment_seconds, speech_threshold, partial_seconds;
    double cmvn_history;
    /* A training run. */
    int updates, lanes, threads, readers, cache_mib;
    double seed;
    double batch_seconds, micro_seconds, longest_seconds;
    double learning_rate, final_scale, warmup, hold;
    int schedule, nonfinite;
    double weight_decay, beta1, beta2, clip;
    double dropout, attention_dropout, layer_drop;
    int save_every, validate_every, report_every;
    int overwrite;
    /* Masked prediction. */
    int targets, codebooks, codes, code_width, whiten, mask_fill;
    double mask_start, mask_span, visible_weight;
    char target_model[SETTING_TEXT_SIZE];
    int target_layer, inter_prediction;
    /* CTC fine-tuning. */
    int freeze_updates, average;
    double head_rate, layer_decay;
    double speed, join_seconds, consistency, inter_ctc;
    int time_masks, frequency_masks, frequency_width;
    double time_mask_seconds, time_mask_share, mask_warmup;
    /* Transcription. */
    int precision;
    /* An n-gram model. */
    int order, unit, interpolate_unigrams, perplexity;
    char prune[64], vocabulary[SETTING_TEXT_SIZE];
    /* A look into an encoder. */
    int rows;
    double silence;
    /* Output. */
    int json, mfcc, alignment, allow_missing, card;
    char format[256], output_dir[SETTING_TEXT_SIZE];
    int help, man, completion;
};

enum setting_kind {
    SETTING_FLAG, /* int 0 or 1: --name, --no-name, name = yes|no */
    SETTING_INT,
    SETTING_NUMBER, /* double */
    SETTING_TEXT,   /* char [SETTING_TEXT_SIZE] or smaller: see size */
    SETTING_CHOICE  /* int: index in choices */
};

struct setting {
    const char *name; /* "batch-seconds": --batch-seconds, batch-seconds = */
    enum setting_kind kind;
    size_t offset, size;
    double least, most;
    const char *initial;  /* as the user would write it */
    const char *choices;  /* "a|b|c"; of an int: a word for SETTING_WORD; of a
                           * text: what completion offers */
    unsigned verbs;       /* who knows it */
    bool of_model;        /* kept in the checkpoint and never changed after */
    const char *argument; /* what --help calls the value */
    const char *help;
};

/* The table; *count rows. A name may stand twice, for different verbs. */
const struct setting *settings_table(size_t *count);

/* The verb's row of that name, or NULL. */
const struct setting *settings_find(const char *name, unsigned verbs);

/* Index of row in the table, for arrays of flags beside it. */
size_t settings_index(const struct setting *setting);
#define SETTINGS_MOST 144

/* Every value to its default for the verb. */
void settings_default(struct settings *settings, unsigned verbs);

/* Reads text into the value of setting; where names the place for the message
 * ("--dim", "run.conf:3: dim"). Range and form are checked. */
MUST_CHECK struct status settings_set(struct settings *settings,
                                      const struct setting *setting,
                                      const char *text, const char *where);

/* The value as the user would write it, into text [size]. */
void settings_get(char *text, size_t size, const struct settings *settings,
                  const struct setting *setting);

/* Reads a settings file ("name = value" lines, # comments) for a verb; names
 * of other verbs are passed over, unknown ones refused. given [SETTINGS_MOST]
 * marks what was set; what is marked already is left alone (a flag goes before
 * the file). */
MUST_CHECK struct status settings_read(struct settings *settings, bool *given,
                                       const char *path, unsigned verbs);

/* The same of a text in memory, which is called name in messages. */
MUST_CHECK struct status settings_parse(struct settings *settings, bool *given,
                                        const char *text, const char *name,
                                        unsigned verbs);

/* Rules between settings that no single range can say. */
MUST_CHECK struct status settings_check(const struct settings *settings);

/* What other rooms want of the values. */
struct frontend_settings settings_frontend(const struct settings *settings);
struct model_shape settings_shape(const struct settings *settings,
                                  int vocabulary, int codes);
struct sound_request settings_sound(const struct settings *settings);

/* Seconds to rows of the encoder (stacked frames), at least 1. */
size_t settings_rows(const struct settings *settings, double seconds);

/* The table of a verb, for --help. */
void settings_print_help(FILE *out, unsigned verbs);

#endif
