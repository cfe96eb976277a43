/* The journal of a run: one JSON object a line, "update" first. */
#ifndef MODEL_TRAIN_JOURNAL_H
#define MODEL_TRAIN_JOURNAL_H

#include <stdint.h>

#include "audio/status.h"

struct journal;

/* Opens path for appending; lines of updates beyond `update` (written after
 * the state that a run resumes from) and a half-written last line are cut
 * off. update 0 starts an empty journal. */
MUST_CHECK struct status journal_open(struct journal **journal,
                                      const char *path, uint64_t update);
void journal_close(struct journal *journal);

/* A line is begun, filled with values and ended; it reaches the disk whole. A
 * value that is not finite becomes null. */
void journal_begin(struct journal *journal, uint64_t update);
void journal_number(struct journal *journal, const char *key, double value);
void journal_text(struct journal *journal, const char *key, const char *text);
MUST_CHECK struct status journal_end(struct journal *journal);

#endif
