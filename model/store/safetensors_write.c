/* Writes safetensors files: what safetensors.c reads, F32 alone. */
#include "model/store/safetensors.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/store/json_string.h"
#include "model/store/whole_file.h"
#include "model/text/normalise.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "safetensors files are little-endian");

static int compare_names(const void *a, const void *b)
{
    const struct safetensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Adds {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}. */
static bool add_tensor(json_t *root, const struct safetensor *t, size_t begin)
{
    size_t product = 1;
    json_t *shape = json_array();
    bool good = shape != NULL;
    for (int i = 0; i < t->dims; i++) {
        product *= t->shape[i];
        good = good && !json_array_append_new(
                           shape, json_integer((json_int_t)t->shape[i]));
    }
    assert(product == t->count);
    json_t *entry = json_object();
    good = good && entry &&
           !json_object_set_new(entry, "dtype", json_string("F32"));
    good = good && !json_object_set(entry, "shape", shape);
    json_decref(shape);
    size_t end = begin + t->count * sizeof *t->data;
    good = good && !json_object_set_new(
                       entry, "data_offsets",
                       json_pack("[I,I]", (json_int_t)begin, (json_int_t)end));
    good = good && !json_object_set(root, t->name, entry);
    json_decref(entry);
    return good;
}

/* The header's JSON text, padded with spaces so that the data begins at a
 * multiple of eight bytes. NULL when there is no memory. */
static char *make_header(size_t *length, const struct safetensor *const *sorted,
                         size_t tensor_count,
                         const struct safetensors_text *texts,
                         size_t text_count)
{
    size_t begin = 0;
    json_t *root = json_object();
    json_t *metadata = json_object();
    bool good = root && metadata;
    for (size_t i = 0; good && i < text_count; i++)
        good = !json_object_set_new(metadata, texts[i].key,
                                    json_string_of(texts[i].value));
    if (good && text_count)
        good = !json_object_set(root, "__metadata__", metadata);
    for (size_t i = 0; good && i < tensor_count; i++) {
        good = add_tensor(root, sorted[i], begin);
        begin += sorted[i]->count * sizeof *sorted[i]->data;
    }
    char *text = good ? json_text_of(root) : NULL;
    json_decref(metadata);
    json_decref(root);
    if (!text)
        return NULL;
    size_t used = strlen(text);
    *length = (used + 7) / 8 * 8;
    char *header = malloc(*length + 1);
    if (header) {
        memset(header, ' ', *length);
        memcpy(header, text, used);
    }
    free(text);
    return header;
}

/* What would not be read back is refused before anything is written. */
static struct status check(const char *path,
                           const struct safetensor *const *sorted,
                           size_t tensor_count,
                           const struct safetensors_text *texts,
                           size_t text_count)
{
    size_t bad;
    for (size_t i = 0; i < tensor_count; i++) {
        const char *name = sorted[i]->name;
        if (!normalise_is_utf8(name, strlen(name), &bad))
            return status_error(STATUS_INPUT,
                                "%s: tensor \"%s\": its name is not UTF-8",
                                path, name);
        if (!strcmp(name, "__metadata__") ||
            (i && !strcmp(name, sorted[i - 1]->name)))
            return status_error(STATUS_INPUT,
                                "%s: tensor \"%s\": its name is taken", path,
                                name);
    }
    for (size_t i = 0; i < text_count; i++)
        if (!normalise_is_utf8(texts[i].key, strlen(texts[i].key), &bad))
            return status_error(STATUS_INPUT,
                                "%s: metadata \"%s\": its key is not UTF-8",
                                path, texts[i].key);
    return status_ok();
}

static struct status write_file(const char *path, const char *header,
                                size_t header_length,
                                const struct safetensor *const *sorted,
                                size_t tensor_count)
{
    struct whole_file file;
    uint64_t length = header_length;
    struct status status = whole_file_open(&file, path);
    if (status_failed(&status))
        return status;
    status = whole_file_write(&file, &length, sizeof length);
    if (!status_failed(&status))
        status = whole_file_write(&file, header, header_length);
    for (size_t i = 0; i < tensor_count && !status_failed(&status); i++)
        status = whole_file_write(&file, sorted[i]->data,
                                  sorted[i]->count * sizeof(float));
    if (!status_failed(&status))
        status = whole_file_commit(&file);
    whole_file_close(&file);
    return status;
}

struct status safetensors_write(const char *path,
                                const struct safetensor *tensors,
                                size_t tensor_count,
                                const struct safetensors_text *texts,
                                size_t text_count)
{
    char *header = NULL;
    size_t header_length = 0;
    const struct safetensor **sorted =
        malloc((tensor_count + 1) * sizeof *sorted);
    if (!sorted)
        return status_memory(path);
    for (size_t i = 0; i < tensor_count; i++)
        sorted[i] = &tensors[i];
    qsort(sorted, tensor_count, sizeof(struct safetensor *), compare_names);
    struct status status = check(path, sorted, tensor_count, texts, text_count);
    if (!status_failed(&status)) {
        header = make_header(&header_length, sorted, tensor_count, texts,
                             text_count);
        if (!header)
            status = status_memory(path);
        else if (header_length > SAFETENSORS_HEADER_MOST)
            status =
                status_error(STATUS_INPUT, "%s: the header is too long", path);
        else
            status =
                write_file(path, header, header_length, sorted, tensor_count);
    }
    free(header);
    free(sorted);
    return status;
}
