/* What the header of a recording promises. */
#include "audio/header.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 1024
#define RATE_MOST_HZ 1000000

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

/* Programs that stream for want of a length write none, or the largest that
 * one of 31 bits can be (sox, arecord) or of 32, less a header. */
static uint64_t promise_of_stream(uint64_t bytes)
{
    if (bytes >= 0xffff0000u || (bytes >= 0x7ffff000u && bytes <= 0x80000000u))
        return 0;
    return bytes;
}

/* Bytes of samples that are promised from *start on; 0: none are. */
static uint64_t promise(uint64_t *start, const struct header *h)
{
    const unsigned char *head = h->head;
    uint64_t bytes = 0, other;
    bool big = !memcmp(head, "RIFX", 4);
    if ((big || !memcmp(head, "RIFF", 4)) && !memcmp(head + 8, "WAVE", 4)) {
        if (find_chunk(start, &bytes, h, "data", big))
            return promise_of_stream(bytes);
    } else if (!memcmp(head, "RF64", 4) && !memcmp(head + 12, "ds64", 4)) {
        if (find_chunk(start, &other, h, "data", false))
            return number(head + 28, 8, false);
    } else if (!memcmp(head, "FORM", 4) && !memcmp(head + 8, "AIF", 3)) {
        if (find_chunk(start, &bytes, h, "SSND", true))
            return promise_of_stream(bytes);
    } else if (!memcmp(head, ".snd", 4)) {
        *start = number(head + 4, 4, true);
        bytes = number(head + 8, 4, true);
        return promise_of_stream(bytes);
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

bool header_is_broken_promise(uint64_t *promised, uint64_t *there, int file)
{
    struct header h = {.file = file};
    struct stat found;
    bool broken = false;
    if (!fstat(h.file, &found) && S_ISREG(found.st_mode) &&
        pread(h.file, h.head, HEAD, 0) > 0) {
        uint64_t start = 0;
        h.size = (uint64_t)found.st_size;
        *promised = promise(&start, &h);
        *there = start < h.size ? h.size - start : 0;
        broken = *promised > *there;
    }
    return broken;
}

static void set_format(struct header_samples *s, const char *name, int rate_hz,
                       int channels, size_t sample_bytes)
{
    snprintf(s->format, sizeof s->format, "%s", name);
    s->rate_hz = rate_hz;
    s->channels = channels;
    s->frame_bytes = (size_t)channels * sample_bytes;
}

/* The chunk "fmt " of a WAV file; false: no plain samples. */
static bool parse_format(struct header_samples *s, const unsigned char *chunk,
                         uint64_t size)
{
    static const struct {
        unsigned tag, bits;
        const char *name;
    } plain[] = {{1, 8, "u8"},   {1, 16, "s16"}, {1, 24, "s24"}, {1, 32, "s32"},
                 {3, 32, "f32"}, {6, 8, "alaw"}, {7, 8, "ulaw"}};
    if (size < 16)
        return false;
    unsigned tag = (unsigned)number(chunk, 2, false);
    unsigned bits = (unsigned)number(chunk + 14, 2, false);
    unsigned channels = (unsigned)number(chunk + 2, 2, false);
    uint64_t rate = number(chunk + 4, 4, false);
    if (tag == 0xfffe && size >= 26)
        tag = (unsigned)number(chunk + 24, 2, false);
    if (number(chunk + 12, 2, false) != channels * bits / 8 || !channels ||
        !rate || rate > RATE_MOST_HZ)
        return false;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i].tag == tag && plain[i].bits == bits)
            set_format(s, plain[i].name, (int)rate, (int)channels, bits / 8);
    return s->format[0];
}

static size_t parse_wav(struct header_samples *s, const unsigned char *head,
                        size_t count)
{
    struct header_samples found = {.format = ""};
    uint64_t at = 12;
    while (at + 8 <= count) {
        uint64_t size = number(head + at + 4, 4, false);
        if (!memcmp(head + at, "data", 4)) {
            *s = found;
            s->bytes = promise_of_stream(size);
            return (size_t)at + 8;
        }
        if (at + 8 + size > count)
            return (size_t)(at + 8 + size);
        if (!memcmp(head + at, "fmt ", 4) &&
            !parse_format(&found, head + at + 8, size))
            return 0;
        at += 8 + size + (size & 1);
    }
    return (size_t)at + 8;
}

static size_t parse_au(struct header_samples *s, const unsigned char *head,
                       size_t count)
{
    static const struct {
        uint64_t encoding;
        const char *name;
        size_t bytes;
    } plain[] = {{1, "ulaw", 1}, {3, "s16be", 2}, {27, "alaw", 1}};
    if (count < 24)
        return 24;
    uint64_t start = number(head + 4, 4, true);
    uint64_t rate = number(head + 16, 4, true);
    uint64_t channels = number(head + 20, 4, true);
    if (start < 24 || !rate || rate > RATE_MOST_HZ || !channels ||
        channels > UINT16_MAX)
        return 0;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i].encoding == number(head + 12, 4, true)) {
            set_format(s, plain[i].name, (int)rate, (int)channels,
                       plain[i].bytes);
            s->bytes = promise_of_stream(number(head + 8, 4, true));
        }
    return (size_t)start;
}

size_t header_parse(struct header_samples *s, const unsigned char *head,
                    size_t count)
{
    size_t wanted = 0;
    *s = (struct header_samples){.format = ""};
    if (count < 12)
        return 12;
    if (!memcmp(head, "RIFF", 4) && !memcmp(head + 8, "WAVE", 4))
        wanted = parse_wav(s, head, count);
    else if (!memcmp(head, ".snd", 4))
        wanted = parse_au(s, head, count);
    if (wanted > HEADER_MOST)
        *s = (struct header_samples){.format = ""};
    return wanted > HEADER_MOST ? 0 : wanted;
}
