/* Where transcripts go: to stdout, or to files in a folder. */
#include "recipes/commands/output.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/store/whole_file.h"

#define ENDING_MOST 5 /* characters of "opus", "aiff"; "v1.25" is a name */

struct stem {
    const char *text;
    size_t length;
    const char *name; /* of the recording that it is of */
    int channel;
};

const char *output_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool leaves_folder(const char *file)
{
    return *file == '/' || !strncmp(file, "../", 3) || strstr(file, "/../");
}

static struct stem stem_of(const char *file)
{
    const char *last = output_last_part(file);
    const char *text = leaves_folder(file) ? last : file;
    const char *dot = strrchr(last, '.');
    struct stem stem = {.text = text, .length = strlen(text)};
    if (!dot || dot == last || !isalpha((unsigned char)dot[1]))
        return stem;
    const char *end = dot + 1;
    while (isalnum((unsigned char)*end))
        end++;
    if (!*end && end - dot - 1 <= ENDING_MOST)
        stem.length = (size_t)(dot - text);
    return stem;
}

static int compare_stems(const void *a, const void *b)
{
    const struct stem *x = a, *y = b;
    size_t least = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->text, y->text, least);
    if (!order)
        order = (x->length > y->length) - (x->length < y->length);
    return order ? order
                 : (x->channel > y->channel) - (x->channel < y->channel);
}

static struct status check_names(const char *folder,
                                 const struct output_name *names, size_t count)
{
    struct status status = status_ok();
    struct stem *stems = malloc((count + 1) * sizeof *stems);
    if (!stems)
        return status_memory("names");
    for (size_t i = 0; i < count; i++) {
        stems[i] = stem_of(names[i].file);
        stems[i].name = names[i].name;
        stems[i].channel = names[i].channel;
    }
    qsort(stems, count, sizeof *stems, compare_stems);
    for (size_t i = 1; i < count && !status_failed(&status); i++)
        if (!compare_stems(&stems[i - 1], &stems[i]))
            status = status_error(STATUS_INPUT,
                                  "%.90s and %.90s would both be %.90s/%.*s: "
                                  "name their folder, or take a --table with "
                                  "ids",
                                  stems[i - 1].name, stems[i].name, folder,
                                  (int)stems[i].length, stems[i].text);
    free(stems);
    return status;
}

/* x.txt beside x.wav is what a folder's recordings are learned from. */
static struct status spare_transcripts(const char *folder,
                                       const struct output_name *names,
                                       size_t count)
{
    struct status status = status_ok();
    for (size_t i = 0; i < count && !status_failed(&status); i++) {
        struct stem stem = stem_of(names[i].file);
        char *recording, *transcript = NULL;
        if (asprintf(&recording, "%s/%s", folder, stem.text) < 0)
            return status_memory("names");
        if (asprintf(&transcript, "%s/%.*s.txt", folder, (int)stem.length,
                     stem.text) < 0)
            status = status_memory("names");
        else if (!access(recording, F_OK) && !access(transcript, F_OK))
            status = status_error(STATUS_INPUT,
                                  "%s is there, perhaps the transcript of %s: "
                                  "take another --output-dir",
                                  transcript, names[i].name);
        free(transcript);
        free(recording);
    }
    return status;
}

/* Where it is there, files can be made in it. */
static struct status make_folder(const char *folder)
{
    struct stat found;
    if (mkdir(folder, 0777) && errno != EEXIST)
        return status_error(STATUS_SYSTEM, "%s: cannot be made: %s", folder,
                            strerror(errno));
    if (!stat(folder, &found) && !S_ISDIR(found.st_mode))
        return status_error(STATUS_INPUT, "%s: is no folder", folder);
    if (access(folder, W_OK | X_OK))
        return status_error(STATUS_SYSTEM, "%s: no files can be made in it: %s",
                            folder, strerror(errno));
    return status_ok();
}

struct status output_check(const struct settings *settings)
{
    bool formats[FORMAT_COUNT];
    const char *asked = settings->format;
    if (*asked && settings->json && strcasecmp(asked, "json") != 0)
        return status_error(STATUS_INPUT,
                            "--json is --format json: say that beside %.60s",
                            asked);
    struct status status = formats_parse(formats, *asked ? asked : "txt");
    if (status_failed(&status))
        return status;
    int count = 0;
    for (int i = 0; i < FORMAT_COUNT; i++)
        count += formats[i];
    if (count > 1 && !settings->output_dir[0])
        return status_error(STATUS_INPUT, "several formats want --output-dir");
    if (settings->n_best > 1 && !settings->json && !formats[FORMAT_JSON])
        return status_error(STATUS_INPUT, "--n-best wants --json");
    return status_ok();
}

struct status output_open(struct output *output, const char *formats,
                          const char *folder, const struct output_name *names,
                          size_t count)
{
    *output = (struct output){.folder = *folder ? folder : NULL};
    struct status status =
        formats_parse(output->formats, *formats ? formats : "txt");
    if (status_failed(&status))
        return status;
    bool alone = false; /* a file for each recording */
    for (int i = FORMAT_SRT; i < FORMAT_COUNT; i++)
        alone = alone || output->formats[i];
    if (!output->folder && alone && count > 1)
        return status_error(STATUS_INPUT,
                            "several files of such a format want --output-dir");
    if (!output->folder)
        return status_ok();
    status = check_names(folder, names, count);
    if (!status_failed(&status) && output->formats[FORMAT_TXT])
        status = spare_transcripts(folder, names, count);
    return status_failed(&status) ? status : make_folder(folder);
}

/* Those below the first length bytes of path, which are there. */
static struct status make_folders(char *path, size_t length)
{
    struct status status = status_ok();
    for (char *p = strchr(path + length + 1, '/'); p && !status_failed(&status);
         p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(path, 0777) && errno != EEXIST)
            status = status_error(STATUS_SYSTEM, "%s: cannot be made: %s", path,
                                  strerror(errno));
        *p = '/';
    }
    return status;
}

static struct status write_file(const char *path, enum format format,
                                const struct transcript *transcript)
{
    struct whole_file file;
    char *bytes = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&bytes, &length);
    if (!memory)
        return status_memory(path);
    format_write(memory, format, transcript);
    bool broken = ferror(memory);
    broken = fclose(memory) || broken;
    struct status status = status_ok();
    if (broken)
        status = status_memory(path);
    if (!status_failed(&status)) {
        status = whole_file_open(&file, path);
        if (!status_failed(&status))
            status = whole_file_write(&file, bytes, length);
        if (!status_failed(&status))
            status = whole_file_commit(&file);
        whole_file_close(&file);
    }
    free(bytes);
    return status;
}

struct status output_write(const struct output *output, const char *file,
                           const struct transcript *transcript)
{
    struct stem stem = stem_of(file);
    struct status status = status_ok();
    char channel[24] = "", *path;
    if (transcript->channel)
        snprintf(channel, sizeof channel, ".ch%d", transcript->channel);
    for (int i = 0; i < FORMAT_COUNT && !status_failed(&status); i++) {
        enum format format = (enum format)i;
        if (!output->formats[i])
            continue;
        if (!output->folder) {
            format_write(stdout, format, transcript);
        } else if (asprintf(&path, "%s/%.*s%s.%s", output->folder,
                            (int)stem.length, stem.text, channel,
                            format_name(format)) < 0) {
            status = status_memory("path");
        } else {
            status = make_folders(path, strlen(output->folder));
            if (!status_failed(&status))
                status = write_file(path, format, transcript);
            free(path);
        }
    }
    return status;
}
