/* attune align */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/ctc/words.h"
#include "model/data/manifest.h"
#include "model/data/text_file.h"
#include "model/kernel/gemm.h"
#include "model/kernel/team.h"
#include "model/recogniser.h"
#include "model/text/normalise.h"
#include "recipes/commands/command.h"
#include "recipes/commands/output.h"

#define CHUNK 8 /* recordings for each worker between prints */
#define TEXT_MOST ((size_t)1 << 24)

/* One recording and what is said in it. */
struct item {
    const char *name, *path, *text;
    double start_s, end_s;
    struct transcript transcript;
    size_t unknown; /* characters that the model does not know */
    struct status status;
};

struct alignment {
    const struct settings *settings;
    const struct recogniser *recogniser;
    struct recogniser_state **states; /* [workers] */
    struct output output;
    struct item *items;
    size_t count, first;
};

/* The text's tokens; ids is the caller's. */
static struct status encode(int32_t **ids, size_t *count, struct item *item,
                            const struct recogniser *recogniser)
{
    const struct settings *own = recogniser_settings(recogniser);
    struct normalise_settings normalise = {
        .fold_case = own->fold_case, .drop_punctuation = own->drop_punctuation};
    char *text;
    *ids = NULL;
    struct status status = normalise_text(&text, item->text, &normalise);
    if (status_failed(&status))
        return status;
    status = tokens_encode(ids, count, &item->unknown,
                           recogniser_tokens(recogniser), text);
    free(text);
    return status;
}

static struct status align(struct item *item, const struct alignment *a,
                           struct recogniser_state *state,
                           const struct sound *sound)
{
    const real *log_probabilities;
    struct speech speech = {.frames = NULL};
    struct transcript_line *line;
    size_t rows, count;
    int32_t *ids;
    struct words_place place = {.end_s = (double)sound->count / sound->rate_hz,
                                .stride =
                                    recogniser_settings(a->recogniser)->stride};
    struct status status = encode(&ids, &count, item, a->recogniser);
    if (!status_failed(&status) && !count && !a->settings->table[0])
        status = status_error(STATUS_INPUT, "its text holds no words");
    if (!status_failed(&status))
        status = recogniser_listen(&speech, state, sound);
    if (!status_failed(&status))
        status =
            recogniser_probabilities(&log_probabilities, &rows, state, &speech);
    if (!status_failed(&status))
        status = transcript_open(&item->transcript, item->name,
                                 a->settings->channel, place.end_s);
    if (!status_failed(&status))
        status = transcript_add_line(&line, &item->transcript);
    if (!status_failed(&status))
        status = words_align(line, recogniser_tokens(a->recogniser), ids, count,
                             log_probabilities, rows, &place);
    speech_free(&speech);
    free(ids);
    return status;
}

static void align_one(void *context, size_t index, int worker)
{
    struct alignment *a = context;
    struct item *item = &a->items[a->first + index];
    struct sound sound;
    struct sound_request request = {.rate_hz =
                                        recogniser_rate_hz(a->recogniser),
                                    .channel = a->settings->channel,
                                    .start_s = item->start_s,
                                    .end_s = item->end_s};
    item->status = status_ok();
    if (a->settings->raw[0])
        item->status = sound_parse_raw(&request, a->settings->raw);
    if (!status_failed(&item->status))
        item->status = sound_read(&sound, item->path, &request);
    if (status_failed(&item->status))
        return;
    item->status = align(item, a, a->states[worker], &sound);
    sound_free(&sound);
    if (status_failed(&item->status)) {
        char reason[sizeof item->status.text];
        memcpy(reason, item->status.text, sizeof reason);
        item->status =
            status_error(item->status.code, "%.200s: %s", item->path, reason);
    }
}

/* What its file is called by. */
static const char *file_name(const struct alignment *a, const struct item *item)
{
    return a->settings->table[0] ? item->name : output_last_part(item->name);
}

/* Writes in order; a recording that failed is said, and the rest goes on. */
static size_t write_chunk(struct alignment *a, size_t count)
{
    size_t failed = 0;
    for (size_t i = a->first; i < a->first + count; i++) {
        struct item *item = &a->items[i];
        if (strcmp(item->name, item->path) != 0)
            item->transcript.path = item->path;
        if (!status_failed(&item->status))
            item->status =
                output_write(&a->output, file_name(a, item), &item->transcript);
        if (status_failed(&item->status)) {
            command_say(&command_align, item->status.text);
            failed++;
        } else if (item->unknown) {
            struct status note = status_error(
                STATUS_INPUT,
                "%.200s: left out %zu characters that the model does not know",
                item->path, item->unknown);
            command_say(&command_align, note.text);
        }
        transcript_free(&item->transcript);
    }
    fflush(stdout);
    return failed;
}

static struct status align_all(size_t *failed, struct alignment *a)
{
    struct team *team = NULL;
    int workers = run_workers(a->settings, 1);
    if ((size_t)workers > a->count)
        workers = a->count ? (int)a->count : 1;
    struct status status = team_open(&team, workers);
    a->states = calloc((size_t)workers, sizeof *a->states);
    if (!status_failed(&status) && !a->states)
        status = status_memory("workers");
    for (int i = 0; i < workers && !status_failed(&status); i++)
        status = recogniser_start(&a->states[i], a->recogniser);
    size_t step = (size_t)workers * CHUNK;
    for (; a->first < a->count && !status_failed(&status); a->first += step) {
        size_t left = a->count - a->first;
        size_t count = left < step ? left : step;
        team_run(team, align_one, a, count);
        *failed += write_chunk(a, count);
    }
    for (int i = 0; a->states && i < workers; i++)
        recogniser_finish(a->states[i]);
    free(a->states);
    team_close(team);
    return status;
}

static struct status list_items(struct alignment *a, struct manifest *manifest,
                                char **text, char **operands)
{
    const struct settings *own = a->settings;
    bool table = own->table[0] != '\0';
    struct status status =
        table ? manifest_read(manifest, own->table, own->outside)
              : text_file_read(text, operands[1], TEXT_MOST);
    if (status_failed(&status))
        return status;
    if (table && !manifest->has_text)
        return status_error(STATUS_INPUT, "%s: has no text to align",
                            own->table);
    a->count = table ? manifest->count : 1;
    a->items = calloc(a->count, sizeof *a->items);
    struct output_name *names = malloc(a->count * sizeof *names);
    if (!a->items || !names)
        status = status_memory("recordings");
    for (size_t i = 0; i < a->count && !status_failed(&status); i++) {
        const struct utterance *u = &manifest->utterances[i];
        a->items[i] = table ? (struct item){.name = u->id,
                                            .path = u->path,
                                            .text = u->text,
                                            .start_s = u->start_s,
                                            .end_s = u->end_s}
                            : (struct item){.name = *operands,
                                            .path = *operands,
                                            .text = *text};
        names[i] = (struct output_name){.name = a->items[i].name,
                                        .file = file_name(a, &a->items[i])};
    }
    if (!status_failed(&status))
        status = output_open(&a->output, own->json ? "json" : own->format,
                             own->output_dir, names, a->count);
    free(names);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    struct alignment a = {.settings = settings};
    struct recogniser *recogniser = NULL;
    struct manifest manifest = {.count = 0};
    char *text = NULL;
    size_t failed = 0;
    (void)given;
    if (!settings->model[0] || count != (settings->table[0] ? 0 : 2)) {
        command_say(&command_align,
                    "--model FILE and either RECORDING TEXTFILE "
                    "or --table are wanted");
        return EXIT_MISUSE;
    }
    struct status status = output_check(settings);
    if (status_failed(&status)) {
        command_say(&command_align, status.text);
        return EXIT_MISUSE;
    }
    gemm_threads(1);
    status = recogniser_open(&recogniser, settings->model, NULL);
    a.recogniser = recogniser;
    if (!status_failed(&status))
        status = list_items(&a, &manifest, &text, operands);
    if (!status_failed(&status))
        status = align_all(&failed, &a);
    free(a.items);
    free(text);
    manifest_free(&manifest);
    recogniser_close(recogniser);
    int code = command_end(&command_align, &status);
    return failed ? EXIT_FAILED : code;
}

const struct command command_align = {
    .name = "align",
    .verb = VERB_ALIGN,
    .arguments = "--model FILE RECORDING TEXTFILE [OPTIONS]",
    .purpose =
        "finds when each word of a known text is said, and how sure that "
        "is\n(one recording and its text, or a --table with text)",
    .example = "attune align --model recogniser.safetensors speech.wav "
               "speech.txt --format srt",
    .operands_most = 2,
    .run = run};
