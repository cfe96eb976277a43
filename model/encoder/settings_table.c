/* The table of settings. */
#include "model/encoder/settings.h"

#include "model/text/ngram.h"

#define SIZE(field) sizeof(((struct settings *)0)->field)
#define AT(field) offsetof(struct settings, field), SIZE(field)
#define INT(name, field, initial, least, most, verbs, model, help)             \
    {                                                                          \
        name, SETTING_INT, AT(field), least, most, initial, NULL, verbs,       \
            model, "N", help                                                   \
    }
#define NUMBER(name, field, initial, least, most, verbs, model, help)          \
    {                                                                          \
        name, SETTING_NUMBER, AT(field), least, most, initial, NULL, verbs,    \
            model, "X", help                                                   \
    }
#define CHOICE(name, field, initial, choices, verbs, model, help)              \
    {                                                                          \
        name, SETTING_CHOICE, AT(field), 0, 0, initial, choices, verbs, model, \
            choices, help                                                      \
    }
#define FLAG(name, field, initial, verbs, model, help)                         \
    {                                                                          \
        name, SETTING_FLAG, AT(field), 0, 1, initial, NULL, verbs, model,      \
            NULL, help                                                         \
    }
#define TEXT(name, field, verbs, argument, help)                               \
    {                                                                          \
        name, SETTING_TEXT, AT(field), 0, 0, "", NULL, verbs, false, argument, \
            help                                                               \
    }

#define P VERB_PRETRAIN
#define F VERB_FINETUNE
#define T VERB_TRANSCRIBE
#define X VERB_FEATURES
#define S VERB_SCORE
#define W VERB_SHOW
#define A VERB_ALIGN
#define H VERB_HELP
#define N VERB_NGRAM
#define U VERB_TUNE
#define B VERB_PROBE

static const struct setting table[] = {
    TEXT("data", data, P | F, "TABLE|FOLDER",
         "recordings to learn from (fine-tuning: with text)"),
    TEXT("data", data, N, "TABLE|FOLDER", "whose transcripts are text, too"),
    TEXT("data", data, B, "TABLE|FOLDER",
         "transcribed recordings that codes are counted on, and probes fitted "
         "to"),
    TEXT("dev", dev, B, "TABLE|FOLDER",
         "transcribed recordings that probes are tried on"),
    TEXT("dev", dev, F, "TABLE|FOLDER",
         "transcribed recordings that choose the best checkpoint"),
    TEXT("model", model, T | A | U, "FILE", "checkpoint that transcribes"),
    TEXT("model", model, B, "FILE", "checkpoint that is looked into"),
    TEXT("aligner", aligner, B, "FILE",
         "fine-tuned checkpoint that finds when each letter is said"),
    TEXT("picture", picture, B, "FOLDER",
         "instead of probing: what is seen of one recording, for "
         "recipes/picture.gp to draw"),
    TEXT("utterance", utterance, B, "ID",
         "whose picture (without: the first of --dev)"),
    TEXT("model", model, N, "FILE", "ARPA file, with --perplexity"),
    TEXT("out", out, P | F | X | N | U, "FILE", "what is written"),
    TEXT("init", init, P | F, "FILE", "checkpoint to start from"),
    TEXT("table", table, T | X | A, "TABLE|FOLDER", "recordings, as a table"),
    TEXT("table", table, U, "TABLE|FOLDER",
         "transcribed recordings that decide; never those of a test"),
    TEXT("config", config, P | F | T | X | S | A | N | U | W | B, "FILE",
         "settings file of `name = value` lines; may be given again, and the "
         "last "
         "one counts; flags go before all"),
    INT("updates", updates, "8000", 1, 1e9, P, false,
        "updates of the whole run"),
    INT("updates", updates, "10000", 1, 1e9, F, false,
        "updates of the whole run"),
    NUMBER("seed", seed, "1", 0, 9007199254740991.0, P | F | S | B, false,
           "of everything random"),
    INT("threads", threads, "0", 0, 1024, P | F | T | A | U | B, false,
        "workers; 0: one for each core. The result does not depend on it"),
    /* The model. */
    INT("rate", rate, "16000", 1000, 192000, P | F | X, true,
        "sampling rate in Hz that the front end works at"),
    INT("bins", bins, "80", 1, 512, P | F | X, true, "mel bins"),
    NUMBER("low-hz", low_hz, "20", 0, 96000, P | F | X, true,
           "lower edge of the mel filter bank"),
    NUMBER("high-hz", high_hz, "0", -96000, 96000, P | F | X, true,
           "upper edge; 0 or less: below half the rate"),
    CHOICE("cmvn", cmvn, "utterance", "utterance|running|stored", P | F, true,
           "normalisation of features"),
    INT("stride", stride, "3", 1, 32, P | F, true,
        "frames of 10 ms stacked into one input vector"),
    INT("dim", dim, "144", 1, 8192, P | F, true, "width of the encoder"),
    INT("layers", layers, "6", 1, 256, P | F, true, "Conformer layers"),
    INT("heads", heads, "4", 1, 256, P | F, true, "attention heads"),
    INT("ffn", ffn, "576", 1, 65536, P | F, true,
        "inner width of the feed-forward modules"),
    INT("taps", taps, "15", 1, 255, P | F, true,
        "taps of the causal convolution"),
    INT("left", left, "64", 0, 4096, P | F, true,
        "reach of relative positions to the left"),
    INT("right", right, "8", 0, 4096, P | F, true, "and to the right"),
    FLAG("fold-case", fold_case, "yes", P | F | S | N, true,
         "upper and lower case are one"),
    FLAG("drop-punctuation", drop_punctuation, "yes", P | F | S | N, true,
         "punctuation is left out of transcripts"),
    /* Masked prediction. */
    CHOICE("targets", targets, "k-means", "random-projection|k-means", P, false,
           "what is predicted: BEST-RQ codes, or HuBERT clusters"),
    INT("codebooks", codebooks, "4", 1, 64, P, false,
        "codebooks of random-projection targets"),
    INT("codes", codes, "256", 2, 65536, P, false, "codes in a codebook"),
    INT("code-width", code_width, "16", 1, 1024, P, false,
        "dimensions that frames are projected to"),
    INT("whiten", whiten, "8", 0, 16384, P, false,
        "principal directions kept and whitened before the projection; 0: 95 "
        "% of the variance"),
    TEXT("target-model", target_model, P | B, "FILE",
         "k-means: cluster a layer of this checkpoint instead of MFCC"),
    INT("target-layer", target_layer, "0", 0, 256, P | B, false,
        "the layer; 0: the middle one, of a recogniser the last but one"),
    NUMBER("mask-start", mask_start, "0.04", 0.0001, 1, P, false,
           "probability that a row starts a hidden span"),
    NUMBER("mask-span", mask_span, "0.4", 0.001, 60, P, false,
           "seconds a span hides"),
    NUMBER("visible-weight", visible_weight, "0.5", 0, 100, P, false,
           "weight of the losses of visible rows (1: as of hidden ones)"),
    FLAG("inter-prediction", inter_prediction, "yes", P, false,
         "the middle layer predicts, too, with the same head (ILS-SSL)"),
    CHOICE("mask-fill", mask_fill, "learned", "learned|noise", P, false,
           "what hidden rows become: a learned vector, or noise N(0, 0.1)"),
    /* Fine-tuning. */
    INT("freeze-updates", freeze_updates, "0", 0, 1e9, F, false,
        "first updates that train the head alone"),
    NUMBER("head-rate", head_rate, "1", 0.001, 1000, F, false,
           "learning rate of the head, times that of the encoder"),
    NUMBER("layer-decay", layer_decay, "1", 0.01, 1, F, false,
           "each lower layer's learning rate, times that above"),
    INT("average", average, "5", 1, 1000, F, false,
        "last validations whose weights are averaged; the mean is kept unless "
        "it errs more than the best by a standard deviation"),
    NUMBER("speed", speed, "0.1", 0, 0.5, F, false,
           "speed perturbation: 1 - X, 1 and 1 + X; 0: none"),
    NUMBER("join-seconds", join_seconds, "0", 0, 3600, F, false,
           "recordings are joined at random, up to this: for long recordings, "
           "where speech begins and ends anywhere; 0: none"),
    NUMBER("consistency", consistency, "0", 0, 100, F, false,
           "weight of reading two augmentations of a recording alike; doubles "
           "the work of an update; 0: one augmentation"),
    NUMBER("inter-ctc", inter_ctc, "0.3", 0, 100, F, false,
           "weight of CTC from the middle layer, through the same head "
           "(InterCTC); 0: from the last layer alone"),
    INT("time-masks", time_masks, "2", 0, 100, F, false,
        "SpecAugment: masks over time in an utterance"),
    NUMBER("time-mask-seconds", time_mask_seconds, "0.3", 0, 10, F, false,
           "longest of them"),
    NUMBER("time-mask-share", time_mask_share, "0.2", 0, 0.9, F, false,
           "most of an utterance that they may hide"),
    INT("frequency-masks", frequency_masks, "2", 0, 100, F, false,
        "SpecAugment: masks over mel bins"),
    INT("frequency-width", frequency_width, "10", 0, 512, F, false,
        "widest of them, in bins"),
    NUMBER("mask-warmup", mask_warmup, "0.3", 0, 1, F, false,
           "share of the updates in which masks grow from nothing to their "
           "width: what knows no letters yet learns later behind them"),
    INT("validate-every", validate_every, "100", 1, 1e9, F, false,
        "updates between validations"),
    /* Training. */
    NUMBER("batch-seconds", batch_seconds, "40", 0.1, 1e7, P, false,
           "audio in an update"),
    NUMBER("batch-seconds", batch_seconds, "10", 0.1, 1e7, F, false,
           "audio in an update"),
    NUMBER("micro-seconds", micro_seconds, "24", 0.1, 1e5, P | F, false,
           "audio that one worker handles at a time"),
    NUMBER("longest-seconds", longest_seconds, "20", 0.1, 3600, P, false,
           "longer recordings are cropped, elsewhere in each pass"),
    NUMBER("longest-seconds", longest_seconds, "40", 0.1, 3600, F | B, false,
           "longer recordings are left out, and named"),
    INT("lanes", lanes, "4", 1, 65536, P | F, false,
        "parts an update is summed in; belongs to the experiment, not to the "
        "machine"),
    NUMBER("learning-rate", learning_rate, "0.001", 0, 10, P, false, "peak"),
    NUMBER("learning-rate", learning_rate, "0.001", 0, 10, F, false, "peak"),
    CHOICE("schedule", schedule, "cosine", "cosine|tri-stage|constant", P,
           false, "of the learning rate, after warm-up"),
    CHOICE("schedule", schedule, "tri-stage", "cosine|tri-stage|constant", F,
           false, "of the learning rate, after warm-up"),
    NUMBER("warmup", warmup, "0.1", 0, 1, P | F, false, "share of the updates"),
    NUMBER("hold", hold, "0.4", 0, 1, P | F, false,
           "tri-stage: share of the updates at the peak"),
    NUMBER("final-scale", final_scale, "0.05", 0, 1, P | F, false,
           "last learning rate, times the peak"),
    NUMBER("weight-decay", weight_decay, "0.01", 0, 10, P | F, false,
           "AdamW's, on matrices"),
    NUMBER("beta1", beta1, "0.9", 0, 0.9999, P | F, false, "AdamW's"),
    NUMBER("beta2", beta2, "0.98", 0, 0.999999, P | F, false, "AdamW's"),
    NUMBER("clip", clip, "1", 0, 1e9, P | F, false,
           "largest norm of an update's gradient; 0: any"),
    NUMBER("dropout", dropout, "0.05", 0, 0.9, P, false, "in the encoder"),
    NUMBER("dropout", dropout, "0.1", 0, 0.9, F, false, "in the encoder"),
    NUMBER("attention-dropout", attention_dropout, "0", 0, 0.9, P | F, false,
           "of attention weights"),
    NUMBER("layer-drop", layer_drop, "0", 0, 0.9, P | F, false,
           "probability that a layer is skipped"),
    CHOICE("nonfinite", nonfinite, "stop", "stop|skip", P | F, false,
           "on a gradient that is not finite: stop, or skip the update"),
    INT("save-every", save_every, "500", 1, 1e9, P | F, false,
        "updates between saves for resuming"),
    INT("report-every", report_every, "50", 1, 1e9, P | F, false,
        "updates between lines of the journal"),
    FLAG("overwrite", overwrite, "no", P | F, false,
         "start over even though --out exists"),
    /* Recordings. */
    INT("channel", channel, "0", 0, 1024, P | F | X | A | U | B, false,
        "channel that is read; 0: the mean of all"),
    {"channel", SETTING_INT, AT(channel), 0, 1024, "0", "each", T, false,
     "N|each",
     "channel that is read; 0: the mean of all; each: every one for itself"},
    TEXT("raw", raw, T | X | A | U, "RATE:FORMAT:CHANNELS",
         "recordings are headerless PCM, such as 8000:s16:1"),
    FLAG("outside", outside, "no", P | F | T | X | A | U | B, false,
         "a table may name files outside its folder"),
    FLAG("skip-bad", skip_bad, "no", P | F, false,
         "leave out recordings that cannot be read, and name them"),
    INT("cache-mib", cache_mib, "4096", 0, 1e9, P | F | B, false,
        "memory for features"),
    INT("readers", readers, "1", 1, 64, P | F | B, false,
        "threads that read ahead"),
    /* Transcription. */
    CHOICE("precision", precision, "int8", "int8|float", T | U, false,
           "of the encoder's weights; int8 is 2.5 times as fast with AVX-512 "
           "VNNI, and costs 0.1 % of words"),
    INT("beam", beam, "0", 0, 65536, T | U, false,
        "hypotheses that are kept; 0: 64 with lm, lexicon, hotwords or n-best, "
        "else the best token of each row"),
    INT("n-best", n_best, "1", 1, 1000, T, false,
        "texts that are given for each line, in JSON"),
    NUMBER("beam-threshold", beam_threshold, "14", 0, 1e9, T | U, false,
           "hypotheses worse than the best by more (a natural log) are "
           "dropped"),
    NUMBER("token-floor", token_floor, "-9", -1e9, 0, T | U, false,
           "ln P below which a token is not tried"),
    TEXT("lm", lm, T | U, "FILE",
         "n-grams (ARPA, also gzip) of words, or of characters"),
    NUMBER("lm-weight", lm_weight, "0.5", 0, 1000, T, false,
           "of the n-grams' ln P"),
    NUMBER("word-bonus", word_bonus, "1", -1000, 1000, T, false,
           "with lm: added for each word of the text"),
    NUMBER("lm-weight", lm_weight, "0.5", 0, 1000, U, false,
           "where the search begins, and what its result is compared with"),
    NUMBER("word-bonus", word_bonus, "1", -1000, 1000, U, false,
           "the same of the bonus"),
    NUMBER("unknown-score", unknown_score, "-5", -1000, 1000, T | U, false,
           "added for each word that the n-grams lack"),
    TEXT("lexicon", lexicon, T | U, "FILE|lm",
         "no words but these, one a line; lm: those of the n-grams. Where a "
         "model writes no spaces: each recording is one of them"),
    TEXT("hotwords", hotwords, T | U, "FILE|LIST",
         "phrases to favour: lines of phrase TAB boost, or "
         "phrase:boost,phrase:boost,..."),
    NUMBER("hotword-boost", hotword_boost, "5", -1000, 1000, T | U, false,
           "of phrases without one of their own"),
    NUMBER("cmvn-history", cmvn_history, "10", 0, 1e9, T | U, false,
           "seconds that were heard before of the same recording, or speaker "
           "(of --table), that features are normalised by, too; 0: none"),
    /* Recordings of any length. */
    FLAG("live", live, "no", T, false,
         "transcribe what comes in on stdin as it is spoken"),
    FLAG("vad", vad, "yes", T, false,
         "cut at pauses, and leave out what is no speech"),
    NUMBER("pause", pause, "0.5", 0.1, 60, T, false,
           "seconds without speech that end a segment"),
    NUMBER("segment-seconds", segment_seconds, "10", 1, 600, T, false,
           "a longer segment is cut in its longest pause"),
    NUMBER("speech-threshold", speech_threshold, "6", 0, 60, T, false,
           "decibels by which speech stands above the noise"),
    NUMBER("partial-seconds", partial_seconds, "0.5", 0.05, 60, T, false,
           "live: between looks at a sentence that is not over"),
    /* An n-gram model. */
    INT("order", order, "3", 1, NGRAM_ORDER_MOST, N, false,
        "longest n-grams, in words"),
    CHOICE("unit", unit, "word", "word|character", N, false,
           "what n-grams are of; a space among characters is <space>. With "
           "--perplexity by itself that of the model"),
    TEXT("prune", prune, N, "N,N,...",
         "leave out n-grams seen at most N times: one number for each length, "
         "beginning with 0; the last one goes on"),
    TEXT("vocabulary", vocabulary, N, "FILE",
         "text that has all words that may be in the model"),
    FLAG("interpolate-unigrams", interpolate_unigrams, "yes", N, false,
         "all words share what is left for unseen ones; else <unk> gets it"),
    FLAG("perplexity", perplexity, "no", N, false,
         "print how well the model foresees the texts"),
    /* A look into an encoder. */
    INT("rows", rows, "20000", 1, 1e9, B, false,
        "rows of each table that probes see at most, evenly spread"),
    NUMBER("silence", silence, "0.3", 0, 60, B, false,
           "a row farther than this many seconds from any letter is silence"),
    /* Output. */
    FLAG("json", json, "no", T | A, false, "as --format json"),
    FLAG("json", json, "no", B, false, "one object for each line"),
    {"format", SETTING_TEXT, AT(format), 0, 0, "",
     "txt|json|ctm|trn|srt|vtt|TextGrid", T | A, false, "A,B,...",
     "txt, json, ctm, trn, srt, vtt, TextGrid (without: txt); several want "
     "--output-dir"},
    TEXT("output-dir", output_dir, T | A, "FOLDER",
         "a file for each recording and format, below folders as recordings "
         "are in one that is named, or in a table"),
    FLAG("mfcc", mfcc, "no", X, false, "MFCC instead of log mel energies"),
    FLAG("alignment", alignment, "no", S, false,
         "print the words of every utterance with errors"),
    FLAG("allow-missing", allow_missing, "no", S, false,
         "an utterance without hypothesis counts as empty"),
    TEXT("columns", columns, W, "A,B,...",
         "of a journal: print these values as a table"),
    FLAG("card", card, "no", W, false,
         "print a model card, in Markdown, for those who get the model"),
    TEXT("title", title, W, "TEXT",
         "the card's heading; without: the file's name"),
    TEXT("language", language, W, "TEXT",
         "what is spoken, for the card: en, or de, or words"),
    TEXT("licence", licence, W, "TEXT", "what may be done with the model: mit"),
    TEXT("notes", notes, W, "FILE",
         "Markdown that goes into the card as it is: whose voices these are, "
         "what for, whom to ask"),
    FLAG("man", man, "no", H, false,
         "the page of the manual, for man, instead of the help"),
    CHOICE("completion", completion, "none", "none|bash|fish", H, false,
           "a script that makes this shell complete what is typed"),
    FLAG("help", help, "no", P | F | T | X | S | W | A | H | N | U | B, false,
         "this text"),
};

const struct setting *settings_table(size_t *count)
{
    *count = sizeof table / sizeof *table;
    _Static_assert(sizeof table / sizeof *table <= SETTINGS_MOST,
                   "SETTINGS_MOST");
    return table;
}
