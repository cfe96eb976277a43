/* A locale that writes numbers with a comma, as most of Europe does. */
#include "tests/comma.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scratch.h"

static const char source[] = "LC_NUMERIC\n"
                             "decimal_point \"<U002C>\"\n"
                             "thousands_sep \"\"\n"
                             "grouping -1\n"
                             "END LC_NUMERIC\n";

bool comma_begin(void)
{
    char command[2200], number[8];
    snprintf(command, sizeof command,
             "localedef --no-archive -c -i '%s' '%s' 2>'%s'",
             scratch_text("comma.source", source), scratch_path("comma"),
             scratch_path("comma.log"));
    /* It fails for what else a locale has, and makes it nevertheless. */
    int code = system(command);
    setenv("LOCPATH", scratch_path(""), 1);
    bool made = setlocale(LC_NUMERIC, "comma") != NULL;
    snprintf(number, sizeof number, "%.1f", 0.5);
    made = made && !strcmp(number, "0,5");
    if (!made)
        fprintf(stderr,
                "skipped: no locale with a decimal comma: localedef gives %d\n",
                code);
    return made;
}

void comma_end(void)
{
    setlocale(LC_NUMERIC, "C");
}
