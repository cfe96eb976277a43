/* Any bytes as a table of recordings: it is read or refused. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/data/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct manifest manifest;
    char path[40];
    int file = memfd_create("fuzz", 0);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct status status = manifest_read(&manifest, path, size % 2);
    close(file);
    if (status_failed(&status) &&
        (manifest.count || !strstr(status.text, path)))
        abort();
    for (size_t i = 0; i < manifest.count; i++)
        if (!manifest.utterances[i].id[0] || !manifest.utterances[i].path[0])
            abort();
    manifest_free(&manifest);
    return 0;
}
