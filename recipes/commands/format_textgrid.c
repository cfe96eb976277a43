/* Praat's TextGrid, in its long text format. */
#include <math.h>

#include "recipes/commands/formats.h"

static const struct format_escape quoted[] = {{"\"", "\"\""}, {NULL, NULL}};

struct tier {
    FILE *out; /* NULL: only counts */
    long clock_ms;
    size_t count;
};

/* An interval from the clock on; nothing where there is no time. */
static void add_interval(struct tier *tier, long end_ms, const char *text)
{
    if (end_ms <= tier->clock_ms)
        return;
    tier->count++;
    if (tier->out) {
        fprintf(tier->out,
                "        intervals [%zu]:\n"
                "            xmin = %.3f\n"
                "            xmax = %.3f\n"
                "            text = \"",
                tier->count, (double)tier->clock_ms / 1000,
                (double)end_ms / 1000);
        format_text(tier->out, text, quoted);
        fputs("\"\n", tier->out);
    }
    tier->clock_ms = end_ms;
}

/* Words, and what is between them, to the end of the recording. */
static struct tier go_through(FILE *out, const struct transcript *t)
{
    struct tier tier = {.out = out};
    for (size_t i = 0; i < t->line_count; i++)
        for (size_t k = 0; k < t->lines[i].word_count; k++) {
            const struct transcript_word *word = &t->lines[i].words[k];
            long clock_ms = tier.clock_ms;
            struct format_times times = format_times(&clock_ms, word);
            add_interval(&tier, times.start_ms, "");
            add_interval(&tier, times.end_ms, word->text);
        }
    /* Praat has no tier without an interval, nor one that takes no time. */
    struct transcript_word all = {.end_s = t->length_s};
    long none_ms = 0;
    struct format_times whole = format_times(&none_ms, &all);
    add_interval(&tier, whole.end_ms, "");
    return tier;
}

void format_write_textgrid(FILE *out, const struct transcript *transcript)
{
    struct tier all = go_through(NULL, transcript);
    double end_s = (double)all.clock_ms / 1000;
    fprintf(out,
            "File type = \"ooTextFile\"\n"
            "Object class = \"TextGrid\"\n"
            "\n"
            "xmin = 0\n"
            "xmax = %.3f\n"
            "tiers? <exists>\n"
            "size = 1\n"
            "item []:\n"
            "    item [1]:\n"
            "        class = \"IntervalTier\"\n"
            "        name = \"words\"\n"
            "        xmin = 0\n"
            "        xmax = %.3f\n"
            "        intervals: size = %zu\n",
            end_s, end_s, all.count);
    go_through(out, transcript);
}
