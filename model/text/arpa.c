/* ARPA files: the text form of back-off n-gram models. */
#include "model/text/arpa.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/text/decimal.h"
#include "model/text/line_reader.h"
#include "model/text/normalise.h"

#define UNKNOWN_LOG10 (-100.0) /* of a missing "<unk>"; KenLM's */

/* A context that n-grams have and that is none itself. */
struct gap {
    uint32_t length, words[NGRAM_ORDER_MOST - 1];
};

struct gaps {
    struct gap *list;
    size_t count, room;
};

struct arpa {
    struct line_reader reader;
    struct ngram *tree;
    char *text;                         /* what is left of the line */
    size_t sizes[NGRAM_ORDER_MOST + 1]; /* [order + 1] n-grams it promises */
    int order;
    struct ngram_row *rows; /* [room] of a section */
    size_t count, room;
    struct gaps *gaps;
    /* The n-gram before: its words, and the nodes of its beginnings. */
    uint32_t words[NGRAM_ORDER_MOST], nodes[NGRAM_ORDER_MOST];
    int known; /* of nodes */
};

#define refuse(a, ...) refuse_at(a, (a)->reader.line, __VA_ARGS__)
#define refuse_at(a, line, format, ...)                                        \
    status_error(STATUS_INPUT, "%s:%zu: " format, (a)->reader.path, line,      \
                 __VA_ARGS__)

/* ---- Lines and fields ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The next line that is not empty, without space at its ends. */
static struct status next_line(struct arpa *a)
{
    struct status status = status_ok();
    do {
        size_t length;
        status = line_reader_next(&a->text, &length, &a->reader);
        if (!a->text)
            break;
        while (length && is_space(a->text[length - 1]))
            a->text[--length] = '\0';
        while (is_space(*a->text))
            a->text++;
    } while (!*a->text);
    return status;
}

/* The next field of the line, without a zero behind it; 0 if there is none. */
static size_t next_field(const char **field, struct arpa *a)
{
    while (is_space(*a->text))
        a->text++;
    *field = a->text;
    while (*a->text && !is_space(*a->text))
        a->text++;
    return (size_t)(a->text - *field);
}

/* ---- \data\ ---- */

static bool begins(const char *text, const char *beginning)
{
    return !strncmp(text, beginning, strlen(beginning));
}

static struct status find_data(struct arpa *a)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct status status;
    do {
        status = next_line(a);
        if (status_failed(&status))
            return status;
        if (!a->text)
            return status_error(
                STATUS_INPUT,
                "%s: is no ARPA file: it has no line \"\\data\\\"",
                a->reader.path);
        if (begins(a->text, "mmap lm http"))
            return status_error(
                STATUS_INPUT,
                "%s: is of KenLM's binary form: give the ARPA file",
                a->reader.path);
        if (a->reader.line == 1 && begins(a->text, mark))
            a->text += strlen(mark);
    } while (strcmp(a->text, "\\data\\"));
    return status;
}

/* A count; up to what a tree can hold. */
static bool parse_count(size_t *count, const char **text)
{
    const char *begin = *text;
    *count = 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        *count = 10 * *count + (size_t)(**text - '0');
        if (*count >= UINT32_MAX)
            return false;
    }
    return *text > begin;
}

/* "ngram 2=1000" */
static struct status read_size(struct arpa *a)
{
    const char *text = a->text;
    size_t order, size;
    bool good = begins(text, "ngram");
    text += good ? strlen("ngram") : 0;
    text += strspn(text, " \t");
    good = good && parse_count(&order, &text);
    text += strspn(text, " \t");
    good = good && *text++ == '=';
    text += good ? strspn(text, " \t") : 0;
    good = good && parse_count(&size, &text) && !*text;
    if (!good)
        return refuse(a, "\"%.40s\" is no \"ngram ORDER=COUNT\"", a->text);
    if (order != (size_t)a->order + 1)
        return refuse(a, "n-grams of %zu words where those of %d come next",
                      order, a->order + 1);
    if (order > NGRAM_ORDER_MOST)
        return refuse(a, "n-grams of more than %d words", NGRAM_ORDER_MOST);
    a->sizes[++a->order] = size;
    return status_ok();
}

static struct status read_data(struct arpa *a)
{
    struct status status = find_data(a);
    while (!status_failed(&status)) {
        status = next_line(a);
        if (status_failed(&status) || !a->text || *a->text == '\\')
            break;
        status = read_size(a);
    }
    if (!status_failed(&status) && (!a->order || !a->sizes[1]))
        status = refuse(a, "%s", "no words are promised: no \"ngram 1=COUNT\"");
    return status;
}

/* ---- Contexts that are missing ---- */

static bool add_gap(struct gaps *gaps, const uint32_t *words, uint32_t length)
{
    struct gap gap = {.length = length};
    memcpy(gap.words, words, length * sizeof *words);
    if (gaps->count == gaps->room) {
        size_t room = gaps->room ? 2 * gaps->room : 64;
        struct gap *list = realloc(gaps->list, room * sizeof *list);
        if (!list)
            return false;
        gaps->list = list;
        gaps->room = room;
    }
    gaps->list[gaps->count++] = gap;
    return true;
}

static int compare_gaps(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct gap));
}

static void sort_gaps(struct gaps *gaps)
{
    size_t kept = 0;
    if (gaps->count)
        qsort(gaps->list, gaps->count, sizeof *gaps->list, compare_gaps);
    for (size_t i = 0; i < gaps->count; i++)
        if (!kept || compare_gaps(&gaps->list[kept - 1], &gaps->list[i]))
            gaps->list[kept++] = gaps->list[i];
    gaps->count = kept;
}

/* The node of the first length words of a->words, of which shared are those of
 * the n-gram before; *whole is false if there is none. */
static struct status find_context(struct arpa *a, int length, int shared,
                                  bool *whole)
{
    *whole = true;
    a->known = a->known < shared ? a->known : shared;
    while (a->known < length) {
        uint32_t node =
            ngram_tree_child(a->tree, a->nodes[a->known], a->words[a->known]);
        if (!node)
            break;
        a->nodes[++a->known] = node;
    }
    for (int n = a->known + 1; n <= length; n++) {
        *whole = false;
        if (!add_gap(a->gaps, a->words, (uint32_t)n))
            return status_memory(a->reader.path);
    }
    return status_ok();
}

/* ---- Sections ---- */

static struct status add_row(struct arpa *a, const struct ngram_row *row)
{
    if (a->tree->starts[a->tree->level + 1] + a->count >= UINT32_MAX - 1)
        return refuse(a, "more than %u n-grams", UINT32_MAX - 1);
    if (a->count == a->room) {
        size_t room = a->room ? 2 * a->room : 4096;
        struct ngram_row *rows = realloc(a->rows, room * sizeof *rows);
        if (!rows)
            return status_memory(a->reader.path);
        a->rows = rows;
        a->room = room;
    }
    a->rows[a->count++] = *row;
    return status_ok();
}

/* A word of the 1-grams: new, but for those that are doubled. */
static struct status take_word(struct arpa *a, uint32_t *word, const char *text,
                               size_t length)
{
    struct vocabulary *words = &a->tree->vocabulary;
    size_t bad;
    if (length == 5 && !memcmp(text, "<UNK>", 5))
        text = "<unk>";
    *word = vocabulary_find(words, text, length);
    if (*word != VOCABULARY_NONE)
        return status_ok();
    if (!normalise_is_utf8(text, length, &bad))
        return refuse(a, "%s", "the word is not UTF-8");
    *word = (uint32_t)words->count;
    return vocabulary_add(words, text, length);
}

/* A word of longer n-grams; most often that of the n-gram before. */
static struct status find_word(struct arpa *a, uint32_t *word, const char *text,
                               size_t length)
{
    const char *before = vocabulary_text(&a->tree->vocabulary, *word);
    if (!strncmp(before, text, length) && !before[length])
        return status_ok();
    if (length == 5 && !memcmp(text, "<UNK>", 5))
        text = "<unk>";
    *word = vocabulary_find(&a->tree->vocabulary, text, length);
    if (*word == VOCABULARY_NONE) {
        *word = 0;
        return refuse(a, "\"%.*s\" is none of the 1-grams",
                      (int)(length < 80 ? length : 80), text);
    }
    return status_ok();
}

/* The words of an n-gram into a->words; *shared is how many of them, from the
 * first, are those of the n-gram before. */
static struct status read_words(struct arpa *a, int order, int *shared)
{
    struct status status = status_ok();
    *shared = order;
    for (int n = 0; n < order && !status_failed(&status); n++) {
        const char *field;
        size_t length = next_field(&field, a);
        uint32_t word = a->words[n];
        if (!length)
            return refuse(a, "%d words where an n-gram has %d", n, order);
        status = order == 1 ? take_word(a, &word, field, length)
                            : find_word(a, &word, field, length);
        if (word != a->words[n] && n < *shared)
            *shared = n;
        a->words[n] = word;
    }
    return status;
}

static struct status read_ngram(struct arpa *a, int order, size_t line)
{
    size_t below = a->reader.line - line;
    struct ngram_row row = {.line = (uint32_t)below};
    const char *field;
    int shared;
    bool whole;
    size_t length = next_field(&field, a);
    if (!decimal_parse(&row.log_p, field, length))
        return refuse(a, "\"%.40s\" is no log-probability", field);
    if (row.log_p > 0)
        return refuse(a, "the log-probability %g is above 0",
                      (double)row.log_p);
    struct status status = read_words(a, order, &shared);
    if (status_failed(&status))
        return status;
    length = next_field(&field, a);
    if (length && !decimal_parse(&row.backoff, field, length))
        return refuse(a, "\"%.40s\" is no back-off weight", field);
    if (next_field(&field, a))
        return refuse(a, "\"%.40s\" after an n-gram of %d words", field, order);
    row.log_p *= (float)M_LN10;
    row.backoff *= (float)M_LN10;
    if (!isfinite(row.log_p) || !isfinite(row.backoff) || below > UINT32_MAX)
        return refuse(a, "%s", "the numbers are too large");
    status = find_context(a, order - 1, shared, &whole);
    row.parent = a->nodes[order - 1];
    row.word = a->words[order - 1];
    return status_failed(&status) || !whole ? status : add_row(a, &row);
}

/* The contexts of order words that the n-grams before had lacked. */
static struct status fill_gaps(struct arpa *a, int order,
                               const struct gaps *known)
{
    struct status status = status_ok();
    for (size_t i = 0; i < known->count && !status_failed(&status); i++) {
        const struct gap *gap = &known->list[i];
        bool whole;
        if (gap->length != (uint32_t)order)
            continue;
        memcpy(a->words, gap->words, (size_t)order * sizeof *gap->words);
        status = find_context(a, order - 1, 0, &whole);
        const struct ngram_row row = {.parent = a->nodes[order - 1],
                                      .word = a->words[order - 1],
                                      .log_p = NAN};
        if (!status_failed(&status) && whole)
            status = add_row(a, &row);
    }
    return status;
}

static struct status fill_words(struct arpa *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->rows[i].word == NGRAM_UNKNOWN)
            return status_ok();
    const struct ngram_row row = {.word = NGRAM_UNKNOWN,
                                  .log_p = (float)(UNKNOWN_LOG10 * M_LN10)};
    return add_row(a, &row);
}

/* That the line is what comes next. */
static struct status expect(struct arpa *a, const char *text)
{
    if (!a->text)
        return refuse(a, "the file ends before \"%s\"", text);
    if (strcmp(a->text, text))
        return refuse(a, "\"%.40s\" where \"%s\" is to be", a->text, text);
    return status_ok();
}

static struct status read_section(struct arpa *a, int order,
                                  const struct gaps *known)
{
    char title[24];
    size_t line = a->reader.line, size = 0;
    struct status status = status_ok();
    snprintf(title, sizeof title, "\\%d-grams:", order);
    status = expect(a, title);
    if (status_failed(&status))
        return status;
    a->count = 0;
    a->known = 0;
    memset(a->words, 0, sizeof a->words);
    while (!status_failed(&status)) {
        status = next_line(a);
        if (status_failed(&status) || !a->text || *a->text == '\\')
            break;
        status = read_ngram(a, order, line);
        size++;
    }
    if (status_failed(&status))
        return status;
    if (size != a->sizes[order])
        return refuse_at(a, line, "%zu %d-grams, where \\data\\ says %zu", size,
                         order, a->sizes[order]);
    status = order == 1 ? fill_words(a) : fill_gaps(a, order, known);
    if (status_failed(&status))
        return status;
    return ngram_tree_grow(a->tree, a->rows, a->count, a->reader.path, line);
}

static struct status read_end(struct arpa *a)
{
    struct status status = expect(a, "\\end\\");
    if (!status_failed(&status))
        status = next_line(a);
    if (!status_failed(&status) && a->text)
        status = refuse(a, "\"%.40s\" after \"\\end\\\"", a->text);
    return status;
}

/* gaps get what is missing beyond known. */
static struct status read_once(struct ngram *tree, const char *path,
                               const struct gaps *known, struct gaps *gaps)
{
    struct arpa a = {.tree = tree, .gaps = gaps};
    struct status status = line_reader_open(&a.reader, path);
    if (!status_failed(&status))
        status = read_data(&a);
    if (!status_failed(&status))
        status = ngram_tree_open(tree, a.order);
    if (!status_failed(&status))
        status = vocabulary_add(&tree->vocabulary, "<unk>", strlen("<unk>"));
    for (int n = 1; n <= a.order && !status_failed(&status); n++)
        status = read_section(&a, n, known);
    if (!status_failed(&status))
        status = read_end(&a);
    line_reader_close(&a.reader);
    free(a.rows);
    return status;
}

struct status arpa_read(struct ngram *model, const char *path)
{
    struct gaps none = {.count = 0}, gaps = none, more = none;
    struct status status = read_once(model, path, &none, &gaps);
    if (!status_failed(&status) && gaps.count) {
        ngram_tree_free(model);
        sort_gaps(&gaps);
        status = read_once(model, path, &gaps, &more);
    }
    if (!status_failed(&status) && more.count)
        status =
            status_error(STATUS_INPUT, "%s: changed while it was read", path);
    free(gaps.list);
    free(more.list);
    return status;
}
