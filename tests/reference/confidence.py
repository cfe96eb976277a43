#!/usr/bin/env python3
"""How well the confidence of words says which of them are right.

    python3 tests/reference/confidence.py TABLE CTM

TABLE has the references (id, text), CTM the words that a model wrote, with
their confidence. Prints their number, the share that is right, the area under
the ROC curve, the expected calibration error (10 bins of equal width) and the
normalised cross entropy, which sclite -o sum gives as well.
"""
import math
import sys


def right_words(reference, hypothesis):
    """Which words of hypothesis are right, by the alignment with fewest
    errors (sclite's costs)."""
    n, m = len(reference), len(hypothesis)
    costs = [[3 * (i + j) for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            same = reference[i - 1] == hypothesis[j - 1]
            costs[i][j] = min(costs[i - 1][j - 1] + (0 if same else 4),
                              costs[i - 1][j] + 3, costs[i][j - 1] + 3)
    right = [False] * m
    while n or m:
        same = n and m and reference[n - 1] == hypothesis[m - 1]
        if n and m and costs[n][m] == costs[n - 1][m - 1] + (0 if same else 4):
            n, m = n - 1, m - 1
            right[m] = bool(same)
        elif m and costs[n][m] == costs[n][m - 1] + 3:
            m -= 1
        else:
            n -= 1
    return right


def main(table, ctm):
    references, hypotheses = {}, {}
    with open(table, encoding="utf-8") as lines:
        header = next(lines).rstrip("\n").split("\t")
        for line in lines:
            row = dict(zip(header, line.rstrip("\n").split("\t")))
            references[row["id"]] = row["text"].lower().split()
    with open(ctm, encoding="utf-8") as lines:
        for line in lines:
            name, _, _, _, word, confidence = line.split()
            hypotheses.setdefault(name, []).append((word, float(confidence)))
    words = []  # confidence, right
    for name, found in hypotheses.items():
        right = right_words(references[name], [word for word, _ in found])
        words += zip((confidence for _, confidence in found), right)

    good = [c for c, right in words if right]
    bad = [c for c, right in words if not right]
    share = len(good) / len(words)
    area = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    area /= len(good) * len(bad)
    bins = [[0.0, 0] for _ in range(10)]
    for confidence, right in words:
        one = bins[min(int(10 * confidence), 9)]
        one[0] += confidence
        one[1] += right
    error = sum(abs(c - n) for c, n in bins) / len(words)
    least = 1e-7
    entropy = -(len(good) * math.log(share) + len(bad) * math.log(1 - share))
    score = sum(math.log(max(c, least)) for c in good)
    score += sum(math.log(max(1 - c, least)) for c in bad)
    print(f"words {len(words)}, right {100 * share:.1f} %, AUC {area:.3f}, "
          f"ECE {error:.3f}, NCE {(entropy + score) / entropy:.3f}")


main(*sys.argv[1:])
