/* Memory carved from one block: set up once, no allocation afterwards. */
#ifndef MODEL_KERNEL_ARENA_H
#define MODEL_KERNEL_ARENA_H

#include <stddef.h>

#include "audio/status.h"
#include "model/kernel/real.h"

/* Sizing and carving are the same walk: run the carving code once on an arena
 * whose base is NULL (every carve returns NULL and only counts), arena_open
 * with what it counted, run it again. Sizes are checked: an overflowing walk
 * makes arena_open fail, never a small block. */
struct arena {
    char *base;
    size_t size;
    size_t used; /* SIZE_MAX once a size overflowed */
};

/* Gives arena a zeroed block of arena->used bytes (counted before), aligned to
 * 64 bytes, and starts carving at 0. */
MUST_CHECK struct status arena_open(struct arena *arena, const char *what);
void arena_close(struct arena *arena);

/* count elements of size bytes, aligned to 64. */
void *arena_carve(struct arena *arena, size_t count, size_t size);

static inline real *arena_real(struct arena *arena, size_t rows, size_t columns)
{
    size_t count;
    if (__builtin_mul_overflow(rows, columns, &count))
        count = (size_t)-1;
    return arena_carve(arena, count, sizeof(real));
}

#endif
