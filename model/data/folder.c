/* The recordings below a folder. */
#include "model/data/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "model/text/normalise.h"

/* A growing list of strings. */
struct names {
    char **list;
    size_t count, room;
};

/* A folder that was entered: its name alone does not tell, with links. */
struct visit {
    dev_t device;
    ino_t inode;
};

struct search {
    const char *root;
    struct names found;
    struct visit *visits;
    size_t visit_count, visit_room;
};

static struct status add_name(struct names *names, char *name)
{
    if (names->count == names->room) {
        size_t room = names->room ? 2 * names->room : 64;
        char **list = realloc(names->list, room * sizeof *list);
        if (!list) {
            free(name);
            return status_memory("list of recordings");
        }
        names->list = list;
        names->room = room;
    }
    names->list[names->count++] = name;
    return status_ok();
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* folder/name, or name alone where folder is "". NULL without memory. */
static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s%s", folder, *folder ? "/" : "", name);
    return path;
}

static bool is_recording(const char *name)
{
    static const char *const endings[] = {
        "wav",  "flac", "ogg", "oga", "opus", "mp3", "aiff", "aif",
        "aifc", "au",   "snd", "sph", "w64",  "caf", "rf64",
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot + 1, endings[i]))
            return true;
    return false;
}

/* *is_new: whether this folder was not entered before, by any name. */
static struct status note_visit(struct search *s, bool *is_new,
                                const struct stat *found)
{
    *is_new = false;
    for (size_t i = 0; i < s->visit_count; i++)
        if (s->visits[i].device == found->st_dev &&
            s->visits[i].inode == found->st_ino)
            return status_ok();
    if (s->visit_count == s->visit_room) {
        size_t room = s->visit_room ? 2 * s->visit_room : 64;
        struct visit *visits = realloc(s->visits, room * sizeof *visits);
        if (!visits)
            return status_memory("list of folders");
        s->visits = visits;
        s->visit_room = room;
    }
    s->visits[s->visit_count++] = (struct visit){
        .device = found->st_dev,
        .inode = found->st_ino,
    };
    *is_new = true;
    return status_ok();
}

static struct status check_name(const char *full, const char *name)
{
    size_t bad;
    if (!normalise_is_utf8(name, strlen(name), &bad))
        return status_error(STATUS_INPUT, "%s: its name is not UTF-8", full);
    for (; *name; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return status_error(STATUS_INPUT,
                                "%s: its name holds a control character", full);
    return status_ok();
}

/* The folder's names, sorted, so that a search finds the same every time. */
static struct status list_folder(struct names *names, const char *full)
{
    struct status status = status_ok();
    DIR *stream = opendir(full);
    if (!stream)
        return status_error(STATUS_SYSTEM, "%s: cannot be read: %s", full,
                            strerror(errno));
    errno = 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL; errno = 0) {
        if (entry->d_name[0] == '.')
            continue;
        char *name = strdup(entry->d_name);
        status = name ? add_name(names, name) : status_memory(full);
        if (status_failed(&status))
            break;
    }
    if (!status_failed(&status) && errno)
        status = status_error(STATUS_SYSTEM, "%s: cannot be read: %s", full,
                              strerror(errno));
    closedir(stream);
    if (names->count)
        qsort(names->list, names->count, sizeof *names->list, compare_names);
    return status;
}

static struct status search(struct search *s, const char *inside, int depth);

/* One name of a folder: path inside the root, full as it is opened. */
static struct status take(struct search *s, const char *path, const char *full,
                          const char *name, int depth)
{
    struct stat found;
    bool is_new;
    if (stat(full, &found)) {
        if (!is_recording(name))
            return status_ok(); /* a dangling link, or gone: none of ours */
        return status_error(STATUS_SYSTEM, "%s: cannot be read: %s", full,
                            strerror(errno));
    }
    if (S_ISDIR(found.st_mode)) {
        struct status status = note_visit(s, &is_new, &found);
        if (status_failed(&status) || !is_new)
            return status;
        return search(s, path, depth + 1);
    }
    if (!S_ISREG(found.st_mode) || !is_recording(name))
        return status_ok();
    struct status status = check_name(full, path);
    if (status_failed(&status))
        return status;
    char *copy = strdup(path);
    return copy ? add_name(&s->found, copy) : status_memory(full);
}

static struct status search(struct search *s, const char *inside, int depth)
{
    struct names names = {.count = 0};
    char *full = *inside ? join(s->root, inside) : strdup(s->root);
    if (!full)
        return status_memory(s->root);
    struct status status =
        depth > FOLDER_DEPTH_MOST
            ? status_error(STATUS_INPUT, "%s: folders are nested too deep",
                           full)
            : list_folder(&names, full);
    for (size_t i = 0; i < names.count && !status_failed(&status); i++) {
        char *path = join(inside, names.list[i]);
        char *below = join(full, names.list[i]);
        status = path && below ? take(s, path, below, names.list[i], depth)
                               : status_memory(full);
        free(below);
        free(path);
    }
    free_names(&names);
    free(full);
    return status;
}

struct status folder_search(struct folder *folder, const char *path)
{
    struct search s = {.root = path};
    struct stat found;
    bool is_new;
    *folder = (struct folder){.count = 0};
    if (stat(path, &found))
        return status_error(STATUS_SYSTEM, "%s: cannot be read: %s", path,
                            strerror(errno));
    struct status status = note_visit(&s, &is_new, &found);
    if (!status_failed(&status))
        status = search(&s, "", 0);
    free(s.visits);
    if (status_failed(&status)) {
        free_names(&s.found);
        return status;
    }
    if (s.found.count)
        qsort(s.found.list, s.found.count, sizeof *s.found.list, compare_names);
    *folder = (struct folder){.count = s.found.count, .paths = s.found.list};
    return status;
}

void folder_free(struct folder *folder)
{
    struct names names = {.list = folder->paths, .count = folder->count};
    free_names(&names);
    *folder = (struct folder){.count = 0};
}
