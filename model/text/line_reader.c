/* The lines of a text file, plain or gzip, one after the other. */
#include "model/text/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define ROOM (1 << 18) /* bytes read at a time */

/* zlib's file, or NULL. */
static void *open_stdin(void)
{
    int descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    gzFile file = descriptor < 0 ? NULL : gzdopen(descriptor, "rb");
    if (descriptor >= 0 && !file)
        close(descriptor);
    return file;
}

struct status line_reader_open(struct line_reader *reader, const char *path)
{
    struct stat found;
    struct status status = status_ok();
    bool is_stdin = !strcmp(path, "-");
    *reader = (struct line_reader){.path = is_stdin ? "stdin" : path};
    if (!is_stdin && stat(path, &found))
        status = status_error(STATUS_SYSTEM, "%s: cannot be opened: %s", path,
                              strerror(errno));
    else if (!is_stdin && !S_ISREG(found.st_mode))
        status = status_error(STATUS_INPUT, "%s: is not a regular file", path);
    else if (!(reader->bytes = malloc(ROOM)))
        status = status_memory(path);
    else if (!(reader->file = is_stdin ? open_stdin() : gzopen(path, "rbe")))
        status = status_error(STATUS_SYSTEM, "%s: cannot be opened: %s",
                              reader->path, strerror(errno));
    reader->room = ROOM;
    if (status_failed(&status))
        line_reader_close(reader);
    return status;
}

void line_reader_close(struct line_reader *reader)
{
    if (reader->file)
        gzclose_r(reader->file);
    free(reader->bytes);
    *reader = (struct line_reader){.path = reader->path};
}

/* Reads on; at least one byte more, unless the file is over. */
static struct status fill(struct line_reader *reader)
{
    size_t held = reader->end - reader->start;
    if (held > LINE_READER_MOST)
        return status_error(STATUS_INPUT, "%s:%zu: is longer than %d bytes",
                            reader->path, reader->line + 1, LINE_READER_MOST);
    memmove(reader->bytes, reader->bytes + reader->start, held);
    reader->start = 0;
    reader->end = held;
    if (reader->room - held < ROOM / 2) {
        char *bytes = realloc(reader->bytes, 2 * reader->room);
        if (!bytes)
            return status_memory(reader->path);
        reader->bytes = bytes;
        reader->room *= 2;
    }
    int code = Z_OK, got = gzread(reader->file, reader->bytes + held,
                                  (unsigned)(reader->room - held - 1));
    gzerror(reader->file, &code);
    if (code == Z_ERRNO)
        return status_error(STATUS_SYSTEM, "%s: cannot be read: %s",
                            reader->path, strerror(errno));
    if (code == Z_MEM_ERROR)
        return status_memory(reader->path);
    if (code == Z_BUF_ERROR)
        return status_error(STATUS_INPUT, "%s:%zu: the gzip file is cut short",
                            reader->path, reader->line + 1);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        return status_error(STATUS_INPUT, "%s:%zu: the gzip file is damaged",
                            reader->path, reader->line + 1);
    reader->end += (size_t)got;
    reader->whole = got == 0;
    return status_ok();
}

struct status line_reader_next(char **text, size_t *length,
                               struct line_reader *reader)
{
    struct status status = status_ok();
    char *end = NULL;
    size_t searched = 0;
    *text = NULL;
    *length = 0;
    while (true) {
        size_t held = reader->end - reader->start;
        if (held > searched)
            end = memchr(reader->bytes + reader->start + searched, '\n',
                         held - searched);
        searched = held;
        if (end || reader->whole)
            break;
        status = fill(reader);
        if (status_failed(&status))
            return status;
    }
    if (!end && !searched)
        return status;
    char *start = reader->bytes + reader->start;
    size_t used = end ? (size_t)(end - start) : searched;
    reader->start += used + (end != NULL);
    reader->line++;
    if (memchr(start, '\0', used))
        return status_error(STATUS_INPUT, "%s:%zu: holds a NUL", reader->path,
                            reader->line);
    used -= used && start[used - 1] == '\r';
    start[used] = '\0';
    *text = start;
    *length = used;
    return status;
}
