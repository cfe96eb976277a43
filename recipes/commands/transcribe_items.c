/* Many recordings, or long ones, on all cores. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "model/stream.h"
#include "recipes/commands/command.h"
#include "recipes/commands/transcribe.h"

#define OPEN_MOST 64  /* recordings at a time */
#define ROUND_S 240.0 /* of audio */
#define BLOCK 16000   /* samples that are read at a time */

/* A recording that is being read. */
struct reading {
    struct item *item; /* NULL: none */
    struct sound_reader *reader;
    struct stream *stream;
    bool ended;
};

/* Work goes in rounds: every recording that is open is read until it has some
 * segments, each on one worker; then all those segments are transcribed, on
 * all workers. So one long recording keeps all of them busy, and many short
 * ones too. */
struct rounds {
    struct transcriber *transcriber;
    struct items *items;
    struct voices *voices; /* of speakers */
    size_t next, printed;  /* items */
    struct reading *readings;
    struct stream **streams;
    struct status *statuses; /* of streams */
    size_t open;
    double enough_s; /* for one recording in this round */
    double heard_s;
};

struct status transcriber_request(struct sound_request *request,
                                  const struct transcriber *transcriber)
{
    const struct settings *settings = transcriber->settings;
    *request = (struct sound_request){
        .rate_hz = recogniser_rate_hz(transcriber->recogniser),
        .channel = settings->channel == SETTING_WORD ? 0 : settings->channel};
    return settings->raw[0] ? sound_parse_raw(request, settings->raw)
                            : status_ok();
}

static struct status open_reading(struct reading *r,
                                  const struct rounds *rounds)
{
    const struct transcriber *t = rounds->transcriber;
    struct sound_request request;
    struct status status = transcriber_request(&request, t);
    request.start_s = r->item->start_s;
    request.end_s = r->item->end_s;
    if (r->item->channel)
        request.channel = r->item->channel;
    if (!status_failed(&status))
        status = sound_open(&r->reader, r->item->path, &request);
    if (!status_failed(&status))
        status = status_named(
            stream_open(&r->stream, t->recogniser,
                        voices_find(rounds->voices, r->item->speaker),
                        t->settings),
            r->item->path);
    return status;
}

static struct status read_some(struct reading *r, double enough_s)
{
    float samples[BLOCK];
    struct status status = status_ok();
    size_t count = 1;
    while (count && !status_failed(&status) &&
           stream_waiting_s(r->stream) < enough_s) {
        status = sound_next(&count, r->reader, samples, BLOCK);
        if (!status_failed(&status))
            status = status_named(stream_feed(r->stream, samples, count),
                                  r->item->path);
    }
    if (!status_failed(&status) && !count) {
        status = status_named(stream_finish(r->stream), r->item->path);
        r->ended = true;
    }
    return status;
}

static void read_one(void *context, size_t index, int worker)
{
    struct rounds *rounds = context;
    struct reading *r = &rounds->readings[index];
    (void)worker;
    r->item->status = status_ok();
    if (!r->stream)
        r->item->status = open_reading(r, rounds);
    if (!status_failed(&r->item->status))
        r->item->status = read_some(r, rounds->enough_s);
}

static void open_more(struct rounds *rounds)
{
    while (rounds->open < OPEN_MOST && rounds->next < rounds->items->count) {
        struct item *item = &rounds->items->list[rounds->next++];
        if (!item->done)
            rounds->readings[rounds->open++] = (struct reading){.item = item};
    }
}

static struct status take_lines(struct rounds *rounds, struct reading *r)
{
    struct transcript_line line;
    struct transcript *transcript = &r->item->transcript;
    struct status status = status_ok();
    if (!transcript->name)
        status = transcript_open(transcript, r->item->name,
                                 r->item->channel
                                     ? r->item->channel
                                     : rounds->transcriber->settings->channel,
                                 0);
    transcript->side = r->item->channel != 0;
    while (!status_failed(&status) && stream_next(&line, r->stream))
        status = transcript_take_line(transcript, &line);
    rounds->heard_s += stream_length_s(r->stream) - transcript->length_s;
    transcript->length_s = stream_length_s(r->stream);
    return status;
}

static void close_reading(struct reading *r)
{
    stream_close(r->stream);
    sound_close(r->reader);
    r->item->done = true;
}

/* Transcribes what was read, and closes what is at its end. */
static void finish_round(struct rounds *rounds)
{
    const struct transcriber *t = rounds->transcriber;
    size_t count = 0, taken = 0, left = 0;
    for (size_t i = 0; i < rounds->open; i++)
        if (!status_failed(&rounds->readings[i].item->status))
            rounds->streams[count++] = rounds->readings[i].stream;
    stream_transcribe(rounds->statuses, rounds->streams, count, t->team,
                      t->states);
    for (size_t i = 0; i < rounds->open; i++) {
        struct reading *r = &rounds->readings[i];
        if (!status_failed(&r->item->status)) {
            struct status status = rounds->statuses[taken++];
            if (!status_failed(&status))
                status = take_lines(rounds, r);
            r->item->status = status_named(status, r->item->path);
        }
        if (r->ended || status_failed(&r->item->status))
            close_reading(r);
        else
            rounds->readings[left++] = *r;
    }
    rounds->open = left;
}

/* Share of all items that is done. */
static double share_done(const struct rounds *rounds)
{
    double done = (double)rounds->next;
    for (size_t i = 0; i < rounds->open; i++) {
        const struct reading *r = &rounds->readings[i];
        double length_s = r->reader ? sound_length_s(r->reader) : 0;
        done -= length_s > 0
                    ? fmax(1 - r->item->transcript.length_s / length_s, 0)
                    : 1;
    }
    return done / (double)rounds->items->count;
}

static void print_done(struct rounds *rounds,
                       void (*print)(void *, const struct item *),
                       void *context)
{
    while (rounds->printed < rounds->items->count &&
           rounds->items->list[rounds->printed].done) {
        struct item *item = &rounds->items->list[rounds->printed++];
        print(context, item);
        transcript_free(&item->transcript);
    }
}

static struct status open_voices(struct rounds *rounds)
{
    const struct transcriber *t = rounds->transcriber;
    const struct items *items = rounds->items;
    const char **names = malloc((items->count + 1) * sizeof *names);
    if (!names)
        return status_memory("speakers");
    for (size_t i = 0; i < items->count; i++)
        names[i] = items->list[i].speaker;
    struct status status = voices_open(&rounds->voices, names, items->count,
                                       recogniser_settings(t->recogniser),
                                       t->settings->cmvn_history);
    free(names);
    return status;
}

struct status transcribe_items(struct transcriber *transcriber,
                               struct items *items,
                               void (*print)(void *, const struct item *),
                               void *context)
{
    struct reading readings[OPEN_MOST];
    struct stream *streams[OPEN_MOST];
    struct status statuses[OPEN_MOST];
    struct rounds rounds = {.transcriber = transcriber,
                            .items = items,
                            .readings = readings,
                            .streams = streams,
                            .statuses = statuses};
    struct status status = open_voices(&rounds);
    while (!status_failed(&status) && rounds.printed < items->count) {
        open_more(&rounds);
        if (rounds.open) {
            rounds.enough_s = ROUND_S / (double)rounds.open;
            team_run(transcriber->team, read_one, &rounds, rounds.open);
            finish_round(&rounds);
        }
        print_done(&rounds, print, context);
        command_progress(&command_transcribe, share_done(&rounds),
                         rounds.printed, items->count, rounds.heard_s);
    }
    voices_close(rounds.voices);
    return status;
}
