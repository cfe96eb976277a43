/* What attune transcribe is made of: recordings, and live input. */
#ifndef RECIPES_COMMANDS_TRANSCRIBE_H
#define RECIPES_COMMANDS_TRANSCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/sound.h"
#include "audio/status.h"
#include "model/encoder/settings.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "model/text/transcript.h"

/* What both work with. */
struct transcriber {
    const struct settings *settings;
    const struct recogniser *recogniser;
    struct team *team;
    struct recogniser_state **states; /* [workers] */
};

MUST_CHECK struct status transcriber_open(struct transcriber *transcriber,
                                          const struct settings *settings,
                                          const struct recogniser *recogniser);
void transcriber_close(struct transcriber *transcriber);

/* How a path is read; start_s and end_s are left 0. */
MUST_CHECK struct status
transcriber_request(struct sound_request *request,
                    const struct transcriber *transcriber);

/* One recording and what was heard. */
struct item {
    char *name;    /* as it is printed: the path, or a table's id; owned */
    char *path;    /* owned */
    char *speaker; /* owned; "": nobody knows who */
    size_t below;  /* where in name its file's begins: see output.h */
    double start_s, end_s;
    int channel; /* that is read alone; 0: as the settings say */
    struct transcript transcript; /* lines are there as they are heard */
    bool done;
    struct status status; /* why there is no text */
};

struct items {
    size_t count, room;
    struct item *list;
};

/* The recordings of settings.table and of operands: paths, folders that are
 * searched through, "-"; with settings.channel each, an item for each channel.
 * A folder that cannot be read, or a recording whose channels are not known, is
 * an item that has failed. */
MUST_CHECK struct status items_list(struct items *items,
                                    const struct settings *settings, int count,
                                    char **operands);
void items_free(struct items *items);

/* Transcribes items on all workers, of any number and length; calls print for
 * each in order, as soon as it and all before it are done, and frees its
 * transcript. What fails is in its item's status, which names the path, and
 * keeps back no other. Fails itself without memory for the speakers alone. */
MUST_CHECK struct status
transcribe_items(struct transcriber *transcriber, struct items *items,
                 void (*print)(void *context, const struct item *),
                 void *context);

/* Transcribes stdin while it comes in, until it ends or the user interrupts:
 * a line on stdout for each segment, and on a terminal what is heard so far. */
MUST_CHECK struct status transcribe_live(struct transcriber *transcriber);

#endif
