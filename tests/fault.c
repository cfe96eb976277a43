/* Failures made to order: memory that runs out, disks that are full. */
#define FAULT_REAL
#include "tests/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static long left = -1; /* calls until the one that fails */
static bool happened;
static long held;

void fault_at(long n)
{
    left = n;
    happened = false;
}

bool fault_happened(void)
{
    return happened;
}

long fault_held(void)
{
    return held;
}

static bool fails(int error)
{
    bool now = left == 0;
    if (left >= 0)
        left--;
    if (now) {
        happened = true;
        errno = error;
    }
    return now;
}

static void *keep(void *block)
{
    held += block != NULL;
    return block;
}

void *fault_malloc(size_t size)
{
    return fails(ENOMEM) ? NULL : keep(malloc(size));
}

void *fault_calloc(size_t count, size_t size)
{
    return fails(ENOMEM) ? NULL : keep(calloc(count, size));
}

void *fault_realloc(void *block, size_t size)
{
    if (fails(ENOMEM))
        return NULL;
    void *moved = realloc(block, size);
    held += !block && moved;
    return moved;
}

char *fault_strdup(const char *text)
{
    return fails(ENOMEM) ? NULL : keep(strdup(text));
}

char *fault_strndup(const char *text, size_t length)
{
    return fails(ENOMEM) ? NULL : keep(strndup(text, length));
}

void fault_free(void *block)
{
    held -= block != NULL;
    free(block);
}

int fault_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    int descriptor = fails(EIO) ? -1 : open(path, flags, mode);
    held += descriptor >= 0;
    return descriptor;
}

/* Closes even when it is to fail, as the kernel does. */
int fault_close(int descriptor)
{
    bool failed = fails(EIO);
    held--;
    int result = close(descriptor);
    if (failed)
        errno = EIO;
    return failed ? -1 : result;
}

ssize_t fault_read(int descriptor, void *bytes, size_t count)
{
    return fails(EIO) ? -1 : read(descriptor, bytes, count);
}

ssize_t fault_pread(int descriptor, void *bytes, size_t count, off_t at)
{
    return fails(EIO) ? -1 : pread(descriptor, bytes, count, at);
}

ssize_t fault_write(int descriptor, const void *bytes, size_t count)
{
    if (!fails(ENOSPC))
        return write(descriptor, bytes, count);
    ssize_t wrote = write(descriptor, bytes, count / 2);
    (void)wrote;
    errno = ENOSPC;
    return -1;
}

int fault_fsync(int descriptor)
{
    return fails(EIO) ? -1 : fsync(descriptor);
}

int fault_rename(const char *from, const char *to)
{
    return fails(EIO) ? -1 : rename(from, to);
}

int fault_ftruncate(int descriptor, off_t length)
{
    return fails(EIO) ? -1 : ftruncate(descriptor, length);
}
