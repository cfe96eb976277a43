/* Notes, progress and stopping. */
#include "recipes/commands/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_S 10.0 /* between plain lines when nobody watches */

static volatile sig_atomic_t stop_asked;
static const struct command *speaker; /* whose notes these are */
static bool line_open;                /* a progress line is on the terminal */
static struct ranks ranks;            /* only the first one speaks */

void command_clear(void)
{
    if (line_open)
        fputs("\r\033[K", stderr);
    line_open = false;
}

void command_say(const struct command *command, const char *text)
{
    command_clear();
    fprintf(stderr, "attune %s: %s\n", command->name, text);
}

int command_end(const struct command *command, const struct status *status)
{
    if (status_failed(status) && !ranks.own)
        command_say(command, status->text);
    ranks_close(&ranks);
    if (!status_failed(status))
        return EXIT_DONE;
    return status->code == STATUS_INTERRUPTED ? EXIT_STOPPED : EXIT_FAILED;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void format_seconds(char *text, size_t size, double seconds)
{
    unsigned all = seconds > 0 && seconds < 1e9 ? (unsigned)(seconds + 0.5) : 0;
    if (all >= 3600)
        snprintf(text, size, "%u:%02u:%02u", all / 3600, all / 60 % 60,
                 all % 60);
    else
        snprintf(text, size, "%u:%02u", all / 60, all % 60);
}

static void listen(void *context, const struct trainer_report *r)
{
    static double last;
    char left[32];
    (void)context;
    if (ranks.own)
        return;
    bool terminal = isatty(STDERR_FILENO);
    double time = now();
    if (!terminal && !r->important && r->update < r->updates &&
        time - last < PROGRESS_S)
        return;
    last = time;
    format_seconds(left, sizeof left, r->seconds_left);
    command_clear();
    fprintf(stderr, "attune %s: %llu/%llu", speaker->name,
            (unsigned long long)r->update, (unsigned long long)r->updates);
    if (isfinite(r->loss))
        fprintf(stderr, " loss %.3f", r->loss);
    fprintf(stderr, " %s", r->text);
    if (r->audio_per_second > 0)
        fprintf(stderr, ", %.0f s/s, %s left", r->audio_per_second, left);
    line_open = terminal && !r->important && r->update < r->updates;
    if (!line_open)
        fputc('\n', stderr);
    fflush(stderr);
}

void command_progress(const struct command *command, double share, size_t done,
                      size_t all, double audio_s)
{
    static double began, last;
    char left[32];
    double time = now();
    if (began <= 0)
        began = time;
    if (!isatty(STDERR_FILENO) || time - began < 1 || time - last < 0.2)
        return;
    last = time;
    format_seconds(left, sizeof left,
                   share > 0 ? (time - began) * (1 / share - 1) : 0);
    command_clear();
    fprintf(stderr, "attune %s: %zu/%zu, %.0f %% %.0f s/s, %s left",
            command->name, done, all, 100 * share, audio_s / (time - began),
            left);
    line_open = true;
    fflush(stderr);
}

static void note(const char *text)
{
    if (!ranks.own)
        command_say(speaker, text);
}

static void scanning(size_t done, size_t all)
{
    if (stop_asked) { /* nothing is written yet, so nothing is lost */
        note("stopped before the first update");
        _exit(EXIT_STOPPED);
    }
    if (ranks.own || !isatty(STDERR_FILENO) || (done % 64 && done < all))
        return;
    fprintf(stderr, "\r\033[Kattune %s: reading recordings %zu of %zu",
            speaker->name, done, all);
    line_open = true;
    fflush(stderr);
}

static void ask_to_stop(int signal_number)
{
    static const char text[] = "\nattune: stopping after this update; once "
                               "more to stop at once\n";
    if (stop_asked) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    stop_asked = 1;
    if (ranks.own)
        return;
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
}

struct status command_host(struct run_host *host, const struct command *command)
{
    struct sigaction action = {.sa_handler = ask_to_stop};
    struct status status = ranks_open(&ranks);
    *host = (struct run_host){.listener = listen,
                              .note = note,
                              .scanning = scanning,
                              .stop = &stop_asked,
                              .ranks = &ranks};
    speaker = command;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return status;
}
