/* Failures made to order: memory that runs out, disks that are full.
 *
 * A test of failures includes this header and then the .c files it is about,
 * whose calls below then go through here; no other file's do, and the library
 * is not asked for what the test has already. */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* From now on calls are counted; call number n, from 0, fails: allocations
 * with NULL, writing with ENOSPC after half of the bytes, all else with EIO.
 * Negative: none fails. */
void fault_at(long n);

/* Whether the call has failed. */
bool fault_happened(void);

/* Blocks of memory and files that are open now: to see that none is left. */
long fault_held(void);

void *fault_malloc(size_t size);
void *fault_calloc(size_t count, size_t size);
void *fault_realloc(void *block, size_t size);
char *fault_strdup(const char *text);
char *fault_strndup(const char *text, size_t length);
void fault_free(void *block);
int fault_open(const char *path, int flags, ...);
int fault_close(int descriptor);
ssize_t fault_read(int descriptor, void *bytes, size_t count);
ssize_t fault_pread(int descriptor, void *bytes, size_t count, off_t at);
ssize_t fault_write(int descriptor, const void *bytes, size_t count);
int fault_fsync(int descriptor);
int fault_rename(const char *from, const char *to);
int fault_ftruncate(int descriptor, off_t length);

#ifndef FAULT_REAL
#define malloc(size) fault_malloc(size)
#define calloc(count, size) fault_calloc(count, size)
#define realloc(block, size) fault_realloc(block, size)
#undef strdup
#define strdup(text) fault_strdup(text)
#undef strndup
#define strndup(text, length) fault_strndup(text, length)
#define free(block) fault_free(block)
#define open(...) fault_open(__VA_ARGS__)
#define close(descriptor) fault_close(descriptor)
#define read(descriptor, bytes, count) fault_read(descriptor, bytes, count)
#define pread(descriptor, bytes, count, at)                                    \
    fault_pread(descriptor, bytes, count, at)
#define write(descriptor, bytes, count) fault_write(descriptor, bytes, count)
#define fsync(descriptor) fault_fsync(descriptor)
#define rename(from, to) fault_rename(from, to)
#define ftruncate(descriptor, length) fault_ftruncate(descriptor, length)
#endif

#endif
