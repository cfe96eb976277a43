/* Where transcripts go: to stdout, or to files in a folder. */
#ifndef RECIPES_COMMANDS_OUTPUT_H
#define RECIPES_COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/text/transcript.h"
#include "recipes/commands/formats.h"

/* Of a transcript that will be written. */
struct output_name {
    const char *name; /* the recording's, for messages */
    const char *file; /* its file's, below the folder; an ending is left out */
    int channel;      /* 0: of all */
};

/* Of a path what a recording's file is called by that was named alone. */
const char *output_last_part(const char *path);

struct output {
    bool formats[FORMAT_COUNT];
    const char *folder; /* NULL: stdout */
};

/* Refuses an unknown --format, several without --output-dir, --json beside
 * another, and --n-best where nothing is JSON. */
MUST_CHECK struct status output_check(const struct settings *settings);

/* formats: "txt,srt", "" for txt. folder: "" for stdout, else made if need be;
 * the caller's. names [count] are the transcripts' that will be written.
 *
 * Refuses an unknown format; on stdout, one that takes a file for each
 * recording if there are several of those; a folder where no file can be made,
 * one that has a recording and its transcript already, and two names in it that
 * would be the same file. */
MUST_CHECK struct status output_open(struct output *output, const char *formats,
                                     const char *folder,
                                     const struct output_name *names,
                                     size_t count);

/* Writes transcript. Files are FOLDER/STEM.FORMAT, where STEM is file without
 * an ending (.wav), and ".ch2" for a channel; each whole or not at all. Of a
 * file that would leave the folder (/, ..) it is the last part. Failures on
 * stdout are left for its ferror. */
MUST_CHECK struct status output_write(const struct output *output,
                                      const char *file,
                                      const struct transcript *transcript);

#endif
