/* Benchmarks: other programs that do the same work, turn by turn with ours.
 *
 * ATTUNE_PYTHON names a Python that has what tests/reference/bench_torch.py
 * measures; without it, or where a package is missing, peers are left out. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <stddef.h>

struct peer;

/* Starts the script with arguments (words between spaces). NULL, with a note,
 * if there is no such peer here. */
struct peer *peer_open(const char *arguments);

/* Seconds that the peer takes for one turn; NAN once it has died. */
double peer_turn(struct peer *peer);
void peer_close(struct peer *peer);

struct rival {
    const char *label, *arguments;
};

/* Calls work turn by turn with every rival, on one thread, and prints
 * NAME_vs_LABEL: how many times faster we are (median of the turns). Returns
 * work's median seconds. */
double peer_against(const char *name, void (*work)(void *context),
                    void *context, size_t turns, const struct rival *rivals,
                    size_t count);

#endif
