/* References and hypotheses from files, brought together by id. */
#include "model/text/score_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of either file. */
struct line {
    char *id, *path, *speaker, *text; /* owned; NULL where there is none */
    size_t number;
};

struct lines {
    const char *path;
    size_t count, room;
    struct line *list;
};

/* What Windows writes before UTF-8. */
static const char mark[] = "\xef\xbb\xbf";

enum form { FORM_TRN, FORM_TABLE, FORM_TRANSCRIBE };

/* Where a table's columns are; -1: it has none. */
struct columns {
    int id, path, speaker, text, count;
};

static void free_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->list[i].id);
        free(lines->list[i].path);
        free(lines->list[i].speaker);
        free(lines->list[i].text);
    }
    free(lines->list);
    lines->count = 0;
    lines->list = NULL;
}

static struct line *append(struct lines *lines)
{
    if (lines->count == lines->room) {
        size_t room = lines->room ? 2 * lines->room : 256;
        struct line *list = realloc(lines->list, room * sizeof *list);
        if (!list)
            return NULL;
        lines->list = list;
        lines->room = room;
    }
    lines->list[lines->count] = (struct line){.id = NULL};
    return &lines->list[lines->count++];
}

static bool find_columns(struct columns *columns, const char *header)
{
    *columns = (struct columns){-1, -1, -1, -1, 0};
    while (true) {
        size_t length = strcspn(header, "\t");
        const struct {
            const char *name;
            int *place;
        } known[] = {{"id", &columns->id},
                     {"path", &columns->path},
                     {"speaker", &columns->speaker},
                     {"text", &columns->text}};
        for (size_t i = 0; i < 4; i++)
            if (strlen(known[i].name) == length &&
                !memcmp(known[i].name, header, length))
                *known[i].place = columns->count;
        columns->count++;
        if (!header[length])
            break;
        header += length + 1;
    }
    return columns->text >= 0 && (columns->id >= 0 || columns->path >= 0);
}

static struct status bad_line(const struct lines *lines, size_t number,
                              const char *what)
{
    return status_error(STATUS_INPUT, "%s:%zu: %s", lines->path, number, what);
}

static struct status take(char **text, const char *raw, size_t length)
{
    *text = strndup(raw, length);
    return *text ? status_ok() : status_memory("text");
}

static struct status take_table(struct line *line, char *raw,
                                const struct columns *c,
                                const struct lines *lines)
{
    struct status status = status_ok();
    int column = 0;
    while (!status_failed(&status)) {
        size_t length = strcspn(raw, "\t");
        char **place = column == c->id        ? &line->id
                       : column == c->path    ? &line->path
                       : column == c->speaker ? &line->speaker
                       : column == c->text    ? &line->text
                                              : NULL;
        if (place)
            status = take(place, raw, length);
        column++;
        if (!raw[length])
            break;
        raw += length + 1;
    }
    if (!status_failed(&status) && column != c->count)
        return bad_line(lines, line->number,
                        "the number of columns differs from the header's");
    return status;
}

static struct status take_trn(struct line *line, const char *raw,
                              const struct lines *lines)
{
    const char *open = strrchr(raw, '('), *close = strrchr(raw, ')');
    if (!open || !close || close < open + 2 || close[1])
        return bad_line(lines, line->number,
                        "neither `words (id)` nor `path TAB text`");
    struct status status =
        take(&line->id, open + 1, (size_t)(close - open - 1));
    if (!status_failed(&status))
        status = take(&line->text, raw, (size_t)(open - raw));
    if (!status_failed(&status))
        status = take(&line->speaker, line->id, strcspn(line->id, "-_"));
    return status;
}

static struct status take_line(struct line *line, char *raw, enum form form,
                               const struct columns *columns,
                               const struct lines *lines)
{
    if (form == FORM_TABLE)
        return take_table(line, raw, columns, lines);
    if (form == FORM_TRN)
        return take_trn(line, raw, lines);
    char *tab = strchr(raw, '\t');
    if (!tab)
        return bad_line(lines, line->number, "no TAB between path and text");
    struct status status = take(&line->path, raw, (size_t)(tab - raw));
    if (!status_failed(&status))
        status = take(&line->text, tab + 1, strlen(tab + 1));
    return status;
}

static struct status read_lines(struct lines *lines, FILE *file)
{
    char *raw = NULL;
    size_t room = 0, number = 0, bad;
    ssize_t length;
    enum form form = FORM_TRN;
    struct columns columns = {.count = 0};
    struct status status = status_ok();
    bool first = true;
    while (!status_failed(&status) &&
           (length = getline(&raw, &room, file)) >= 0) {
        number++;
        while (length && (raw[length - 1] == '\n' || raw[length - 1] == '\r'))
            raw[--length] = '\0';
        if (number == 1 && length >= 3 && !memcmp(raw, mark, 3)) {
            length -= 3;
            memmove(raw, raw + 3, (size_t)length + 1);
        }
        if (!normalise_is_utf8(raw, (size_t)length, &bad)) {
            status = bad_line(lines, number, "not UTF-8");
            break;
        }
        if (!length)
            continue;
        if (first) {
            first = false;
            form = !strchr(raw, '\t')            ? FORM_TRN
                   : find_columns(&columns, raw) ? FORM_TABLE
                                                 : FORM_TRANSCRIBE;
            if (form == FORM_TABLE)
                continue;
        }
        struct line *line = append(lines);
        if (!line) {
            status = status_memory(lines->path);
            break;
        }
        line->number = number;
        status = take_line(line, raw, form, &columns, lines);
    }
    /* getline also ends where it has no memory for a line. */
    if (!status_failed(&status) && !feof(file))
        status = ferror(file) ? status_error(STATUS_SYSTEM, "%s: %s",
                                             lines->path, strerror(errno))
                              : status_memory(lines->path);
    free(raw);
    return status;
}

static struct status read_file(struct lines *lines, const char *path,
                               const struct normalise_settings *normalise)
{
    *lines = (struct lines){.path = path};
    FILE *file = fopen(path, "r");
    if (!file)
        return status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    struct status status = read_lines(lines, file);
    fclose(file);
    for (size_t i = 0; i < lines->count && !status_failed(&status); i++) {
        struct line *line = &lines->list[i];
        char *text;
        status = normalise_text(&text, line->text, normalise);
        if (status_failed(&status))
            break;
        free(line->text);
        line->text = text;
    }
    if (!status_failed(&status) && !lines->count)
        status = status_error(STATUS_INPUT, "%s: holds no utterances", path);
    if (status_failed(&status))
        free_lines(lines);
    return status;
}

/* ---- Bringing together ---- */

/* A name that a reference can be found by. */
struct name {
    const char *text;
    size_t length, index;
    int rank; /* 0: id or path, 1: file name without folder and ending */
};

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    size_t least = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->text, y->text, least);
    if (order)
        return order;
    return (x->length > y->length) - (x->length < y->length);
}

static struct name stem(const char *path, size_t index)
{
    const char *slash = strrchr(path, '/');
    const char *start = slash ? slash + 1 : path, *dot = strrchr(start, '.');
    struct name name = {.text = start,
                        .length =
                            dot > start ? (size_t)(dot - start) : strlen(start),
                        .index = index,
                        .rank = 1};
    return name;
}

static size_t add_names(struct name *names, const struct line *line,
                        size_t index)
{
    size_t count = 0;
    const char *own[] = {line->id, line->path};
    for (int i = 0; i < 2; i++)
        if (own[i] && !(i && line->id && !strcmp(line->id, line->path)))
            names[count++] = (struct name){
                .text = own[i], .length = strlen(own[i]), .index = index};
    names[count++] = stem(line->path ? line->path : line->id, index);
    return count;
}

/* Index of the reference that wanted names, or -1; -2 if it is ambiguous. */
static long find_name(const struct name *names, size_t count,
                      const struct name *wanted)
{
    const struct name *found =
        bsearch(wanted, names, count, sizeof *names, compare_names);
    if (!found)
        return -1;
    size_t at = (size_t)(found - names);
    if ((at && !compare_names(&names[at - 1], wanted)) ||
        (at + 1 < count && !compare_names(&names[at + 1], wanted)))
        return -2;
    return (long)found->index;
}

static long find_reference(const struct name *names, size_t count,
                           const struct line *hypothesis)
{
    struct name own[3];
    size_t n = add_names(own, hypothesis, 0);
    long best = -1;
    for (size_t i = 0; i < n && best < 0; i++) {
        long found = find_name(names, count, &own[i]);
        best = found != -1 ? found : best;
        if (best < 0 && own[i].rank == 0) { /* an id may be a stem */
            own[i].rank = 1;
            found = find_name(names, count, &own[i]);
            best = found != -1 ? found : best;
        }
    }
    return best;
}

/* Whether name is the path of a line that has an id as well: it may be one of
 * several pieces of a recording. */
static bool is_of_piece(const struct name *name, const struct lines *lines)
{
    const struct line *line = &lines->list[name->index];
    return line->id && name->text == line->path;
}

static struct status check_duplicates(const struct name *names, size_t count,
                                      const struct lines *lines)
{
    for (size_t i = 1; i < count; i++) {
        size_t own = names[i].index, before = names[i - 1].index;
        if (!names[i].rank && !compare_names(&names[i - 1], &names[i]) &&
            own != before &&
            !(is_of_piece(&names[i], lines) &&
              is_of_piece(&names[i - 1], lines)))
            return status_error(STATUS_INPUT, "%s:%zu: \"%.*s\" stands twice",
                                lines->path,
                                lines->list[own > before ? own : before].number,
                                (int)names[i].length, names[i].text);
    }
    return status_ok();
}

/* hypotheses [references->count] out: a line each, or NULL. */
static struct status match(const struct line **hypotheses,
                           const struct lines *references,
                           const struct lines *lines)
{
    struct status status = status_ok();
    size_t count = 0;
    struct name *names = calloc(3 * references->count, sizeof *names);
    if (!names)
        return status_memory("score");
    for (size_t i = 0; i < references->count; i++)
        count += add_names(names + count, &references->list[i], i);
    qsort(names, count, sizeof *names, compare_names);
    status = check_duplicates(names, count, references);
    for (size_t i = 0; i < lines->count && !status_failed(&status); i++) {
        const struct line *own = &lines->list[i];
        const char *name = own->id ? own->id : own->path;
        long found = find_reference(names, count, own);
        if (found < 0)
            status = status_error(
                STATUS_INPUT, "%s:%zu: \"%s\" %s %s", lines->path, own->number,
                name, found == -2 ? "means several lines of" : "is not in",
                references->path);
        else if (hypotheses[found])
            status = status_error(STATUS_INPUT, "%s:%zu: \"%s\" stands twice",
                                  lines->path, own->number, name);
        else
            hypotheses[found] = own;
    }
    free(names);
    return status;
}

static struct status fill(struct score_files *files, struct lines *references,
                          const struct line *const *hypotheses,
                          const struct lines *lines, int allow_missing)
{
    files->pairs = calloc(references->count, sizeof *files->pairs);
    if (!files->pairs)
        return status_memory("score");
    for (size_t i = 0; i < references->count; i++) {
        struct line *r = &references->list[i];
        const char *name = r->id ? r->id : r->path;
        if (!hypotheses[i] && !allow_missing)
            return status_error(STATUS_INPUT,
                                "%s: lacks \"%s\" of %s:%zu (--allow-missing "
                                "counts it as empty)",
                                lines->path, name, references->path, r->number);
        struct score_pair *p = &files->pairs[files->count++];
        p->id = strdup(name);
        bool spoken = r->speaker && *r->speaker;
        p->speaker = spoken ? strdup(r->speaker) : NULL;
        p->reference = strdup(r->text);
        p->hypothesis = strdup(hypotheses[i] ? hypotheses[i]->text : "");
        if (!p->id || !p->reference || !p->hypothesis ||
            (spoken && !p->speaker))
            return status_memory("score");
    }
    return status_ok();
}

struct status score_files_read(struct score_files *files,
                               const char *reference_path,
                               const char *hypothesis_path,
                               const struct score_options *options)
{
    struct lines references, lines = {.count = 0};
    const struct line **hypotheses = NULL;
    memset(files, 0, sizeof *files);
    struct status status =
        read_file(&references, reference_path, &options->normalise);
    if (status_failed(&status))
        return status;
    status = read_file(&lines, hypothesis_path, &options->normalise);
    if (!status_failed(&status)) {
        hypotheses = calloc(references.count, sizeof *hypotheses);
        status = hypotheses ? match(hypotheses, &references, &lines)
                            : status_memory("score");
    }
    if (!status_failed(&status))
        status = fill(files, &references, hypotheses, &lines,
                      options->allow_missing);
    free(hypotheses);
    free_lines(&lines);
    free_lines(&references);
    if (status_failed(&status))
        score_files_free(files);
    return status;
}

void score_files_free(struct score_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free((char *)files->pairs[i].id);
        free((char *)files->pairs[i].speaker);
        free((char *)files->pairs[i].reference);
        free((char *)files->pairs[i].hypothesis);
    }
    free(files->pairs);
    memset(files, 0, sizeof *files);
}
