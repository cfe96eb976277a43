/* Memory carved from one block. */
#include "model/kernel/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/kernel/cpu.h"

#define ALIGNMENT 64

struct status arena_open(struct arena *arena, const char *what)
{
    size_t size = arena->used;
    *arena = (struct arena){.base = NULL};
    if (size >= SIZE_MAX - ALIGNMENT)
        return status_memory(what);
    arena->base = aligned_alloc(ALIGNMENT, size ? size : ALIGNMENT);
    if (!arena->base)
        return status_memory(what);
    cpu_large_pages(arena->base, size);
    memset(arena->base, 0, size);
    arena->size = size;
    return status_ok();
}

void arena_close(struct arena *arena)
{
    free(arena->base);
    *arena = (struct arena){.base = NULL};
}

void *arena_carve(struct arena *arena, size_t count, size_t size)
{
    size_t bytes, end;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        bytes > SIZE_MAX - ALIGNMENT)
        bytes = SIZE_MAX - ALIGNMENT;
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (__builtin_add_overflow(arena->used, bytes, &end))
        end = SIZE_MAX;
    void *piece = NULL;
    if (arena->base && end <= arena->size)
        piece = arena->base + arena->used;
    arena->used = end;
    return piece;
}
