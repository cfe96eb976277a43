/* Any text as a settings file: it is read or refused. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/encoder/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct settings settings;
    bool given[SETTINGS_MOST] = {false};
    unsigned verb = size % 2 ? VERB_TRANSCRIBE : VERB_PRETRAIN;
    char *text = strndup((const char *)bytes, size);
    if (!text)
        return 0;
    settings_default(&settings, verb);
    struct status status = settings_parse(&settings, given, text, "fuzz", verb);
    if (status_failed(&status) && !strstr(status.text, "fuzz"))
        abort();
    free(text);
    return 0;
}
