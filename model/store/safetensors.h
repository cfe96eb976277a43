/* The safetensors file format: an eight-byte length, a JSON header, tensors.
 * https://github.com/huggingface/safetensors */
#ifndef MODEL_STORE_SAFETENSORS_H
#define MODEL_STORE_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "audio/status.h"

#define SAFETENSORS_HEADER_MOST 100000000 /* bytes, as the reference reader */
#define SAFETENSORS_DIMS 4

struct safetensor {
    char *name;
    int dims;
    size_t shape[SAFETENSORS_DIMS];
    size_t count;      /* product of shape */
    const float *data; /* F32 (F16 and BF16 are widened on reading) */
};

struct safetensors_text {
    char *key, *value;
};

/* A file: tensors and the string pairs of "__metadata__". */
struct safetensors {
    size_t tensor_count;
    struct safetensor *tensors; /* sorted by name */
    size_t text_count;
    struct safetensors_text *texts;
    struct safetensors_reader *reader; /* of the open file, owned */
    void *block; /* the data where safetensors_read read all, owned */
};

/* Reads and checks everything but the data, which stays in the open file:
 * lengths, JSON, names, dtypes, shapes whose product overflows, offsets that
 * overlap, leave holes or leave the file, duplicate keys. The tensors' data is
 * NULL. Memory never exceeds a small multiple of the file's size. *file is
 * empty on failure; the text names path and tensor. */
MUST_CHECK struct status safetensors_open(struct safetensors *file,
                                          const char *path);

/* values [tensor->count] out: the data of a tensor of the open file, read
 * straight to where it is wanted. */
MUST_CHECK struct status safetensors_values(float *values,
                                            const struct safetensors *file,
                                            const struct safetensor *tensor);

/* safetensors_open, and all data into one block of the file's own. */
MUST_CHECK struct status safetensors_read(struct safetensors *file,
                                          const char *path);

/* Closes the file, too. */
void safetensors_free(struct safetensors *file);

/* NULL if there is none. */
const struct safetensor *safetensors_find(const struct safetensors *file,
                                          const char *name);
const char *safetensors_find_text(const struct safetensors *file,
                                  const char *key);

/* Writes path whole or not at all: to a temporary name in the same folder,
 * fsync, rename, fsync the folder. On failure (disk full, no permission) the
 * temporary file is gone and what was at path is untouched. The same input
 * gives the same bytes, which are those of the reference writer: tensors lie
 * sorted by name. Refuses names that are taken or not UTF-8; bytes of a text's
 * value that are not UTF-8 are written as '?' (a path among the provenance
 * shall not cost a trained model). */
MUST_CHECK struct status safetensors_write(const char *path,
                                           const struct safetensor *tensors,
                                           size_t tensor_count,
                                           const struct safetensors_text *texts,
                                           size_t text_count);

#endif
