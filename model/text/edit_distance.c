/* Alignment of a reference with a hypothesis, and its errors. */
#include "model/text/edit_distance.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define COST_INSERTION 3
#define COST_DELETION 3
#define COST_SUBSTITUTION 4

static void count_edits(struct edit_counts *counts, const enum edit *edits,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        counts->insertions += edits[i] == EDIT_INSERTION;
        counts->deletions += edits[i] == EDIT_DELETION;
        counts->substitutions += edits[i] == EDIT_SUBSTITUTION;
        counts->reference += edits[i] != EDIT_INSERTION;
    }
}

/* Cells of the table of n + 1 references by m + 1 hypotheses: the step that
 * leads to each, two bits; an hour of speech has 54,000 characters. */
static void put_step(unsigned char *table, size_t cell, enum edit step)
{
    table[cell / 4] |= (unsigned char)(step << cell % 4 * 2);
}

static enum edit get_step(const unsigned char *table, size_t cell)
{
    return table[cell / 4] >> cell % 4 * 2 & 3;
}

/* Fills the cleared table; costs [m + 1] are those of one row at a time. Among
 * steps of one cost: a match or substitution, then an insertion, then a
 * deletion, as sclite does. */
static void fill_table(unsigned char *table, unsigned *costs,
                       const char *const *reference, size_t n,
                       const char *const *hypothesis, size_t m)
{
    size_t cell = 0;
    for (size_t j = 0; j <= m; j++) {
        costs[j] = (unsigned)j * COST_INSERTION;
        put_step(table, cell++, EDIT_INSERTION);
    }
    for (size_t i = 1; i <= n; i++) {
        unsigned before = costs[0]; /* of the row above, one to the left */
        costs[0] = (unsigned)i * COST_DELETION;
        put_step(table, cell++, EDIT_DELETION);
        for (size_t j = 1; j <= m; j++) {
            bool same = !strcmp(reference[i - 1], hypothesis[j - 1]);
            enum edit step = same ? EDIT_MATCH : EDIT_SUBSTITUTION;
            unsigned best = before + (same ? 0 : COST_SUBSTITUTION);
            unsigned insertion = costs[j - 1] + COST_INSERTION;
            unsigned deletion = costs[j] + COST_DELETION;
            before = costs[j];
            if (insertion < best) {
                best = insertion;
                step = EDIT_INSERTION;
            }
            if (deletion < best) {
                best = deletion;
                step = EDIT_DELETION;
            }
            costs[j] = best;
            put_step(table, cell++, step);
        }
    }
}

/* From the last cell back to the first. */
static size_t trace_back(enum edit *edits, const unsigned char *table, size_t n,
                         size_t m)
{
    size_t i = n, j = m, count = 0;
    while (i || j) {
        enum edit step = get_step(table, i * (m + 1) + j);
        edits[count++] = step;
        i -= step != EDIT_INSERTION;
        j -= step != EDIT_DELETION;
    }
    for (size_t k = 0; k < count / 2; k++) {
        enum edit other = edits[k];
        edits[k] = edits[count - 1 - k];
        edits[count - 1 - k] = other;
    }
    return count;
}

struct status edit_distance(struct edit_counts *counts, enum edit **edits,
                            size_t *edit_count, const char *const *reference,
                            size_t n, const char *const *hypothesis, size_t m)
{
    size_t cells;
    struct status status = status_memory("alignment");
    unsigned char *table = NULL;
    unsigned *costs = NULL;
    enum edit *steps = NULL;
    if (edits) {
        *edits = NULL;
        *edit_count = 0;
    }
    if (!__builtin_mul_overflow(n + 1, m + 1, &cells)) {
        table = calloc(cells / 4 + 1, sizeof *table);
        costs = calloc(m + 1, sizeof *costs);
        steps = calloc(n + m + 1, sizeof *steps);
    }
    if (!table || !costs || !steps)
        goto out;
    fill_table(table, costs, reference, n, hypothesis, m);
    size_t count = trace_back(steps, table, n, m);
    count_edits(counts, steps, count);
    if (edits) {
        *edits = steps;
        *edit_count = count;
        steps = NULL;
    }
    status = status_ok();
out:
    free(table);
    free(costs);
    free(steps);
    return status;
}

/* Cuts a copy of text into words or characters, each ended by NUL. */
struct pieces {
    char *text;
    const char **list;
    size_t count;
};

static void pieces_free(struct pieces *pieces)
{
    free(pieces->text);
    free(pieces->list);
}

static bool cut(struct pieces *p, const char *text, bool characters)
{
    size_t length = strlen(text);
    *p = (struct pieces){.text = malloc(2 * length + 1),
                         .list = malloc((length + 1) * sizeof *p->list)};
    if (!p->text || !p->list)
        return false;
    char *out = p->text;
    while (true) {
        size_t spaces = strspn(text, " \t\r\n");
        text += spaces;
        if (!*text)
            break;
        if (characters && spaces && p->count) {
            p->list[p->count++] = out;
            *out++ = ' ';
            *out++ = '\0';
        }
        size_t word = strcspn(text, " \t\r\n");
        for (size_t at = 0, used; at < word; at += used) {
            utf8proc_int32_t point;
            utf8proc_ssize_t one =
                utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                 (utf8proc_ssize_t)(word - at), &point);
            used = !characters ? word : one > 0 ? (size_t)one : 1;
            p->list[p->count++] = out;
            memcpy(out, text + at, used);
            out += used;
            *out++ = '\0';
        }
        text += word;
    }
    return true;
}

struct status edit_distance_text(struct edit_counts *counts,
                                 const char *reference, const char *hypothesis,
                                 int characters)
{
    struct pieces a = {.text = NULL}, b = {.text = NULL};
    struct status status = status_memory("alignment");
    if (cut(&a, reference, characters) && cut(&b, hypothesis, characters))
        status =
            edit_distance(counts, NULL, NULL, a.list, a.count, b.list, b.count);
    pieces_free(&a);
    pieces_free(&b);
    return status;
}

static size_t errors(const struct edit_counts *c)
{
    return c->insertions + c->deletions + c->substitutions;
}

double edit_rate(const struct edit_counts *c)
{
    if (!c->reference)
        return errors(c) ? INFINITY : 0;
    return 100.0 * (double)errors(c) / (double)c->reference;
}

void edit_format(char *text, size_t size, const struct edit_counts *c)
{
    snprintf(text, size, "%.2f [ %zu / %zu, %zu ins, %zu del, %zu sub ]",
             edit_rate(c), errors(c), c->reference, c->insertions, c->deletions,
             c->substitutions);
}
