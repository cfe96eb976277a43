/* Tables of recordings: what to read, who speaks, what is said. */
#include "model/data/manifest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/data/folder.h"
#include "model/data/text_file.h"
#include "model/text/decimal.h"

#define TIME_MOST_S 1e9             /* three decades: more is a mistake */
#define TEXT_MOST ((size_t)1 << 20) /* bytes of a .txt beside a recording */

enum column { ID, PATH, SPEAKER, TEXT, START, END, COLUMNS };

static const char *const column_names[COLUMNS] = {"id",   "path",  "speaker",
                                                  "text", "start", "end"};

/* A table while it is read. */
struct table {
    const char *path;
    size_t line;            /* where we are, from 1 */
    size_t width;           /* columns of the header */
    size_t column[COLUMNS]; /* where it is; width: not there */
    bool outside;
};

/* ---- Parts of a row ---- */

/* Length of the folder's part of the path of a table, with its slash. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Whether a relative path ends up outside by "..". */
static bool climbs(const char *path)
{
    long depth = 0;
    while (*path) {
        size_t length = strcspn(path, "/");
        if (length == 2 && !strncmp(path, "..", 2))
            depth--;
        else if (length && !(length == 1 && *path == '.'))
            depth++;
        if (depth < 0)
            return true;
        path += length;
        path += *path == '/';
    }
    return false;
}

/* A time in seconds; only digits, sign, point and exponent: decimal_read alone
 * takes hexadecimal, "nan" and leading space. */
static bool parse_time(double *time_s, const char *text)
{
    char *end;
    *time_s = 0;
    if (!*text)
        return true;
    if (text[strspn(text, "0123456789.eE+-")])
        return false;
    *time_s = decimal_read(text, &end) + 0.0; /* no minus zero */
    return end != text && !*end && *time_s >= 0 && *time_s <= TIME_MOST_S;
}

/* The path without its ending, and the segment in milliseconds if there is
 * one: "a/b", "a/b-1500-2250", "a/b-1500-end". NULL without memory. */
static char *make_id(const char *path, double start_s, double end_s)
{
    const char *name = path + folder_length(path);
    const char *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - path) : strlen(path);
    size_t size = length + 64;
    char *id = malloc(size);
    if (!id)
        return NULL;
    memcpy(id, path, length);
    id[length] = '\0';
    if (end_s > 0)
        snprintf(id + length, size - length, "-%lld-%lld",
                 llround(start_s * 1000), llround(end_s * 1000));
    else if (start_s > 0)
        snprintf(id + length, size - length, "-%lld-end",
                 llround(start_s * 1000));
    return id;
}

static char *join(const char *folder, size_t folder_bytes, const char *path)
{
    size_t size = folder_bytes + strlen(path) + 1;
    char *joined = malloc(size);
    if (joined)
        snprintf(joined, size, "%.*s%s", (int)folder_bytes, folder, path);
    return joined;
}

/* NULL without memory. */
static struct utterance *add_utterance(struct manifest *m, size_t *room)
{
    if (m->count == *room) {
        size_t more = *room ? 2 * *room : 256;
        struct utterance *list =
            realloc(m->utterances, more * sizeof *m->utterances);
        if (!list)
            return NULL;
        m->utterances = list;
        *room = more;
    }
    m->utterances[m->count] = (struct utterance){.line = 0};
    return &m->utterances[m->count++];
}

/* ---- Tables ---- */

__attribute__((format(printf, 2, 3))) static struct status
refuse(const struct table *t, const char *format, ...)
{
    char reason[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return status_error(STATUS_INPUT, "%s:%zu: %s", t->path, t->line, reason);
}

/* Cuts the next line off *rest; CRLF is accepted. NULL after the last. */
static char *next_line(struct table *t, char **rest)
{
    char *line = *rest;
    if (!*line)
        return NULL;
    char *end = line + strcspn(line, "\n");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    if (end > line && end[-1] == '\r')
        end[-1] = '\0';
    t->line++;
    return line;
}

/* Cuts a line at its tabs and puts the known columns into fields; their
 * number is in *width. */
static void split(const struct table *t, char *line, char **fields,
                  size_t *width)
{
    *width = 0;
    for (char *field = line; field; ++*width) {
        char *tab = strchr(field, '\t');
        if (tab)
            *tab = '\0';
        for (int c = 0; c < COLUMNS; c++)
            if (t->column[c] == *width)
                fields[c] = field;
        field = tab ? tab + 1 : NULL;
    }
}

static struct status read_header(struct table *t, char *line)
{
    bool seen[COLUMNS] = {false};
    t->width = 0;
    for (char *name = line; name; t->width++) {
        char *tab = strchr(name, '\t');
        if (tab)
            *tab = '\0';
        for (int c = 0; c < COLUMNS; c++) {
            if (strcmp(name, column_names[c]))
                continue;
            if (seen[c])
                return refuse(t, "column \"%s\" is there twice", name);
            seen[c] = true;
            t->column[c] = t->width;
        }
        name = tab ? tab + 1 : NULL;
    }
    for (int c = 0; c < COLUMNS; c++)
        if (!seen[c])
            t->column[c] = t->width;
    if (!seen[PATH])
        return refuse(t, "no column \"path\": the first line names the "
                         "columns, with tabs between");
    return status_ok();
}

static struct status check_row(const struct table *t, char *const *fields,
                               size_t width, struct utterance *u)
{
    const char *path = fields[PATH];
    if (width != t->width)
        return refuse(t, "%zu columns, but the header has %zu", width,
                      t->width);
    if (!*path)
        return refuse(t, "the path is empty");
    if (!t->outside && (*path == '/' || climbs(path)))
        return refuse(t,
                      "path \"%.200s\" leaves the table's folder: allow it "
                      "with --outside",
                      path);
    if (!parse_time(&u->start_s, fields[START]))
        return refuse(t, "start \"%.40s\" is no time in seconds",
                      fields[START]);
    if (!parse_time(&u->end_s, fields[END]))
        return refuse(t, "end \"%.40s\" is no time in seconds", fields[END]);
    if (*fields[END] && u->end_s <= u->start_s)
        return refuse(t, "end %.40s is not after start %.40s", fields[END],
                      *fields[START] ? fields[START] : "0");
    return status_ok();
}

static struct status read_row(struct manifest *m, size_t *room,
                              const struct table *t, char *line)
{
    char *fields[COLUMNS] = {"", "", "", "", "", ""};
    size_t width;
    split(t, line, fields, &width);
    struct utterance *u = add_utterance(m, room);
    struct status status =
        u ? check_row(t, fields, width, u) : status_memory(t->path);
    if (status_failed(&status))
        return status;
    const char *path = fields[PATH];
    u->line = t->line;
    u->id =
        *fields[ID] ? strdup(fields[ID]) : make_id(path, u->start_s, u->end_s);
    u->path = join(t->path, *path == '/' ? 0 : folder_length(t->path), path);
    u->speaker = strdup(fields[SPEAKER]);
    u->text = strdup(fields[TEXT]);
    if (!u->id || !u->path || !u->speaker || !u->text)
        return status_memory(t->path);
    return status;
}

static struct status read_table(struct manifest *m, bool outside)
{
    struct table t = {.path = m->path, .outside = outside};
    size_t room = 0;
    char *line, *text;
    struct status status = text_file_read(&text, m->path, SIZE_MAX - 1);
    if (status_failed(&status))
        return status;
    char *rest = text;
    while (!status_failed(&status) && (line = next_line(&t, &rest)) != NULL) {
        if (t.line == 1)
            status = read_header(&t, line);
        else if (*line)
            status = read_row(m, &room, &t, line);
    }
    if (!status_failed(&status) && !t.line)
        status = status_error(STATUS_INPUT,
                              "%s: is empty: a table begins with a line that "
                              "names its columns",
                              m->path);
    m->has_text = t.line && t.column[TEXT] < t.width;
    free(text);
    return status;
}

/* ---- Folders ---- */

/* The text beside a recording, *text NULL if there is none. */
static struct status read_text(char **text, const char *recording)
{
    struct status status = status_ok();
    size_t stem = (size_t)(strrchr(recording, '.') - recording);
    char *path = malloc(stem + sizeof ".txt");
    *text = NULL;
    if (!path)
        return status_memory(recording);
    memcpy(path, recording, stem);
    memcpy(path + stem, ".txt", sizeof ".txt");
    if (!access(path, F_OK))
        status = text_file_read(text, path, TEXT_MOST);
    free(path);
    if (!*text)
        return status;
    size_t length = strlen(*text);
    while (length && strchr("\r\n", (*text)[length - 1]))
        (*text)[--length] = '\0';
    return status;
}

static struct status add_recording(struct manifest *m, size_t *room,
                                   const char *path)
{
    char *text = NULL;
    struct utterance *u = add_utterance(m, room);
    if (!u)
        return status_memory(m->path);
    size_t length = strlen(m->path);
    bool slash = length && m->path[length - 1] == '/';
    char *inside = join("/", slash ? 0 : 1, path);
    u->path = inside ? join(m->path, length, inside) : NULL;
    free(inside);
    u->id = make_id(path, 0, 0);
    u->speaker = strdup("");
    if (!u->path || !u->id || !u->speaker)
        return status_memory(m->path);
    struct status status = read_text(&text, u->path);
    if (status_failed(&status))
        return status;
    m->has_text = m->has_text || text;
    u->text = text ? text : strdup("");
    return u->text ? status : status_memory(m->path);
}

static struct status read_folder(struct manifest *m)
{
    struct folder folder;
    size_t room = 0;
    struct status status = folder_search(&folder, m->path);
    for (size_t i = 0; i < folder.count && !status_failed(&status); i++)
        status = add_recording(m, &room, folder.paths[i]);
    folder_free(&folder);
    return status;
}

/* ---- The whole ---- */

static int compare_ids(const void *a, const void *b)
{
    const struct utterance *const *x = a, *const *y = b;
    int order = strcmp((*x)->id, (*y)->id);
    return order ? order : (*x > *y) - (*x < *y);
}

static struct status check_ids(const struct manifest *m)
{
    struct status status = status_ok();
    const struct utterance **sorted = malloc(m->count * sizeof *sorted);
    if (!sorted)
        return status_memory(m->path);
    for (size_t i = 0; i < m->count; i++)
        sorted[i] = &m->utterances[i];
    qsort(sorted, m->count, sizeof(struct utterance *), compare_ids);
    for (size_t i = 1; i < m->count; i++) {
        const struct utterance *first = sorted[i - 1], *again = sorted[i];
        if (strcmp(first->id, again->id))
            continue;
        if (again->line)
            status = status_error(STATUS_INPUT,
                                  "%s:%zu: id \"%s\" is that of line %zu",
                                  m->path, again->line, again->id, first->line);
        else
            status = status_error(STATUS_INPUT,
                                  "%s: differs from %s in its ending alone: "
                                  "keep one, or write a table",
                                  again->path, first->path);
        break;
    }
    free(sorted);
    return status;
}

struct status manifest_read(struct manifest *manifest, const char *path,
                            bool outside)
{
    struct stat found;
    struct status status = status_ok();
    *manifest = (struct manifest){.path = strdup(path)};
    if (!manifest->path)
        status = status_memory(path);
    else if (!stat(path, &found) && S_ISDIR(found.st_mode))
        status = read_folder(manifest);
    else
        status = read_table(manifest, outside);
    if (!status_failed(&status) && !manifest->count)
        status = status_error(STATUS_INPUT, "%s: holds no recordings", path);
    if (!status_failed(&status))
        status = check_ids(manifest);
    if (status_failed(&status))
        manifest_free(manifest);
    return status;
}

void manifest_free(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++) {
        struct utterance *u = &manifest->utterances[i];
        free(u->id);
        free(u->path);
        free(u->speaker);
        free(u->text);
    }
    free(manifest->utterances);
    free(manifest->path);
    *manifest = (struct manifest){.count = 0};
}

/* FNV-1a over bytes. */
static uint64_t hash(uint64_t state, const void *bytes, size_t count)
{
    const unsigned char *next = bytes;
    for (size_t i = 0; i < count; i++)
        state = (state ^ next[i]) * 0x100000001b3u;
    return state;
}

uint64_t manifest_fingerprint(const struct manifest *manifest)
{
    uint64_t state = 0xcbf29ce484222325u;
    size_t folder = strlen(manifest->path);
    if (manifest->count && manifest->utterances[0].line)
        folder = folder_length(manifest->path);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct utterance *u = &manifest->utterances[i];
        const char *path = u->path;
        if (!strncmp(path, manifest->path, folder))
            path += folder;
        path += !u->line && *path == '/';
        /* With their zeros: "ab" "c" is not "a" "bc". */
        state = hash(state, u->id, strlen(u->id) + 1);
        state = hash(state, path, strlen(path) + 1);
        state = hash(state, u->text, strlen(u->text) + 1);
        state = hash(state, &u->start_s, sizeof u->start_s);
        state = hash(state, &u->end_s, sizeof u->end_s);
    }
    return state;
}
