/* Training steps, as `attune pretrain` and `attune finetune` run them, held
 * against matrix products alone and against PyTorch, turn by turn. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/encoder/parameters.h"
#include "model/encoder/settings.h"
#include "model/kernel/cpu.h"
#include "model/kernel/gemm.h"
#include "model/train/run.h"
#include "tests/bench.h"
#include "tests/machine.h"
#include "tests/peer.h"
#include "tests/speech.h"
#include "tests/scratch.h"

#define WARM 2  /* updates that are not counted: features are not there yet */
#define TURNS 5 /* updates that are */
#define SGEMM_S 0.3
#define PIECES 26      /* recordings of an update */
#define GROWTH_S 120.0 /* audio of an update there */
#define RIVALS 2

struct size {
    const char *name;
    int layers, dim, ffn;
};

/* One run: what is trained on what, and what each turn took. */
struct run {
    struct settings settings;
    enum verb verb;
    const double *lengths_s;
    size_t count;
    double flops, audio_s; /* of an update */
    int updates;
    double mark, processor_mark;
    double step_s[TURNS], share[TURNS], share_processor[TURNS];
    struct peer *peers[RIVALS];
    double ratio[RIVALS][TURNS];
};

static const char *const modes[RIVALS] = {"eager", "compile"};

static const volatile sig_atomic_t never_stop = 0;
static const struct ranks alone = {.count = 1, .sharing = 1};

/* Workers of every run but those that count them: BENCH_THREADS, or one for
 * each core. */
static int workers(void)
{
    const char *text = getenv("BENCH_THREADS");
    int count = text ? atoi(text) : 0;
    return count > 0 ? count : cpu_count();
}

/* Called after each update, and sometimes between them. */
static void listen(void *context, const struct trainer_report *report)
{
    struct run *r = context;
    if (report->important)
        return;
    double processor_s = bench_processor() - r->processor_mark;
    /* On one thread it is the processor's time that counts: other programs do
     * not lengthen it. */
    double step_s = workers() == 1 ? processor_s : bench_now() - r->mark;
    int turn = r->updates++ - WARM;
    if (turn >= 0 && turn < TURNS) {
        double processor, threads = r->settings.threads;
        double limit = machine_sgemm(&processor, r->settings.threads, SGEMM_S);
        double rate = r->flops / 1e9;
        limit = workers() == 1 ? processor : limit;
        r->step_s[turn] = step_s;
        r->share[turn] = rate / step_s / limit;
        r->share_processor[turn] = rate / (processor_s / threads) / processor;
        for (size_t p = 0; p < RIVALS; p++)
            if (r->peers[p])
                r->ratio[p][turn] = peer_turn(r->peers[p]) / step_s;
    }
    r->mark = bench_now();
    r->processor_mark = bench_processor();
}

static void note(const char *text)
{
    (void)text;
}

static double rows_of(double length_s, const struct settings *s)
{
    return floor((length_s - 0.015) * 100 / s->stride);
}

/* Floating-point operations of an update that must be done: 6 for each weight
 * and row, 12 dim for each pair of rows that attend to each other, 6 dim for
 * each row and relative position. What is computed twice to save memory does
 * not count. */
static double count_flops(const struct run *r)
{
    const struct settings *s = &r->settings;
    struct model_shape shape =
        settings_shape(s, r->verb == VERB_FINETUNE ? 28 : 0,
                       r->verb == VERB_PRETRAIN ? s->codebooks * s->codes : 0);
    struct parameters parameters;
    struct status status = parameters_open(&parameters, &shape);
    if (status_failed(&status))
        abort();
    /* The share of rows whose targets are predicted. */
    double predicted = s->visible_weight > 0
                           ? 1
                           : 1 - pow(1 - s->mask_start,
                                     (double)settings_rows(s, s->mask_span));
    double weights = 0, rows = 0, pairs = 0, flops;
    for (size_t i = 0; i < parameters.count; i++)
        if (parameters.list[i].kind == PARAMETER_WEIGHT)
            weights +=
                (double)parameters.list[i].count *
                (strstr(parameters.list[i].name, "masked") ? predicted : 1);
    for (size_t u = 0; u < r->count; u++) {
        double own = rows_of(r->lengths_s[u], s);
        rows += own;
        pairs += own * own;
    }
    flops =
        6 * rows * weights +
        s->layers * s->dim * (12 * pairs + 6 * rows * (s->left + s->right + 1));
    parameters_close(&parameters);
    return flops;
}

static void train(struct run *r, const char *table)
{
    bool given[SETTINGS_MOST] = {false};
    struct run_host host = {.listener = listen,
                            .context = r,
                            .note = note,
                            .stop = &never_stop,
                            .ranks = &alone};
    struct settings *s = &r->settings;
    snprintf(s->data, sizeof s->data, "%s", table);
    snprintf(s->dev, sizeof s->dev, "%s", table);
    snprintf(s->out, sizeof s->out, "%s", scratch_path("model.safetensors"));
    s->speed = 0; /* every update sees the same recordings */
    s->report_every = 1;
    s->overwrite = 1;
    s->validate_every = s->save_every = s->updates = WARM + TURNS;
    r->flops = count_flops(r);
    r->mark = bench_now();
    r->processor_mark = bench_processor();
    struct status status = r->verb == VERB_PRETRAIN
                               ? pretrain_run(s, given, &host)
                               : finetune_run(s, given, &host);
    if (status_failed(&status)) {
        bench_note("%s", status.text);
        exit(1);
    }
}

static void prepare(struct run *r, enum verb verb, const struct size *size,
                    const double *lengths_s, size_t count)
{
    memset(r, 0, sizeof *r);
    settings_default(&r->settings, verb);
    r->verb = verb;
    r->lengths_s = lengths_s;
    r->count = count;
    r->settings.layers = size->layers;
    r->settings.dim = size->dim;
    r->settings.ffn = size->ffn;
    r->settings.threads = workers();
    /* What the peer does. */
    r->settings.stride = 4;
    r->settings.consistency = 0;
    r->settings.inter_ctc = 0;
    r->settings.inter_prediction = 0;
    r->settings.targets = TARGET_RANDOM_PROJECTION;
    for (size_t u = 0; u < count; u++)
        r->audio_s += lengths_s[u];
    r->settings.batch_seconds = r->audio_s;
    r->settings.longest_seconds = 100;
}

/* Highest memory since the last call, in MiB. */
static double memory_peak(void)
{
    char line[128];
    double peak = NAN;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmHWM:", 6))
            peak = strtod(line + 6, NULL) / 1024;
    if (file)
        fclose(file);
    file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
    return peak;
}

static void open_peers(struct run *r, const char *what)
{
    const struct settings *s = &r->settings;
    for (size_t p = 0; p < RIVALS; p++) {
        char arguments[1024];
        int used =
            snprintf(arguments, sizeof arguments, "%s %s %d %d %d %d", what,
                     modes[p], s->threads, s->layers, s->dim, s->ffn);
        for (size_t u = 0; u < r->count; u++)
            used += snprintf(arguments + used, sizeof arguments - (size_t)used,
                             " %.0f", rows_of(r->lengths_s[u], s));
        r->peers[p] = peer_open(arguments);
    }
}

static void measure_step(enum verb verb, const struct size *size)
{
    static struct run r;
    char name[64];
    double lengths_s[PIECES];
    size_t count = verb == VERB_PRETRAIN ? PIECES : PIECES / 2;
    for (size_t u = 0; u < count; u++) /* 2 to 10 s, mean 6 s */
        lengths_s[u] =
            2.015 + 8 * (double)(u * 7 % count) / (double)(count - 1);
    prepare(&r, verb, size, lengths_s, count);
    const char *what = verb == VERB_PRETRAIN ? "pretrain" : "finetune";
    const char *table = speech_corpus(what, lengths_s, count);
    open_peers(&r, what);
    memory_peak();
    train(&r, table);
    double peak = memory_peak();
    double step_s = bench_median_of(r.step_s, TURNS);
#define PRINT(ending, value, unit)                                             \
    (snprintf(name, sizeof name, "%s_%s_" ending, what, size->name),           \
     bench_print(name, value, unit))
    PRINT("audio_per_second", r.audio_s / step_s, "s/s");
    PRINT("model_gflops", r.flops / step_s / 1e9, "GFLOPS");
    PRINT("share_of_sgemm", bench_median_of(r.share, TURNS), "");
    PRINT("share_of_sgemm_processor", bench_median_of(r.share_processor, TURNS),
          "");
    PRINT("memory_peak", peak, "MiB");
    for (size_t p = 0; p < RIVALS; p++) {
        if (!r.peers[p])
            continue;
        snprintf(name, sizeof name, "%s_%s_vs_torch_%s", what, size->name,
                 modes[p]);
        bench_print(name, bench_median_of(r.ratio[p], TURNS), "x");
        peer_close(r.peers[p]);
    }
#undef PRINT
}

/* Speed by what grows: recordings' length, the model, workers. */
static void measure_growth(const char *name, const struct size *size,
                           double length_s, int threads)
{
    static struct run r;
    double lengths_s[120];
    size_t count = (size_t)(GROWTH_S / length_s);
    for (size_t u = 0; u < count; u++)
        lengths_s[u] = length_s + 0.015;
    prepare(&r, VERB_PRETRAIN, size, lengths_s, count);
    r.settings.threads = threads;
    train(&r, speech_corpus("growth", lengths_s, count));
    bench_print(name, r.audio_s / bench_median_of(r.step_s, TURNS), "s/s");
}

static void measure_all_growth(void)
{
    static const struct size tiny = {"tiny", 6, 144, 576};
    static const struct size more[] = {{"6_x_144", 6, 144, 576},
                                       {"6_x_288", 6, 288, 1152},
                                       {"12_x_288", 12, 288, 1152},
                                       {"12_x_512", 12, 512, 2048}};
    static const double lengths_s[] = {1, 3, 10, 30, 60};
    char name[64];
    for (size_t i = 0; i < sizeof lengths_s / sizeof *lengths_s; i++) {
        snprintf(name, sizeof name, "pretrain_tiny_of_%.0f_s", lengths_s[i]);
        measure_growth(name, &tiny, lengths_s[i], workers());
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        snprintf(name, sizeof name, "pretrain_%s", more[i].name);
        measure_growth(name, &more[i], 6, workers());
    }
    for (int threads = 1; threads <= workers(); threads *= 2) {
        snprintf(name, sizeof name, "pretrain_tiny_%d_workers", threads);
        measure_growth(name, &tiny, 6, threads);
    }
}

int main(int count, char **arguments)
{
    static const struct size sizes[] = {{"tiny", 6, 144, 576},
                                        {"small", 12, 256, 1024}};
    (void)count;
    cpu_choose_blas(arguments);
    cpu_flush_denormals();
    gemm_threads(1);
    if (scratch_open(NULL))
        return 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        measure_step(VERB_PRETRAIN, &sizes[i]);
        measure_step(VERB_FINETUNE, &sizes[i]);
    }
    measure_all_growth();
    scratch_close(NULL);
    return 0;
}
