/* attune transcribe --live */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "audio/sound.h"
#include "model/stream.h"
#include "recipes/commands/command.h"
#include "recipes/commands/formats.h"
#include "recipes/commands/transcribe.h"

#define BLOCK_S 0.02 /* read at a time: no wait for more */
#define COLUMNS 80   /* of a terminal that does not say */

static volatile sig_atomic_t stopped;

struct live {
    struct transcriber *transcriber;
    struct sound_reader *reader;
    struct stream *stream;
    float *block;
    size_t block_count;
    bool watched; /* stdout is a terminal */
};

static void stop(int signal_number)
{
    stopped = 1;
    signal(signal_number, SIG_DFL); /* the next one is the last */
}

/* Whether there is input, or its end; waits for it or for the user. */
static bool has_input(int wait_ms)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!stopped) {
        int ready = poll(&input, 1, wait_ms);
        if (ready >= 0 || errno != EINTR)
            return ready != 0;
    }
    return false;
}

/* Rewrites the line with the end of text, as much as a line holds. */
static void show(const char *text)
{
    struct winsize size;
    size_t columns = COLUMNS, length = strlen(text);
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
        columns = size.ws_col;
    const char *from = text + length;
    for (size_t shown = 0; from > text && shown + 1 < columns; shown++)
        while (--from > text && (*from & 0xc0) == 0x80)
            ; /* a character's further bytes */
    printf("\r\033[K%s", from);
    fflush(stdout);
}

static void print_line(const struct live *live,
                       const struct transcript_line *line)
{
    if (live->watched)
        fputs("\r\033[K", stdout);
    if (live->transcriber->settings->json)
        format_write_live(stdout, line);
    else
        puts(line->text);
    fflush(stdout);
}

static struct status print_finished(struct live *live)
{
    struct transcript_line line;
    struct transcriber *t = live->transcriber;
    struct status status;
    stream_transcribe(&status, &live->stream, 1, t->team, t->states);
    while (!status_failed(&status) && stream_next(&line, live->stream)) {
        print_line(live, &line);
        transcript_free_line(&line);
    }
    return status;
}

static struct status show_partial(struct live *live)
{
    char *text;
    struct status status =
        stream_partial(&text, live->stream, live->transcriber->states[0]);
    if (text)
        show(text);
    free(text);
    return status;
}

static struct status listen_on(struct live *live)
{
    struct status status = status_ok();
    size_t count = 1;
    while (count && !status_failed(&status) && has_input(-1)) {
        status =
            sound_next(&count, live->reader, live->block, live->block_count);
        if (!status_failed(&status))
            status = stream_feed(live->stream, live->block, count);
        if (!status_failed(&status) && stream_waiting_s(live->stream) > 0)
            status = print_finished(live);
        else if (!status_failed(&status) && live->watched && !has_input(0))
            status = show_partial(live);
    }
    return status;
}

/* What is open is said, even where the input has failed. */
static struct status finish(struct live *live)
{
    struct status status = stream_finish(live->stream);
    if (!status_failed(&status))
        status = print_finished(live);
    return status;
}

struct status transcribe_live(struct transcriber *transcriber)
{
    struct live live = {.transcriber = transcriber,
                        .watched = isatty(STDOUT_FILENO)};
    struct sigaction action = {.sa_handler = stop};
    struct sound_request request;
    struct status status = transcriber_request(&request, transcriber);
    request.live = true;
    if (!status_failed(&status))
        status = sound_open(&live.reader, "-", &request);
    if (!status_failed(&status))
        status = stream_open(&live.stream, transcriber->recogniser, NULL,
                             transcriber->settings);
    if (!status_failed(&status)) {
        live.block_count = (size_t)(BLOCK_S * sound_rate_hz(live.reader));
        live.block = malloc(live.block_count * sizeof *live.block);
        if (!live.block)
            status = status_memory("live input");
    }
    if (!status_failed(&status)) {
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        status = listen_on(&live);
        struct status last = finish(&live);
        if (!status_failed(&status))
            status = last;
    }
    free(live.block);
    stream_close(live.stream);
    sound_close(live.reader);
    return status;
}
