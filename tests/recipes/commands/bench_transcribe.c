/* `attune transcribe` from its start to the last text, as a user runs it, on
 * one core. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/encoder/settings.h"
#include "model/kernel/cpu.h"
#include "model/kernel/gemm.h"
#include "model/train/run.h"
#include "tests/bench.h"
#include "tests/speech.h"
#include "tests/scratch.h"

#define ATTUNE "build/release/attune"
#define TURNS 5
#define COUNT 48 /* recordings of 1 to 6 s, as AN4's */

static const volatile sig_atomic_t never_stop = 0;
static const struct ranks alone = {.count = 1, .sharing = 1};

static void listen(void *context, const struct trainer_report *report)
{
    (void)context;
    (void)report;
}

static void note(const char *text)
{
    (void)text;
}

/* A recogniser of size `small` that has learned next to nothing. */
static void make_model(const char *path)
{
    static struct settings s;
    static const double length_s = 2;
    bool given[SETTINGS_MOST] = {false};
    struct run_host host = {
        .listener = listen, .note = note, .stop = &never_stop, .ranks = &alone};
    const char *table = speech_corpus("learned", &length_s, 1);
    settings_default(&s, VERB_FINETUNE);
    snprintf(s.data, sizeof s.data, "%s", table);
    snprintf(s.dev, sizeof s.dev, "%s", table);
    snprintf(s.out, sizeof s.out, "%s", path);
    s.layers = 12;
    s.dim = 256;
    s.ffn = 1024;
    s.stride = 4;
    s.updates = 1;
    s.batch_seconds = s.speed = 0;
    struct status status = finetune_run(&s, given, &host);
    if (status_failed(&status)) {
        bench_note("%s", status.text);
        exit(1);
    }
}

/* Processor seconds of the children that have ended. */
static double children_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* Processor seconds of one run of the program. */
static double run(char *const *words)
{
    int code;
    double before = children_s();
    pid_t process = fork();
    if (process == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        /* As from a user's shell. */
        unsetenv("OPENBLAS_CORETYPE");
        unsetenv("OPENBLAS_NUM_THREADS");
        execv(ATTUNE, words);
        _exit(127);
    }
    waitpid(process, &code, 0);
    if (code) {
        bench_note(ATTUNE " failed");
        exit(1);
    }
    return children_s() - before;
}

/* Median processor seconds of the recordings with weights of a
 * precision, and of a tenth of a second alone. */
static void measure(double *all_s, double *start_s, const char *model,
                    char (*paths)[512], const char *precision)
{
    double all[TURNS], start[TURNS];
    char *words[COUNT + 9] = {ATTUNE,        "transcribe",     "--threads",
                              "1",           "--model",        (char *)model,
                              "--precision", (char *)precision};
    char *brief[10];
    memcpy(brief, words, 8 * sizeof *words);
    brief[8] = paths[COUNT];
    brief[9] = NULL;
    for (size_t i = 0; i < COUNT; i++)
        words[8 + i] = paths[i];
    run(words);
    for (size_t i = 0; i < TURNS; i++) {
        all[i] = run(words);
        start[i] = run(brief);
    }
    *all_s = bench_median_of(all, TURNS);
    *start_s = bench_median_of(start, TURNS);
}

int main(int count, char **arguments)
{
    static char model[512], paths[COUNT + 1][512];
    double lengths_s[COUNT + 1], audio_s = 0, all_s, start_s;
    (void)count;
    cpu_choose_blas(arguments);
    gemm_threads(1);
    if (scratch_open(NULL))
        return 1;
    snprintf(model, sizeof model, "%s", scratch_path("small.safetensors"));
    make_model(model);
    for (size_t i = 0; i <= COUNT; i++) {
        lengths_s[i] = i < COUNT ? 1 + (double)(i % 16) / 3 : 0.1;
        audio_s += i < COUNT ? lengths_s[i] : 0;
        snprintf(paths[i], sizeof *paths, "%s/speech-%zu.wav", scratch_path(""),
                 i);
    }
    speech_corpus("speech", lengths_s, COUNT + 1);
    measure(&all_s, &start_s, model, paths, "float");
    bench_print("transcribe_small_realtime_factor", audio_s / all_s, "x");
    bench_print("startup_small", 1000 * start_s, "ms");
    measure(&all_s, &start_s, model, paths, "int8");
    bench_print("transcribe_small_realtime_factor_int8", audio_s / all_s, "x");
    bench_print("startup_small_int8", 1000 * start_s, "ms");
    scratch_close(NULL);
    return 0;
}
