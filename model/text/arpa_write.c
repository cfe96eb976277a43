/* Writes estimated n-grams as an ARPA file. */
#include "model/text/arpa_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ROOM ((size_t)1 << 16) /* bytes that are handed on at a time */
#define NUMBER_MOST 32         /* bytes of a number, with what parts it */
#define LOWEST (-99.0)         /* log10 of what has no probability */

struct writer {
    struct arpa_sink sink;
    struct status status;
    z_stream *gzip; /* NULL: plain */
    size_t used;
    char bytes[ROOM], packed[ROOM];
};

static void flush_plain(struct writer *w)
{
    if (!status_failed(&w->status) && w->used)
        w->status = w->sink.take(w->sink.context, w->bytes, w->used);
}

static void flush_packed(struct writer *w, int flush)
{
    w->gzip->next_in = (unsigned char *)w->bytes;
    w->gzip->avail_in = (unsigned)w->used;
    do {
        w->gzip->next_out = (unsigned char *)w->packed;
        w->gzip->avail_out = ROOM;
        (void)deflate(w->gzip, flush); /* fails on broken streams only */
        size_t count = ROOM - w->gzip->avail_out;
        if (!status_failed(&w->status) && count)
            w->status = w->sink.take(w->sink.context, w->packed, count);
    } while (!w->gzip->avail_out);
}

static void flush_bytes(struct writer *w, int flush)
{
    if (w->gzip)
        flush_packed(w, flush);
    else
        flush_plain(w);
    w->used = 0;
}

static void put(struct writer *w, const char *text, size_t count)
{
    while (count) {
        size_t piece = count < ROOM - w->used ? count : ROOM - w->used;
        memcpy(w->bytes + w->used, text, piece);
        w->used += piece;
        text += piece;
        count -= piece;
        if (w->used == ROOM)
            flush_bytes(w, Z_NO_FLUSH);
    }
}

static void put_text(struct writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* log10 of a probability or weight with six digits behind the point: half of
 * the time would go into printf. */
static void put_log10(struct writer *w, double value)
{
    char text[NUMBER_MOST], *start = text + sizeof text;
    double number = value > 0 ? log10(value) : LOWEST;
    if (number < LOWEST)
        number = LOWEST;
    long rest = lround(fabs(number) * 1e6);
    bool negative = number < 0 && rest;
    int digits = 0;
    while (digits < 7 || rest) {
        *--start = (char)('0' + rest % 10);
        rest /= 10;
        if (++digits == 6)
            *--start = '.';
    }
    if (negative)
        *--start = '-';
    put(w, start, (size_t)(text + sizeof text - start));
}

static void put_ngram(struct writer *w, const struct ngram_counts *counts,
                      const struct ngram_estimate *estimate, int level,
                      size_t i)
{
    uint32_t words[NGRAM_ORDER_MOST];
    float weight = level < counts->order - 1 ? estimate->backoff[level][i] : 1;
    size_t at = i;
    for (int n = level; n >= 0; n--) {
        words[n] = counts->levels[n].list[at].word;
        at = counts->levels[n].list[at].context;
    }
    put_log10(w, (double)estimate->probability[level][i]);
    for (int n = 0; n <= level; n++) {
        put(w, n ? " " : "\t", 1);
        put_text(w, vocabulary_text(&counts->vocabulary, words[n]));
    }
    if (weight != 1) {
        put(w, "\t", 1);
        put_log10(w, (double)weight);
    }
    put(w, "\n", 1);
}

static void put_all(struct writer *w, const struct ngram_counts *counts,
                    const struct ngram_estimate *estimate)
{
    char line[64];
    put_text(w, "\\data\\\n");
    for (int level = 0; level < counts->order; level++) {
        snprintf(line, sizeof line, "ngram %d=%zu\n", level + 1,
                 estimate->kept[level]);
        put_text(w, line);
    }
    for (int level = 0; level < counts->order; level++) {
        snprintf(line, sizeof line, "\n\\%d-grams:\n", level + 1);
        put_text(w, line);
        for (size_t i = 0; i < counts->levels[level].count; i++)
            if (estimate->probability[level][i] >= 0 &&
                !status_failed(&w->status))
                put_ngram(w, counts, estimate, level, i);
    }
    put_text(w, "\n\\end\\\n");
}

struct status arpa_write(struct arpa_sink sink,
                         const struct ngram_counts *counts,
                         const struct ngram_estimate *estimate, bool gzip)
{
    z_stream stream = {.next_in = NULL};
    struct writer *w = malloc(sizeof *w);
    if (!w)
        return status_memory("n-grams");
    w->sink = sink;
    w->status = status_ok();
    w->gzip = gzip ? &stream : NULL;
    w->used = 0;
    /* 16: a gzip header. Of the levels 3 is a third of 6's time for a tenth
     * more bytes. */
    if (gzip && deflateInit2(&stream, 3, Z_DEFLATED, 15 + 16, 8,
                             Z_DEFAULT_STRATEGY) != Z_OK) {
        free(w);
        return status_memory("n-grams");
    }
    put_all(w, counts, estimate);
    flush_bytes(w, Z_FINISH);
    if (gzip)
        (void)deflateEnd(&stream);
    struct status status = w->status;
    free(w);
    return status;
}
