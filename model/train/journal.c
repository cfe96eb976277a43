/* What happened in training: one JSON object a line, in order of updates. */
#include "model/train/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static struct status refuse(const struct journal *j, const char *action)
{
    return status_error(STATUS_SYSTEM, "%s: %s: %s", j->path, action,
                        strerror(errno));
}

/* *keep: bytes up to the first line of a later update, or to the last newline.
 */
static struct status find_end(off_t *keep, struct journal *j,
                              uint64_t resume_update)
{
    struct status status = status_ok();
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t length;
    *keep = 0;
    int descriptor = dup(j->descriptor);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    if (!stream) {
        status = refuse(j, "cannot be read");
        if (descriptor >= 0)
            close(descriptor);
        return status;
    }
    errno = 0;
    while ((length = getline(&line, &room, stream)) > 0 &&
           line[length - 1] == '\n') {
        struct record record;
        double update;
        number++;
        if (!record_parse(&record, line, (size_t)length)) {
            status = status_error(STATUS_INPUT,
                                  "%s:%zu: is not a line of a journal: move "
                                  "the file away",
                                  j->path, number);
            break;
        }
        bool later = record_find_number(&record, "update", &update) &&
                     update > (double)resume_update;
        record_free(&record);
        if (later)
            break;
        *keep += length;
        errno = 0;
    }
    if (!status_failed(&status) && (ferror(stream) || errno == ENOMEM))
        status = refuse(j, "cannot be read");
    free(line);
    fclose(stream);
    return status;
}

struct status journal_open(struct journal *journal, const char *path,
                           uint64_t resume_update)
{
    struct stat found;
    struct status status = status_ok();
    off_t keep = 0;
    *journal = (struct journal){.path = strdup(path), .descriptor = -1};
    if (!journal->path)
        return status_memory(path);
    journal->descriptor =
        open(path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (journal->descriptor < 0 || fstat(journal->descriptor, &found))
        status = refuse(journal, "cannot be written");
    else if (!S_ISREG(found.st_mode))
        status = status_error(STATUS_INPUT, "%s: is not a regular file", path);
    else if (flock(journal->descriptor, LOCK_EX | LOCK_NB))
        status = status_error(STATUS_INPUT, "%s: another run is writing to it",
                              path);
    else
        status = find_end(&keep, journal, resume_update);
    if (!resume_update)
        keep = 0;
    if (!status_failed(&status) && ftruncate(journal->descriptor, keep))
        status = refuse(journal, "cannot be written");
    if (status_failed(&status))
        journal_close(journal);
    return status;
}

void journal_begin(struct journal *journal, const char *kind, uint64_t update)
{
    record_free(&journal->record);
    record_text(&journal->record, "kind", kind);
    if (update != UINT64_MAX)
        record_count(&journal->record, "update", update);
}

void journal_number(struct journal *journal, const char *key, double value)
{
    record_number(&journal->record, key, value);
}

void journal_text(struct journal *journal, const char *key, const char *value)
{
    record_text(&journal->record, key, value);
}

/* Writes the bytes; where that fails half-way, takes back what went out. */
static struct status append(struct journal *j, const char *bytes, size_t count)
{
    off_t before = lseek(j->descriptor, 0, SEEK_END);
    if (before < 0)
        return refuse(j, "cannot be written");
    for (size_t done = 0; done < count;) {
        ssize_t wrote = write(j->descriptor, bytes + done, count - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            struct status status = refuse(j, "cannot be written");
            (void)!ftruncate(j->descriptor, before);
            return status;
        }
        done += (size_t)wrote;
    }
    return status_ok();
}

struct status journal_end(struct journal *journal)
{
    size_t length;
    struct status status = status_ok();
    if (journal->descriptor >= 0) {
        char *line = record_line(&journal->record, &length);
        status =
            line ? append(journal, line, length) : status_memory(journal->path);
        free(line);
    }
    record_free(&journal->record);
    return status;
}

void journal_close(struct journal *journal)
{
    record_free(&journal->record);
    if (journal->descriptor >= 0)
        close(journal->descriptor);
    free(journal->path);
    *journal = (struct journal){.descriptor = -1};
}
