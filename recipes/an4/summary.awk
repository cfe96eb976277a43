# Means of results over seeds, and 95 % intervals (Student's t):
#
#     awk -f summary.awk RESULTS         as a table in Markdown
#     awk -v arm=NAME -f summary.awk RESULTS    of one arm, to plot: labels,
#                                        WER, half the interval, and the same
#                                        with n-grams
#
# RESULTS: lines of arm, labels, seed, WER, CER, WER and CER with n-grams, and
# processor minutes of pretraining and fine-tuning, below a line of names.
BEGIN {
    FS = "\t"
    n = split("12.71 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262", t, " ")
}
FNR == 1 { next }
{
    if (!($1 in arms)) {
        arms[$1] = 1
        arm_of[++arm_count] = $1
    }
    if (!($2 in labels)) {
        labels[$2] = 1
        labels_of[++label_count] = $2
    }
    runs[$1, $2]++
    for (i = 4; i <= 9; i++) {
        sum[$1, $2, i] += $i
        square[$1, $2, i] += $i * $i
    }
}

function mean(a, l, i) {
    return sum[a, l, i] / runs[a, l]
}

function half(a, l, i,    k, variance) {
    k = runs[a, l]
    if (k < 2)
        return 0
    variance = (square[a, l, i] - sum[a, l, i] ^ 2 / k) / (k - 1)
    return t[k - 1 < n ? k - 1 : n] * sqrt(variance > 0 ? variance / k : 0)
}

function cell(a, l, i) {
    return sprintf("%.1f", mean(a, l, i)) \
        (runs[a, l] > 1 ? sprintf(" ± %.1f", half(a, l, i)) : "")
}

END {
    if (arm != "") {
        for (j = 1; j <= label_count; j++) {
            l = labels_of[j]
            if ((arm, l) in runs)
                print l, mean(arm, l, 4), half(arm, l, 4), mean(arm, l, 6),
                    half(arm, l, 6)
        }
        exit
    }
    print "| minutes | | seeds | WER | CER | WER with n-grams | CER |" \
        " processor minutes: pretraining | fine-tuning |"
    print "|---|---|---|---|---|---|---|---|---|"
    for (j = 1; j <= label_count; j++)
        for (k = 1; k <= arm_count; k++) {
            a = arm_of[k]
            l = labels_of[j]
            if ((a, l) in runs)
                print "| " l " | " a " | " runs[a, l] " | " cell(a, l, 4) \
                    " | " cell(a, l, 5) " | " cell(a, l, 6) " | " \
                    cell(a, l, 7) sprintf(" | %.0f | %.0f |",
                    mean(a, l, 8), mean(a, l, 9))
        }
}
