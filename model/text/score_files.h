/* References and hypotheses from files, brought together by id. */
#ifndef MODEL_TEXT_SCORE_FILES_H
#define MODEL_TEXT_SCORE_FILES_H

#include <stddef.h>

#include "audio/status.h"
#include "model/text/normalise.h"
#include "model/text/score_text.h"

struct score_options {
    struct normalise_settings normalise; /* both sides */
    int allow_missing; /* a reference without hypothesis counts as empty */
};

struct score_files {
    size_t count;
    struct score_pair *pairs; /* strings are owned */
};

/* A file is a trn ("words (id)"), a table with header (`text`, and `id` or
 * `path`; `speaker` as available), or transcribe's output (path or id TAB
 * text). A hypothesis belongs to the reference of the same id or path, or of
 * the same file name without folder and ending where that is not ambiguous. In
 * a trn the speaker is the id up to the first '-' or '_'.
 *
 * Refuses, naming path and line: a line of no form, duplicates, text that is
 * not UTF-8, hypotheses without reference, references without hypothesis
 * (unless allowed), empty files. */
MUST_CHECK struct status score_files_read(struct score_files *files,
                                          const char *reference_path,
                                          const char *hypothesis_path,
                                          const struct score_options *options);
void score_files_free(struct score_files *files);

#endif
