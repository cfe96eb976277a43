#!/usr/bin/env python3
"""How far the times of words are from the edges of speech by energy.

    python3 tests/reference/word_times.py TABLE CTM

TABLE has recordings (id, path), CTM their words as they were aligned. An edge
is where the energy of 10 ms passes 0.3 of the way from its 10th to its 97th
percentile in dB: where the first word begins, where the last one ends, and both
sides of each pause of 0.2 s of which a quarter is between two words.
Needs numpy and soundfile.
"""
import os
import sys

import numpy
import soundfile

HOP_S, LEAST_RANGE_DB, SHARE = 0.005, 25, 0.3
SPEECH_S, PAUSE_S = 0.04, 0.2


def runs(values):
    """(value, first, end) of each run of equal values."""
    edges = [0, *(numpy.flatnonzero(numpy.diff(values)) + 1), len(values)]
    return [(values[a], a, b) for a, b in zip(edges, edges[1:])]


def find_edges(samples, rate):
    """Begin and end of speech, and the pauses in it, in seconds."""
    hop, width = int(HOP_S * rate), int(2 * HOP_S * rate)
    pieces = numpy.lib.stride_tricks.sliding_window_view(
        samples - samples.mean(), width)[::hop]
    energy = 10 * numpy.log10((pieces ** 2).mean(1) + 1e-10)
    low, high = numpy.percentile(energy, [10, 97])
    if high - low < LEAST_RANGE_DB:
        return None
    loud = runs(energy > low + SHARE * (high - low))
    speech = [(a, b) for on, a, b in loud if on and (b - a) * HOP_S >= SPEECH_S]
    if not speech:
        return None
    shift = HOP_S / 2
    pauses = [(a * HOP_S + shift, b * HOP_S + shift) for on, a, b in loud[1:-1]
              if not on and (b - a) * HOP_S >= PAUSE_S]
    return speech[0][0] * HOP_S + shift, speech[-1][1] * HOP_S + shift, pauses


def main(table, ctm):
    words = {}
    with open(ctm, encoding="utf-8") as lines:
        for line in lines:
            name, _, start, duration, _, _ = line.split()
            words.setdefault(name, []).append(
                (float(start), float(start) + float(duration)))
    starts, ends = [], []
    with open(table, encoding="utf-8") as lines:
        header = next(lines).rstrip("\n").split("\t")
        for line in lines:
            row = dict(zip(header, line.rstrip("\n").split("\t")))
            own = words.get(row["id"])
            path = os.path.join(os.path.dirname(table), row["path"])
            edges = own and find_edges(*soundfile.read(path))
            if not edges:
                continue
            starts.append(own[0][0] - edges[0])
            ends.append(own[-1][1] - edges[1])
            for before, after in zip(own, own[1:]):
                middle = [p for p in edges[2]
                          if min(p[1], after[0]) - max(p[0], before[1]) >
                          0.25 * (p[1] - p[0])]
                if len(middle) == 1:
                    ends.append(before[1] - middle[0][0])
                    starts.append(after[0] - middle[0][1])
    for name, values in (("starts", starts), ("ends", ends)):
        ms = 1000 * numpy.array(values)
        print(f"{name}: {len(ms)}, median {numpy.median(ms):+.0f} ms, "
              f"median size {numpy.median(abs(ms)):.0f} ms, "
              f"mean size {abs(ms).mean():.0f} ms")


main(*sys.argv[1:])
