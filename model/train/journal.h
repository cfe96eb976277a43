/* What happened in training: one JSON object a line, in order of updates.
 *
 *     {"kind":"train","update":50,"loss":5.91,"rate":0.00025}
 *     {"kind":"dev","update":100,"wer":71.2}
 *
 * Lines that tell of an update carry its number as "update". */
#ifndef MODEL_TRAIN_JOURNAL_H
#define MODEL_TRAIN_JOURNAL_H

#include <stdint.h>

#include "audio/status.h"
#include "model/store/record.h"

struct journal {
    char *path;
    int descriptor; /* -1: closed, and writing does nothing */
    struct record record;
};

/* Opens path for more lines, made if it is not there.
 *
 * resume_update 0 begins anew: what was there is dropped. Otherwise the
 * journal goes on after that update: from the first line of a later update on,
 * and a last line that was not written to its end, everything is cut off, for
 * it will be written again. Fails, naming path and line, on a file that is
 * no journal, and on one that another run has open: it stays as it was. */
MUST_CHECK struct status journal_open(struct journal *journal, const char *path,
                                      uint64_t resume_update);

/* One line: begin, what it says, end. journal_end writes it at once, whole or
 * not at all. update UINT64_MAX: the line has none. */
void journal_begin(struct journal *journal, const char *kind, uint64_t update);
void journal_number(struct journal *journal, const char *key, double value);
void journal_text(struct journal *journal, const char *key, const char *value);
MUST_CHECK struct status journal_end(struct journal *journal);

/* Accepts a journal that was never opened if it is {.descriptor = -1}. */
void journal_close(struct journal *journal);

#endif
