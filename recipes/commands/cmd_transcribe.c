/* attune transcribe */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/data/manifest.h"
#include "model/kernel/gemm.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "recipes/commands/command.h"

#define PACK 8      /* recordings that a worker takes at once */
#define PACK_S 24.0 /* heard together, if they are no longer than this */
#define CHUNK 16    /* recordings for each worker between prints */

/* One recording and what was heard. */
struct item {
    const char *name; /* as it is printed: the path, or a table's id */
    const char *path;
    double start_s, end_s;
    char *text;
    double length_s;
    struct status status;
};

struct transcription {
    const struct settings *settings;
    const struct recogniser *recogniser;
    struct recogniser_state **states; /* [workers] */
    struct item *items;
    size_t count, first;
};

static void read_item(struct sound *sound, struct item *item,
                      const struct transcription *t)
{
    struct sound_request request = {.rate_hz =
                                        recogniser_rate_hz(t->recogniser),
                                    .channel = t->settings->channel,
                                    .start_s = item->start_s,
                                    .end_s = item->end_s};
    item->status = status_ok();
    if (t->settings->raw[0])
        item->status = sound_parse_raw(&request, t->settings->raw);
    if (!status_failed(&item->status))
        item->status = sound_read(sound, item->path, &request);
    if (!status_failed(&item->status))
        item->length_s = (double)sound->count / sound->rate_hz;
}

/* Adds its path to what went wrong. */
static void name_failure(struct item *item, struct status status)
{
    item->status =
        status_error(status.code, "%.200s: %s", item->path, status.text);
}

/* The texts of the sounds [count] of items [count], which are freed. */
static void transcribe_pack(struct transcription *t, int worker,
                            struct item **items, struct sound *sounds,
                            size_t count)
{
    char *texts[PACK];
    struct status status =
        recogniser_transcribe_all(texts, t->states[worker], sounds, count);
    for (size_t i = 0; i < count; i++) {
        sound_free(&sounds[i]);
        items[i]->text = texts[i];
        if (status_failed(&status))
            name_failure(items[i], status);
    }
}

/* PACK neighbours on the list. What is heard together depends on the list
 * alone, not on the workers. */
static void transcribe_some(void *context, size_t index, int worker)
{
    struct transcription *t = context;
    struct item *heard[PACK];
    struct sound sounds[PACK];
    size_t count = 0, first = t->first + index * PACK;
    double length_s = 0;
    for (size_t i = first; i < t->count && i < first + PACK; i++) {
        struct item *item = &t->items[i];
        read_item(&sounds[count], item, t);
        if (status_failed(&item->status))
            continue;
        if (count && length_s + item->length_s > PACK_S) {
            struct sound last = sounds[count];
            transcribe_pack(t, worker, heard, sounds, count);
            sounds[0] = last;
            length_s = 0;
            count = 0;
        }
        length_s += item->length_s;
        heard[count++] = item;
    }
    if (count)
        transcribe_pack(t, worker, heard, sounds, count);
}

static void print_json(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_item(const struct item *item, bool json)
{
    if (!json) {
        printf("%s\t%s\n", item->name, item->text);
        return;
    }
    printf("{\"path\": ");
    print_json(item->name);
    printf(", \"seconds\": %.3f, \"text\": ", item->length_s);
    print_json(item->text);
    printf("}\n");
}

/* Prints in order; a recording that failed is said, and the rest goes on. */
static size_t print_chunk(struct transcription *t, size_t count)
{
    size_t failed = 0;
    for (size_t i = t->first; i < t->first + count; i++) {
        struct item *item = &t->items[i];
        if (status_failed(&item->status)) {
            command_say(&command_transcribe, item->status.text);
            failed++;
        } else {
            print_item(item, t->settings->json);
        }
        free(item->text);
        item->text = NULL;
    }
    fflush(stdout);
    return failed;
}

static struct status transcribe_all(size_t *failed, struct transcription *t)
{
    struct team *team = NULL;
    int workers = run_workers(t->settings, 1);
    if ((size_t)workers > t->count)
        workers = t->count ? (int)t->count : 1;
    struct status status = team_open(&team, workers);
    t->states = calloc((size_t)workers, sizeof *t->states);
    if (!status_failed(&status) && !t->states)
        status = status_memory("workers");
    for (int i = 0; i < workers && !status_failed(&status); i++)
        status = recogniser_start(&t->states[i], t->recogniser);
    size_t step = (size_t)workers * CHUNK;
    for (; t->first < t->count && !status_failed(&status); t->first += step) {
        size_t left = t->count - t->first;
        size_t count = left < step ? left : step;
        team_run(team, transcribe_some, t, (count + PACK - 1) / PACK);
        *failed += print_chunk(t, count);
    }
    for (int i = 0; t->states && i < workers; i++)
        recogniser_finish(t->states[i]);
    free(t->states);
    team_close(team);
    return status;
}

static struct status list_items(struct transcription *t,
                                struct manifest *manifest, int count,
                                char **operands)
{
    struct status status = status_ok();
    if (t->settings->table[0])
        status =
            manifest_read(manifest, t->settings->table, t->settings->outside);
    if (status_failed(&status))
        return status;
    t->count = manifest->count + (size_t)count;
    t->items = calloc(t->count + 1, sizeof *t->items);
    if (!t->items)
        return status_memory("recordings");
    struct item *next = t->items;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct utterance *u = &manifest->utterances[i];
        *next++ = (struct item){.name = u->id,
                                .path = u->path,
                                .start_s = u->start_s,
                                .end_s = u->end_s};
    }
    for (int i = 0; i < count; i++)
        *next++ = (struct item){.name = operands[i], .path = operands[i]};
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    struct transcription t = {.settings = settings};
    struct recogniser *recogniser = NULL;
    struct manifest manifest = {.count = 0};
    size_t failed = 0;
    (void)given;
    if (!settings->model[0] || (!count && !settings->table[0])) {
        command_say(&command_transcribe,
                    "--model FILE and a RECORDING or --table are wanted");
        return EXIT_MISUSE;
    }
    gemm_threads(1);
    struct status status =
        settings->precision == PRECISION_INT8
            ? recogniser_open_int8(&recogniser, settings->model)
            : recogniser_open(&recogniser, settings->model);
    t.recogniser = recogniser;
    if (!status_failed(&status))
        status = list_items(&t, &manifest, count, operands);
    if (!status_failed(&status))
        status = transcribe_all(&failed, &t);
    free(t.items);
    manifest_free(&manifest);
    recogniser_close(recogniser);
    int code = command_end(&command_transcribe, &status);
    return failed ? EXIT_FAILED : code;
}

const struct command command_transcribe = {
    .name = "transcribe",
    .verb = VERB_TRANSCRIBE,
    .arguments = "--model FILE RECORDING... [OPTIONS]",
    .purpose = "writes down what recordings say, one line each: path TAB text\n"
               "(any format, rate and number of channels)",
    .example = "attune transcribe --model recogniser.safetensors speech.wav",
    .operands_most = INT_MAX,
    .run = run};
