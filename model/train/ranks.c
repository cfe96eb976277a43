/* Ranks: the processes, on one machine or many, that train one model
 * together. */
#include "model/train/ranks.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t ranks_start(const struct ranks *ranks, int rank, size_t items)
{
    size_t count = (size_t)ranks->count, r = (size_t)rank;
    return items / count * r + items % count * r / count;
}

#ifdef ATTUNE_MPI

#include <mpi.h>
#include <sched.h>

#define WORLD MPI_COMM_WORLD
#define BYTES_MOST ((size_t)1 << 30) /* a message: MPI counts in int */

/* Ranks of this machine whose cores overlap this one's: after a launcher that
 * binds each rank to cores of its own, one. */
static int count_sharing(void)
{
    MPI_Comm machine;
    int own, count, sharing = 0;
    cpu_set_t set, both;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    MPI_Comm_split_type(WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL,
                        &machine);
    MPI_Comm_rank(machine, &own);
    MPI_Comm_size(machine, &count);
    for (int r = 0; r < count; r++) {
        cpu_set_t theirs = set;
        MPI_Bcast(&theirs, sizeof theirs, MPI_BYTE, r, machine);
        CPU_AND(&both, &set, &theirs);
        sharing += r == own || CPU_COUNT(&both) > 0;
    }
    MPI_Comm_free(&machine);
    return sharing;
}

struct status ranks_open(struct ranks *ranks)
{
    int granted; /* only the main thread calls */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &granted);
    MPI_Comm_rank(WORLD, &ranks->own);
    MPI_Comm_size(WORLD, &ranks->count);
    ranks->sharing = count_sharing();
    ranks->scratch = malloc(2 * (size_t)ranks->count * sizeof(int));
    return ranks_agree(ranks,
                       ranks->scratch ? status_ok() : status_memory("ranks"));
}

void ranks_close(struct ranks *ranks)
{
    if (ranks->count)
        MPI_Finalize();
    free(ranks->scratch);
    *ranks = (struct ranks){.count = 0};
}

struct status ranks_agree(const struct ranks *ranks, struct status status)
{
    int own = status_failed(&status) ? ranks->own : ranks->count, first;
    MPI_Allreduce(&own, &first, 1, MPI_INT, MPI_MIN, WORLD);
    if (first == ranks->count)
        return status;
    if (first == ranks->own && first > 0) {
        char machine[MPI_MAX_PROCESSOR_NAME];
        int length;
        struct status plain = status;
        MPI_Get_processor_name(machine, &length);
        status = status_error(plain.code, "rank %d on %s: %s", first, machine,
                              plain.text);
    }
    MPI_Bcast(&status, sizeof status, MPI_BYTE, first, WORLD);
    return status;
}

bool ranks_any(const struct ranks *ranks, bool yes)
{
    int own = yes, any;
    (void)ranks;
    MPI_Allreduce(&own, &any, 1, MPI_INT, MPI_MAX, WORLD);
    return any;
}

void ranks_share(const struct ranks *ranks, void *bytes, size_t size)
{
    char *next = bytes;
    (void)ranks;
    while (size) {
        size_t piece = size < BYTES_MOST ? size : BYTES_MOST;
        MPI_Bcast(next, (int)piece, MPI_BYTE, 0, WORLD);
        next += piece;
        size -= piece;
    }
}

/* An item of size bytes, and shares of items in the ranks' scratch. */
static MPI_Datatype open_item(const struct ranks *ranks, const size_t *starts,
                              size_t size)
{
    MPI_Datatype item;
    for (int r = 0; r < ranks->count; r++) {
        ranks->scratch[r] = (int)(starts[r + 1] - starts[r]);
        ranks->scratch[ranks->count + r] = (int)starts[r];
    }
    MPI_Type_contiguous((int)size, MPI_BYTE, &item);
    MPI_Type_commit(&item);
    return item;
}

void ranks_gather(const struct ranks *ranks, void *block, const size_t *starts,
                  size_t size)
{
    MPI_Datatype item = open_item(ranks, starts, size);
    MPI_Allgatherv(MPI_IN_PLACE, 0, item, block, ranks->scratch,
                   ranks->scratch + ranks->count, item, WORLD);
    MPI_Type_free(&item);
}

void ranks_collect(const struct ranks *ranks, void *block, const size_t *starts,
                   size_t size)
{
    MPI_Datatype item = open_item(ranks, starts, size);
    const char *own = (const char *)block + starts[ranks->own] * size;
    MPI_Gatherv(ranks->own ? own : MPI_IN_PLACE, ranks->scratch[ranks->own],
                item, block, ranks->scratch, ranks->scratch + ranks->count,
                item, 0, WORLD);
    MPI_Type_free(&item);
}

void ranks_scatter(const struct ranks *ranks, void *block, const size_t *starts,
                   size_t size)
{
    MPI_Datatype item = open_item(ranks, starts, size);
    char *own = (char *)block + starts[ranks->own] * size;
    MPI_Scatterv(block, ranks->scratch, ranks->scratch + ranks->count, item,
                 ranks->own ? own : MPI_IN_PLACE, ranks->scratch[ranks->own],
                 item, 0, WORLD);
    MPI_Type_free(&item);
}

/* In round k every rank sends of its k-th block; in step s of a round, to the
 * rank s behind it and from the one s before, so that all links are busy. */
void ranks_exchange(const struct ranks *ranks, void *const *blocks,
                    const size_t *block_starts, const size_t *starts,
                    size_t size)
{
    MPI_Datatype item = open_item(ranks, starts, size);
    int own = ranks->own, count = ranks->count;
    size_t rounds = 0;
    for (int r = 0; r < count; r++) {
        size_t blocks_there = block_starts[r + 1] - block_starts[r];
        rounds = blocks_there > rounds ? blocks_there : rounds;
    }
    for (size_t k = 0; k < rounds; k++) {
        for (int s = 1; s < count; s++) {
            int to = (own + s) % count, from = (own + count - s) % count;
            size_t sent = block_starts[own] + k, got = block_starts[from] + k;
            bool sends = sent < block_starts[own + 1];
            bool gets = got < block_starts[from + 1];
            char *out = sends ? (char *)blocks[sent] + starts[to] * size : NULL;
            char *in = gets ? (char *)blocks[got] + starts[own] * size : NULL;
            MPI_Sendrecv(out, sends ? ranks->scratch[to] : 0, item,
                         sends ? to : MPI_PROC_NULL, 0, in,
                         gets ? ranks->scratch[own] : 0, item,
                         gets ? from : MPI_PROC_NULL, 0, WORLD,
                         MPI_STATUS_IGNORE);
        }
    }
    MPI_Type_free(&item);
}

void ranks_add(const struct ranks *ranks, size_t *values, size_t count)
{
    (void)ranks;
    _Static_assert(sizeof *values == sizeof(uint64_t), "size_t");
    MPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_UINT64_T, MPI_SUM,
                  WORLD);
}

#else

struct status ranks_open(struct ranks *ranks)
{
    const char *started = getenv("OMPI_COMM_WORLD_SIZE");
    *ranks = (struct ranks){.count = 1, .sharing = 1};
    if (started && atoi(started) > 1)
        return status_error(STATUS_INPUT,
                            "started as one of %d ranks, but built without "
                            "MPI: make MPI=1",
                            atoi(started));
    return status_ok();
}

void ranks_close(struct ranks *ranks)
{
    *ranks = (struct ranks){.count = 0};
}

struct status ranks_agree(const struct ranks *ranks, struct status status)
{
    (void)ranks;
    return status;
}

bool ranks_any(const struct ranks *ranks, bool yes)
{
    (void)ranks;
    return yes;
}

void ranks_share(const struct ranks *ranks, void *bytes, size_t size)
{
    (void)ranks;
    (void)bytes;
    (void)size;
}

void ranks_gather(const struct ranks *ranks, void *block, const size_t *starts,
                  size_t size)
{
    (void)ranks;
    (void)block;
    (void)starts;
    (void)size;
}

void ranks_collect(const struct ranks *ranks, void *block, const size_t *starts,
                   size_t size)
{
    ranks_gather(ranks, block, starts, size);
}

void ranks_scatter(const struct ranks *ranks, void *block, const size_t *starts,
                   size_t size)
{
    ranks_gather(ranks, block, starts, size);
}

void ranks_exchange(const struct ranks *ranks, void *const *blocks,
                    const size_t *block_starts, const size_t *starts,
                    size_t size)
{
    (void)blocks;
    (void)block_starts;
    ranks_gather(ranks, NULL, starts, size);
}

void ranks_add(const struct ranks *ranks, size_t *values, size_t count)
{
    ranks_share(ranks, values, count);
}

#endif

struct status ranks_same(const struct ranks *ranks, const void *bytes,
                         size_t size, const char *what)
{
    const unsigned char *next = bytes;
    uint64_t own = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        own = (own ^ next[i]) * 0x100000001b3u;
    uint64_t first = own;
    struct status status = status_ok();
    ranks_share(ranks, &first, sizeof first);
    if (own != first)
        status =
            status_error(STATUS_INPUT, "%s: not as on the first rank", what);
    return ranks_agree(ranks, status);
}
