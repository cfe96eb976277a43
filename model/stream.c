/* Speech to text of any length: samples in, finished lines out. */
#include "model/stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/endpoint.h"

#define BLOCK_S 1.0 /* fed to the speech detector at a time */

/* A finished segment. */
struct piece {
    struct segment segment;
    struct sound sound;   /* empty when it is listened to */
    struct speech speech; /* and this when it is transcribed */
    double begin_s;
    struct transcript_line line;
    struct status status;
};

struct stream {
    struct endpoint *endpoint;
    struct voice *own, *voice; /* its own, or else one that it shares */
    size_t rate_hz;
    double partial_s;
    uint64_t fed;     /* samples */
    uint64_t partial; /* of them, at the last look at what is open */
    /* Samples that a segment may still hold, from number first on. */
    float *samples;
    size_t count, room;
    uint64_t first;
    /* Finished: [taken .. done) with their line, [done .. pieces_count)
     * without. */
    struct piece *pieces;
    size_t pieces_taken, pieces_done, pieces_count, pieces_room;
};

struct status stream_open(struct stream **out,
                          const struct recogniser *recogniser,
                          struct voice *voice, const struct settings *settings)
{
    int rate_hz = recogniser_rate_hz(recogniser);
    const struct endpoint_settings detection = {
        .rate_hz = rate_hz,
        .everything = !settings->vad,
        .threshold_db = settings->speech_threshold,
        .pause_s = settings->pause,
        .longest_s = settings->segment_seconds};
    *out = NULL;
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        return status_memory("stream");
    s->rate_hz = (size_t)rate_hz;
    s->partial_s = settings->partial_seconds;
    struct status status = endpoint_open(&s->endpoint, &detection);
    if (!status_failed(&status) && !voice)
        status = voice_open(&s->own, recogniser_settings(recogniser),
                            settings->cmvn_history);
    s->voice = voice ? voice : s->own;
    if (status_failed(&status))
        stream_close(s);
    else
        *out = s;
    return status;
}

static void free_piece(struct piece *piece)
{
    sound_free(&piece->sound);
    speech_free(&piece->speech);
    transcript_free_line(&piece->line);
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    for (size_t i = s->pieces_taken; i < s->pieces_count; i++)
        free_piece(&s->pieces[i]);
    free(s->pieces);
    free(s->samples);
    voice_close(s->own);
    endpoint_close(s->endpoint);
    free(s);
}

static struct status keep_samples(struct stream *s, const float *samples,
                                  size_t count)
{
    if (s->room - s->count < count) {
        size_t room = 2 * s->count + count;
        float *kept = realloc(s->samples, room * sizeof *kept);
        if (!kept)
            return status_memory("stream");
        s->samples = kept;
        s->room = room;
    }
    memcpy(s->samples + s->count, samples, count * sizeof *samples);
    s->count += count;
    s->fed += count;
    return status_ok();
}

static void drop_samples(struct stream *s)
{
    size_t done = (size_t)(endpoint_needed(s->endpoint) - s->first);
    /* Moved when that pays. */
    if (done < s->count / 2)
        return;
    s->count -= done;
    s->first += done;
    memmove(s->samples, s->samples + done, s->count * sizeof *s->samples);
}

static struct status add_piece(struct stream *s, struct segment segment)
{
    size_t count = (size_t)(segment.end - segment.begin);
    if (s->pieces_taken == s->pieces_count)
        s->pieces_taken = s->pieces_done = s->pieces_count = 0;
    if (s->pieces_count == s->pieces_room) {
        size_t room = s->pieces_room ? 2 * s->pieces_room : 16;
        struct piece *pieces = realloc(s->pieces, room * sizeof *pieces);
        if (!pieces)
            return status_memory("segments");
        s->pieces = pieces;
        s->pieces_room = room;
    }
    struct piece piece = {.segment = segment,
                          .sound = {.samples = malloc(count * sizeof(float)),
                                    .count = count,
                                    .rate_hz = (int)s->rate_hz}};
    if (!piece.sound.samples)
        return status_memory("segments");
    memcpy(piece.sound.samples, s->samples + (segment.begin - s->first),
           count * sizeof(float));
    s->pieces[s->pieces_count++] = piece;
    return status_ok();
}

static struct status collect_pieces(struct stream *s)
{
    struct segment segment;
    struct status status = status_ok();
    while (!status_failed(&status) && endpoint_next(&segment, s->endpoint))
        status = add_piece(s, segment);
    return status;
}

struct status stream_feed(struct stream *s, const float *samples, size_t count)
{
    size_t block = (size_t)(BLOCK_S * (double)s->rate_hz);
    struct status status = status_ok();
    while (count && !status_failed(&status)) {
        size_t some = count < block ? count : block;
        status = keep_samples(s, samples, some);
        if (!status_failed(&status))
            status = endpoint_push(s->endpoint, samples, some);
        if (!status_failed(&status))
            status = collect_pieces(s);
        if (!status_failed(&status))
            drop_samples(s);
        samples += some;
        count -= some;
    }
    return status;
}

struct status stream_finish(struct stream *s)
{
    struct status status = endpoint_finish(s->endpoint);
    if (!status_failed(&status))
        status = collect_pieces(s);
    return status;
}

double stream_waiting_s(const struct stream *s)
{
    size_t count = 0;
    for (size_t i = s->pieces_done; i < s->pieces_count; i++)
        count += s->pieces[i].sound.count;
    return (double)count / (double)s->rate_hz;
}

/* Pieces of any streams, with a recogniser's state for each worker. */
struct work {
    struct piece **pieces;
    struct recogniser_state **states;
};

static void listen_to_piece(void *context, size_t index, int worker)
{
    struct work *work = context;
    struct piece *piece = work->pieces[index];
    piece->begin_s =
        (double)piece->segment.begin / (double)piece->sound.rate_hz;
    piece->status =
        recogniser_listen(&piece->speech, work->states[worker], &piece->sound);
    sound_free(&piece->sound);
}

/* What was said before each piece is known by now, in whatever order they were
 * listened to. */
static void tell_voices(struct stream *const *streams, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = streams[i]->pieces_done; k < streams[i]->pieces_count;
             k++) {
            struct piece *piece = &streams[i]->pieces[k];
            if (!status_failed(&piece->status))
                voice_say(&piece->speech, streams[i]->voice);
        }
}

/* The one place where segments become text: each by itself, as the last bits of
 * a product depend on how many rows it has, and a line shall not depend on
 * when others were ready. */
static void transcribe_piece(void *context, size_t index, int worker)
{
    struct work *work = context;
    struct piece *piece = work->pieces[index];
    if (!status_failed(&piece->status))
        piece->status = recogniser_hear(&piece->line, work->states[worker],
                                        &piece->speech, piece->begin_s);
    speech_free(&piece->speech);
}

/* All that waits, in order; returns how many. */
static size_t list_waiting(struct piece **pieces, struct stream *const *streams,
                           size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = streams[i]->pieces_done; k < streams[i]->pieces_count;
             k++, n++)
            if (pieces)
                pieces[n] = &streams[i]->pieces[k];
    return n;
}

/* What waited is done; the first failure of it. */
static struct status finish_pieces(struct stream *s)
{
    struct status status = status_ok();
    for (; s->pieces_done < s->pieces_count; s->pieces_done++)
        if (!status_failed(&status))
            status = s->pieces[s->pieces_done].status;
    return status;
}

void stream_transcribe(struct status *statuses, struct stream *const *streams,
                       size_t count, struct team *team,
                       struct recogniser_state **states)
{
    size_t waiting = list_waiting(NULL, streams, count);
    struct work work = {.pieces = malloc((waiting + 1) * sizeof *work.pieces),
                        .states = states};
    if (work.pieces) {
        list_waiting(work.pieces, streams, count);
        team_run(team, listen_to_piece, &work, waiting);
        tell_voices(streams, count);
        team_run(team, transcribe_piece, &work, waiting);
    }
    for (size_t i = 0; i < count; i++)
        statuses[i] =
            work.pieces ? finish_pieces(streams[i]) : status_memory("segments");
    free(work.pieces);
}

bool stream_next(struct transcript_line *line, struct stream *s)
{
    while (s->pieces_taken < s->pieces_done) {
        struct piece *piece = &s->pieces[s->pieces_taken++];
        *line = piece->line;
        if (line->word_count)
            return true;
        transcript_free_line(line);
    }
    return false;
}

struct status stream_partial(char **text, struct stream *s,
                             struct recogniser_state *state)
{
    uint64_t begin;
    *text = NULL;
    if (!endpoint_is_open(&begin, s->endpoint) ||
        (double)(s->fed - s->partial) < s->partial_s * (double)s->rate_hz)
        return status_ok();
    s->partial = s->fed;
    size_t from = (size_t)(begin - s->first), count = s->count - from;
    /* A segment that is too long is cut when its levels are smooth. */
    size_t most = (size_t)RECOGNISER_LONGEST_S * s->rate_hz;
    const struct sound open = {.samples = s->samples + from,
                               .count = count < most ? count : most,
                               .rate_hz = (int)s->rate_hz};
    struct speech speech;
    struct status status = recogniser_listen(&speech, state, &open);
    if (!status_failed(&status)) {
        voice_tell(&speech, s->voice);
        status = recogniser_transcribe(text, state, &speech);
    }
    speech_free(&speech);
    return status;
}

double stream_length_s(const struct stream *s)
{
    return (double)s->fed / (double)s->rate_hz;
}
