/* A text file as a whole. */
#include "model/data/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/text/normalise.h"

static const char mark[] = "\xef\xbb\xbf";

static struct status read_all(char *bytes, size_t *length, size_t room,
                              int descriptor, const char *path)
{
    *length = 0;
    while (*length < room) {
        ssize_t got = read(descriptor, bytes + *length, room - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_error(STATUS_SYSTEM, "%s: cannot be read: %s", path,
                                strerror(errno));
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    bytes[*length] = '\0';
    return status_ok();
}

static struct status check_text(const char *text, size_t length,
                                const char *path)
{
    size_t bad, line = 1, start = 0;
    if (normalise_is_utf8(text, length, &bad))
        return status_ok();
    for (size_t i = 0; i < bad; i++)
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        }
    return status_error(STATUS_INPUT, "%s:%zu: byte %zu of the line is %s",
                        path, line, bad - start + 1,
                        text[bad] ? "not UTF-8" : "a NUL");
}

struct status text_file_read(char **text, const char *path, size_t most)
{
    struct stat found;
    struct status status = status_ok();
    char *bytes = NULL;
    size_t length = 0;
    *text = NULL;
    /* Without O_NONBLOCK a pipe would wait for a writer. */
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &found))
        status = status_error(STATUS_SYSTEM, "%s: cannot be opened: %s", path,
                              strerror(errno));
    else if (!S_ISREG(found.st_mode))
        status = status_error(STATUS_INPUT, "%s: is not a regular file", path);
    else if ((uintmax_t)found.st_size > most)
        status = status_error(STATUS_INPUT, "%s: is longer than %zu bytes",
                              path, most);
    else if (!(bytes = malloc((size_t)found.st_size + 1)))
        status = status_memory(path);
    else
        status =
            read_all(bytes, &length, (size_t)found.st_size, descriptor, path);
    if (descriptor >= 0)
        close(descriptor);
    if (!status_failed(&status))
        status = check_text(bytes, length, path);
    if (status_failed(&status)) {
        free(bytes);
        return status;
    }
    if (!strncmp(bytes, mark, 3))
        memmove(bytes, bytes + 3, length - 3 + 1);
    *text = bytes;
    return status;
}
