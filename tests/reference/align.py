#!/usr/bin/env python3
"""Forced alignment by torchaudio.

    python3 tests/reference/align.py >tests/model/ctc/golden/align.txt
"""
import torch
import torchaudio

torch.manual_seed(5)
print(f"# torchaudio {torchaudio.__version__}: "
      "python3 tests/reference/align.py")
CASES = [  # rows, vocabulary, ids
    (1, 3, [2]),
    (4, 3, [1, 1, 2]),
    (40, 6, [5, 5, 5, 1, 2, 3, 3]),
    (64, 5, [1, 2, 3, 4] * 5),
    (230, 9, [1 + (i * i) % 8 for i in range(50)]),
    (200, 4, [1 + (i // 2) % 3 for i in range(130)]),
]


def show(name, values):
    values = values.flatten().tolist()
    print(f"@{name} {len(values)}")
    print(" ".join(f"{v:.9g}" for v in values))


for i, (rows, vocabulary, ids) in enumerate(CASES):
    log_probabilities = torch.log_softmax(
        2 * torch.randn(rows, vocabulary), -1)
    path, scores = torchaudio.functional.forced_align(
        log_probabilities.double()[None], torch.tensor([ids]), blank=0)
    spans = torchaudio.functional.merge_tokens(path[0], scores[0].exp())
    assert [span.token for span in spans] == ids
    show(f"{i}.size", torch.tensor([rows, vocabulary]))
    show(f"{i}.ids", torch.tensor(ids))
    show(f"{i}.log_probabilities", log_probabilities)
    show(f"{i}.firsts", torch.tensor([span.start for span in spans]))
    show(f"{i}.ends", torch.tensor([span.end for span in spans]))
    show(f"{i}.score", scores.sum())
