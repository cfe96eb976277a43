/* Recordings that come through a pipe, which cannot seek. */
#include "audio/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes copied at a time */

_Static_assert(BLOCK >= HEADER_MOST, "a header fits in a block");

/* Up to count bytes, fewer only at the end; *count becomes how many. */
static struct status read_bytes(unsigned char *bytes, size_t *count, int file,
                                const char *name)
{
    size_t there = 0;
    while (there < *count) {
        ssize_t got = read(file, bytes + there, *count - there);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_error(STATUS_SYSTEM, "%s: cannot be read: %s", name,
                                strerror(errno));
        if (!got)
            break;
        there += (size_t)got;
    }
    *count = there;
    return status_ok();
}

/* A file that is gone when it is closed. */
static struct status open_nameless(int *file, char *path, size_t size)
{
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder)
        folder = "/tmp";
    snprintf(path, size, "%s/attune.XXXXXX", folder);
    *file = mkostemp(path, O_CLOEXEC);
    if (*file < 0)
        return status_error(STATUS_SYSTEM,
                            "%s: a temporary file cannot be made: %s", folder,
                            strerror(errno));
    unlink(path);
    return status_ok();
}

static struct status write_bytes(int file, const unsigned char *bytes,
                                 size_t count, const char *path)
{
    while (count) {
        ssize_t put = write(file, bytes, count);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return status_error(STATUS_SYSTEM, "%s: cannot be written: %s",
                                path, strerror(errno));
        bytes += put;
        count -= (size_t)put;
    }
    return status_ok();
}

/* Copies the block's first count bytes, and all that follows them in from. */
static struct status copy_all(int *to, int from, unsigned char *block,
                              size_t count, const char *name)
{
    char path[512];
    struct status status = open_nameless(to, path, sizeof path);
    while (!status_failed(&status) && count) {
        status = write_bytes(*to, block, count, path);
        count = BLOCK;
        if (!status_failed(&status))
            status = read_bytes(block, &count, from, name);
    }
    if (!status_failed(&status) && lseek(*to, 0, SEEK_SET) < 0)
        status = status_error(STATUS_SYSTEM, "%s: %s", path, strerror(errno));
    if (status_failed(&status) && *to >= 0) {
        close(*to);
        *to = -1;
    }
    return status;
}

static struct status prepare(int *file, struct header_samples *samples,
                             unsigned char *block, bool live, const char *name)
{
    struct status status = status_ok();
    size_t count = 0, wanted;
    while ((wanted = header_parse(samples, block, count)) > count) {
        size_t more = wanted - count, got = more;
        status = read_bytes(block + count, &got, *file, name);
        if (status_failed(&status))
            return status;
        count += got;
        if (got < more)
            break;
    }
    if (!count)
        return status_error(STATUS_INPUT, "%s: the file is empty", name);
    if (samples->format[0] && wanted <= count)
        return status;
    if (live)
        return status_error(STATUS_INPUT,
                            "%s: begins with no header of WAV or AU: for "
                            "headerless samples give --raw, such as --raw "
                            "16000:s16:1",
                            name);
    int copy = -1;
    *samples = (struct header_samples){.format = ""};
    status = copy_all(&copy, *file, block, count, name);
    close(*file);
    *file = copy;
    return status;
}

struct status pipe_prepare(int *file, struct header_samples *samples, bool raw,
                           bool live, const char *name)
{
    struct stat found;
    struct status status = status_ok();
    *samples = (struct header_samples){.format = ""};
    if (raw || (!fstat(*file, &found) && S_ISREG(found.st_mode) &&
                !lseek(*file, 0, SEEK_CUR)))
        return status;
    unsigned char *block = malloc(BLOCK);
    status =
        block ? prepare(file, samples, block, live, name) : status_memory(name);
    free(block);
    if (status_failed(&status) && *file >= 0) {
        close(*file);
        *file = -1;
    }
    return status;
}
