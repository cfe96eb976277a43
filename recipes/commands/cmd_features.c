/* attune features */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audio/frontend.h"
#include "audio/sound.h"
#include "model/data/features.h"
#include "model/data/manifest.h"
#include "model/store/safetensors.h"
#include "model/store/whole_file.h"
#include "recipes/commands/command.h"

static struct status compute(struct safetensor *tensor,
                             struct frontend *frontend,
                             const struct settings *settings, const char *path,
                             double start_s, double end_s)
{
    struct sound sound;
    struct sound_request request = settings_sound(settings);
    struct frontend_settings chain = settings_frontend(settings);
    request.start_s = start_s;
    request.end_s = end_s;
    struct status status = whole_file_spare(settings->out, path);
    if (!status_failed(&status) && settings->raw[0])
        status = sound_parse_raw(&request, settings->raw);
    if (!status_failed(&status))
        status = sound_read(&sound, path, &request);
    if (status_failed(&status))
        return status;
    size_t count = frontend_frames(&chain, sound.count);
    size_t dim = (size_t)frontend_dim(frontend);
    float *frames = malloc((count + 1) * dim * sizeof *frames);
    status =
        frames ? frontend_compute(frames, frontend, sound.samples, sound.count)
               : status_memory(path);
    sound_free(&sound);
    *tensor = (struct safetensor){
        .dims = 2, .shape = {count, dim}, .count = count * dim, .data = frames};
    return status;
}

static struct status check_recordings(int count, char *const *paths)
{
    struct stat found;
    for (int i = 0; i < count; i++)
        if (!stat(paths[i], &found) && S_ISDIR(found.st_mode))
            return status_error(STATUS_INPUT,
                                "%.200s: is a folder: use --table %.200s",
                                paths[i], paths[i]);
    return status_ok();
}

static struct status compute_all(struct safetensor *tensors,
                                 const struct settings *settings,
                                 const struct manifest *manifest, int count,
                                 char **operands)
{
    struct frontend *frontend;
    struct frontend_settings chain = settings_frontend(settings);
    struct status status = frontend_open(&frontend, &chain);
    size_t n = 0;
    for (size_t i = 0; i < manifest->count && !status_failed(&status); i++) {
        const struct utterance *u = &manifest->utterances[i];
        status = compute(&tensors[n], frontend, settings, u->path, u->start_s,
                         u->end_s);
        tensors[n++].name = u->id;
    }
    for (int i = 0; i < count && !status_failed(&status); i++) {
        status = compute(&tensors[n], frontend, settings, operands[i], 0, 0);
        tensors[n++].name = operands[i];
    }
    frontend_close(frontend);
    return status;
}

static int run(struct settings *settings, const bool *given, int count,
               char **operands)
{
    struct manifest manifest = {.count = 0};
    (void)given;
    if (!settings->out[0] || (!count && !settings->table[0])) {
        command_say(&command_features,
                    "--out FILE and a RECORDING or --table are wanted");
        return EXIT_MISUSE;
    }
    struct status status = whole_file_check(settings->out);
    if (!status_failed(&status))
        status = check_recordings(count, operands);
    if (!status_failed(&status))
        status = whole_file_spare(settings->out, settings->table);
    if (!status_failed(&status) && settings->table[0])
        status = manifest_read(&manifest, settings->table, settings->outside);
    size_t all = manifest.count + (size_t)count;
    struct safetensor *tensors = calloc(all + 1, sizeof *tensors);
    if (!status_failed(&status) && !tensors)
        status = status_memory("features");
    if (!status_failed(&status))
        status = compute_all(tensors, settings, &manifest, count, operands);
    if (!status_failed(&status))
        status = safetensors_write(settings->out, tensors, all, NULL, 0);
    for (size_t i = 0; tensors && i < all; i++)
        free((float *)tensors[i].data);
    free(tensors);
    manifest_free(&manifest);
    return command_end(&command_features, &status);
}

const struct command command_features = {
    .name = "features",
    .verb = VERB_FEATURES,
    .arguments = "--out FILE RECORDING... [OPTIONS]",
    .purpose = "computes log mel energies or MFCC as Kaldi does\n"
               "(one tensor [frames, bins] for each recording, in a "
               "safetensors file)",
    .example = "attune features --out features.safetensors speech.wav",
    .operands_most = INT_MAX,
    .run = run};
