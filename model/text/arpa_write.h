/* Writes estimated n-grams as an ARPA file. */
#ifndef MODEL_TEXT_ARPA_WRITE_H
#define MODEL_TEXT_ARPA_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "audio/status.h"
#include "model/text/ngram_count.h"
#include "model/text/ngram_estimate.h"

/* Where bytes go. */
struct arpa_sink {
    struct status (*take)(void *context, const void *bytes, size_t count);
    void *context;
};

/* The format that arpa.h tells; packed with gzip if wanted. Logarithms have six
 * digits behind the point; a weight of 1 is left away. The probability of
 * "<s>", which follows nothing, is 10^-99, as in SRILM. Fails as the sink does,
 * and on memory. */
MUST_CHECK struct status arpa_write(struct arpa_sink sink,
                                    const struct ngram_counts *counts,
                                    const struct ngram_estimate *estimate,
                                    bool gzip);

#endif
