/* Reads safetensors files, trusting nothing that they say. */
#include "model/store/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "safetensors files are little-endian");

#define READ_MOST ((size_t)1 << 26) /* bytes a call */
#define WIDEN_MOST 4096             /* half-size values widened at once */
#define METADATA "__metadata__"
#define DEPTH_MOST 3 /* {"name": {"shape": [ */

enum dtype { F32, F16, BF16 };

/* A tensor of the header and where its bytes are. */
struct piece {
    struct safetensor tensor; /* its data not yet set */
    enum dtype dtype;
    size_t begin, end; /* bytes of the data block */
};

/* An open file. */
struct safetensors_reader {
    char *path;
    int descriptor;
    size_t size;          /* of the whole file */
    size_t length;        /* of the header */
    json_t *header;       /* while it is read */
    struct piece *pieces; /* at last as the file's tensors, whose their names
                           * are */
    size_t piece_count;
};

/* ---- Bytes ---- */

/* bytes [count] from at of the file. (Not mapped: a file cut short while it is
 * read is an error then, and not the program's death.) */
static struct status read_bytes(const struct safetensors_reader *r, void *bytes,
                                size_t at, size_t count)
{
    char *next = bytes;
    while (count) {
        size_t part = count < READ_MOST ? count : READ_MOST;
        ssize_t got = pread(r->descriptor, next, part, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_error(STATUS_SYSTEM, "%s: cannot be read: %s",
                                r->path, strerror(errno));
        if (got == 0)
            return status_error(STATUS_INPUT,
                                "%s: was cut short while being read", r->path);
        next += got;
        at += (size_t)got;
        count -= (size_t)got;
    }
    return status_ok();
}

static struct status open_file(struct safetensors_reader *r)
{
    struct stat found;
    /* Without O_NONBLOCK a pipe would wait for a writer. */
    r->descriptor = open(r->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (r->descriptor < 0 || fstat(r->descriptor, &found))
        return status_error(STATUS_SYSTEM, "%s: cannot be opened: %s", r->path,
                            strerror(errno));
    if (!S_ISREG(found.st_mode))
        return status_error(STATUS_INPUT, "%s: is not a regular file", r->path);
    r->size = (size_t)found.st_size;
    return status_ok();
}

/* ---- The header ---- */

/* JSON that no header needs is refused before it takes a hundred times its
 * size in memory: more than three levels, or more values than a byte in four
 * (the shortest tensor spends five). */
static bool plain_json(const char *text, size_t length)
{
    size_t depth = 0, values = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        if (c == '{' || c == '[')
            depth++;
        if ((c == '}' || c == ']') && depth)
            depth--;
        if (c == '{' || c == '[' || c == ',')
            values++;
        if (depth > DEPTH_MOST)
            return false;
    }
    return values <= length / 4 + 16;
}

static struct status read_header(struct safetensors_reader *r)
{
    uint64_t claimed;
    if (r->size < sizeof claimed)
        return status_error(STATUS_INPUT, "%s: is no safetensors file: %s",
                            r->path, r->size ? "too short" : "empty");
    struct status status = read_bytes(r, &claimed, 0, sizeof claimed);
    if (status_failed(&status))
        return status;
    if (claimed > SAFETENSORS_HEADER_MOST || claimed > r->size - sizeof claimed)
        return status_error(STATUS_INPUT,
                            "%s: is no safetensors file, or cut off: a header "
                            "of %llu bytes in a file of %zu",
                            r->path, (unsigned long long)claimed, r->size);
    r->length = (size_t)claimed;
    char *text = malloc(r->length + 1);
    if (!text)
        return status_memory(r->path);
    status = read_bytes(r, text, sizeof claimed, r->length);
    if (!status_failed(&status)) {
        json_error_t error = {.line = 0};
        if (r->length && text[0] == '{' && plain_json(text, r->length))
            r->header =
                json_loadb(text, r->length, JSON_REJECT_DUPLICATES, &error);
        else
            snprintf(error.text, sizeof error.text,
                     "not the JSON of a safetensors file");
        /* Out of memory, Jansson mostly says nothing at all. */
        if (!r->header && !error.text[0])
            status = status_memory(r->path);
        else if (!r->header)
            status = status_error(STATUS_INPUT, "%s: header: byte %d: %s",
                                  r->path, error.position, error.text);
    }
    free(text);
    return status;
}

/* ---- Tensors ---- */

static struct status refuse(const struct safetensors_reader *r,
                            const char *name, const char *why)
{
    return status_error(STATUS_INPUT, "%s: tensor \"%s\": %s", r->path, name,
                        why);
}

/* item i of list as a size. */
static bool get_size(size_t *size, const json_t *list, size_t i)
{
    const json_t *item = json_array_get(list, i);
    json_int_t value = json_integer_value(item);
    *size = (size_t)value;
    return json_is_integer(item) && value >= 0 &&
           (uintmax_t)value <= SIZE_MAX / 8;
}

static bool find_dtype(struct piece *p, size_t *width, const char *name)
{
    static const struct {
        const char *name;
        enum dtype dtype;
        size_t width;
    } known[] = {{"F32", F32, 4}, {"F16", F16, 2}, {"BF16", BF16, 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, name)) {
            p->dtype = known[i].dtype;
            *width = known[i].width;
            return true;
        }
    return false;
}

static struct status read_piece(struct piece *p,
                                const struct safetensors_reader *r,
                                const char *name, const json_t *entry)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    size_t width, bytes;
    if (!dtype || !json_is_array(shape) || !json_is_array(offsets) ||
        json_array_size(offsets) != 2 || json_object_size(entry) != 3)
        return refuse(r, name,
                      "wants \"dtype\", \"shape\" and two \"data_offsets\"");
    if (!find_dtype(p, &width, dtype))
        return status_error(STATUS_INPUT,
                            "%s: tensor \"%s\": dtype %.20s is not read, only "
                            "F32, F16 and BF16",
                            r->path, name, dtype);
    if (json_array_size(shape) > SAFETENSORS_DIMS)
        return refuse(r, name, "has more than four dimensions");
    p->tensor.dims = (int)json_array_size(shape);
    p->tensor.count = 1;
    for (size_t i = 0; i < (size_t)p->tensor.dims; i++) {
        if (!get_size(&p->tensor.shape[i], shape, i))
            return refuse(r, name, "its shape holds what is no size");
        if (__builtin_mul_overflow(p->tensor.count, p->tensor.shape[i],
                                   &p->tensor.count))
            return refuse(r, name, "its shape is too large");
    }
    if (__builtin_mul_overflow(p->tensor.count, width, &bytes))
        return refuse(r, name, "its shape is too large");
    if (!get_size(&p->begin, offsets, 0) || !get_size(&p->end, offsets, 1) ||
        p->end < p->begin)
        return refuse(r, name, "its data_offsets are no range");
    if (p->end > r->size - sizeof(uint64_t) - r->length)
        return refuse(r, name, "leaves the file, which may be cut off");
    if (p->end - p->begin != bytes)
        return refuse(r, name, "its data_offsets do not fit its shape");
    p->tensor.name = strdup(name);
    return p->tensor.name ? status_ok() : status_memory(r->path);
}

static struct status read_texts(struct safetensors *file,
                                const struct safetensors_reader *r,
                                json_t *metadata)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return status_error(STATUS_INPUT, "%s: %s is no JSON object", r->path,
                            METADATA);
    file->texts = calloc(json_object_size(metadata) + 1, sizeof *file->texts);
    if (!file->texts)
        return status_memory(r->path);
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return status_error(STATUS_INPUT, "%s: %s: \"%s\" is no string",
                                r->path, METADATA, key);
        struct safetensors_text *text = &file->texts[file->text_count++];
        text->key = strdup(key);
        text->value = strdup(json_string_value(value));
        if (!text->key || !text->value)
            return status_memory(r->path);
    }
    return status_ok();
}

static struct status read_entries(struct safetensors *file,
                                  struct safetensors_reader *r)
{
    struct status status = status_ok();
    const char *name;
    json_t *entry;
    r->pieces = calloc(json_object_size(r->header) + 1, sizeof *r->pieces);
    if (!r->pieces)
        return status_memory(r->path);
    json_object_foreach(r->header, name, entry)
    {
        if (strcmp(name, METADATA))
            status = read_piece(&r->pieces[r->piece_count++], r, name, entry);
        else
            status = read_texts(file, r, entry);
        if (status_failed(&status))
            break;
    }
    return status;
}

static int compare_places(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->tensor.name, y->tensor.name);
}

/* Sorts the pieces by place: they must fill the data block without holes. */
static struct status check_places(struct safetensors_reader *r)
{
    size_t end = 0;
    qsort(r->pieces, r->piece_count, sizeof *r->pieces, compare_places);
    for (size_t i = 0; i < r->piece_count; i++) {
        const struct piece *p = &r->pieces[i];
        if (p->begin != end)
            return refuse(r, p->tensor.name,
                          p->begin < end ? "overlaps another tensor"
                                         : "leaves a hole before its data");
        end = p->end;
    }
    size_t held = r->size - sizeof(uint64_t) - r->length;
    if (end != held)
        return status_error(STATUS_INPUT,
                            "%s: %zu bytes after the last tensor belong to "
                            "none",
                            r->path, held - end);
    return status_ok();
}

/* ---- Values ---- */

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float widen(enum dtype dtype, uint16_t half)
{
    if (dtype == BF16)
        return from_bits((uint32_t)half << 16);
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t rest = half & 0x7fff;
    if (rest >= 0x7c00) /* infinity and NaN */
        return from_bits(sign | 0x7f800000 | ((rest & 0x3ff) << 13));
    if (rest >= 0x400)
        return from_bits(sign | ((rest << 13) + ((127 - 15) << 23)));
    float small = (float)rest * 0x1p-24f; /* below the normal numbers */
    return sign ? -small : small;
}

static int compare_names(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return strcmp(x->tensor.name, y->tensor.name);
}

/* The pieces become the file's tensors, in the order of names. */
static struct status list_tensors(struct safetensors *file,
                                  struct safetensors_reader *r)
{
    file->tensors = calloc(r->piece_count + 1, sizeof *file->tensors);
    if (!file->tensors)
        return status_memory(r->path);
    qsort(r->pieces, r->piece_count, sizeof *r->pieces, compare_pieces);
    for (size_t i = 0; i < r->piece_count; i++)
        file->tensors[i] = r->pieces[i].tensor;
    file->tensor_count = r->piece_count;
    return status_ok();
}

static struct status open_reader(struct safetensors_reader **out,
                                 const char *path)
{
    struct safetensors_reader *r = calloc(1, sizeof *r);
    *out = r;
    if (!r)
        return status_memory(path);
    r->descriptor = -1;
    r->path = strdup(path);
    return r->path ? open_file(r) : status_memory(path);
}

struct status safetensors_open(struct safetensors *file, const char *path)
{
    *file = (struct safetensors){.tensor_count = 0};
    struct status status = open_reader(&file->reader, path);
    if (!status_failed(&status))
        status = read_header(file->reader);
    if (!status_failed(&status))
        status = read_entries(file, file->reader);
    if (!status_failed(&status))
        status = check_places(file->reader);
    if (!status_failed(&status))
        status = list_tensors(file, file->reader);
    if (status_failed(&status)) {
        safetensors_free(file);
        return status;
    }
    json_decref(file->reader->header);
    file->reader->header = NULL;
    return status;
}

struct status safetensors_values(float *values, const struct safetensors *file,
                                 const struct safetensor *tensor)
{
    const struct safetensors_reader *r = file->reader;
    const struct piece *p = &r->pieces[tensor - file->tensors];
    size_t begin = sizeof(uint64_t) + r->length + p->begin;
    uint16_t half[WIDEN_MOST];
    struct status status = status_ok();
    if (p->dtype == F32)
        return read_bytes(r, values, begin, p->end - p->begin);
    for (size_t at = 0; at < tensor->count && !status_failed(&status);) {
        size_t left = tensor->count - at;
        size_t count = left < WIDEN_MOST ? left : WIDEN_MOST;
        status = read_bytes(r, half, begin + at * sizeof *half,
                            count * sizeof *half);
        for (size_t i = 0; i < count && !status_failed(&status); i++)
            values[at + i] = widen(p->dtype, half[i]);
        at += count;
    }
    return status;
}

static struct status read_data(struct safetensors *file)
{
    size_t count = 0; /* which no file's size lets overflow */
    for (size_t i = 0; i < file->tensor_count; i++)
        count += file->tensors[i].count;
    float *block = malloc((count + 1) * sizeof *block);
    struct status status = status_ok();
    file->block = block;
    if (!block)
        return status_memory(file->reader->path);
    for (size_t i = 0; i < file->tensor_count && !status_failed(&status); i++) {
        struct safetensor *t = &file->tensors[i];
        status = safetensors_values(block, file, t);
        t->data = block;
        block += t->count;
    }
    return status;
}

struct status safetensors_read(struct safetensors *file, const char *path)
{
    struct status status = safetensors_open(file, path);
    if (!status_failed(&status))
        status = read_data(file);
    if (status_failed(&status))
        safetensors_free(file);
    return status;
}

/* The names are the file's once it has tensors. */
static void close_reader(struct safetensors_reader *r, bool own_names)
{
    if (!r)
        return;
    for (size_t i = 0; own_names && i < r->piece_count; i++)
        free(r->pieces[i].tensor.name);
    free(r->pieces);
    json_decref(r->header);
    if (r->descriptor >= 0)
        close(r->descriptor);
    free(r->path);
    free(r);
}

void safetensors_free(struct safetensors *file)
{
    close_reader(file->reader, !file->tensors);
    for (size_t i = 0; i < file->tensor_count; i++)
        free(file->tensors[i].name);
    for (size_t i = 0; i < file->text_count; i++) {
        free(file->texts[i].key);
        free(file->texts[i].value);
    }
    free(file->tensors);
    free(file->texts);
    free(file->block);
    *file = (struct safetensors){.tensor_count = 0};
}

const struct safetensor *safetensors_find(const struct safetensors *file,
                                          const char *name)
{
    struct safetensor wanted = {.name = (char *)name}; /* only compared */
    if (!file->tensor_count)
        return NULL;
    return bsearch(&wanted, file->tensors, file->tensor_count,
                   sizeof *file->tensors, compare_names);
}

const char *safetensors_find_text(const struct safetensors *file,
                                  const char *key)
{
    for (size_t i = 0; i < file->text_count; i++)
        if (!strcmp(file->texts[i].key, key))
            return file->texts[i].value;
    return NULL;
}
