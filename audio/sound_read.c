/* Reads a whole recording. */
#include <stdlib.h>

#include "audio/sound.h"

struct status sound_read(struct sound *sound, const char *path,
                         const struct sound_request *request)
{
    struct sound_reader *reader;
    struct sound_request own = *request;
    size_t room = 0, got = 1;
    *sound = (struct sound){.samples = NULL};
    if (!(own.longest_s > 0))
        own.longest_s = SOUND_LONGEST_S;
    struct status status = sound_open(&reader, path, &own);
    while (!status_failed(&status) && got) {
        if (sound->count == room) {
            room = room ? 2 * room : 65536;
            float *samples = realloc(sound->samples, room * sizeof *samples);
            if (!samples) {
                status = status_memory(path);
                break;
            }
            sound->samples = samples;
        }
        status = sound_next(&got, reader, sound->samples + sound->count,
                            room - sound->count);
        sound->count += got;
    }
    if (status_failed(&status))
        sound_free(sound);
    else
        sound->rate_hz = sound_rate_hz(reader);
    sound_close(reader);
    return status;
}

void sound_free(struct sound *sound)
{
    free(sound->samples);
    *sound = (struct sound){.samples = NULL};
}
