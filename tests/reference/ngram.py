#!/usr/bin/env python3
"""Language models as ARPA files, and KenLM's scores of sentences.

    python3 tests/reference/ngram.py tests/model/text/golden
    python3 tests/reference/ngram.py --large 2000000 FILE.arpa SENTENCES.txt

The first writes ngram.arpa (interpolated Witten-Bell, proper), pruned.arpa
(n-grams of longer ones are missing), sentences.txt and ngram.txt (scores); the
second a model of about as many n-grams to measure with.
"""
import math
import random
import sys
from collections import defaultdict

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
NAMES = "alice bob ren\u00e9e \u6771\u4eac smith jones o'neil o'hara".split()
DIGITS = "zero one two three four five six seven eight nine".split()


def sentence(draw):
    kind = draw.random()
    if kind < 0.4:
        return [draw.choice(DIGITS) for _ in range(draw.randint(1, 7))]
    if kind < 0.7:
        return ["call", draw.choice(NAMES), draw.choice(["at", "on"])] + [
            draw.choice(DIGITS) for _ in range(draw.randint(2, 4))]
    return (["my", "name", "is"] + draw.sample(NAMES, draw.randint(1, 2)) +
            (["thank", "you"] if draw.random() < 0.5 else []))


def count(sentences, order):
    """counts[n][context][word] of n-grams, context a tuple of n - 1 words."""
    counts = [None] + [defaultdict(lambda: defaultdict(int))
                       for _ in range(order)]
    for words in sentences:
        words = [BEGIN] + words + [END]
        for i in range(1, len(words)):
            for n in range(1, min(order, i + 1) + 1):
                counts[n][tuple(words[i - n + 1:i])][words[i]] += 1
    return counts


class Model:
    """table[n][context][word] = P, weight[context] = back-off weight."""

    def __init__(self, counts):
        self.order = len(counts) - 1
        self.table = [None] + [{} for _ in range(self.order)]
        self.weight = {}
        seen = counts[1][()]
        words = sorted(seen) + [UNKNOWN]
        total, kinds = sum(seen.values()), len(seen)
        self.table[1][()] = {w: (seen.get(w, 0) + kinds / len(words)) /
                             (total + kinds) for w in words}
        for n in range(2, self.order + 1):
            for context, seen in counts[n].items():
                total, kinds = sum(seen.values()), len(seen)
                self.table[n][context] = {
                    w: (c + kinds * self.p(context[1:], w)) / (total + kinds)
                    for w, c in seen.items()}
                self.weight[context] = kinds / (total + kinds)

    def p(self, context, word):
        table = self.table[len(context) + 1].get(context, {})
        if word in table:
            return table[word]
        return self.weight.get(context, 1) * self.p(context[1:], word)

    def prune(self, draw, share):
        """Drops n-grams that are no context of others, and sets the weights
        so that all sums to one again."""
        for n in range(self.order, 1, -1):
            for context in list(self.table[n]):
                table = self.table[n][context]
                for word in sorted(table):
                    if (n == self.order or context + (word,)
                            not in self.table[n + 1]) and \
                            draw.random() < share:
                        del table[word]
                if not table:
                    del self.table[n][context]
                    del self.weight[context]
        for n in range(2, self.order + 1):
            for context, table in self.table[n].items():
                self.weight[context] = (1 - sum(table.values())) / (
                    1 - sum(self.p(context[1:], w) for w in table))

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            print("\\data\\", file=out)
            for n in range(1, self.order + 1):
                size = sum(len(t) for t in self.table[n].values()) + (n == 1)
                print(f"ngram {n}={size}", file=out)
            for n in range(1, self.order + 1):
                print(f"\n\\{n}-grams:", file=out)
                if n == 1:
                    print(f"-99\t{BEGIN}\t"
                          f"{math.log10(self.weight.get((BEGIN,), 1)):.7g}",
                          file=out)
                for context in sorted(self.table[n]):
                    for word, p in sorted(self.table[n][context].items()):
                        line = (f"{math.log10(p):.7g}\t"
                                f"{' '.join(context + (word,))}")
                        weight = self.weight.get(context + (word,))
                        if weight:
                            line += f"\t{math.log10(weight):.7g}"
                        print(line, file=out)
            print("\n\\end\\", file=out)


def golden(folder):
    import importlib.metadata

    import kenlm
    draw = random.Random(7)
    text = [sentence(draw) for _ in range(150)]
    Model(count(text, 3)).write(f"{folder}/ngram.arpa")
    pruned = Model(count(text, 5))
    pruned.prune(draw, 0.6)
    pruned.write(f"{folder}/pruned.arpa")
    asked = [sentence(draw) for _ in range(150)]
    asked += [["call", "nobody", "on", "nine"], ["Alice"], [], ["nine"] * 12,
              ["nobody", "nobody"], ["my", "name", "is", "my", "name", "is"]]
    words = sorted({w for s in text for w in s}) + ["nobody"]
    asked += [draw.choices(words, k=12) for _ in range(60)]
    with open(f"{folder}/sentences.txt", "w", encoding="utf-8") as out:
        for s in asked:
            print(" ".join(s), file=out)
    with open(f"{folder}/ngram.txt", "w", encoding="utf-8") as out:
        print(f"# kenlm {importlib.metadata.version('kenlm')}: "
              "python3 tests/reference/ngram.py tests/model/text/golden",
              file=out)
        for name in "ngram", "pruned":
            model = kenlm.Model(f"{folder}/{name}.arpa")
            scores = [score for s in asked for score, _, _ in
                      model.full_scores(" ".join(s))]
            print(f"@{name} {len(scores)}", file=out)
            print(" ".join(f"{x:.7g}" for x in scores), file=out)


def large(size, path, asked):
    """Words of Zipf's law, each with its own favourite followers."""
    draw = random.Random(9)
    kinds = 40000
    weights = [1 / (i + 3) for i in range(kinds)]
    names = ["".join(draw.choices("aeiounrstlkmdp", k=draw.randint(2, 10))) +
             str(i) for i in range(kinds)]
    common = draw.choices(range(kinds), weights, k=size)
    at = 0

    def make():
        nonlocal at
        words = [common[at % size]]
        for _ in range(draw.randint(4, 30)):
            at += 1
            words.append(common[at % size] if draw.random() < 0.4 else
                         (words[-1] * 31 + int(draw.paretovariate(1))) % kinds)
        return [names[w] for w in words]

    text, total = [], 0
    while total < size * 0.55:
        text.append(make())
        total += len(text[-1])
    Model(count(text, 3)).write(path)
    with open(asked, "w", encoding="utf-8") as out:
        for _ in range(20000):
            print(" ".join(make()), file=out)


if __name__ == "__main__":
    if sys.argv[1] == "--large":
        large(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        golden(sys.argv[1])
