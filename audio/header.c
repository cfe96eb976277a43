/* What the header of a recording promises. */
#include "audio/header.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 1024
/* What is above in a field of 32 bits is 0xffffffff, or that less a header. */
#define STREAMED 0xffff0000u

struct header {
    int file;
    uint64_t size; /* of the file */
    unsigned char head[HEAD + 1];
};

static uint64_t number(const unsigned char *bytes, int count, bool big)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[big ? i : count - 1 - i];
    return value;
}

/* The chunk name of an IFF file, AIFF's big-endian or WAV's little. */
static bool find_chunk(uint64_t *start, uint64_t *bytes, const struct header *h,
                       const char *name, bool big)
{
    unsigned char chunk[8];
    uint64_t at = 12;
    while (pread(h->file, chunk, sizeof chunk, (off_t)at) == sizeof chunk) {
        *start = at + 8;
        *bytes = number(chunk + 4, 4, big);
        if (!memcmp(chunk, name, 4))
            return true;
        at = *start + *bytes + (*bytes & 1);
    }
    return false;
}

/* The value of an integer field of a SPHERE header, or otherwise. */
static uint64_t sphere_field(const struct header *h, const char *name,
                             uint64_t otherwise)
{
    char pattern[40];
    unsigned long long value;
    snprintf(pattern, sizeof pattern, "\n%s -i ", name);
    const char *found = strstr((const char *)h->head, pattern);
    if (!found || sscanf(found + strlen(pattern), "%19llu", &value) != 1)
        return otherwise;
    return value;
}

/* Bytes of samples that are promised from *start on; 0: none are. */
static uint64_t promise(uint64_t *start, const struct header *h)
{
    const unsigned char *head = h->head;
    uint64_t bytes = 0, other;
    if (!memcmp(head, "RIFF", 4) && !memcmp(head + 8, "WAVE", 4)) {
        if (find_chunk(start, &bytes, h, "data", false))
            return bytes < STREAMED ? bytes : 0;
    } else if (!memcmp(head, "RF64", 4) && !memcmp(head + 12, "ds64", 4)) {
        if (find_chunk(start, &other, h, "data", false))
            return number(head + 28, 8, false);
    } else if (!memcmp(head, "FORM", 4) && !memcmp(head + 8, "AIF", 3)) {
        if (find_chunk(start, &bytes, h, "SSND", true))
            return bytes < STREAMED ? bytes : 0;
    } else if (!memcmp(head, ".snd", 4)) {
        *start = number(head + 4, 4, true);
        bytes = number(head + 8, 4, true);
        return bytes < STREAMED ? bytes : 0;
    } else if (!memcmp(head, "NIST_1A\n", 8)) {
        unsigned long long length;
        if (sscanf((const char *)head + 8, "%10llu", &length) != 1)
            return 0;
        *start = length;
        if (__builtin_mul_overflow(sphere_field(h, "sample_count", 0),
                                   sphere_field(h, "sample_n_bytes", 2),
                                   &bytes) ||
            __builtin_mul_overflow(bytes, sphere_field(h, "channel_count", 1),
                                   &bytes))
            return UINT64_MAX;
        return bytes;
    }
    return 0;
}

bool header_is_broken_promise(uint64_t *promised, uint64_t *there,
                              const char *path)
{
    struct header h = {.file = open(path, O_RDONLY | O_CLOEXEC)};
    struct stat found;
    bool broken = false;
    if (h.file < 0)
        return false;
    if (!fstat(h.file, &found) && S_ISREG(found.st_mode) &&
        pread(h.file, h.head, HEAD, 0) > 0) {
        uint64_t start = 0;
        h.size = (uint64_t)found.st_size;
        *promised = promise(&start, &h);
        *there = start < h.size ? h.size - start : 0;
        broken = *promised > *there;
    }
    close(h.file);
    return broken;
}
