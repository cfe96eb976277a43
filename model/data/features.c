/* The features of a manifest's recordings: read ahead, kept while memory
 * lasts. */
#include "model/data/features.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "audio/cmvn.h"
#include "audio/frontend.h"
#include "audio/sound.h"
#include "model/kernel/cpu.h"

#define RUNNING_PRIOR_FRAMES 100 /* a second of stored statistics */

enum entry_state { EMPTY, QUEUED, READY, FAILED };

/* One recording at one speed. */
struct entry {
    enum entry_state state;
    unsigned holds;
    float *frames; /* [count, bins] */
    size_t count;
};

struct features {
    const struct manifest *manifest;
    const struct settings *settings;
    struct entry *entries; /* [manifest->count * FEATURES_SPEEDS] */
    uint32_t *rows;        /* [manifest->count] */
    char **problems;       /* [manifest->count] */
    double *lengths_s;     /* [manifest->count] */
    double *sums;          /* [manifest->count, sums_width] during the scan */
    float *mean, *scale;   /* [bins], own copies; NULL: none */
    size_t bytes, bytes_most;

    pthread_mutex_t lock;
    pthread_cond_t wanted, arrived;
    size_t *queue; /* entries to read, a ring */
    size_t queue_first, queue_count, queue_size;
    size_t missing; /* held entries not there yet */
    struct status failure;
    bool closing;
    pthread_t *threads;
    int thread_count;
};

struct status features_normalise(float *frames, size_t count,
                                 const struct settings *s, const float *mean,
                                 const float *scale)
{
    struct status status = status_ok();
    if (s->cmvn == CMVN_UTTERANCE) {
        cmvn_utterance(frames, count, s->bins);
    } else if (mean && s->cmvn == CMVN_STORED) {
        cmvn_stored(frames, mean, scale, count, s->bins);
    } else if (mean) {
        struct cmvn_sums sums = {.count = 0};
        sums.sum = calloc(2 * (size_t)s->bins, sizeof *sums.sum);
        if (!sums.sum)
            return status_memory("running normalisation");
        sums.sum_square = sums.sum + s->bins;
        cmvn_running(frames, &sums, mean, scale, RUNNING_PRIOR_FRAMES, count,
                     s->bins);
        free(sums.sum);
    }
    return status;
}

/* Of one recording in sums: frames, their sums, their squares' sums. */
static size_t sums_width(const struct features *f)
{
    return 1 + 2 * (size_t)f->settings->bins;
}

static size_t entry_bytes(const struct features *f, const struct entry *e)
{
    return e->count * (size_t)f->settings->bins * sizeof *e->frames;
}

static struct status compute_frames(struct entry *e, double *length_s,
                                    struct frontend *frontend,
                                    const struct features *f, size_t index)
{
    const struct settings *s = f->settings;
    const struct utterance *u =
        &f->manifest->utterances[index / FEATURES_SPEEDS];
    struct sound_request request = settings_sound(s);
    struct frontend_settings chain = settings_frontend(s);
    struct sound sound = {.samples = NULL};
    request.start_s = u->start_s;
    request.end_s = u->end_s;
    request.speed = index % FEATURES_SPEEDS == 0   ? 1
                    : index % FEATURES_SPEEDS == 1 ? 1 - s->speed
                                                   : 1 + s->speed;
    struct status status = sound_read(&sound, u->path, &request);
    if (status_failed(&status))
        return status;
    *length_s = (double)sound.count / s->rate;
    size_t count = frontend_frames(&chain, sound.count);
    float *frames = malloc((count + 1) * (size_t)s->bins * sizeof *frames);
    if (!frames)
        status = status_memory(u->path);
    if (!status_failed(&status))
        status = frontend_compute(frames, frontend, sound.samples, sound.count);
    sound_free(&sound);
    if (status_failed(&status)) {
        free(frames);
        return status;
    }
    e->frames = frames;
    e->count = count;
    return status;
}

/* Reads one entry's frames; normalised where the statistics are known. */
static struct status load(struct entry *e, double *length_s,
                          struct frontend *frontend, const struct features *f,
                          size_t index)
{
    struct entry fresh = {.state = READY};
    struct status status = compute_frames(&fresh, length_s, frontend, f, index);
    if (status_failed(&status))
        return status;
    if (f->sums) { /* the scan gathers statistics first */
        double *sums = f->sums + index / FEATURES_SPEEDS * sums_width(f);
        struct cmvn_sums into = {.count = 0,
                                 .sum = sums + 1,
                                 .sum_square = sums + 1 + f->settings->bins};
        cmvn_add(&into, fresh.frames, fresh.count, f->settings->bins);
        sums[0] = into.count;
    } else {
        status = features_normalise(fresh.frames, fresh.count, f->settings,
                                    f->mean, f->scale);
    }
    fresh.count -= fresh.count % (size_t)f->settings->stride;
    size_t rows = fresh.count / (size_t)f->settings->stride;
    size_t scanned = f->rows[index / FEATURES_SPEEDS];
    if (!status_failed(&status) && index % FEATURES_SPEEDS == 0 && scanned &&
        rows != scanned)
        status = status_error(
            STATUS_INPUT, "%s: its length is not what it was before",
            f->manifest->utterances[index / FEATURES_SPEEDS].path);
    if (status_failed(&status)) {
        free(fresh.frames);
        return status;
    }
    e->frames = fresh.frames;
    e->count = fresh.count;
    return status;
}

/* ---- The threads that read ahead ---- */

static void drop_if_over(struct features *f, struct entry *e)
{
    if (e->holds || e->state != READY || f->bytes <= f->bytes_most)
        return;
    f->bytes -= entry_bytes(f, e);
    free(e->frames);
    *e = (struct entry){.state = EMPTY};
}

static void *read_ahead(void *context)
{
    struct features *f = context;
    struct frontend *frontend = NULL;
    struct frontend_settings chain = settings_frontend(f->settings);
    struct status status = frontend_open(&frontend, &chain);
    cpu_flush_denormals();
    pthread_mutex_lock(&f->lock);
    while (true) {
        while (!f->queue_count && !f->closing)
            pthread_cond_wait(&f->wanted, &f->lock);
        if (f->closing)
            break;
        size_t index = f->queue[f->queue_first];
        f->queue_first = (f->queue_first + 1) % f->queue_size;
        f->queue_count--;
        struct entry fresh = {.state = EMPTY};
        double length_s;
        pthread_mutex_unlock(&f->lock);
        if (!status_failed(&status))
            status = load(&fresh, &length_s, frontend, f, index);
        pthread_mutex_lock(&f->lock);
        struct entry *e = &f->entries[index];
        e->state = status_failed(&status) ? FAILED : READY;
        e->frames = fresh.frames;
        e->count = fresh.count;
        f->bytes += entry_bytes(f, e);
        f->missing--;
        if (status_failed(&status) && !status_failed(&f->failure))
            f->failure = status;
        pthread_cond_broadcast(&f->arrived);
    }
    pthread_mutex_unlock(&f->lock);
    frontend_close(frontend);
    return NULL;
}

static struct status start_threads(struct features *f)
{
    sigset_t all, before;
    struct status status = status_ok();
    f->threads = calloc((size_t)f->settings->readers, sizeof *f->threads);
    if (!f->threads)
        return status_memory("readers");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < f->settings->readers; i++) {
        if (pthread_create(&f->threads[i], NULL, read_ahead, f)) {
            status = status_error(STATUS_SYSTEM, "readers: no more threads");
            break;
        }
        f->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static float *copy_floats(const float *values, size_t count)
{
    float *copy = malloc(count * sizeof *copy);
    if (copy)
        memcpy(copy, values, count * sizeof *copy);
    return copy;
}

struct status features_open(struct features **features,
                            const struct manifest *manifest,
                            const struct settings *settings, const float *mean,
                            const float *scale)
{
    size_t count = manifest->count, bins = (size_t)settings->bins;
    *features = NULL;
    struct features *f = calloc(1, sizeof *f);
    if (!f)
        return status_memory("features");
    f->manifest = manifest;
    f->settings = settings;
    f->bytes_most = (size_t)settings->cache_mib << 20;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->wanted, NULL);
    pthread_cond_init(&f->arrived, NULL);
    f->queue_size = count * FEATURES_SPEEDS;
    f->entries = calloc(f->queue_size, sizeof *f->entries);
    f->queue = calloc(f->queue_size, sizeof *f->queue);
    f->rows = calloc(count, sizeof *f->rows);
    f->problems = calloc(count, sizeof *f->problems);
    f->lengths_s = calloc(count, sizeof *f->lengths_s);
    struct status status = status_ok();
    if (!f->entries || !f->queue || !f->rows || !f->problems || !f->lengths_s)
        status = status_memory("features");
    if (!status_failed(&status) && mean) {
        f->mean = copy_floats(mean, bins);
        f->scale = copy_floats(scale, bins);
        if (!f->mean || !f->scale)
            status = status_memory("features");
    }
    if (!status_failed(&status))
        status = start_threads(f);
    if (status_failed(&status))
        features_close(f);
    else
        *features = f;
    return status;
}

void features_close(struct features *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->closing = true;
    pthread_cond_broadcast(&f->wanted);
    pthread_mutex_unlock(&f->lock);
    for (int i = 0; i < f->thread_count; i++)
        pthread_join(f->threads[i], NULL);
    for (size_t i = 0; f->entries && i < f->queue_size; i++)
        free(f->entries[i].frames);
    for (size_t i = 0; f->problems && i < f->manifest->count; i++)
        free(f->problems[i]);
    free(f->entries);
    free(f->queue);
    free(f->rows);
    free(f->problems);
    free(f->lengths_s);
    free(f->sums);
    free(f->mean);
    free(f->scale);
    free(f->threads);
    pthread_cond_destroy(&f->arrived);
    pthread_cond_destroy(&f->wanted);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* ---- The scan ---- */

struct scan {
    struct features *features;
    struct frontend **frontends; /* [workers] */
    struct status *failures;     /* [utterances] */
    void (*progress)(size_t done, size_t all);
    size_t done;
};

static void scan_one(void *context, size_t utterance, int worker)
{
    struct scan *scan = context;
    struct features *f = scan->features;
    struct entry *e = &f->entries[utterance * FEATURES_SPEEDS];
    struct status *failure = &scan->failures[utterance];
    *failure = load(e, &f->lengths_s[utterance], scan->frontends[worker], f,
                    utterance * FEATURES_SPEEDS);
    pthread_mutex_lock(&f->lock);
    if (!status_failed(failure)) {
        f->rows[utterance] = (uint32_t)(e->count / (size_t)f->settings->stride);
        e->state = READY;
        f->bytes += entry_bytes(f, e);
        drop_if_over(f, e);
    }
    size_t done = ++scan->done;
    pthread_mutex_unlock(&f->lock);
    if (worker == 0 && scan->progress)
        scan->progress(done, f->manifest->count);
}

/* Statistics in the manifest's order, then what is there is normalised. */
static struct status finish_statistics(struct features *f)
{
    size_t bins = (size_t)f->settings->bins;
    struct cmvn_sums all = {.sum = calloc(2 * bins, sizeof *all.sum)};
    f->mean = calloc(bins, sizeof *f->mean);
    f->scale = calloc(bins, sizeof *f->scale);
    if (!all.sum || !f->mean || !f->scale) {
        free(all.sum);
        return status_memory("statistics");
    }
    all.sum_square = all.sum + bins;
    for (size_t u = 0; u < f->manifest->count; u++) {
        const double *own = f->sums + u * sums_width(f);
        all.count += own[0];
        for (size_t b = 0; b < 2 * bins; b++)
            all.sum[b] += own[1 + b];
    }
    cmvn_statistics(f->mean, f->scale, &all, (int)bins);
    free(all.sum);
    free(f->sums);
    f->sums = NULL;
    struct status status = status_ok();
    for (size_t u = 0; u < f->manifest->count && !status_failed(&status); u++) {
        struct entry *e = &f->entries[u * FEATURES_SPEEDS];
        if (e->state == READY)
            status = features_normalise(e->frames, e->count, f->settings,
                                        f->mean, f->scale);
    }
    return status;
}

static struct status finish_scan(struct features *f, const struct scan *scan)
{
    for (size_t u = 0; u < f->manifest->count; u++) {
        const struct status *failure = &scan->failures[u];
        if (!status_failed(failure))
            continue;
        if (!f->settings->skip_bad || failure->code != STATUS_INPUT)
            return *failure;
        f->problems[u] = strdup(failure->text);
        if (!f->problems[u])
            return status_memory("features");
    }
    return f->sums ? finish_statistics(f) : status_ok();
}

struct status features_scan(struct features *f, struct team *team,
                            void (*progress)(size_t done, size_t all))
{
    int workers = team_workers(team);
    size_t count = f->manifest->count;
    struct scan scan = {.features = f, .progress = progress};
    struct status status = status_ok();
    scan.frontends = calloc((size_t)workers, sizeof *scan.frontends);
    scan.failures = calloc(count, sizeof *scan.failures);
    if (f->settings->cmvn != CMVN_UTTERANCE && !f->mean)
        f->sums = calloc(count * sums_width(f), sizeof *f->sums);
    if (!scan.frontends || !scan.failures ||
        (f->settings->cmvn != CMVN_UTTERANCE && !f->mean && !f->sums))
        status = status_memory("features");
    struct frontend_settings chain = settings_frontend(f->settings);
    for (int i = 0; i < workers && !status_failed(&status); i++)
        status = frontend_open(&scan.frontends[i], &chain);
    if (!status_failed(&status)) {
        team_run(team, scan_one, &scan, count);
        status = finish_scan(f, &scan);
    }
    for (int i = 0; scan.frontends && i < workers; i++)
        frontend_close(scan.frontends[i]);
    free(scan.frontends);
    free(scan.failures);
    return status;
}

size_t features_rows(const struct features *f, size_t utterance)
{
    return f->rows[utterance];
}

const char *features_problem(const struct features *f, size_t utterance)
{
    return f->problems[utterance];
}

double features_seconds(const struct features *f)
{
    double seconds = 0;
    for (size_t u = 0; u < f->manifest->count; u++)
        seconds += f->lengths_s[u];
    return seconds;
}

const float *features_mean(const struct features *f)
{
    return f->mean;
}

const float *features_scale(const struct features *f)
{
    return f->scale;
}

/* ---- Holding ---- */

static size_t entry_index(struct features_key key)
{
    assert(key.speed < FEATURES_SPEEDS);
    return (size_t)key.utterance * FEATURES_SPEEDS + key.speed;
}

void features_hold(struct features *f, const struct features_key *keys,
                   size_t count)
{
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < count; i++) {
        size_t index = entry_index(keys[i]);
        struct entry *e = &f->entries[index];
        e->holds++;
        if (e->state != EMPTY)
            continue;
        e->state = QUEUED;
        f->queue[(f->queue_first + f->queue_count) % f->queue_size] = index;
        f->queue_count++;
        f->missing++;
    }
    pthread_cond_broadcast(&f->wanted);
    pthread_mutex_unlock(&f->lock);
}

struct status features_wait(struct features *f)
{
    pthread_mutex_lock(&f->lock);
    while (f->missing && !status_failed(&f->failure))
        pthread_cond_wait(&f->arrived, &f->lock);
    struct status status = f->failure;
    pthread_mutex_unlock(&f->lock);
    return status;
}

const float *features_get(size_t *frames, struct features *f,
                          struct features_key key)
{
    const struct entry *e = &f->entries[entry_index(key)];
    assert(e->holds && e->state == READY);
    *frames = e->count;
    return e->frames;
}

void features_release(struct features *f, const struct features_key *keys,
                      size_t count)
{
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < count; i++) {
        struct entry *e = &f->entries[entry_index(keys[i])];
        assert(e->holds);
        e->holds--;
        drop_if_over(f, e);
    }
    pthread_mutex_unlock(&f->lock);
}
