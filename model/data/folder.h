/* The recordings below a folder. */
#ifndef MODEL_DATA_FOLDER_H
#define MODEL_DATA_FOLDER_H

#include <stddef.h>

#include "audio/status.h"

/* Paths relative to the folder, sorted by their bytes. */
struct folder {
    size_t count;
    char **paths;
};

/* Searches path through for what ends like a recording (wav flac ogg oga opus
 * mp3 aiff aif aifc au snd sph w64 caf rf64, in any case). Symbolic links are
 * followed and no folder is entered twice; names that begin with a dot are
 * left out, and so is what is neither file nor folder. Fails on what cannot be
 * read, on names that are not UTF-8 or hold control characters, and on folders
 * nested deeper than FOLDER_DEPTH_MOST, naming them. Finding nothing is no
 * failure. */
#define FOLDER_DEPTH_MOST 64
MUST_CHECK struct status folder_search(struct folder *folder, const char *path);
void folder_free(struct folder *folder);

#endif
