/* A recogniser of random weights, small enough for tests, that says
 * something. */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include "model/store/checkpoint.h"

/* For recordings of tests/recording.h: 8 kHz, 12 bins, stride 3; blank, space
 * and a to d. Freed by checkpoint_free. */
void tiny_model(struct checkpoint *checkpoint, enum cmvn_kind cmvn);

#endif
