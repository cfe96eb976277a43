/* The transcripts of a manifest as labels. */
#include "model/train/transcripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/ctc/ctc_loss.h"
#include "model/text/normalise.h"

#define NAMED 10 /* recordings named of each kind */

struct status transcripts_open(struct transcripts *t,
                               const struct manifest *manifest,
                               const struct settings *settings)
{
    struct normalise_settings normalise = {.fold_case = settings->fold_case,
                                           .drop_punctuation =
                                               settings->drop_punctuation};
    memset(t, 0, sizeof *t);
    if (!manifest->has_text)
        return status_error(STATUS_INPUT,
                            "%s: has no transcripts: wanted a `text` column, "
                            "or NAME.txt beside each recording",
                            manifest->path);
    t->count = manifest->count;
    t->texts = calloc(t->count + 1, sizeof *t->texts);
    t->starts = calloc(t->count + 1, sizeof *t->starts);
    struct status status = status_ok();
    if (!t->texts || !t->starts)
        status = status_memory("transcripts");
    for (size_t u = 0; u < t->count && !status_failed(&status); u++) {
        const struct utterance *own = &manifest->utterances[u];
        status = normalise_text(&t->texts[u], own->text, &normalise);
        if (status_failed(&status) && status.code == STATUS_INPUT) {
            char reason[sizeof status.text];
            memcpy(reason, status.text, sizeof reason);
            status = status_error(STATUS_INPUT, "%s:%zu: %s", manifest->path,
                                  own->line, reason);
        }
    }
    if (status_failed(&status))
        transcripts_close(t);
    return status;
}

void transcripts_close(struct transcripts *t)
{
    for (size_t u = 0; t->texts && u < t->count; u++)
        free(t->texts[u]);
    free(t->texts);
    free(t->labels);
    free(t->starts);
    memset(t, 0, sizeof *t);
}

struct status transcripts_encode(struct transcripts *t,
                                 const struct tokens *tokens,
                                 const struct manifest *manifest,
                                 void (*note)(const char *text))
{
    char text[256];
    size_t room = 0, unknown_all = 0, unknown_texts = 0;
    for (size_t u = 0; u < t->count; u++)
        room += strlen(t->texts[u]);
    t->labels = calloc(room + 1, sizeof *t->labels);
    if (!t->labels)
        return status_memory("transcripts");
    for (size_t u = 0; u < t->count; u++) {
        int32_t *ids;
        size_t count, unknown;
        struct status status =
            tokens_encode(&ids, &count, &unknown, tokens, t->texts[u]);
        if (status_failed(&status))
            return status;
        memcpy(t->labels + t->starts[u], ids, count * sizeof *ids);
        free(ids);
        t->starts[u + 1] = t->starts[u] + count;
        unknown_all += unknown;
        unknown_texts += unknown > 0;
    }
    if (unknown_all) {
        snprintf(text, sizeof text,
                 "%s: %zu characters in %zu transcripts are not among the "
                 "model's tokens: it neither learns nor writes them",
                 manifest->path, unknown_all, unknown_texts);
        note(text);
    }
    return status_ok();
}

enum reason { REASON_NONE, REASON_EMPTY, REASON_SHORT, REASON_LONG };

static enum reason judge(const int32_t *labels, size_t count, size_t rows,
                         size_t longest)
{
    if (!rows)
        return REASON_NONE; /* could not be read; named before */
    if (!count)
        return REASON_EMPTY;
    if (rows < ctc_frames_needed(labels, count))
        return REASON_SHORT;
    return rows > longest ? REASON_LONG : REASON_NONE;
}

void transcripts_eligible(uint32_t *rows, const struct transcripts *t,
                          const struct manifest *manifest,
                          const struct features *features, size_t longest,
                          void (*note)(const char *text))
{
    static const char *const words[] = {"", "the transcript is empty",
                                        "too short for its transcript",
                                        "longer than --longest-seconds"};
    char text[512];
    size_t seen[4] = {0};
    for (size_t u = 0; u < t->count; u++) {
        const struct utterance *own = &manifest->utterances[u];
        size_t count = t->starts[u + 1] - t->starts[u];
        size_t there = features_rows(features, u);
        enum reason reason =
            judge(t->labels + t->starts[u], count, there, longest);
        rows[u] = reason == REASON_NONE ? (uint32_t)there : 0;
        if (reason == REASON_NONE || ++seen[reason] > NAMED)
            continue;
        snprintf(text, sizeof text,
                 "%s:%zu: %s: left out: %s (%zu frames, %zu characters)",
                 manifest->path, own->line, own->id, words[reason], there,
                 count);
        note(text);
    }
    for (int reason = 1; reason < 4; reason++) {
        if (!seen[reason])
            continue;
        snprintf(text, sizeof text, "%s: %zu recordings left out: %s",
                 manifest->path, seen[reason], words[reason]);
        note(text);
    }
}
