/* CTC prefix beam search. */
#include "model/ctc/beam_search.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/ctc/prefix_tree.h"

/* A text, and ln P of its alignments that end with a blank, with its last
 * token, and of both. */
struct beam {
    double blank, label, total;
    double score; /* total and the language's */
    uint32_t node;
};

struct ending {
    double ctc, lm, score;
    uint32_t node;
};

struct beam_search {
    struct beam_settings settings;
    const struct language *language;
    size_t vocabulary;
    int32_t space; /* 0: there is none */
    struct prefix_tree tree;
    struct beam *now, *next; /* [room] */
    size_t count, next_count, room;
    double best;    /* score of next's best */
    double cutoff;  /* score below which none will be kept */
    double *row;    /* [vocabulary] */
    int32_t *tries; /* [vocabulary] */
    size_t try_count;
    uint32_t *kept;          /* [width] */
    struct ending *endings;  /* [width] */
    struct hypothesis *list; /* [width] */
    int32_t *ids;
    size_t id_room;
};

struct status beam_search_open(struct beam_search **search,
                               const struct beam_settings *settings,
                               const struct language *language)
{
    size_t width = settings->width;
    assert(width >= 1 && settings->threshold >= 0);
    *search = NULL;
    struct beam_search *s = calloc(1, sizeof *s);
    if (!s)
        return status_memory("beam search");
    s->settings = *settings;
    s->language = language;
    s->vocabulary = language_vocabulary(language);
    s->space = language_space(language);
    s->room = 2 * width + s->vocabulary;
    s->now = calloc(s->room, sizeof *s->now);
    s->next = calloc(s->room, sizeof *s->next);
    s->row = calloc(s->vocabulary, sizeof *s->row);
    s->tries = calloc(s->vocabulary, sizeof *s->tries);
    s->kept = calloc(width, sizeof *s->kept);
    s->endings = calloc(width, sizeof *s->endings);
    s->list = calloc(width, sizeof *s->list);
    struct status status = prefix_tree_open(&s->tree);
    if (!s->now || !s->next || !s->row || !s->tries || !s->kept ||
        !s->endings || !s->list)
        status = status_memory("beam search");
    if (status_failed(&status)) {
        beam_search_close(s);
        return status;
    }
    beam_search_start(s);
    *search = s;
    return status;
}

void beam_search_close(struct beam_search *s)
{
    if (!s)
        return;
    prefix_tree_close(&s->tree);
    free(s->now);
    free(s->next);
    free(s->row);
    free(s->tries);
    free(s->kept);
    free(s->endings);
    free(s->list);
    free(s->ids);
    free(s);
}

void beam_search_start(struct beam_search *s)
{
    struct language_state state;
    language_begin(&state, s->language);
    /* The empty text ends with a space as it were: one more changes nothing. */
    prefix_tree_clear(&s->tree, s->space, &state);
    s->tree.nodes[PREFIX_ROOT].slot = 0;
    s->count = 1;
    s->now[0] = (struct beam){
        .label = -INFINITY, .score = state.score, .node = PREFIX_ROOT};
}

static double log_add(double a, double b)
{
    double top = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? top : top + log1p(exp(low - top));
}

/* The row in double, and the tokens that are tried. */
static void read_row(struct beam_search *s, const real *log_probs)
{
    size_t best = 0;
    for (size_t k = 0; k < s->vocabulary; k++) {
        double x = (double)log_probs[k];
        s->row[k] = x <= 0 ? x : x > 0 ? 0 : -INFINITY;
        if (s->row[k] > s->row[best])
            best = k;
    }
    s->try_count = 0;
    for (size_t k = 1; k < s->vocabulary; k++)
        if (s->row[k] > -INFINITY &&
            (s->row[k] >= s->settings.token_floor || k == best))
            s->tries[s->try_count++] = (int32_t)k;
}

/* ln P of the alignments of a text that token may follow as another one. */
static double before(const struct beam_search *s, const struct beam *beam,
                     int32_t token)
{
    bool repeat = s->tree.nodes[beam->node].token == token;
    return repeat ? beam->blank : beam->total;
}

/* Raises what the best is and what is worth keeping. */
static void note_score(struct beam_search *s, double score)
{
    if (score <= s->best)
        return;
    s->best = score;
    if (score - s->settings.threshold > s->cutoff)
        s->cutoff = score - s->settings.threshold;
}

/* The texts that are there stay with a blank, a repeat of their last token, or
 * as the child of another one. */
static void stay(struct beam_search *s)
{
    const struct prefix *nodes = s->tree.nodes;
    for (size_t i = 0; i < s->count; i++) {
        const struct beam *b = &s->now[i];
        const struct prefix *p = &nodes[b->node];
        struct beam *next = &s->next[i];
        double again = p->token == s->space ? b->total : b->label;
        next->node = b->node;
        next->blank = b->total + s->row[0];
        next->label = p->token ? again + s->row[p->token] : -INFINITY;
        uint32_t parent = b->node ? nodes[p->parent].slot : PREFIX_NONE;
        if (parent != PREFIX_NONE)
            next->label =
                log_add(next->label, before(s, &s->now[parent], p->token) +
                                         s->row[p->token]);
        next->total = log_add(next->blank, next->label);
        next->score = next->total + p->state.score;
        note_score(s, next->score);
    }
    s->next_count = s->count;
}

static void swap(struct beam *a, struct beam *b)
{
    struct beam c = *a;
    *a = *b;
    *b = c;
}

/* Puts the `most` best of next first, and forgets the others (Hoare 1961). */
static void select_best(struct beam_search *s, size_t most)
{
    struct beam *all = s->next;
    size_t low = 0, high = s->next_count;
    while (high - low > 1) {
        /* Better ones than the pivot, it itself, and the others. */
        size_t edge = low;
        swap(&all[low + (high - low) / 2], &all[high - 1]);
        for (size_t i = low; i + 1 < high; i++)
            if (all[i].score > all[high - 1].score)
                swap(&all[i], &all[edge++]);
        swap(&all[edge], &all[high - 1]);
        if (edge == most)
            break;
        if (edge < most)
            low = edge + 1;
        else
            high = edge;
    }
    double least = all[0].score;
    for (size_t i = 1; i < most; i++)
        least = all[i].score < least ? all[i].score : least;
    s->cutoff = least > s->cutoff ? least : s->cutoff;
    s->next_count = most;
}

/* A text becomes a longer one. False: out of memory. */
static bool extend(struct beam_search *s, const struct beam *b, int32_t token)
{
    double label = before(s, b, token) + s->row[token];
    const struct prefix *p = &s->tree.nodes[b->node];
    double most = label + p->state.score + language_most(s->language, token);
    if (label == -INFINITY || most < s->cutoff)
        return true;
    uint32_t child = prefix_tree_find(&s->tree, b->node, token);
    struct language_state state;
    if (child != PREFIX_NONE)
        state = s->tree.nodes[child].state;
    else if (!language_step(&state, s->language, &p->state, token))
        return true;
    double score = label + state.score;
    /* Who has a slot was given this label in stay. */
    if (score < s->cutoff ||
        (child != PREFIX_NONE && s->tree.nodes[child].slot != PREFIX_NONE))
        return true;
    if (child == PREFIX_NONE)
        child = prefix_tree_add(&s->tree, b->node, token, &state);
    if (child == PREFIX_NONE)
        return false;
    if (s->next_count == s->room)
        select_best(s, s->settings.width);
    note_score(s, score);
    s->next[s->next_count++] = (struct beam){.blank = -INFINITY,
                                             .label = label,
                                             .total = label,
                                             .score = score,
                                             .node = child};
    return true;
}

static bool extend_all(struct beam_search *s)
{
    bool whole = true;
    for (size_t i = 0; i < s->count && whole; i++) {
        const struct beam *b = &s->now[i];
        bool spaced = s->tree.nodes[b->node].token == s->space;
        for (size_t k = 0; k < s->try_count && whole; k++)
            if (!spaced || s->tries[k] != s->space)
                whole = extend(s, b, s->tries[k]);
    }
    return whole;
}

/* Leaves next with the best that are worth keeping. */
static void choose(struct beam_search *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->next_count; i++)
        if (s->next[i].score > -INFINITY && s->next[i].score >= s->cutoff)
            s->next[count++] = s->next[i];
    s->next_count = count;
    if (count > s->settings.width)
        select_best(s, s->settings.width);
}

/* Next becomes now. */
static void move_on(struct beam_search *s)
{
    struct beam *spare = s->now;
    for (size_t i = 0; i < s->count; i++)
        s->tree.nodes[s->now[i].node].slot = PREFIX_NONE;
    for (size_t i = 0; i < s->next_count; i++)
        s->tree.nodes[s->next[i].node].slot = (uint32_t)i;
    s->now = s->next;
    s->count = s->next_count;
    s->next = spare;
}

static void prune(struct beam_search *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->kept[i] = s->now[i].node;
    prefix_tree_prune(s->kept, &s->tree, s->count);
    for (size_t i = 0; i < s->count; i++)
        s->now[i].node = s->kept[i];
}

struct status beam_search_feed(struct beam_search *s, const real *log_probs,
                               size_t rows)
{
    for (size_t t = 0; t < rows; t++) {
        if (s->tree.count >= s->tree.full)
            prune(s);
        s->best = s->cutoff = -INFINITY;
        read_row(s, log_probs + t * s->vocabulary);
        stay(s);
        if (!extend_all(s))
            return status_memory("beam search");
        choose(s);
        if (s->next_count)
            move_on(s);
    }
    return status_ok();
}

/* The text without its last space. */
static uint32_t trimmed(const struct beam_search *s, uint32_t node)
{
    const struct prefix *p = &s->tree.nodes[node];
    return node && p->token == s->space ? p->parent : node;
}

static size_t length_of(const struct beam_search *s, uint32_t node)
{
    size_t length = 0;
    for (; node; node = s->tree.nodes[node].parent)
        length++;
    return length;
}

static struct status write_texts(struct beam_search *s, size_t count)
{
    size_t length = 1;
    for (size_t i = 0; i < count; i++)
        length += length_of(s, s->endings[i].node);
    if (length > s->id_room) {
        int32_t *grown = realloc(s->ids, 2 * length * sizeof *grown);
        if (!grown)
            return status_memory("beam search");
        s->ids = grown;
        s->id_room = 2 * length;
    }
    int32_t *ids = s->ids;
    for (size_t i = 0; i < count; i++) {
        const struct ending *e = &s->endings[i];
        struct hypothesis *h = &s->list[i];
        *h = (struct hypothesis){
            .ids = ids, .ctc = e->ctc, .lm = e->lm, .score = e->score};
        h->count = length_of(s, e->node);
        uint32_t node = e->node;
        for (size_t k = h->count; k-- > 0; node = s->tree.nodes[node].parent)
            ids[k] = s->tree.nodes[node].token;
        ids += h->count;
    }
    return status_ok();
}

static const struct beam *best_beam(const struct beam_search *s)
{
    const struct beam *best = &s->now[0];
    for (size_t i = 1; i < s->count; i++)
        if (s->now[i].score > best->score)
            best = &s->now[i];
    return best;
}

/* ctc of a text whose other half, with a space at its end, is added; false
 * where it is that half. */
static bool is_text(struct ending *e, const struct beam_search *s,
                    const struct beam *b)
{
    *e = (struct ending){.ctc = b->total, .node = trimmed(s, b->node)};
    uint32_t other = PREFIX_NONE;
    if (e->node != b->node)
        return s->tree.nodes[e->node].slot == PREFIX_NONE;
    if (s->space && e->node)
        other = prefix_tree_find(&s->tree, e->node, s->space);
    if (other != PREFIX_NONE && s->tree.nodes[other].slot != PREFIX_NONE)
        e->ctc = log_add(e->ctc, s->now[s->tree.nodes[other].slot].total);
    return true;
}

static bool end_text(struct ending *e, const struct beam_search *s)
{
    double score;
    if (!language_end(&e->lm, &score, s->language,
                      &s->tree.nodes[e->node].state))
        return false;
    e->score = e->ctc + score;
    return true;
}

/* The best text up to the last word that is whole. */
static void cut_text(struct ending *e, const struct beam_search *s)
{
    const struct beam *b = best_beam(s);
    *e = (struct ending){.ctc = b->total, .node = b->node};
    while (s->tree.nodes[e->node].token != s->space)
        e->node = s->tree.nodes[e->node].parent;
    e->node = trimmed(s, e->node);
    bool whole = end_text(e, s);
    assert(whole);
    (void)whole;
}

static int by_score(const void *a, const void *b)
{
    const struct ending *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return left->node < right->node ? -1 : left->node > right->node;
}

struct status beam_search_finish(const struct hypothesis **list, size_t *count,
                                 struct beam_search *s, size_t most)
{
    size_t found = 0;
    for (size_t i = 0; i < s->count; i++)
        if (is_text(&s->endings[found], s, &s->now[i]) &&
            end_text(&s->endings[found], s))
            found++;
    if (!found)
        cut_text(&s->endings[found++], s);
    qsort(s->endings, found, sizeof *s->endings, by_score);
    *count = found < most ? found : most;
    *list = s->list;
    return write_texts(s, *count);
}
