/* A locale that writes numbers with a comma, as most of Europe does. */
#ifndef TESTS_COMMA_H
#define TESTS_COMMA_H

#include <stdbool.h>

/* From now on the test's numbers have a comma; false, which is said: such a
 * locale cannot be made here. Wants scratch_open. */
bool comma_begin(void);

/* They have a point again. */
void comma_end(void);

#endif
