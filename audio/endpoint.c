/* Speech and pauses: where a long recording is cut into segments. */
#include "audio/endpoint.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "audio/frontend.h"

/* The level of a frame is the mean of its log mel energies in the band of
 * speech: every bin counts by how far it rises, wherever in the band a noise
 * has its power. */
#define BINS_MOST 16
#define LOW_HZ 100.0
#define HIGH_HZ 4000.0
#define DECIBEL 4.342944819032518 /* 10 / ln 10 */
/* That of the faintest noise that 16 bits hold is about this: zeros are not
 * quieter, or such noise after them would be speech. */
#define LEVEL_LEAST_DB 25.0

/* Levels are smoothed by a median, which no click passes. */
#define MEDIAN 11
/* The noise is what some of the last frames stay below (pauses between
 * syllables are enough), speech what some rise above, and is remembered. */
#define WINDOW 500
#define NOISE_SHARE 0.15
#define SPEECH_SHARE 0.95
#define FORGET_DB 0.1
#define LOOK_EVERY 10
#define WARM_UP 100 /* frames before the first is judged */
/* The threshold is a share of the distance between the two, for speech in
 * noise, but above what steady noise does by itself. */
#define THRESHOLD_SHARE 0.10
#define THRESHOLD_LEAST_DB 1.5
#define RELEASE 0.6 /* of the threshold: for speech to go on */

#define PAD 28   /* frames kept before and after speech */
#define EDGE 100 /* or up to the ends of the stream */
#define QUIET 20 /* the least of a cut where there is no pause */
#define PAUSE 10
#define BLOCK 1024 /* samples at a time */

struct endpoint {
    struct endpoint_settings settings;
    struct frontend *frontend;
    uint64_t hop, pause, longest; /* samples; frames; frames */
    uint64_t samples;             /* pushed */
    uint64_t measured;            /* frames */
    uint64_t frames;              /* of them, whose smooth level is known */
    uint64_t judged;              /* of those */
    float raw[MEDIAN]; /* levels as measured, frame t at t % MEDIAN */
    /* Of frame t at t % room. */
    float *levels; /* smooth */
    bool *speech;
    uint64_t room;
    float noise_db, speech_db;
    double threshold_db;
    bool speaking;
    bool found;         /* speech, ever */
    bool heard;         /* more than zeros since free_from */
    uint64_t free_from; /* sample: before it are finished segments */
    /* The open segment: its first frame, and the last one of speech. */
    bool open;
    uint64_t begin, last;
    struct segment *ready;
    size_t ready_count, ready_at, ready_room;
    bool no_memory;
};

/* The front end, with as many bins as the rate has room for. */
static struct status open_frontend(struct endpoint *e)
{
    struct status status = status_ok();
    int rate_hz = e->settings.rate_hz;
    for (int bins = BINS_MOST; bins && !e->frontend; bins /= 2) {
        struct frontend_settings chain = {
            .kind = FRONTEND_FBANK,
            .rate_hz = rate_hz,
            .bins = bins,
            .low_hz = LOW_HZ,
            .high_hz = rate_hz / 2.0 < HIGH_HZ ? 0 : HIGH_HZ};
        status = frontend_open(&e->frontend, &chain);
    }
    return status;
}

struct status endpoint_open(struct endpoint **out,
                            const struct endpoint_settings *s)
{
    *out = NULL;
    struct endpoint *e = calloc(1, sizeof *e);
    if (!e)
        return status_memory("speech detector");
    e->settings = *s;
    e->hop = (uint64_t)(s->rate_hz / 100);
    e->pause = (uint64_t)(s->pause_s * 100);
    e->longest = (uint64_t)(s->longest_s * 100);
    assert(e->longest > 2 * QUIET);
    e->room = e->longest + WARM_UP + WINDOW;
    struct status status = open_frontend(e);
    e->levels = malloc(e->room * sizeof *e->levels);
    e->speech = malloc(e->room * sizeof *e->speech);
    if (!status_failed(&status) && (!e->levels || !e->speech))
        status = status_memory("speech detector");
    if (status_failed(&status))
        endpoint_close(e);
    else
        *out = e;
    return status;
}

void endpoint_close(struct endpoint *e)
{
    if (!e)
        return;
    frontend_close(e->frontend);
    free(e->levels);
    free(e->speech);
    free(e->ready);
    free(e);
}

static int compare_levels(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Smooths the next frame's level, by frames that are measured. */
static void smooth(struct endpoint *e)
{
    float sorted[MEDIAN];
    size_t count = 0;
    uint64_t t = e->frames < MEDIAN / 2 ? 0 : e->frames - MEDIAN / 2;
    for (; t < e->measured && t <= e->frames + MEDIAN / 2; t++)
        sorted[count++] = e->raw[t % MEDIAN];
    qsort(sorted, count, sizeof *sorted, compare_levels);
    e->levels[e->frames++ % e->room] = sorted[count / 2];
}

/* Sets the threshold by what noise and speech were lately. */
static void look_back(struct endpoint *e)
{
    float sorted[WINDOW];
    size_t count = e->frames < WINDOW ? (size_t)e->frames : WINDOW;
    for (size_t i = 0; i < count; i++)
        sorted[i] = e->levels[(e->frames - count + i) % e->room];
    qsort(sorted, count, sizeof *sorted, compare_levels);
    size_t last = count - 1;
    float top = sorted[(size_t)(SPEECH_SHARE * (double)last + 0.5)];
    e->noise_db = sorted[(size_t)(NOISE_SHARE * (double)last + 0.5)];
    e->speech_db = fmaxf(top, e->speech_db - (float)FORGET_DB);
    double share = THRESHOLD_SHARE * (e->speech_db - e->noise_db);
    e->threshold_db =
        fmin(fmax(share, THRESHOLD_LEAST_DB), e->settings.threshold_db);
}

/* What is behind the last frame, of less than three hops, may make a segment
 * at the end of the stream too long: it is left out. */
static void put_ready(struct endpoint *e, uint64_t begin, uint64_t end)
{
    uint64_t most = begin + e->longest * e->hop;
    end = end < e->samples ? end : e->samples;
    end = end < most ? end : most;
    e->free_from = end;
    e->heard = false;
    if (e->ready_at == e->ready_count)
        e->ready_at = e->ready_count = 0;
    if (e->ready_count == e->ready_room) {
        size_t room = e->ready_room ? 2 * e->ready_room : 16;
        struct segment *ready = realloc(e->ready, room * sizeof *ready);
        if (!ready) {
            e->no_memory = true;
            return;
        }
        e->ready = ready;
        e->ready_room = room;
    }
    if (begin < end)
        e->ready[e->ready_count++] = (struct segment){begin, end};
}

/* The middle of the quietest place in the last third of frames begin .. end -
 * 1. */
static uint64_t find_quiet(const struct endpoint *e, uint64_t begin,
                           uint64_t end)
{
    uint64_t first = end - (end - begin) / 3, best = end - QUIET / 2;
    double sum = 0, least = INFINITY;
    for (uint64_t t = first; t < end; t++) {
        sum += e->levels[t % e->room];
        if (t < first + QUIET)
            continue;
        sum -= e->levels[(t - QUIET) % e->room];
        if (sum <= least) {
            least = sum;
            best = t - QUIET / 2;
        }
    }
    return best;
}

/* Where a segment that is too long is best cut: in the longest pause, if it
 * has any but near its begin. */
static uint64_t find_cut(const struct endpoint *e, uint64_t begin, uint64_t end)
{
    uint64_t best = 0, most = PAUSE, run = 0;
    for (uint64_t t = begin + (end - begin) / 5; t < end; t++) {
        run = e->speech[t % e->room] ? 0 : run + 1;
        if (run >= most) {
            most = run;
            best = t - run / 2;
        }
    }
    return most > PAUSE ? best : find_quiet(e, begin, end);
}

/* Segments begin and end by what frame t is. */
static void take(struct endpoint *e, uint64_t t)
{
    if (e->speaking && !e->open) {
        uint64_t least = (e->free_from + e->hop - 1) / e->hop;
        bool first = !e->free_from && t <= EDGE;
        e->begin = first || t < PAD ? 0 : t - PAD;
        e->begin = e->begin < least ? least : e->begin;
        e->open = e->found = true;
    }
    if (e->speaking)
        e->last = t;
    if (!e->open && !e->found && t + 1 - e->free_from / e->hop >= e->longest) {
        /* Nothing but silence until now: it might be quiet speech. */
        if (e->heard)
            put_ready(e, e->free_from, (t + 1) * e->hop);
        e->free_from = (t + 1) * e->hop;
    } else if (e->open && t - e->last >= e->pause) {
        uint64_t end = e->last + 1 + PAD;
        put_ready(e, e->begin * e->hop, (end < t + 1 ? end : t + 1) * e->hop);
        e->open = false;
    } else if (e->open && t + 1 - e->begin >= e->longest) {
        uint64_t cut = find_cut(e, e->begin, t + 1);
        put_ready(e, e->begin * e->hop, cut * e->hop);
        e->begin = cut;
        e->open = e->last >= cut;
    }
}

static void judge(struct endpoint *e, uint64_t t)
{
    float level = e->levels[t % e->room];
    if (t % LOOK_EVERY == 0)
        look_back(e);
    double above = level - e->noise_db;
    e->speaking = e->settings.everything ||
                  above > e->threshold_db * (e->speaking ? RELEASE : 1);
    e->speech[t % e->room] = e->speaking;
    e->heard |= level > LEVEL_LEAST_DB;
    take(e, t);
}

static void add_frame(struct endpoint *e, const float *energies, int dim)
{
    double sum = 0;
    for (int b = 0; b < dim; b++)
        sum += energies[b];
    double level = fmax(DECIBEL * sum / dim, LEVEL_LEAST_DB);
    e->raw[e->measured++ % MEDIAN] = (float)level;
    if (e->measured > MEDIAN / 2)
        smooth(e);
    while (e->frames >= WARM_UP && e->judged < e->frames)
        judge(e, e->judged++);
}

struct status endpoint_push(struct endpoint *e, const float *samples,
                            size_t count)
{
    float energies[BINS_MOST];
    int dim = frontend_dim(e->frontend);
    struct status status = status_ok();
    while (count && !status_failed(&status)) {
        size_t some = count < BLOCK ? count : BLOCK;
        status = frontend_push(e->frontend, samples, some);
        e->samples += some;
        while (!status_failed(&status) &&
               frontend_pull(energies, e->frontend, 1))
            add_frame(e, energies, dim);
        samples += some;
        count -= some;
    }
    if (!status_failed(&status) && e->no_memory)
        status = status_memory("segments");
    return status;
}

struct status endpoint_finish(struct endpoint *e)
{
    while (e->frames < e->measured)
        smooth(e);
    while (e->judged < e->frames)
        judge(e, e->judged++);
    if (e->open)
        put_ready(e, e->begin * e->hop,
                  e->frames - e->last <= EDGE ? e->samples
                                              : (e->last + 1 + PAD) * e->hop);
    else if (!e->found && e->heard)
        put_ready(e, e->free_from, e->samples);
    e->open = false;
    return e->no_memory ? status_memory("segments") : status_ok();
}

bool endpoint_next(struct segment *segment, struct endpoint *e)
{
    if (e->ready_at == e->ready_count)
        return false;
    *segment = e->ready[e->ready_at++];
    return true;
}

uint64_t endpoint_needed(const struct endpoint *e)
{
    uint64_t padded = e->judged < PAD ? 0 : (e->judged - PAD) * e->hop;
    if (e->open)
        return e->begin * e->hop;
    return !e->found || padded < e->free_from ? e->free_from : padded;
}

bool endpoint_is_open(uint64_t *begin, const struct endpoint *e)
{
    *begin = e->begin * e->hop;
    return e->open;
}
