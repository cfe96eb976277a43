#!/usr/bin/env python3
"""Purity and mutual information of codes and letters by scikit-learn.

    python3 tests/reference/code_quality.py \\
        >tests/model/pretrain/golden/code_quality.txt
"""
import numpy
import sklearn
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

print(f"# scikit-learn {sklearn.__version__}: "
      "python3 tests/reference/code_quality.py")
CASES = [(3, 2, 50), (5, 4, 200), (28, 64, 3000)]  # letters, codes, rows


def show(name, values):
    values = numpy.ravel(values).tolist()
    print(f"@{name} {len(values)}")
    print(" ".join(f"{v:.9g}" for v in values))


random = numpy.random.default_rng(7)
for i, (letters, codes, rows) in enumerate(CASES):
    letter = random.integers(letters, size=rows) ** 2 // letters
    code = (3 * letter + random.geometric(0.4, size=rows)) % codes
    table = numpy.zeros((letters, codes))
    numpy.add.at(table, (letter, code), 1)
    seen = contingency_matrix(letter, code)
    entropy = mutual_info_score(letter, letter)
    show(f"{i}.size", [letters, codes])
    show(f"{i}.counts", table)
    show(f"{i}.quality", [
        seen.max(axis=0).sum() / rows, seen.max(axis=1).sum() / rows,
        mutual_info_score(letter, code) / entropy, len(set(code.tolist())),
        numpy.exp(mutual_info_score(code, code))])
