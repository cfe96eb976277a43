/* What pretraining and fine-tuning begin with. */
#include "model/train/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/kernel/cpu.h"
#include "model/store/whole_file.h"

int run_workers(const struct settings *settings, int sharing)
{
    int share = cpu_count() / sharing;
    if (settings->threads)
        return settings->threads;
    return share < 1 ? 1 : share;
}

struct status recordings_open(struct recordings *r, const char *path,
                              const struct settings *settings,
                              const float *mean, const float *scale,
                              struct team *team, const struct run_host *host)
{
    char text[256];
    memset(r, 0, sizeof *r);
    struct status status = manifest_read(&r->manifest, path, settings->outside);
    if (!status_failed(&status))
        status =
            features_open(&r->features, &r->manifest, settings, mean, scale);
    if (!status_failed(&status))
        status = features_scan(r->features, team, host->scanning);
    if (status_failed(&status)) {
        recordings_close(r);
        return status;
    }
    size_t skipped = 0;
    for (size_t u = 0; u < r->manifest.count; u++) {
        const char *problem = features_problem(r->features, u);
        if (problem && ++skipped <= 20)
            host->note(problem);
    }
    snprintf(text, sizeof text, "%s: %zu recordings, %.1f minutes", path,
             r->manifest.count - skipped, features_seconds(r->features) / 60);
    if (skipped)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "; %zu could not be read", skipped);
    host->note(text);
    return status;
}

void recordings_close(struct recordings *r)
{
    features_close(r->features);
    manifest_free(&r->manifest);
    r->features = NULL;
}

struct status run_adopt(struct checkpoint *init, struct settings *settings,
                        const bool *given)
{
    size_t count;
    char own[SETTING_TEXT_SIZE], theirs[SETTING_TEXT_SIZE];
    const struct setting *table = settings_table(&count);
    memset(init, 0, sizeof *init);
    if (!settings->init[0])
        return status_ok();
    struct status status = checkpoint_read(init, settings->init);
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        const struct setting *row = &table[i];
        bool of_text = !strcmp(row->name, "fold-case") ||
                       !strcmp(row->name, "drop-punctuation");
        if (!row->of_model || (of_text && !init->tokens.count))
            continue;
        settings_get(own, sizeof own, settings, row);
        settings_get(theirs, sizeof theirs, &init->settings, row);
        if (given[i] && strcmp(own, theirs))
            status = status_error(STATUS_INPUT,
                                  "--%s %s: %s was made with %s, and keeps it",
                                  row->name, own, settings->init, theirs);
        else
            status = settings_set(settings, row, theirs, settings->init);
    }
    return status;
}

struct status run_check_out(const struct settings *settings,
                            const struct ranks *ranks)
{
    char state[SETTING_TEXT_SIZE + 16];
    const char *const inputs[] = {settings->data, settings->dev, settings->init,
                                  settings->target_model};
    trainer_path(state, sizeof state, settings, "state");
    if (!settings->out[0])
        return status_error(STATUS_INPUT, "--out is missing");
    if (ranks->own)
        return status_ok();
    /* What is read would be gone when the run is to go on. */
    struct status status = status_ok();
    for (size_t i = 0; i < 4 && !status_failed(&status); i++)
        status = whole_file_spare(settings->out, inputs[i]);
    if (!status_failed(&status) && !settings->overwrite &&
        !access(settings->out, F_OK) && access(state, F_OK))
        status = status_error(STATUS_INPUT,
                              "%s exists, and no state to go on from: take "
                              "another --out, or --overwrite",
                              settings->out);
    if (!status_failed(&status))
        status = whole_file_check(settings->out);
    return status_failed(&status) ? status : whole_file_check(state);
}

/* All but paths and what says how fast it goes. */
static struct status same_settings(const struct settings *settings,
                                   const struct ranks *ranks)
{
    static const char *const own[] = {"threads", "readers", "cache-mib"};
    size_t count;
    char value[SETTING_TEXT_SIZE], what[160];
    const struct setting *table = settings_table(&count);
    struct status status = status_ok();
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        const char *name = table[i].name;
        if (table[i].kind == SETTING_TEXT || !strcmp(name, own[0]) ||
            !strcmp(name, own[1]) || !strcmp(name, own[2]))
            continue;
        settings_get(value, sizeof value, settings, &table[i]);
        snprintf(what, sizeof what, "--%s %.100s", name, value);
        status = ranks_same(ranks, value, strlen(value), what);
    }
    return status;
}

struct status run_meet(struct status status, const struct settings *settings,
                       const struct recordings *data, int workers,
                       const struct run_host *host)
{
    char text[80];
    status = ranks_agree(host->ranks, status);
    if (!status_failed(&status))
        status = same_settings(settings, host->ranks);
    if (status_failed(&status))
        return status;
    const struct {
        uint64_t fingerprint;
        double seconds;
    } own = {.fingerprint = manifest_fingerprint(&data->manifest),
             .seconds = features_seconds(data->features)};
    status = ranks_same(host->ranks, &own, sizeof own, data->manifest.path);
    if (!status_failed(&status) && host->ranks->count > 1) {
        snprintf(text, sizeof text, "%d ranks, %d workers in the first",
                 host->ranks->count, workers);
        host->note(text);
    }
    return status;
}

struct status run_resume(bool *finished, struct training_state *state,
                         struct status status,
                         const struct parameters *parameters,
                         const struct settings *settings, enum verb verb,
                         uint64_t fingerprint, const struct run_host *host)
{
    char text[SETTING_TEXT_SIZE + 16];
    bool found;
    trainer_path(text, sizeof text, settings, "state");
    if (!status_failed(&status) && !host->ranks->own && !settings->overwrite)
        status = training_state_read(&found, state, text, parameters, settings,
                                     verb, fingerprint);
    if (!status_failed(&status) && state->finished &&
        access(settings->out, F_OK))
        status = status_error(STATUS_INPUT,
                              "%s is gone, though its run is complete: "
                              "--overwrite makes it again",
                              settings->out);
    status = ranks_agree(host->ranks, status);
    if (status_failed(&status))
        return status;
    *finished = ranks_any(host->ranks, state->finished);
    if (*finished) {
        host->note("complete: nothing left to do");
    } else if (state->update) {
        snprintf(text, sizeof text, "going on after update %" PRIu64,
                 state->update);
        host->note(text);
    }
    return status;
}

bool run_same_targets(const struct checkpoint *init, const struct settings *s)
{
    static const char *const kinds[] = {"targets",    "codebooks",
                                        "codes",      "whiten",
                                        "code-width", "target-layer"};
    char value[64], word[128], theirs[PROVENANCE_SIZE + 2];
    size_t count;
    const struct setting *table = settings_table(&count);
    snprintf(theirs, sizeof theirs, " %s ",
             provenance_get(&init->provenance, "pretrain.settings"));
    bool same =
        init->quantiser.codes &&
        !strcmp(s->target_model,
                provenance_get(&init->provenance, "pretrain.target-model"));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            if (strcmp(table[i].name, kinds[k]))
                continue;
            settings_get(value, sizeof value, s, &table[i]);
            snprintf(word, sizeof word, " %s=%s ", kinds[k], value);
            same = same && strstr(theirs, word);
        }
    return same;
}

void run_initialise(real *block, const struct parameters *parameters,
                    const struct checkpoint *init, uint64_t seed)
{
    parameters_initialise(block, parameters, random_key(seed, RANDOM_INITIAL));
    for (size_t i = 0; init->weights && i < parameters->count; i++) {
        const struct parameter *to = &parameters->list[i];
        const struct parameter *from =
            parameters_find(&init->parameters, to->name);
        if (!strncmp(to->name, "masked_prediction_head.", 23) &&
            !init->quantiser.codes)
            continue;
        if (from && from->dims == to->dims &&
            !memcmp(from->shape, to->shape, sizeof to->shape))
            memcpy(block + to->offset, init->weights + from->offset,
                   to->count * sizeof *block);
    }
}

/* "NAME=VALUE NAME=VALUE ...", of what the result depends on. */
static void run_settings(char *text, size_t size, const struct settings *s,
                         enum verb verb)
{
    static const char *const others[] = {
        "threads",      "readers",   "cache-mib", "save-every",
        "report-every", "overwrite", "help"};
    size_t count, length = 0;
    const struct setting *table = settings_table(&count);
    char value[64];
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct setting *row = &table[i];
        bool counts =
            (row->verbs & verb) && !row->of_model && row->kind != SETTING_TEXT;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            counts = counts && strcmp(row->name, others[k]);
        if (!counts)
            continue;
        settings_get(value, sizeof value, s, row);
        snprintf(text + length, size - length, "%s%s=%s", length ? " " : "",
                 row->name, value);
        length += strlen(text + length);
    }
}

/* What the verb's run on the model to start from was, behind those before. */
static void keep_before(struct provenance *p, const char *name)
{
    static const char *const kinds[] = {"before", "data", "minutes", "updates",
                                        "dev_wer"};
    const char *was[sizeof kinds / sizeof *kinds];
    char key[32], text[PROVENANCE_SIZE];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(key, sizeof key, "%s.%s", name, kinds[i]);
        was[i] = provenance_get(p, key);
    }
    if (!was[1][0])
        return;
    snprintf(text, sizeof text, "%s%s%s: %s minutes, %s updates%s%s", was[0],
             was[0][0] ? "; " : "", was[1], was[2], was[3],
             was[4][0] ? ", dev WER " : "", was[4]);
    snprintf(key, sizeof key, "%s.before", name);
    provenance_set(p, key, text);
}

void run_provenance(struct provenance *p, const struct settings *s,
                    enum verb verb, const struct recordings *data,
                    const struct training_state *state)
{
    const char *name = verb == VERB_PRETRAIN ? "pretrain" : "finetune";
    char key[32], fingerprint[24], recordings[24], minutes[32], updates[48];
    char seed[32], settings[PROVENANCE_SIZE];
    size_t count = 0;
    for (size_t u = 0; u < data->manifest.count; u++)
        count += !features_problem(data->features, u);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64,
             manifest_fingerprint(&data->manifest));
    snprintf(recordings, sizeof recordings, "%zu", count);
    snprintf(minutes, sizeof minutes, "%.1f",
             features_seconds(data->features) / 60);
    snprintf(updates, sizeof updates, "%" PRIu64 " of %d", state->update,
             s->updates);
    snprintf(seed, sizeof seed, "%.0f", s->seed);
    run_settings(settings, sizeof settings, s, verb);
    const struct {
        const char *key, *value;
    } all[] = {{"data", s->data},
               {"dev", s->dev},
               {"init", s->init},
               {"target-model", s->target_model},
               {"fingerprint", fingerprint},
               {"recordings", recordings},
               {"minutes", minutes},
               {"updates", updates},
               {"seed", seed},
               {"settings", settings}};
    keep_before(p, name);
    provenance_set(p, "program", "attune " ATTUNE_VERSION);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        snprintf(key, sizeof key, "%s.%s", name, all[i].key);
        /* "" where it was something in the model to start from. */
        if (all[i].value[0] || provenance_get(p, key)[0])
            provenance_set(p, key, all[i].value);
    }
}
