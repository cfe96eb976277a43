/* `attune transcribe` from its start to the last text, as a user runs it, on
 * one core. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
#define COUNT 17 /* recordings of 4 to 20 s */

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

int main(int count, char **arguments)
{
    static char model[512], paths[COUNT + 1][512];
    double lengths_s[COUNT + 1], all_s[TURNS], start_s[TURNS], audio_s = 0;
    char *words[COUNT + 8] = {ATTUNE, "transcribe", "--threads",
                              "1",    "--model",    model};
    (void)count;
    cpu_choose_blas(arguments);
    gemm_threads(1);
    if (scratch_open(NULL))
        return 1;
    snprintf(model, sizeof model, "%s", scratch_path("small.safetensors"));
    make_model(model);
    for (size_t i = 0; i <= COUNT; i++) {
        lengths_s[i] = i < COUNT ? 4 + (double)i : 0.1;
        audio_s += lengths_s[i];
        snprintf(paths[i], sizeof *paths, "%s/speech-%zu.wav", scratch_path(""),
                 i);
        words[6 + i] = paths[i];
    }
    speech_corpus("speech", lengths_s, COUNT + 1);
    char *brief[] = {ATTUNE,    "transcribe", "--threads",  "1",
                     "--model", model,        paths[COUNT], NULL};
    run(words);
    for (size_t i = 0; i < TURNS; i++) {
        all_s[i] = run(words);
        start_s[i] = run(brief);
    }
    bench_print("transcribe_small_realtime_factor",
                audio_s / bench_median_of(all_s, TURNS), "x");
    bench_print("transcribe_small_start",
                1000 * bench_median_of(start_s, TURNS), "ms");
    scratch_close(NULL);
    return 0;
}
