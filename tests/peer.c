/* Benchmarks: other programs that do the same work, turn by turn with ours. */
#include "tests/peer.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench.h"

#define SCRIPT "tests/reference/bench_torch.py"
#define WORDS_MOST 80
#define RIVALS_MOST 4
#define TURNS_MOST 101

struct peer {
    pid_t process;
    FILE *to, *from;
};

/* In the child: becomes the script. */
static void become(const char *python, const char *arguments, int in, int out)
{
    char *words[WORDS_MOST] = {(char *)python, SCRIPT};
    char *text = strdup(arguments), *rest = NULL;
    size_t count = 2;
    for (char *word = strtok_r(text, " ", &rest);
         word && count < WORDS_MOST - 1; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    /* What is meant for our products would slow theirs. */
    unsetenv("OPENBLAS_NUM_THREADS");
    unsetenv("OPENBLAS_CORETYPE");
    execvp(python, words);
    _exit(127);
}

static struct peer *start(const char *python, const char *arguments)
{
    int to[2], from[2];
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
        abort();
    peer->process = fork();
    if (peer->process == 0)
        become(python, arguments, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    peer->to = fdopen(to[1], "w");
    peer->from = fdopen(from[0], "r");
    return peer;
}

struct peer *peer_open(const char *arguments)
{
    const char *python = getenv("ATTUNE_PYTHON");
    char line[256] = "";
    if (!python) {
        bench_note("left out, for ATTUNE_PYTHON names no Python: %s",
                   arguments);
        return NULL;
    }
    struct peer *peer = start(python, arguments);
    while (fgets(line, sizeof line, peer->from) && strncmp(line, "ready", 5) &&
           strncmp(line, "missing", 7))
        ;
    line[strcspn(line, "\n")] = '\0';
    if (!strncmp(line, "ready", 5)) {
        bench_note("against %s", line + 6);
        return peer;
    }
    bench_note("left out: %.40s: %s", arguments, *line ? line : "no answer");
    peer_close(peer);
    return NULL;
}

double peer_turn(struct peer *peer)
{
    char line[128];
    fputs("turn\n", peer->to);
    fflush(peer->to);
    return fgets(line, sizeof line, peer->from) ? strtod(line, NULL) : NAN;
}

void peer_close(struct peer *peer)
{
    if (!peer)
        return;
    fclose(peer->to);
    fclose(peer->from);
    waitpid(peer->process, NULL, 0);
    free(peer);
}

double peer_against(const char *name, void (*work)(void *context),
                    void *context, size_t turns, const struct rival *rivals,
                    size_t count)
{
    struct peer *peers[RIVALS_MOST];
    double own_s[TURNS_MOST], ratio[RIVALS_MOST][TURNS_MOST];
    char full[96];
    for (size_t p = 0; p < count; p++)
        peers[p] = peer_open(rivals[p].arguments);
    work(context);
    for (size_t i = 0; i < turns; i++) {
        double start = bench_processor();
        work(context);
        own_s[i] = bench_processor() - start;
        for (size_t p = 0; p < count; p++)
            if (peers[p])
                ratio[p][i] = peer_turn(peers[p]) / own_s[i];
    }
    for (size_t p = 0; p < count; p++) {
        if (!peers[p])
            continue;
        snprintf(full, sizeof full, "%s_vs_%s", name, rivals[p].label);
        bench_print(full, bench_median_of(ratio[p], turns), "x");
        peer_close(peers[p]);
    }
    return bench_median_of(own_s, turns);
}
