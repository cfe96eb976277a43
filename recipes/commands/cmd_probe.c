/* attune probe */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel/gemm.h"
#include "model/pretrain/code_quality.h"
#include "model/store/record.h"
#include "model/train/layer_rows.h"
#include "model/train/linear_probe.h"
#include "model/train/targets.h"
#include "recipes/commands/command.h"
#include "recipes/commands/probe_picture.h"
#include "recipes/commands/probe_targets.h"

enum side { FIT, TEST, SIDES };

struct probing {
    const struct settings *user;
    struct settings settings; /* the user's, with the encoder's */
    struct checkpoint model, aligner;
    struct team *team;
    const struct run_host *host;
    struct recordings data[SIDES];
    struct spoken_letters letters[SIDES];
    /* The probes of one encoder: frames, then layer 0 .. layers. */
    struct layer_rows rows[SIDES];
    struct probe_result *results; /* [layers + 2] */
    struct status *failures;      /* [layers + 2] */
    real *untrained;              /* weights */
};

/* The user's settings, with those that the checkpoint decides. */
static struct settings settings_of(const struct settings *user,
                                   const struct checkpoint *checkpoint)
{
    size_t count;
    struct settings own = *user;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (table[i].of_model)
            memcpy((char *)&own + table[i].offset,
                   (const char *)&checkpoint->settings + table[i].offset,
                   table[i].size);
    return own;
}

/* ---- Codes ---- */

static void print_record(struct record *record)
{
    size_t length;
    char *line = record_line(record, &length);
    if (line)
        fwrite(line, 1, length, stdout);
    free(line);
    record_free(record);
}

static void print_quality(const struct code_quality *q, const char *name,
                          int book, bool json)
{
    if (json) {
        struct record record = {.json = NULL};
        record_text(&record, "kind", book ? "codebook" : "codebooks");
        if (book)
            record_count(&record, "codebook", (uint64_t)book);
        record_number(&record, "letter_purity", q->letter_purity);
        record_number(&record, "code_purity", q->code_purity);
        record_number(&record, "pnmi", q->information);
        record_number(&record, "used", q->used);
        record_number(&record, "perplexity", q->perplexity);
        print_record(&record);
    } else {
        printf("%-16s %13.3f %11.3f %6.3f %7.0f %11.1f\n", name,
               q->letter_purity, q->code_purity, q->information, q->used,
               q->perplexity);
    }
}

static void count_codes(uint64_t *counts, const struct probing *p,
                        const struct targets *targets, int book)
{
    size_t codes = (size_t)targets->quantiser.codes;
    size_t books = (size_t)targets->quantiser.codebooks;
    for (size_t u = 0; u < p->data[FIT].manifest.count; u++) {
        const uint16_t *code = targets_codes(targets, u, 0);
        size_t rows = targets->starts[u + 1] - targets->starts[u];
        if (!spoken_letters_known(&p->letters[FIT], u))
            continue;
        for (size_t r = 0; r < rows; r++)
            counts[spoken_letters_at(&p->letters[FIT], u, r,
                                     p->settings.stride) *
                       codes +
                   code[r * books + (size_t)book]]++;
    }
}

static struct status probe_codes(struct probing *p)
{
    struct targets targets;
    const struct quantiser *q = &p->model.quantiser;
    size_t letters = (size_t)p->aligner.tokens.count, codes = (size_t)q->codes;
    char name[32];
    if (!q->codes) {
        p->host->note("the model keeps no codes: its layers alone are probed");
        return status_ok();
    }
    struct status status = probe_targets_open(
        &targets, &p->data[FIT], &p->settings, &p->model.quantiser, p->team);
    if (status_failed(&status))
        return status;
    struct code_quality *all = calloc((size_t)q->codebooks, sizeof *all);
    uint64_t *counts = calloc(letters * codes, sizeof *counts);
    if (!all || !counts)
        status = status_memory("codes");
    else if (!p->user->json)
        printf("%-16s letter purity code purity   PNMI    used  perplexity\n",
               "codes");
    for (int b = 0; b < q->codebooks && !status_failed(&status); b++) {
        memset(counts, 0, letters * codes * sizeof *counts);
        count_codes(counts, p, &targets, b);
        code_quality(&all[b], counts, letters, codes);
        snprintf(name, sizeof name, "codebook %d", b + 1);
        print_quality(&all[b], name, b + 1, p->user->json);
    }
    if (!status_failed(&status)) {
        struct code_quality mean = code_quality_mean(all, (size_t)q->codebooks);
        print_quality(&mean, "mean", 0, p->user->json);
        if (!p->user->json)
            putchar('\n');
    }
    free(all);
    free(counts);
    targets_close(&targets);
    return status;
}

/* ---- Layers ---- */

static void probe_one(void *context, size_t index, int worker)
{
    struct probing *p = context;
    size_t dim = (size_t)p->settings.dim;
    struct probe_rows sides[SIDES];
    (void)worker;
    for (int i = 0; i < SIDES; i++) {
        const struct layer_rows *rows = &p->rows[i];
        sides[i] =
            (struct probe_rows){.labels = rows->letters, .count = rows->count};
        sides[i].width = index ? dim : (size_t)p->model.parameters.shape.input;
        sides[i].x = index ? rows->outputs + (index - 1) * rows->count * dim
                           : rows->frames;
    }
    p->failures[index] =
        linear_probe(&p->results[index], &sides[FIT], &sides[TEST],
                     (size_t)p->aligner.tokens.count,
                     random_key((uint64_t)p->user->seed, RANDOM_PROBE));
}

static struct status probe_encoder(struct probing *p, const real *weights,
                                   struct probe_result *results)
{
    size_t count = (size_t)p->settings.layers + 2;
    struct status status = status_ok();
    p->results = results;
    for (int i = 0; i < SIDES && !status_failed(&status); i++)
        status = layer_rows_open(&p->rows[i], &p->data[i], &p->letters[i],
                                 &p->settings, &p->model.parameters, weights,
                                 (size_t)p->user->rows, p->team);
    if (!status_failed(&status))
        team_run(p->team, probe_one, p, count);
    for (size_t i = 0; i < count && !status_failed(&status); i++)
        status = p->failures[i];
    return status;
}

static void close_rows(struct probing *p)
{
    for (int i = 0; i < SIDES; i++)
        layer_rows_close(&p->rows[i]);
}

static double share(size_t part, size_t all)
{
    return all ? (double)part / (double)all : 0;
}

static void print_probe(const char *name, int layer,
                        const struct probe_result *trained,
                        const struct probe_result *untrained, bool json)
{
    double all = share(trained->correct, trained->rows);
    double spoken = share(trained->spoken_correct, trained->spoken);
    if (json) {
        struct record record = {.json = NULL};
        record_text(&record, "kind", name);
        if (layer >= 0)
            record_count(&record, "layer", (uint64_t)layer);
        record_number(&record, "accuracy", all);
        record_number(&record, "letter_accuracy", spoken);
        if (untrained) {
            record_number(&record, "untrained_accuracy",
                          share(untrained->correct, untrained->rows));
            record_number(&record, "untrained_letter_accuracy",
                          share(untrained->spoken_correct, untrained->spoken));
        }
        print_record(&record);
        return;
    }
    char text[32];
    snprintf(text, sizeof text, layer < 0 ? "%s" : "%s %d", name, layer);
    printf("%-16s %8.1f %8.1f", text, 100 * all, 100 * spoken);
    if (untrained)
        printf(" %10.1f %8.1f",
               100 * share(untrained->correct, untrained->rows),
               100 * share(untrained->spoken_correct, untrained->spoken));
    putchar('\n');
}

/* What always saying the most frequent letter of FIT gets right of TEST. */
static struct probe_result guess(const struct probing *p)
{
    static size_t counts[TOKENS_MOST];
    struct probe_result result = {.rows = p->rows[TEST].count};
    size_t best = 0;
    memset(counts, 0, sizeof counts);
    for (size_t r = 0; r < p->rows[FIT].count; r++)
        counts[p->rows[FIT].letters[r]]++;
    for (size_t l = 1; l < TOKENS_MOST; l++)
        best = counts[l] > counts[best] ? l : best;
    for (size_t r = 0; r < result.rows; r++) {
        size_t letter = p->rows[TEST].letters[r];
        result.correct += letter == best;
        result.spoken += letter != 0;
        result.spoken_correct += letter && letter == best;
    }
    return result;
}

static struct status probe_layers(struct probing *p)
{
    size_t count = (size_t)p->settings.layers + 2;
    struct probe_result *trained = calloc(2 * count, sizeof *trained);
    struct probe_result *untrained = trained ? trained + count : NULL;
    bool json = p->user->json;
    p->failures = calloc(count, sizeof *p->failures);
    p->untrained = calloc(p->model.parameters.total, sizeof *p->untrained);
    struct status status = status_ok();
    if (!trained || !p->failures || !p->untrained)
        status = status_memory("probe");
    if (!status_failed(&status))
        status = probe_encoder(p, p->model.weights, trained);
    close_rows(p);
    if (!status_failed(&status)) {
        parameters_initialise(
            p->untrained, &p->model.parameters,
            random_key((uint64_t)p->user->seed, RANDOM_INITIAL));
        status = probe_encoder(p, p->untrained, untrained);
    }
    if (!status_failed(&status)) {
        struct probe_result most = guess(p);
        if (!json)
            printf("%-16s accuracy  letters  untrained  letters   (%%, of %zu "
                   "rows, %zu of letters)\n",
                   "linear probe", most.rows, most.spoken);
        print_probe("guess", -1, &most, NULL, json);
        print_probe("frames", -1, &trained[0], NULL, json);
        for (size_t i = 1; i < count; i++)
            print_probe("layer", (int)i - 1, &trained[i], &untrained[i], json);
    }
    close_rows(p);
    free(trained);
    free(p->failures);
    free(p->untrained);
    return status;
}

/* ---- All ---- */

static void say_nothing(const char *text)
{
    (void)text;
}

static struct status open_data(struct probing *p)
{
    const char *paths[SIDES] = {p->user->data, p->user->dev};
    struct settings of_aligner = settings_of(p->user, &p->aligner);
    struct run_host quiet = *p->host;
    struct status status = status_ok();
    quiet.note = say_nothing;
    for (int i = 0; i < SIDES && !status_failed(&status); i++) {
        status = spoken_letters_open(&p->letters[i], paths[i], &p->aligner,
                                     &of_aligner, p->team, p->host);
        if (!status_failed(&status))
            status = recordings_open(&p->data[i], paths[i], &p->settings,
                                     p->model.cmvn_mean, p->model.cmvn_scale,
                                     p->team, &quiet);
    }
    return status;
}

static struct status probe_all(struct probing *p)
{
    struct status status = open_data(p);
    command_clear();
    if (!status_failed(&status))
        status = probe_codes(p);
    if (!status_failed(&status))
        status = probe_layers(p);
    return status;
}

static struct status probe(const struct settings *user,
                           const struct run_host *host)
{
    static struct probing p; /* large: long paths */
    p = (struct probing){.user = user, .host = host};
    struct status status = checkpoint_read(&p.model, user->model);
    if (!status_failed(&status))
        status = checkpoint_read(&p.aligner, user->aligner);
    if (!status_failed(&status) && !p.aligner.tokens.count)
        status = status_error(STATUS_INPUT,
                              "--aligner %s: pretrained only: it has no tokens",
                              user->aligner);
    if (!status_failed(&status))
        status = team_open(&p.team, run_workers(user, 1));
    if (!status_failed(&status)) {
        p.settings = settings_of(user, &p.model);
        struct settings of_aligner = settings_of(user, &p.aligner);
        status = user->picture[0]
                     ? picture_write(&p.model, &p.settings, &p.aligner,
                                     &of_aligner, p.team, host)
                     : probe_all(&p);
    }
    for (int i = 0; i < SIDES; i++) {
        recordings_close(&p.data[i]);
        spoken_letters_close(&p.letters[i]);
    }
    team_close(p.team);
    checkpoint_free(&p.aligner);
    checkpoint_free(&p.model);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    struct run_host host;
    (void)given;
    (void)count;
    (void)operands;
    if (!settings->model[0] || !settings->aligner[0] || !settings->dev[0] ||
        (!settings->data[0] && !settings->picture[0])) {
        command_say(&command_probe, "--model FILE, --aligner FILE, --dev "
                                    "TABLE and, but for --picture, --data "
                                    "TABLE are wanted");
        return EXIT_MISUSE;
    }
    gemm_threads(1);
    struct status status = command_host(&host, &command_probe);
    if (!status_failed(&status))
        status = probe(settings, &host);
    return command_end(&command_probe, &status);
}

const struct command command_probe = {
    .name = "probe",
    .verb = VERB_PROBE,
    .arguments = "--model FILE --aligner FILE --data TABLE --dev TABLE "
                 "[OPTIONS]",
    .purpose = "shows what an encoder knows of letters\n"
               "(its codes' purity and mutual information, and what a linear "
               "probe reads off each layer, beside an untrained encoder)",
    .example = "attune probe --model encoder.safetensors --aligner "
               "recogniser.safetensors --data train.tsv --dev dev.tsv",
    .description =
        "The aligner finds when each letter of the transcripts is said. It "
        "writes a letter in a row or two, so that a row between two letters "
        "belongs to the nearer one; before the first letter, behind the last, "
        "and farther than --silence from any is silence. A space is no "
        "sound.\n"
        "Codes (of a pretrained encoder; a recogniser keeps none) are counted "
        "against these letters, silence being one of them: letter purity is "
        "the accuracy of each code's most frequent letter, code purity that of "
        "each letter's most frequent code, PNMI the share of the letters' "
        "entropy that a code tells (Hsu et al. 2021). More codes raise the "
        "first and the last, and lower the second.\n"
        "A linear probe is a multinomial logistic regression from the rows of "
        "one layer (0: the projection) to letters, fitted on --data and "
        "counted on --dev: on all rows, and on those of letters, without "
        "silence. Beside it: always saying the most frequent letter, the input "
        "frames, and an untrained encoder of the same shape.\n"
        "With --picture, which wants no --data, one recording of --dev is "
        "written as text instead, for recipes/picture.gp to draw.\n",
    .operands_most = 0,
    .run = run};
