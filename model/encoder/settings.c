/* Reading, writing and checking settings. */
#include "model/encoder/settings.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/text/decimal.h"

const struct setting *settings_find(const char *name, unsigned verbs)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(table[i].name, name) && (table[i].verbs & verbs))
            return &table[i];
    return NULL;
}

size_t settings_index(const struct setting *setting)
{
    size_t count;
    return (size_t)(setting - settings_table(&count));
}

void settings_default(struct settings *settings, unsigned verbs)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; i < count; i++) {
        if (!(table[i].verbs & verbs))
            continue;
        struct status status =
            settings_set(settings, &table[i], table[i].initial, "default");
        if (status_failed(&status))
            abort(); /* the table contradicts itself */
    }
}

static struct status set_choice(int *value, const struct setting *setting,
                                const char *text, const char *where)
{
    const char *p = setting->choices;
    for (int i = 0; *p; i++) {
        size_t length = strcspn(p, "|");
        if (strlen(text) == length && !memcmp(p, text, length)) {
            *value = i;
            return status_ok();
        }
        p += length + (p[length] == '|');
    }
    return status_error(STATUS_INPUT, "%s: \"%s\" is not one of %s", where,
                        text, setting->choices);
}

static struct status set_number(double *value, const struct setting *setting,
                                const char *text, const char *where)
{
    char *end;
    errno = 0;
    double number = decimal_read(text, &end);
    bool empty = end == text;
    while (isspace((unsigned char)*end))
        end++;
    if (empty || *end || !isfinite(number))
        return status_error(STATUS_INPUT, "%s: \"%s\" is not a number", where,
                            text);
    if (setting->kind == SETTING_INT && number != floor(number))
        return status_error(STATUS_INPUT, "%s: \"%s\" is not a whole number",
                            where, text);
    if (number < setting->least || number > setting->most)
        return status_error(STATUS_INPUT, "%s: %s is outside %.10g .. %.10g",
                            where, text, setting->least, setting->most);
    *value = number;
    return status_ok();
}

struct status settings_set(struct settings *settings,
                           const struct setting *setting, const char *text,
                           const char *where)
{
    void *value = (char *)settings + setting->offset;
    double number = 0;
    struct status status = status_ok();
    switch (setting->kind) {
    case SETTING_FLAG:
        if (!strcmp(text, "yes") || !strcmp(text, "no"))
            *(int *)value = text[0] == 'y';
        else
            status = status_error(STATUS_INPUT, "%s: \"%s\" is not yes or no",
                                  where, text);
        break;
    case SETTING_INT:
        if (setting->choices && !strcmp(text, setting->choices)) {
            *(int *)value = SETTING_WORD;
            break;
        }
        status = set_number(&number, setting, text, where);
        if (!status_failed(&status))
            *(int *)value = (int)number;
        break;
    case SETTING_NUMBER:
        status = set_number(&number, setting, text, where);
        if (!status_failed(&status))
            *(double *)value = number;
        break;
    case SETTING_TEXT:
        if (strlen(text) < setting->size)
            strcpy(value, text);
        else
            status = status_error(STATUS_INPUT, "%s: longer than %zu bytes",
                                  where, setting->size - 1);
        break;
    case SETTING_CHOICE:
        status = set_choice(value, setting, text, where);
        break;
    }
    return status;
}

void settings_get(char *text, size_t size, const struct settings *settings,
                  const struct setting *setting)
{
    const void *value = (const char *)settings + setting->offset;
    const char *p = setting->choices;
    switch (setting->kind) {
    case SETTING_FLAG:
        snprintf(text, size, "%s", *(const int *)value ? "yes" : "no");
        break;
    case SETTING_INT:
        if (setting->choices && *(const int *)value == SETTING_WORD)
            snprintf(text, size, "%s", setting->choices);
        else
            snprintf(text, size, "%d", *(const int *)value);
        break;
    case SETTING_NUMBER:
        decimal_write(text, size, 16, *(const double *)value);
        break;
    case SETTING_TEXT:
        snprintf(text, size, "%s", (const char *)value);
        break;
    case SETTING_CHOICE:
        for (int i = *(const int *)value; i > 0; i--)
            p += strcspn(p, "|") + 1;
        snprintf(text, size, "%.*s", (int)strcspn(p, "|"), p);
        break;
    }
}

/* One line "name = value", comment already cut. */
static struct status read_line(struct settings *settings, bool *given,
                               char *line, const char *path, size_t number,
                               unsigned verbs)
{
    char where[SETTING_TEXT_SIZE + 160];
    char *name = line + strspn(line, " \t\r\n");
    char *end = name + strlen(name);
    while (end > name && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    if (!*name)
        return status_ok();
    char *equals = strchr(name, '=');
    if (!equals)
        return status_error(STATUS_INPUT,
                            "%s:%zu: \"%.40s\" is not `name = value`", path,
                            number, name);
    for (end = equals; end > name && isspace((unsigned char)end[-1]);)
        end--;
    *end = '\0';
    char *value = equals + 1 + strspn(equals + 1, " \t");
    const struct setting *setting = settings_find(name, verbs);
    if (!setting && settings_find(name, ~0u))
        return status_ok(); /* another verb's: one file serves a recipe */
    if (!setting)
        return status_error(STATUS_INPUT, "%s:%zu: unknown setting \"%.60s\"",
                            path, number, name);
    size_t index = settings_index(setting);
    if (given[index])
        return status_ok();
    given[index] = true;
    snprintf(where, sizeof where, "%s:%zu: %s", path, number, name);
    return settings_set(settings, setting, value, where);
}

static struct status read_lines(struct settings *settings, bool *given,
                                FILE *file, const char *path, unsigned verbs)
{
    char line[SETTING_TEXT_SIZE + 128];
    struct status status = status_ok();
    bool flags[SETTINGS_MOST];
    memcpy(flags, given, sizeof flags);
    for (size_t n = 1;
         !status_failed(&status) && fgets(line, sizeof line, file); n++) {
        if (!strchr(line, '\n') && !feof(file)) {
            status =
                status_error(STATUS_INPUT, "%s:%zu: line too long", path, n);
            break;
        }
        line[strcspn(line, "#")] = '\0';
        bool marked = n == 1 && !strncmp(line, "\xef\xbb\xbf", 3);
        /* The last of two lines with one name counts; a flag beats both. */
        bool before[SETTINGS_MOST];
        memcpy(before, given, sizeof before);
        status = read_line(settings, before, line + (marked ? 3 : 0), path, n,
                           verbs);
        for (size_t i = 0; i < SETTINGS_MOST; i++)
            flags[i] |= before[i];
    }
    if (!status_failed(&status) && ferror(file))
        status = status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    memcpy(given, flags, sizeof flags);
    return status;
}

struct status settings_read(struct settings *settings, bool *given,
                            const char *path, unsigned verbs)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return status_error(STATUS_INPUT, "%s: %s", path, strerror(errno));
    struct status status = read_lines(settings, given, file, path, verbs);
    fclose(file);
    return status;
}

struct status settings_parse(struct settings *settings, bool *given,
                             const char *text, const char *name, unsigned verbs)
{
    if (!*text)
        return status_ok();
    FILE *file = fmemopen((char *)text, strlen(text), "r");
    if (!file)
        return status_memory(name);
    struct status status = read_lines(settings, given, file, name, verbs);
    fclose(file);
    return status;
}

struct status settings_check(const struct settings *s)
{
    if (s->dim % s->heads)
        return status_error(STATUS_INPUT,
                            "--heads: %d does not divide --dim %d", s->heads,
                            s->dim);
    if (s->taps % 2 == 0)
        return status_error(STATUS_INPUT,
                            "--taps: %d is even, and a Wav2Vec2Bert's is odd",
                            s->taps);
    if (s->warmup + s->hold > 1 && s->schedule == SCHEDULE_TRI_STAGE)
        return status_error(STATUS_INPUT,
                            "--warmup %g and --hold %g are more than the run",
                            s->warmup, s->hold);
    return status_ok();
}

struct frontend_settings settings_frontend(const struct settings *s)
{
    struct frontend_settings frontend = {.kind = s->mfcc ? FRONTEND_MFCC
                                                         : FRONTEND_FBANK,
                                         .rate_hz = s->rate,
                                         .bins = s->bins,
                                         .low_hz = s->low_hz,
                                         .high_hz = s->high_hz};
    return frontend;
}

struct model_shape settings_shape(const struct settings *s, int vocabulary,
                                  int codes)
{
    struct model_shape shape = {.input = s->bins * s->stride,
                                .dim = s->dim,
                                .layers = s->layers,
                                .heads = s->heads,
                                .ffn = s->ffn,
                                .taps = s->taps,
                                .left = s->left,
                                .right = s->right,
                                .vocabulary = vocabulary,
                                .codes = codes};
    return shape;
}

struct sound_request settings_sound(const struct settings *s)
{
    struct sound_request request = {.rate_hz = s->rate, .channel = s->channel};
    return request;
}

size_t settings_rows(const struct settings *s, double seconds)
{
    double rows = seconds * 100 / s->stride;
    return rows < 1 ? 1 : (size_t)(rows + 0.5);
}

void settings_print_help(FILE *out, unsigned verbs)
{
    size_t count;
    const struct setting *table = settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (!(table[i].verbs & verbs))
            continue;
        fprintf(out, "  --%s%s%s\n", table[i].name,
                table[i].argument ? " " : "",
                table[i].argument ? table[i].argument : "");
        fprintf(out, "        %s", table[i].help);
        if (table[i].initial[0] && table[i].kind != SETTING_FLAG)
            fprintf(out, " [%s]", table[i].initial);
        else if (!strcmp(table[i].initial, "yes"))
            fprintf(out, " [yes; --no-%s]", table[i].name);
        fprintf(out, "\n");
    }
}
