/* Tables of recordings: what to read, who speaks, what is said. */
#ifndef MODEL_DATA_MANIFEST_H
#define MODEL_DATA_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

/* One row. Strings are UTF-8, owned by the manifest. */
struct utterance {
    char *id;      /* given, or made from path (and start) */
    char *path;    /* as the program opens it (table's folder prepended) */
    char *speaker; /* "" when unknown */
    char *text;    /* "" when there is none; as written in the table */
    double start_s, end_s; /* end_s 0: to the end of the recording */
    size_t line;           /* in the table; 0 from a folder */
};

struct manifest {
    char *path; /* of the table or folder, for messages */
    size_t count;
    struct utterance *utterances;
    bool has_text; /* the table has a text column / a folder had .txt files */
};

/* Reads a tab-separated table (header line; column `path` wanted, and as
 * available `id speaker text start end`, any order, other columns ignored;
 * CRLF and a byte order mark accepted), or a folder (searched through; every
 * recording by its ending: wav flac ogg opus mp3 aiff au sph ...; NAME.txt
 * beside NAME.wav is its text), sorted by name in a folder, in file order in a
 * table.
 *
 * Refuses, naming path and line: no header, no `path` column, a row of another
 * width, duplicate id, invalid UTF-8, a NUL, a start or end that is no number,
 * negative or end <= start, a path that leaves the table's folder (absolute or
 * through "..") unless `outside` is set, an empty table ("holds no
 * recordings"). Recordings are not opened here. */
MUST_CHECK struct status manifest_read(struct manifest *manifest,
                                       const char *path, bool outside);
void manifest_free(struct manifest *manifest);

/* A fingerprint of what the manifest says (ids, paths as written, texts,
 * segments), for provenance and for refusing to resume on other data. */
uint64_t manifest_fingerprint(const struct manifest *manifest);

#endif
