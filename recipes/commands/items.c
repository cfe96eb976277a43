/* The recordings that attune transcribe is given. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/data/folder.h"
#include "model/data/manifest.h"
#include "recipes/commands/output.h"
#include "recipes/commands/transcribe.h"

/* The added item, or NULL without memory. */
static struct item *add_item(struct items *items, const char *name,
                             const char *path, const char *speaker)
{
    if (items->count == items->room) {
        size_t room = items->room ? 2 * items->room : 64;
        struct item *list = realloc(items->list, room * sizeof *list);
        if (!list)
            return NULL;
        items->list = list;
        items->room = room;
    }
    struct item *item = &items->list[items->count];
    *item = (struct item){
        .name = strdup(name), .path = strdup(path), .speaker = strdup(speaker)};
    if (item->name && item->path && item->speaker) {
        item->below = (size_t)(output_last_part(item->name) - item->name);
        items->count++;
        return item;
    }
    free(item->name);
    free(item->path);
    free(item->speaker);
    return NULL;
}

static struct status add_table(struct items *items, const char *path,
                               bool outside)
{
    struct manifest manifest;
    struct status status = manifest_read(&manifest, path, outside);
    if (status_failed(&status))
        return status;
    for (size_t i = 0; i < manifest.count && !status_failed(&status); i++) {
        const struct utterance *u = &manifest.utterances[i];
        struct item *item = add_item(items, u->id, u->path, u->speaker);
        if (!item) {
            status = status_memory("recordings");
            break;
        }
        item->below = 0;
        item->start_s = u->start_s;
        item->end_s = u->end_s;
    }
    manifest_free(&manifest);
    return status;
}

static struct status add_folder(struct items *items, const char *path)
{
    struct folder folder;
    struct status failure = folder_search(&folder, path);
    struct status status = status_ok();
    if (!status_failed(&failure) && !folder.count)
        failure = status_error(STATUS_INPUT, "%s: holds no recordings", path);
    if (status_failed(&failure)) {
        struct item *item = add_item(items, path, path, "");
        if (!item)
            return status_memory("recordings");
        item->status = failure;
        item->done = true;
    }
    for (size_t i = 0; i < folder.count && !status_failed(&status); i++) {
        size_t size = strlen(path) + strlen(folder.paths[i]) + 2;
        const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
        char *full = malloc(size);
        if (full)
            snprintf(full, size, "%s%s%s", path, slash, folder.paths[i]);
        struct item *item = full ? add_item(items, full, full, "") : NULL;
        if (item)
            item->below = strlen(full) - strlen(folder.paths[i]);
        else
            status = status_memory("recordings");
        free(full);
    }
    folder_free(&folder);
    return status;
}

/* The channels of a recording; an item's status says why they are not known. */
static int count_channels(struct item *item, const struct settings *settings)
{
    struct sound_reader *reader = NULL;
    struct sound_request request = {.channel = 0};
    int channels = 0;
    if (!strcmp(item->path, "-"))
        item->status = status_error(
            STATUS_INPUT, "-: stdin is read once: --channel each wants a file");
    if (settings->raw[0] && !status_failed(&item->status))
        item->status = sound_parse_raw(&request, settings->raw);
    if (!status_failed(&item->status))
        item->status = sound_open(&reader, item->path, &request);
    if (!status_failed(&item->status))
        channels = sound_channels(reader);
    sound_close(reader);
    return channels;
}

/* An item for each channel in the place of every item; who speaks in which, a
 * table does not say. */
static struct status add_channels(struct items *items,
                                  const struct settings *settings)
{
    struct items whole = *items;
    struct status status = status_ok();
    *items = (struct items){.count = 0};
    for (size_t i = 0; i < whole.count && !status_failed(&status); i++) {
        struct item *from = &whole.list[i];
        int channels = from->done ? 0 : count_channels(from, settings);
        for (int c = 0; c < channels || c == 0; c++) {
            struct item *item = add_item(items, from->name, from->path, "");
            if (!item) {
                status = status_memory("recordings");
                break;
            }
            item->below = from->below;
            item->start_s = from->start_s;
            item->end_s = from->end_s;
            item->channel = channels ? c + 1 : 0;
            item->status = from->status;
            item->done = status_failed(&from->status);
        }
    }
    items_free(&whole);
    return status;
}

struct status items_list(struct items *items, const struct settings *settings,
                         int count, char **operands)
{
    struct status status = status_ok();
    struct stat entry;
    *items = (struct items){.count = 0};
    if (settings->table[0])
        status = add_table(items, settings->table, settings->outside);
    for (int i = 0; i < count && !status_failed(&status); i++) {
        if (strcmp(operands[i], "-") && !stat(operands[i], &entry) &&
            S_ISDIR(entry.st_mode))
            status = add_folder(items, operands[i]);
        else if (!add_item(items, operands[i], operands[i], ""))
            status = status_memory("recordings");
    }
    if (!status_failed(&status) && settings->channel == SETTING_WORD)
        status = add_channels(items, settings);
    return status;
}

void items_free(struct items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free(items->list[i].name);
        free(items->list[i].path);
        free(items->list[i].speaker);
        transcript_free(&items->list[i].transcript);
    }
    free(items->list);
    *items = (struct items){.count = 0};
}
