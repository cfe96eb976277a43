/* A file written whole or not at all. */
#include "model/store/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_MOST ((size_t)1 << 26) /* bytes a call */
#define MARK ".tmp-"                 /* between path and process number */

static struct status refuse(const char *path, const char *action)
{
    return status_error(STATUS_SYSTEM, "%s: %s: %s", path, action,
                        strerror(errno));
}

/* Where path leads, or NULL: links stay what they are. Owned. */
static char *follow(const char *path)
{
    struct stat found;
    char place[PATH_MAX];
    bool link = !lstat(path, &found) && S_ISLNK(found.st_mode);
    return !link ? strdup(path) : realpath(path, place) ? strdup(place) : NULL;
}

/* Finds where path leads, which may be a regular file or a place for one. */
static struct status find_place(struct whole_file *file, const char *path)
{
    struct stat found;
    *file = (struct whole_file){.path = follow(path), .descriptor = -1};
    if (!file->path)
        return refuse(path, "cannot be written");
    if (!stat(file->path, &found) && !S_ISREG(found.st_mode)) {
        whole_file_close(file);
        return status_error(STATUS_INPUT,
                            "%s: is not a regular file: name a new file "
                            "or one to replace",
                            path);
    }
    return status_ok();
}

struct status whole_file_open(struct whole_file *file, const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    struct status status = find_place(file, path);
    if (status_failed(&status))
        return status;
    size_t size = strlen(file->path) + 32;
    file->temporary = malloc(size);
    if (!file->temporary) {
        whole_file_close(file);
        return status_memory(path);
    }
    snprintf(file->temporary, size, "%s" MARK "%ld", file->path,
             (long)getpid());
    file->descriptor = open(file->temporary, flags, 0666);
    if (file->descriptor < 0 && errno == EEXIST && !unlink(file->temporary))
        file->descriptor = open(file->temporary, flags, 0666);
    if (file->descriptor < 0) {
        status = refuse(path, "cannot be written");
        whole_file_close(file);
    }
    return status;
}

/* By the folder: a file made to see would be left by who is killed. */
struct status whole_file_check(const char *path)
{
    struct whole_file file;
    struct status status = find_place(&file, path);
    if (status_failed(&status))
        return status;
    char *slash = strrchr(file.path, '/');
    if (slash)
        slash[slash == file.path] = '\0';
    if (access(slash ? file.path : ".", W_OK | X_OK))
        status = refuse(path, "cannot be written");
    whole_file_close(&file);
    return status;
}

struct status whole_file_spare(const char *path, const char *input)
{
    struct stat out, in;
    if (stat(path, &out) || stat(input, &in) || in.st_dev != out.st_dev ||
        in.st_ino != out.st_ino)
        return status_ok();
    return status_error(STATUS_INPUT,
                        "%.200s: would replace %.200s, which is "
                        "read: name another file",
                        path, input);
}

struct status whole_file_write(struct whole_file *file, const void *bytes,
                               size_t count)
{
    const char *next = bytes;
    while (count) {
        size_t piece = count < WRITE_MOST ? count : WRITE_MOST;
        ssize_t wrote = write(file->descriptor, next, piece);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote == 0)
            errno = ENOSPC;
        if (wrote <= 0)
            return refuse(file->path, "cannot be written");
        next += wrote;
        count -= (size_t)wrote;
    }
    return status_ok();
}

/* The folder that path is in, or -1. */
static int open_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
    if (slash && !folder)
        return -1;
    int descriptor =
        open(folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return descriptor;
}

static void sync_folder(const char *path)
{
    int descriptor = open_folder(path);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        close(descriptor);
    }
}

struct status whole_file_commit(struct whole_file *file)
{
    int descriptor = file->descriptor;
    if (fsync(descriptor))
        return refuse(file->path, "cannot be written");
    file->descriptor = -1;
    if (close(descriptor) || rename(file->temporary, file->path)) {
        struct status status = refuse(file->path, "cannot be written");
        unlink(file->temporary);
        return status;
    }
    sync_folder(file->path);
    return status_ok();
}

void whole_file_close(struct whole_file *file)
{
    if (file->descriptor >= 0) {
        close(file->descriptor);
        unlink(file->temporary);
    }
    free(file->temporary);
    free(file->path);
    *file = (struct whole_file){.descriptor = -1};
}

void whole_file_sweep(const char *path)
{
    char *place = follow(path);
    if (!place)
        return;
    const char *slash = strrchr(place, '/');
    const char *name = slash ? slash + 1 : place;
    size_t length = strlen(name), mark = strlen(MARK);
    int descriptor = open_folder(place);
    DIR *folder = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!folder && descriptor >= 0)
        close(descriptor);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        if (strncmp(e->d_name, name, length) ||
            strncmp(e->d_name + length, MARK, mark))
            continue;
        const char *number = e->d_name + length + mark;
        if (!number[strspn(number, "0123456789")])
            unlinkat(descriptor, e->d_name, 0);
    }
    if (folder)
        closedir(folder);
    free(place);
}
