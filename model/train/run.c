/* What pretraining and fine-tuning begin with. */
#include "model/train/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/kernel/cpu.h"

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
    trainer_path(state, sizeof state, settings, "state");
    if (!settings->out[0])
        return status_error(STATUS_INPUT, "--out is missing");
    if (ranks->own)
        return status_ok();
    bool model = access(settings->out, F_OK) == 0;
    bool begun = access(state, F_OK) == 0;
    if (settings->overwrite) {
        if ((model && unlink(settings->out)) || (begun && unlink(state)))
            return status_error(STATUS_SYSTEM, "%s: %s", settings->out,
                                strerror(errno));
    } else if (model && !begun) {
        return status_error(STATUS_INPUT,
                            "%s exists, and no state to go on from: take "
                            "another --out, or --overwrite",
                            settings->out);
    }
    return status_ok();
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
    if (!status_failed(&status) && !host->ranks->own)
        status = training_state_read(&found, state, text, parameters, settings,
                                     verb, fingerprint);
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

void run_initialise(real *block, const struct parameters *parameters,
                    const struct checkpoint *init, uint64_t seed)
{
    parameters_initialise(block, parameters, random_key(seed, RANDOM_INITIAL));
    for (size_t i = 0; init->weights && i < parameters->count; i++) {
        const struct parameter *to = &parameters->list[i];
        const struct parameter *from =
            parameters_find(&init->parameters, to->name);
        if (from && from->dims == to->dims &&
            !memcmp(from->shape, to->shape, sizeof to->shape))
            memcpy(block + to->offset, init->weights + from->offset,
                   to->count * sizeof *block);
    }
}

void run_provenance(struct provenance *p, const struct settings *s,
                    enum verb verb, const struct recordings *data,
                    const struct training_state *state)
{
    char text[512];
    const char *name = verb == VERB_PRETRAIN ? "pretrain" : "finetune";
    char key[32];
    const struct {
        const char *key, *value;
    } words[] = {{"data", s->data}, {"init", s->init}};
    provenance_set(p, "program", "attune " ATTUNE_VERSION);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(key, sizeof key, "%s.%s", name, words[i].key);
        if (words[i].value[0])
            provenance_set(p, key, words[i].value);
    }
    snprintf(key, sizeof key, "%s.fingerprint", name);
    snprintf(text, sizeof text, "%016" PRIx64,
             manifest_fingerprint(&data->manifest));
    provenance_set(p, key, text);
    snprintf(key, sizeof key, "%s.minutes", name);
    snprintf(text, sizeof text, "%.1f", features_seconds(data->features) / 60);
    provenance_set(p, key, text);
    snprintf(key, sizeof key, "%s.updates", name);
    snprintf(text, sizeof text, "%" PRIu64 " of %d", state->update, s->updates);
    provenance_set(p, key, text);
    snprintf(key, sizeof key, "%s.seed", name);
    snprintf(text, sizeof text, "%.0f", s->seed);
    provenance_set(p, key, text);
}
